import ExecutionEngine
import Failpoints
public import TradingDomain

/// An order of the simulated venue as it is stored: what people query as columns, and the whole as a document.
public struct StoredVenueOrder: Hashable, Sendable {
    public let id: ClientOrderID
    public let account: AccountID
    public let symbol: Symbol
    public let state: String
    public let executed: Quantity
    public let arrivedAt: Timestamp
    /// The venue's own JSON.
    public let document: String

    public init(
        id: ClientOrderID,
        account: AccountID,
        symbol: Symbol,
        state: String,
        executed: Quantity,
        arrivedAt: Timestamp,
        document: String
    ) {
        self.id = id
        self.account = account
        self.symbol = symbol
        self.state = state
        self.executed = executed
        self.arrivedAt = arrivedAt
        self.document = document
    }
}

/// The simulated venue's memory, in a schema and in transactions of its own.
///
/// It knows nothing of the venue that uses it: two adapters meet in the program that wires them.
public struct PostgresVenueStore: Sendable {
    private let transactions: DurableTransactions
    private let worker: PostgresWorker

    /// Makes the store of one worker over a migrated database.
    ///
    /// The venue lives in the process that holds the account: one that has lost it has no venue any more.
    public init(pool: PostgresPool, worker: PostgresWorker, patience: Backoff? = nil) {
        self.worker = worker
        transactions = DurableTransactions(pool: pool, patience: patience ?? DurableTransactions.patience)
    }

    /// Returns the documents of every order of the account that the venue ever took, in the order of arrival.
    public func load(_ account: AccountID) async throws -> [String] {
        try await durably { connection in
            try connection.run(file: "venue_orders", [.text(account.text)]).map { row in try row.text("record") }
        }
    }

    /// Stores orders of one account as they are now, all or none.
    ///
    /// - Throws: `JournalError.fenced` when another worker has taken the account since, and `PostgresError`.
    public func save(_ orders: [StoredVenueOrder]) async throws {
        guard let account = orders.first?.account else { return }
        // The last of several states of one order counts: one statement cannot update a row twice.
        var newest: [ClientOrderID: StoredVenueOrder] = [:]
        for order in orders { newest[order.id] = order }
        var seen: Set<ClientOrderID> = []
        let changed = orders.compactMap { seen.insert($0.id).inserted ? newest[$0.id] : nil }
        let statement = try PostgresStatement(
            file: "save_venue_orders",
            [
                .textArray(changed.map(\.id.text)), .textArray(changed.map(\.account.text)),
                .textArray(changed.map(\.symbol.text)), .textArray(changed.map(\.state)),
                .textArray(changed.map { "\($0.executed)" }), .int64Array(changed.map(\.arrivedAt.nanoseconds)),
                .textArray(changed.map(\.document)),
            ]
        )
        let fence = try PostgresStatement(file: "fence_account", [.text(account.text), .text(worker.id)])
        do {
            failpoint("venue.before_save")
            _ = try await durably { try $0.pipeline([fence, statement]) }
            failpoint("venue.saved")
        } catch let error as PostgresError where error.sqlState == "SX001" {
            throw JournalError.fenced(account)
        }
    }

    private func durably<T: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> T
    ) async throws -> T {
        do {
            return try await transactions.run(body)
        } catch let gaveUp as DurableTransactions.GaveUp {
            throw gaveUp.cause
        }
    }
}
