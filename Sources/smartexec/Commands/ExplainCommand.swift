import ArgumentParser
import ExecutionEngine
import Foundation
import Orchestration
import PostgresStore
import RiskRules
import TradingAgents
import TradingDomain
import Workflows

/// `smartexec explain`: from an order back to its decision and forward to its fills.
struct ExplainCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Walk from an order back to its decision and every verdict, and forward to its fills."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "A parent order's id or its beginning, or a child's client order id.")
    var order: String

    /// Everything that is shown, for programs.
    private struct Explanation: Encodable {
        let order: ParentOrderID
        let decision: DecisionRecord?
        let gates: [IntakeCheck]
        let sizing: String
        let urgency: String
        let riskChecks: [RiskVerdict]
        let plan: RoutingVerdict?
        let events: [OrderEventRow]
        let result: ExecutionResult?
        let item: ItemReport
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let reader = PostgresQueries(pool: database.pool)
        let explanation = try await explain(reader)
        await database.pool.close()
        switch global.output {
        case .json: console.print(try Listing.json(explanation))
        case .table: show(explanation, console)
        }
        return .success
    }

    private func explain(_ reader: PostgresQueries) async throws -> Explanation {
        let id = try await find(reader)
        guard let record = try await reader.order(id) else {
            throw CommandFailure(.usage, "There is no parent order \(id). `smartexec orders` lists them.")
        }
        let detail = try await reader.decision(of: id)
        let proposed = record.submission.order
        return Explanation(
            order: id,
            decision: detail?.decision,
            gates: try await gates(detail?.decision, reader),
            sizing: proposed.note,
            urgency: "\(proposed.urgency) (\(proposed.urgencySource))",
            riskChecks: record.admission?.checks ?? record.result?.checks ?? [],
            plan: record.admission?.verdict,
            events: try await reader.events(of: id),
            result: record.result,
            item: ItemReport(of: record)
        )
    }

    private func find(_ reader: PostgresQueries) async throws -> ParentOrderID {
        if let parent = ClientOrderID(unchecked: order).parts?.parent { return parent }
        if let parent = ParentOrderID(order) { return parent }
        let matching = try await reader.orders(prefix: order)
        guard let first = matching.first else {
            throw CommandFailure(.usage, "No order begins with '\(order)'. `smartexec orders` lists them.")
        }
        guard matching.count == 1 else {
            throw CommandFailure(
                .usage,
                "'\(order)' could be \(matching.map(\.text).joined(separator: ", ")). Give more of it."
            )
        }
        return first
    }

    /// The intake gates as the deciding step stored them.
    private func gates(_ decision: DecisionRecord?, _ reader: PostgresQueries) async throws -> [IntakeCheck] {
        guard let decision, let run = try await reader.run(decision.run),
            let step = run.steps.first(where: { $0.path == decision.stepPath })
        else { return [] }
        for case .decision(_, _, _, _, _, let checks) in try StoredOutcome(json: step.outcome).notes { return checks }
        return []
    }

    // MARK: For people

    private func show(_ found: Explanation, _ console: Console) {
        let style = console.style
        console.print(style.bold("Order \(found.order)"))
        if let decision = found.decision {
            console.print("")
            console.print(
                style.bold("1 Decision")
                    + " \(decision.decision) by agent \(decision.key.agent) at \(decision.decidedAt)"
            )
            console.print("  \(decision.kind) \(decision.symbol?.text ?? ""), key \(decision.key.key)")
            console.print("  \(decision.envelope)")
            for check in found.gates {
                let numbers = [check.observed, check.limit.map { "limit \($0)" }].compactMap { $0 }.joined(
                    separator: ", "
                )
                let detail = [numbers.isEmpty ? nil : numbers, check.message].compactMap { $0 }.joined(separator: "; ")
                console.print("  gate \(check.gate.rawValue): \(check.verdict.rawValue) \(detail)")
            }
        } else {
            console.print("")
            console.print(style.bold("1 Decision") + " none: an order by hand or from target weights")
        }
        console.print("")
        console.print(style.bold("2 Size") + " \(found.sizing)")
        console.print("  urgency \(found.urgency)")
        console.print("")
        console.print(style.bold("3 Risk"))
        for verdict in found.riskChecks {
            console.print(
                "  \(verdict.isBlock ? "BLOCK" : verdict.isViolation ? "SHRINK" : "pass ") \(verdict.rule): \(verdict.message)"
            )
        }
        console.print("")
        if let plan = found.plan {
            console.print(style.bold("4 Plan") + " \(plan.algorithm), \(plan.rule): \(plan.plan)")
            console.print(
                "  \(plan.start) to \(plan.end); expected \(plan.expectedBps.map { ReportPrinter.bps($0) }.joined(separator: " to ")) bps, "
                    + "estimated impact \(ReportPrinter.bps(plan.estimatedImpactBps)) bps"
            )
            if let warning = plan.warning { console.print("  warning: \(warning)") }
        } else {
            console.print(style.bold("4 Plan") + " none: it was refused")
        }
        console.print("")
        console.print(style.bold("5 Events"))
        for row in found.events { console.print("  \(row.event.sequence)  \(row.event.at)  \(row.event.event.words)") }
        console.print("")
        let item = found.item
        console.print(style.bold("6 Result") + " \(item.status.rawValue) \(item.message)")
        if let average = item.averagePrice, let arrival = item.arrivalPrice {
            console.print(
                "  \(item.filledQuantity ?? .zero) of \(item.quantity ?? .zero) at \(ReportPrinter.rounded("\(average)", 6)), "
                    + "arrival \(arrival): \(ReportPrinter.bps(item.slippageArrivalBps)) bps; "
                    + "against the interval's VWAP \(ReportPrinter.bps(item.slippageVwapBps)) bps"
            )
        }
    }
}

