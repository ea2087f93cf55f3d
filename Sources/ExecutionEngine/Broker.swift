public import OrderManagement
public import TradingDomain

/// Something we ask a broker to do; its intent is durable before the broker sees it.
public enum BrokerCommand: Codable, Hashable, Sendable {
    case place(ChildOrder)
    case cancel(ClientOrderID, Symbol)
    /// Puts this order in the place of the one that it replaces, in one step at the venue or not at all.
    case replace(ChildOrder)

    public var order: ClientOrderID {
        switch self {
        case .place(let order), .replace(let order): order.id
        case .cancel(let order, _): order
        }
    }
}

/// What a broker knows of one of our orders when asked by its client order id.
public enum BrokerAnswer: Hashable, Sendable {
    /// The order as a list of reports, oldest first: acknowledgement, fills, end.
    case known([BrokerEvent])
    /// The venue does not know it, by its own clock.
    case notFound(venueTime: Timestamp)
    /// Nobody could be asked.
    case unavailable(reason: String)
}

/// A broker as the engine needs it.
///
/// A conforming type never retries and never resends: what it cannot be sure of it reports as `.unknown`.
public protocol Broker: Sendable {
    /// The venue's clock.
    func venueTime() async -> Timestamp
    /// Sends commands whose intents are committed. Reports come back later as events, also for failures.
    func send(_ commands: [BrokerCommand]) async
    /// Asks what became of an order.
    func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer
    /// Asks for everything that the venue knows of the account: open orders, trades since `since`, positions, balances.
    func accountReport(since: Timestamp) async -> AccountReportAnswer
    /// Cancels everything that is open in these symbols, also what is not ours.
    func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer
    /// Lets the venue cancel everything in these symbols once so much time has passed; `nil` disarms.
    func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer
}
