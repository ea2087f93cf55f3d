public import ExecutionEngine
public import TradingDomain

/// Past executions as the learned router reads them, and what it learned of them.
///
/// Samples are read from the parents' own rows, so there is nothing to write when a parent ends.
public struct PostgresRoutingHistory: RoutingHistory {
    private let transactions: DurableTransactions

    /// Makes the history over a migrated database.
    public init(pool: PostgresPool, patience: Backoff? = nil) {
        transactions = DurableTransactions(pool: pool, patience: patience ?? DurableTransactions.patience)
    }

    public func samples(of account: AccountID, until now: Timestamp) async throws -> [ExecutionSample] {
        let values: [PostgresValue] = [
            .text(account.text), .int64(now.nanoseconds), .int64(Int64(LearnedRoutes.samplesMax)),
        ]
        return try await transactions.run { connection in
            try connection.run(file: "routing_samples", values).compactMap(Self.sample).reversed()
        }
    }

    public func learned(of account: AccountID) async throws -> LearnedRoutes? {
        try await transactions.run { try Self.learned(of: account, on: $0) }
    }

    public func save(_ routes: LearnedRoutes, _ lease: EngineLease) async throws {
        let cells = routes.cells
        let values: [PostgresValue] = [
            .text(lease.account.text), .int64(lease.epoch), .int64(routes.learnedAt.nanoseconds),
            .textArray(cells.map(\.marketState)), .textArray(cells.map(\.bucket.rawValue)),
            .textArray(cells.map(\.algorithm.text)), .int64Array(cells.map { Int64($0.samples) }),
            .textArray(cells.map { "\($0.fillRate)" }), .textArray(cells.map { "\($0.slippageBps)" }),
            .textArray(cells.map { "\($0.costBps)" }),
        ]
        let isHeld = try await transactions.run { connection in
            try connection.run(file: "save_routes", values).single().bool("is_held")
        }
        guard isHeld else { throw JournalError.fenced(lease.account) }
    }

    static func learned(
        of account: AccountID,
        on connection: isolated PostgresConnection
    ) throws -> LearnedRoutes? {
        let rows = try connection.run(file: "learned_routes", [.text(account.text)])
        guard let first = rows.first else { return nil }
        let cells: [LearnedRoutes.Cell] = try rows.compactMap { row in
            guard let state = try row.optionalText("market_state") else { return nil }
            return LearnedRoutes.Cell(
                marketState: state,
                bucket: try row.word("size_bucket"),
                algorithm: AlgorithmName(unchecked: try row.text("algorithm")),
                samples: Int(try row.int64("samples")),
                fillRate: try row.double("fill_rate"),
                slippageBps: try row.double("slippage_bps"),
                costBps: try row.double("cost_bps")
            )
        }
        return LearnedRoutes(
            learnedAt: try first.time("learned_at_ns"),
            cells: cells.sorted {
                ($0.marketState, $0.bucket, $0.algorithm) < ($1.marketState, $1.bucket, $1.algorithm)
            }
        )
    }

    private static func sample(_ row: PostgresRow) throws -> ExecutionSample? {
        guard let size = Double(try row.text("size_to_minute_volume")), size.isFinite else { return nil }
        let quantity = try row.quantity("quantity").approximate
        guard quantity > 0 else { return nil }
        return ExecutionSample.make(
            algorithm: AlgorithmName(unchecked: try row.text("algorithm")),
            marketState: try row.text("market_state"),
            bucket: SizeBucket(sizeToMinuteVolume: size),
            side: try row.word("side"),
            fillRate: min(1, try row.quantity("filled").approximate / quantity),
            arrival: try row.double("arrival_price"),
            average: try row.optionalText("average_price").flatMap(Double.init),
            end: try row.optionalText("end_price").flatMap(Double.init),
            feesBps: try row.optionalText("fees_bps").flatMap(Double.init) ?? 0,
            endedAt: try row.time("ended_at_ns")
        )
    }
}

extension PostgresQueries {
    /// What each account learned last, of accounts that did, by account.
    public func learnedRoutes() async throws -> [(account: AccountID, routes: LearnedRoutes)] {
        try await snapshot { connection in
            try connection.run(file: "learned_accounts").compactMap { row in
                let account = AccountID(unchecked: try row.text("account"))
                return try PostgresRoutingHistory.learned(of: account, on: connection).map { (account, $0) }
            }
        }
    }
}