extension OrderEvent {
    /// The event on one line.
    var words: String {
        switch self {
        case .parent(let event): event.words
        case .child(let id, let event): "\(id) \(event.words)"
        }
    }
}

extension ParentEvent {
    var words: String {
        switch self {
        case .admitted(let verdict): "admitted, works by \(verdict.algorithm)"
        case .refused(let code, let message): "refused \(code): \(message)"
        case .started(let arrival): "started at arrival price \(arrival.price)"
        case .paused(let reason): "paused: \(reason)"
        case .resumed(let reason): "resumed: \(reason)"
        case .cancelRequested(let reason): "cancel requested: \(reason)"
        case .intentRefused(let code, let message): "intent refused \(code): \(message)"
        case .finished(let state, let reason): "finished \(state.rawValue): \(reason)"
        }
    }
}

extension ChildEvent {
    var words: String {
        switch self {
        case .intended(let order, let seen):
            "intended: \(order.side) \(order.request.quantity) \(order.request.type.name)"
                + (order.request.type.limitPrice.map { " at \($0) or better" } ?? "")
                + (seen.map {
                    ", saw bid \($0.bid?.description ?? "–") ask \($0.ask?.description ?? "–") last \($0.last?.description ?? "–")"
                } ?? "")
        case .acknowledged(let broker, _): "acknowledged as \(broker)"
        case .filled(let fill): "filled \(fill.quantity) at \(fill.price), commission \(fill.commission.amount)"
        case .rejected(let code, let message): "rejected \(code): \(message)"
        case .cancelRequested: "cancel requested"
        case .cancelRefused(let code, let message): "cancel refused \(code): \(message)"
        case .cancelled(let executed): "cancelled with \(executed) executed"
        case .expired(let executed): "expired with \(executed) executed"
        case .notPlaced(let reason): "not placed: \(reason)"
        case .unknown(let reason): "unknown: \(reason)"
        }
    }
}
