import ExecutionEngine
import Foundation
import Orchestration
import PostgresStore
import TradingAgents
import TradingDomain
import Workflows

/// A decision with its gates and every order that it led to.
struct DecisionExplanation: Encodable {
    let decision: DecisionRecord
    let gates: [IntakeCheck]
    /// What the first run made of it, as the item of its report; nil while that is open.
    let outcome: ItemReport?
    let orders: [ItemReport]

    static func make(
        _ id: DecisionID,
        _ reader: PostgresQueries,
        _ loaded: LoadedConfiguration,
        _ console: Console
    ) async throws -> DecisionExplanation {
        guard let detail = try await reader.decision(id) else {
            throw CommandFailure(.usage, "There is no decision \(id). `smartexec report` shows the decisions of a run.")
        }
        let parents = try await reader.orders(of: id)
        let records = try await reader.orders(parents)
        let tapes = try await CompletedTapes.read(records, reader, loaded, console)
        return DecisionExplanation(
            decision: detail.decision,
            gates: try await gates(detail.decision, reader),
            outcome: try detail.outcome.map { try JSONDecoder().decode(ItemReport.self, from: Data($0.utf8)) },
            orders: records.map { record in
                var item = ItemReport(
                    of: record,
                    kept: tapes.first { $0.parent == record.submission.id }
                )
                item.decision = id
                return item
            }
        )
    }

    /// The intake gates as the deciding step stored them.
    static func gates(_ decision: DecisionRecord?, _ reader: PostgresQueries) async throws -> [IntakeCheck] {
        guard let decision, let run = try await reader.run(decision.run),
            let step = run.steps.first(where: { $0.path == decision.stepPath })
        else { return [] }
        for case .decision(_, _, _, _, _, let checks) in try StoredOutcome(json: step.outcome).notes { return checks }
        return []
    }

    /// The decision first, then each order with its status and cost.
    func show(_ console: Console) {
        let style = console.style
        console.print(style.bold("Decision \(decision.decision)"))
        console.print("")
        console.print(style.bold("1 Decision") + " by agent \(decision.key.agent) at \(decision.decidedAt)")
        console.print("  \(decision.kind) \(decision.symbol?.text ?? ""), key \(decision.key.key)")
        console.print("  run \(decision.run), step \(decision.stepPath)")
        console.print("  \(decision.envelope)")
        console.print("")
        console.print(style.bold("2 Gates") + (gates.isEmpty ? " none recorded" : ""))
        for check in gates { console.print("  \(check.words)") }
        console.print("")
        console.print(style.bold("3 Orders") + (orders.isEmpty ? " none" : " \(orders.count)"))
        for item in orders {
            console.print("")
            let size = "\(item.filledQuantity ?? .zero) of \(item.quantity ?? .zero)"
            console.print(
                "  \(item.parentOrder?.text ?? "") \(item.status.rawValue): \(item.side?.rawValue ?? "") \(size) "
                    + "\(item.ticker)\(item.algorithm.map { " by \($0)" } ?? "")"
                    + (item.message.isEmpty ? "" : "; \(item.message)")
            )
            for line in CostText.lines(item, title: "cost") { console.print("  \(line)") }
        }
        guard orders.isEmpty, let outcome else { return }
        console.print("")
        console.print(style.bold("Outcome") + " \(outcome.status.rawValue): \(outcome.message)")
    }
}

extension IntakeCheck {
    /// The check on one line.
    var words: String {
        let numbers = [observed, limit.map { "limit \($0)" }].compactMap { $0 }.joined(separator: ", ")
        let detail = [numbers.isEmpty ? nil : numbers, message].compactMap { $0 }.joined(separator: "; ")
        return "gate \(gate.rawValue): \(verdict.rawValue) \(detail)"
    }
}
