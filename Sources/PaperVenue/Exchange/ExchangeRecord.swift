public import TradingDomain

/// A durable change: the whole of what it is about, so that the latest with a ``key`` stands for all before it.
///
/// Background liquidity, candles and mark prices are not among them: the market brings them anew.
public enum ExchangeRecord: Codable, Hashable, Sendable {
    case account(VenueAccountState)
    case order(VenueOrder)
    case trade(VenueTrade)
    case income(VenueIncome)
    case amendment(VenueAmendment)
    case conditional(VenueConditionalOrder)
    case counters(VenueCounters)

    /// What a later record must have in common with this one to replace it.
    public var key: String {
        switch self {
        case .account(let state): "account/\(state.name)"
        case .order(let order): "order/\(order.id)"
        case .trade(let trade): "trade/\(trade.symbol)/\(trade.id)/\(trade.order)"
        case .income(let income): "income/\(income.id)"
        case .amendment(let amendment): "amendment/\(amendment.id)"
        case .conditional(let order): "conditional/\(order.id)"
        case .counters: "counters"
        }
    }
}

/// The numbers that the venue gives out next; never given twice, also not after a restart.
///
/// With them what else belongs to no account.
public struct VenueCounters: Codable, Hashable, Sendable {
    public var order: Int64 = 8_000_000_001
    public var trade: Int64 = 500_000_001
    public var conditional: Int64 = 2_000_001
    public var amendment: Int64 = 5001
    public var income: Int64 = 9_000_000_001
    /// Places in queues.
    public var queue: Int64 = 1
    /// Client ids and listen keys made up.
    public var made: Int64 = 0
    /// Funding has been settled up to this time, in milliseconds; by symbol.
    public var fundedUpTo: [String: Int64] = [:]
    /// What was traded last at, by symbol: orders that wait for a price are judged by it before the first trade after a restart.
    public var lastPrices: [String: Price]?

    public init() {}
}

/// What belongs to an account: money, positions, settings, its listen key and its timers.
public struct VenueAccountState: Codable, Hashable, Sendable {
    public let name: String
    public var wallets: [String: FixedDecimal]
    /// By ``VenuePosition/key``; flat ones are left out.
    public var positions: [String: VenuePosition] = [:]
    /// Where it differs from the account's own.
    public var leverage: [String: Int] = [:]
    /// Symbols whose margin is isolated.
    public var isolated: Set<String> = []
    public var isHedged = false
    public var isMultiAsset = false
    public var burnsFees = false
    public var listenKey: String?
    /// Milliseconds.
    public var listenKeyEnds: Int64 = 0
    /// When all orders of a symbol are cancelled, in milliseconds.
    public var countdowns: [String: Int64] = [:]
    public var updated: Int64 = 0

    init(name: String, wallets: [String: FixedDecimal]) {
        self.name = name
        self.wallets = wallets
    }
}
