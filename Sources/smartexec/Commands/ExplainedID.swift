import PostgresStore
import TradingDomain

/// What an id on the command line stands for.
enum ExplainedID {
    case order(ParentOrderID)
    case decision(DecisionID)

    /// Matches shown before the message says that there are more.
    private static let most = 5

    /// Finds what `text` names: an order, one of its children, or a decision, whole or by its beginning.
    ///
    /// - Throws: A failure that lists what matched when that is nothing or more than one.
    static func find(_ text: String, _ reader: PostgresQueries) async throws -> ExplainedID {
        if let parent = ClientOrderID(unchecked: text).parts?.parent { return .order(parent) }
        if let parent = ParentOrderID(text), try await reader.order(parent) != nil { return .order(parent) }
        if try await reader.decision(DecisionID(unchecked: text)) != nil {
            return .decision(DecisionID(unchecked: text))
        }
        let orders = try await reader.orders(prefix: text, limit: most + 1)
        let decisions = try await reader.decisions(prefix: text, limit: most + 1)
        switch (orders.count, decisions.count) {
        case (1, 0): return .order(orders[0])
        case (0, 1): return .decision(decisions[0])
        case (0, 0):
            throw CommandFailure(
                .usage,
                "No order and no decision begins with '\(text)'. `smartexec orders` lists orders, "
                    + "`smartexec report` shows the decisions of a run."
            )
        default:
            let found =
                [list("order", orders.map(\.text)), list("decision", decisions.map(\.text))].compactMap { $0 }
            throw CommandFailure(.usage, "'\(text)' could be \(found.joined(separator: ", or ")). Give more of it.")
        }
    }

    private static func list(_ kind: String, _ ids: [String]) -> String? {
        guard !ids.isEmpty else { return nil }
        let more = ids.count > most ? " and more" : ""
        return "\(kind) \(ids.prefix(most).joined(separator: ", "))\(more)"
    }
}
