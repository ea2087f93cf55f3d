import ExecutionEngine
import TradingDomain

extension WorkflowRunner {
    /// What became of each decision that has an item.
    static func outcomes(
        _ notes: [ItemNote],
        _ items: [ItemReport],
        _ account: AccountID
    ) throws -> [DecisionOutcome] {
        struct Decided: Hashable {
            let decision: DecisionID
            let ticker: String
        }
        var byDecision: [Decided: ItemReport] = [:]
        for item in items {
            guard let decision = item.decision else { continue }
            let key = Decided(decision: decision, ticker: item.ticker)
            if byDecision[key] == nil { byDecision[key] = item }
        }
        return try notes.compactMap { note in
            guard case .decision(let symbol, let id, let key, let agent, _, _) = note,
                let item = byDecision[Decided(decision: id, ticker: symbol.text)]
            else { return nil }
            return DecisionOutcome(
                key: DecisionKey(account: account, agent: agent, key: key),
                outcome: try StoredJSON.write(item)
            )
        }
    }
}
