import ArgumentParser
import ExecutionEngine
import Foundation
import Orchestration
import PostgresStore
import RiskRules
import TradingAgents
import TradingDomain
import Workflows

/// `smartexec explain`: from an order back to its decision and down to its cost, or from a decision to its orders.
struct ExplainCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Walk from an order back to its decision and down to its cost, or from a decision to its orders."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(
        help: ArgumentHelp(
            "An order's id, a child's client order id, a decision's id or key, or the beginning of one; a run's id "
                + "where the run has one decision.",
            valueName: "id"
        )
    )
    var id: String

    /// Everything that is shown, for programs.
    private struct Explanation: Encodable {
        let order: ParentOrderID
        let decision: DecisionRecord?
        let gates: [IntakeCheck]
        let sizing: String
        let urgency: String
        let riskChecks: [RiskVerdict]
        let plan: RoutingVerdict?
        let slippage: SlippageVerdict?
        let events: [OrderEventRow]
        let result: ExecutionResult?
        let item: ItemReport
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let reader = PostgresQueries(pool: database.pool)
        switch try await ExplainedID.find(id, reader) {
        case .order(let order):
            let explanation = try await explain(order, reader, loaded, console)
            await database.pool.close()
            if global.output == .json {
                console.print(try Listing.json(explanation))
            } else {
                show(explanation, console)
            }
        case .decision(let decision):
            let explanation = try await DecisionExplanation.make(decision, reader, loaded, console)
            await database.pool.close()
            if global.output == .json {
                console.print(try Listing.json(explanation))
            } else {
                explanation.show(console)
            }
        }
        return .success
    }

    private func explain(
        _ id: ParentOrderID,
        _ reader: PostgresQueries,
        _ loaded: LoadedConfiguration,
        _ console: Console
    ) async throws -> Explanation {
        guard let record = try await reader.order(id) else {
            throw CommandFailure(.usage, "There is no parent order \(id). `smartexec orders` lists them.")
        }
        let detail = try await reader.decision(of: id)
        let proposed = record.submission.order
        return Explanation(
            order: id,
            decision: detail?.decision,
            gates: try await DecisionExplanation.gates(detail?.decision, reader),
            sizing: proposed.note,
            urgency: "\(proposed.urgency) (\(proposed.urgencySource))",
            riskChecks: record.admission?.checks ?? record.result?.checks ?? [],
            plan: record.admission?.verdict,
            slippage: record.admission?.slippage ?? record.result?.slippage,
            events: try await reader.events(of: id),
            result: record.result,
            item: ItemReport(
                of: record,
                kept: try await CompletedTapes.read([record], reader, loaded, console).first
            )
        )
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
            for check in found.gates { console.print("  \(check.words)") }
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
            for line in RoutingText.lines(plan) { console.print("  \(line)", wrapping: true) }
        } else {
            console.print(style.bold("4 Plan") + " none: it was refused")
        }
        if let slippage = found.slippage {
            console.print("  slippage control: \(slippage.outcome.rawValue), \(slippage.message)")
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
                    + (item.slippageTwapBps.map { ", TWAP \(ReportPrinter.bps($0)) bps" } ?? "")
            )
        }
        if let predicted = item.predictedCostBps, let realised = item.slippageArrivalBps {
            console.print(
                "  predicted \(ReportPrinter.bps(predicted)) bps against arrival, was \(ReportPrinter.bps(realised)): "
                    + "\(ReportPrinter.bps(realised - predicted)) bps more than predicted"
            )
        }
        console.print("")
        console.print(CostText.lines(item, title: style.bold("7 Cost")).joined(separator: "\n"))
    }
}
