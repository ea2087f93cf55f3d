public import Portfolio
public import TradingDomain

/// A booked fill.
public struct FillRow: Codable, Hashable, Sendable {
    public let fill: Fill
    public let run: RunID?
    public let parent: ParentOrderID?

    init(_ row: PostgresRow) throws {
        fill = Fill(
            account: AccountID(unchecked: try row.text("account")),
            symbol: try row.symbol(),
            tradeID: TradeID(unchecked: try row.text("trade_id")),
            clientOrderID: ClientOrderID(unchecked: try row.text("client_order_id")),
            side: try row.word("side"),
            quantity: try row.quantity("quantity"),
            price: try Price(parsing: try row.text("price")),
            notional: try row.money("notional"),
            commission: try row.money("commission"),
            tradedAt: try row.time("traded_at_ns")
        )
        run = try row.optionalText("run").map { RunID(unchecked: $0) }
        parent = try row.optionalText("parent_order").map { ParentOrderID(unchecked: $0) }
    }
}

/// Which fills to list; nil means no restriction.
public struct FillFilter: Hashable, Sendable {
    public var account: AccountID?
    public var run: RunID?
    public var symbol: Symbol?
    public var parent: ParentOrderID?

    public init(
        account: AccountID? = nil,
        run: RunID? = nil,
        symbol: Symbol? = nil,
        parent: ParentOrderID? = nil
    ) {
        self.account = account
        self.run = run
        self.symbol = symbol
        self.parent = parent
    }
}

/// An account in a list.
public struct AccountRow: Codable, Hashable, Sendable {
    public let account: AccountID
    public let cash: Money
    /// Commission paid so far.
    public let commission: Money
    /// Profit and loss of what was closed, before commission.
    public let realized: Money
    public let openPositions: Int
    public let openParents: Int
    /// Parents that are final, refused ones included.
    public let totalExecutions: Int
    /// Those of them that are filled to 99.9 % and more.
    public let successful: Int
    public let fills: Int
    /// Booked value of all fills.
    public let totalVolume: Money
    public let halt: String?

    init(_ row: PostgresRow) throws {
        account = AccountID(unchecked: try row.text("account"))
        cash = try row.money("cash")
        commission = try row.money("commission")
        realized = try row.money("realized")
        openPositions = Int(try row.int64("open_positions"))
        openParents = Int(try row.int64("open_parents"))
        totalExecutions = Int(try row.int64("total_executions"))
        successful = Int(try row.int64("successful"))
        fills = Int(try row.int64("fills"))
        totalVolume = try row.money("total_volume")
        halt = try row.optionalText("halt")
    }
}

extension PostgresQueries {
    /// Fills by trading time and trade id, the same in every run of the same inputs; `limit` keeps the newest.
    public func fills(_ filter: FillFilter, limit: Int? = nil) async throws -> [FillRow] {
        let newestFirst = try await rows(
            "list_fills",
            [
                .optional(filter.account?.text), .optional(filter.run?.text), .optional(filter.symbol?.text),
                .optional(filter.parent?.text), .optional(limit.map(Int64.init)),
            ],
            FillRow.init
        )
        return newestFirst.reversed()
    }

    /// Cached positions of an account by symbol, flat ones included: they keep their realized profit.
    public func positions(_ account: AccountID) async throws -> [Position] {
        try await rows("list_positions", [.text(account.text)]) { try Self.position($0) }
    }

    /// Ledger entries of an account, newest first.
    public func ledger(_ account: AccountID, limit: Int = 50) async throws -> [LedgerEntry] {
        try await snapshot { try LedgerRows.read(account, limit: limit, on: $0) }.reversed()
    }

    /// Every account with its totals, by name.
    public func accounts() async throws -> [AccountRow] {
        try await rows("list_accounts", [.null], AccountRow.init)
    }

    /// One account with its totals; nil when it has no ledger.
    public func account(_ account: AccountID) async throws -> AccountRow? {
        try await rows("list_accounts", [.text(account.text)], AccountRow.init).first
    }

    /// Business time of the account's last committed batch; nil for an account that never had one.
    public func clock(of account: AccountID) async throws -> Timestamp? {
        try await rows("last_clock", [.text(account.text)]) { try $0.time("clock_ns") }.first
    }

    static func position(_ row: PostgresRow) throws -> Position {
        Position(
            symbol: try row.symbol(),
            quantity: try row.quantity("quantity"),
            costBasis: try row.money("cost_basis"),
            realized: try row.money("realized")
        )
    }
}
