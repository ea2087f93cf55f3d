public import ExecutionEngine
public import TradingDomain

/// A parent order in a list.
public struct ParentOrderRow: Codable, Hashable, Sendable {
    public let id: ParentOrderID
    public let account: AccountID
    public let run: RunID?
    public let stepPath: String?
    public let decision: DecisionID?
    public let symbol: Symbol
    public let side: Side
    /// As it is worked: admission may have made it smaller, and an amendment have changed it.
    public let quantity: Quantity
    public let filled: Quantity
    /// The same, by the name that OM-1 gives it.
    public let filledQty: Quantity
    /// Average price of what has filled; absent before the first fill.
    public let avgPrice: Price?
    /// Most tries that one of its children needed; 0 before the first child.
    public let attempts: Int
    public let urgency: Urgency
    public let algorithm: AlgorithmName?
    public let arrivalPrice: Price?
    public let state: ParentState
    public let children: Int
    public let submittedAt: Timestamp
    public let endedAt: Timestamp?
    /// When it ended as filled; absent otherwise.
    public let filledAt: Timestamp?
    /// When it ended because it was cancelled; absent otherwise.
    public let cancelledAt: Timestamp?

    init(_ row: PostgresRow) throws {
        id = ParentOrderID(unchecked: try row.text("id"))
        account = AccountID(unchecked: try row.text("account"))
        run = try row.optionalText("run").map { RunID(unchecked: $0) }
        stepPath = try row.optionalText("step_path")
        decision = try row.optionalText("decision").map { DecisionID(unchecked: $0) }
        symbol = try row.symbol()
        side = try row.word("side")
        quantity = try row.quantity("quantity")
        filled = try row.quantity("filled")
        filledQty = filled
        avgPrice = try row.optionalPrice("avg_price")
        attempts = Int(try row.int64("attempts"))
        urgency = try row.word("urgency")
        algorithm = try row.optionalText("algorithm").map { AlgorithmName(unchecked: $0) }
        arrivalPrice = try row.optionalPrice("arrival_price")
        state = try row.word("state")
        children = Int(try row.int64("children"))
        submittedAt = try row.time("submitted_at_ns")
        endedAt = try row.optionalTime("ended_at_ns")
        filledAt = state == .filled ? endedAt : nil
        cancelledAt = state == .cancelled ? endedAt : nil
    }
}

/// A child order in a list.
public struct ChildOrderRow: Codable, Hashable, Sendable {
    public let id: ClientOrderID
    public let parent: ParentOrderID
    public let symbol: Symbol
    public let side: Side
    public let quantity: Quantity
    /// `MARKET` or `LIMIT`.
    public let type: String
    public let limitPrice: Price?
    public let timeInForce: TimeInForce
    public let slice: Int
    public let life: ChildLife
    public let outstanding: OutstandingRequest
    public let filled: Quantity
    public let requestTime: Timestamp
    public let brokerOrder: BrokerOrderID?
    public let reason: String?
    /// The child whose place it took or was to take.
    public let replaces: ClientOrderID?
    /// Which try it is, from 1.
    public let attempt: Int

    init(_ row: PostgresRow) throws {
        id = ClientOrderID(unchecked: try row.text("id"))
        parent = ParentOrderID(unchecked: try row.text("parent"))
        symbol = try row.symbol()
        side = try row.word("side")
        quantity = try row.quantity("quantity")
        type = try row.text("type")
        limitPrice = try row.optionalPrice("limit_price")
        timeInForce = try row.word("time_in_force")
        slice = Int(try row.int64("slice"))
        life = try row.word("life")
        outstanding = try row.word("outstanding")
        filled = try row.quantity("filled")
        requestTime = try row.time("request_time_ns")
        brokerOrder = try row.optionalText("broker_order_id").map { BrokerOrderID(unchecked: $0) }
        reason = try row.optionalText("reason")
        replaces = try row.optionalText("replaces").map { ClientOrderID(unchecked: $0) }
        attempt = Int(try row.int64("attempt"))
    }
}

/// A line of a parent's journal.
public struct OrderEventRow: Codable, Hashable, Sendable {
    public let event: JournaledEvent
    /// A stable word for what happened.
    public let kind: String
    /// The database's clock.
    public let recordedAt: Timestamp
}

/// Which parent orders to list; nil and false mean no restriction.
public struct OrderFilter: Hashable, Sendable {
    public var account: AccountID?
    public var run: RunID?
    public var symbol: Symbol?
    public var openOnly = false

    public init(account: AccountID? = nil, run: RunID? = nil, symbol: Symbol? = nil, openOnly: Bool = false) {
        self.account = account
        self.run = run
        self.symbol = symbol
        self.openOnly = openOnly
    }
}

extension PostgresQueries {
    /// Parent orders, newest first.
    public func orders(_ filter: OrderFilter = OrderFilter(), limit: Int = 50) async throws -> [ParentOrderRow] {
        try await rows(
            "list_orders",
            [
                .optional(filter.account?.text), .optional(filter.run?.text), .optional(filter.symbol?.text),
                .bool(filter.openOnly), .int64(Int64(limit)),
            ],
            ParentOrderRow.init
        )
    }

    /// A parent as the journal has it, with its events; nil for an unknown id.
    public func order(_ id: ParentOrderID) async throws -> ParentRecord? {
        try await snapshot { try ParentRows.read([id.text], on: $0).first }
    }

    /// Ids of parents that begin with `prefix`, so that people need not type sixteen characters; at most `limit`.
    public func orders(prefix: String, limit: Int = 5) async throws -> [ParentOrderID] {
        try await rows("orders_by_prefix", [.text(prefix), .int64(Int64(limit))]) {
            ParentOrderID(unchecked: try $0.text("id"))
        }
    }

    /// A parent's children in the order in which they were made.
    public func children(of parent: ParentOrderID) async throws -> [ChildOrderRow] {
        try await rows("list_children", [.text(parent.text)], ChildOrderRow.init)
    }

    /// A parent's journal in sequence.
    public func events(of parent: ParentOrderID) async throws -> [OrderEventRow] {
        try await rows("list_events", [.text(parent.text)]) { row in
            OrderEventRow(
                event: try ParentRows.event(row),
                kind: try row.text("kind"),
                recordedAt: try row.recorded("recorded_at")
            )
        }
    }
}
