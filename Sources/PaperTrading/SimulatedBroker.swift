public import ExecutionEngine
public import MarketData
public import OrderManagement
public import TradingDomain

/// Where the simulated venue keeps its own orders, apart from the engine's journal: a venue does not forget either.
public protocol VenueStore: Sendable {
    func load(_ account: AccountID) async throws -> [VenueOrder]
    func save(_ orders: [VenueOrder]) async throws
}

/// A venue store that forgets with its process, for tests and backtests.
public actor MemoryVenueStore: VenueStore {
    private var orders: [ClientOrderID: VenueOrder] = [:]

    public init() {}

    public func load(_ account: AccountID) -> [VenueOrder] {
        orders.values.filter { $0.order.account == account }
    }

    public func save(_ changed: [VenueOrder]) {
        for order in changed { orders[order.order.id] = order }
    }
}

/// The simulated broker of one account: ``SimulatedVenue`` behind the engine's broker port.
///
/// Changes are stored in the venue's own transaction before any report of them is told, as a real venue would.
public actor SimulatedBroker: Broker {
    private let store: any VenueStore
    private var venue: SimulatedVenue
    private var now: Timestamp

    /// Opens the venue with the orders it had stored.
    ///
    /// - Throws: The store's errors.
    public init(
        account: AccountID,
        model: FillModel,
        store: any VenueStore,
        at now: Timestamp,
        closeOf: @escaping @Sendable (Instrument, Timestamp) -> Timestamp?
    ) async throws {
        self.store = store
        self.now = now
        var venue = SimulatedVenue(model: model, closeOf: closeOf)
        venue.restore(try await store.load(account))
        self.venue = venue
    }

    /// A venue that forgets with its process, for tests and experiments.
    ///
    /// `commissionRate` is a fraction of the notional, 0.00015 being 0.015 %.
    public init(commissionRate: FixedDecimal, seed: UInt64 = 7, at now: Timestamp = Timestamp(nanoseconds: 0)) {
        var model = FillModel(seed: seed)
        model.commissionRate = commissionRate
        store = MemoryVenueStore()
        venue = SimulatedVenue(model: model) { _, _ in nil }
        self.now = now
    }

    /// When the venue last traded for the account; `nil` when it never did.
    public var lastTradeAt: Timestamp? { venue.lastTradeAt }

    public func venueTime() -> Timestamp { now }

    public func send(_ commands: [BrokerCommand]) {
        for command in commands { venue.send(command, at: now) }
    }

    public func query(_ order: ClientOrderID, _ symbol: Symbol) -> BrokerAnswer { venue.query(order, at: now) }

    public func accountReport(since: Timestamp) -> AccountReportAnswer { .report(venue.report(since: since, at: now)) }

    public func cancelAll(_ symbols: [Symbol]) -> CancelAllAnswer {
        for order in venue.openOrders where symbols.contains(order.symbol) {
            venue.send(.cancel(order.clientID, order.symbol), at: now)
        }
        return .accepted
    }

    public func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) -> DeadManAnswer { .unsupported }

    /// Shows the venue what the market did before it opened for us; nothing trades on it.
    public func show(_ events: [MarketEvent]) { venue.show(events) }

    /// When the venue has something to do without market data.
    public var nextEventAt: Timestamp? { venue.nextEventAt }

    /// Lets the market and time move on, and returns what the venue has to tell by `time`.
    ///
    /// - Throws: The store's errors; then nothing was told.
    public func advance(to time: Timestamp, _ events: [MarketEvent]) async throws -> [BrokerEvent] {
        now = time
        for event in events { venue.market(event) }
        venue.advance(to: time)
        let reports = venue.takeReports(until: time)
        let changes = venue.takeChanges()
        if !changes.isEmpty { try await store.save(changes) }
        return reports
    }
}
