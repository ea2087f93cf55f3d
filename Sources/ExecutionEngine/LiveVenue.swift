public import MarketData
public import OrderManagement
public import TradingDomain

/// What a living venue tells by itself, in the order it came.
public enum VenueNews: Hashable, Sendable {
    case market(MarketEvent)
    case report(BrokerEvent)
    /// The account's reports do not come any more, until ``connected``.
    case disconnected(reason: String)
    /// They come again; what happened meanwhile has not been told.
    case connected
    /// Something may not have been told: the account is to be compared with the venue.
    case reconcile(reason: String)
    /// A person should know.
    case alert(code: String, message: String)
}

/// A venue beside which we live by the wall clock: its market data and its reports come by themselves.
public protocol LiveVenue: Broker {
    /// What heads the output of a run, such as `BINANCE FUTURES (testnet)`.
    var title: String { get }
    /// Names the venue in account facts and seeds: `[a-z0-9-]`, short.
    var fingerprint: String { get }
    /// Every instrument of the venue, as it listed them when it was opened.
    var instruments: [Instrument] { get }
    /// The venue's clock by our best knowledge.
    var clock: Timestamp { get }
    /// What the venue tells; for one reader.
    var news: AsyncStream<VenueNews> { get }

    /// Begins to send and to listen.
    ///
    /// - Parameter replacements: Orders of open parents that replace others, oldest first: whoever held the account
    ///   before may have sent them.
    func start(_ replacements: [ChildOrder]) async

    /// What the account owns of a currency, its open positions at their cost.
    ///
    /// - Throws: The venue's errors.
    func balance(_ currency: Currency) async throws -> Money

    /// Lets the market data of these symbols flow, besides those followed already.
    ///
    /// - Throws: The venue's errors; then none of them may flow.
    func follow(_ symbols: [Symbol]) async throws

    /// Trade bars of one minute with `from < end <= to`, oldest first.
    ///
    /// - Throws: The venue's errors.
    func bars(of symbol: Symbol, from: Timestamp, to: Timestamp) async throws -> [Bar]

    /// Ends all connections.
    func close() async
}
