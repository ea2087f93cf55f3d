internal import TradingDomain

/// A derivatives exchange as one value: requests in, answers and events out.
///
/// It knows neither clock nor network: whoever serves it tells the time with each call, and times never go back. Equal calls
/// in equal order give equal answers, events and records on every machine. Requests, errors and streams are in the dialect of
/// Binance's USDⓈ-M futures.
public struct Exchange: Sendable {
    public let settings: ExchangeSettings
    /// Streams that somebody listens to, by name; only these are made.
    public var followed: Set<String> = [] {
        didSet { follow(since: oldValue) }
    }
    /// What is behind the names.
    var streams: [VenueStream] = []
    /// What streams of best quotes told last, by name.
    var bestQuotes: [String: [Symbol: BestQuote]] = [:]

    /// By symbol.
    var markets: [Symbol: VenueMarket] = [:]
    /// Sorted, so that what is done for all symbols has an order.
    var symbols: [Symbol] = []
    /// By name.
    var accounts: [String: VenueAccountBook] = [:]
    var accountNames: [String] = []
    var accountsByKey: [String: String] = [:]
    var orders: [Int64: VenueOrder] = [:]
    var conditionals: [Int64: VenueConditionalOrder] = [:]
    /// Those that wait, and open orders that end at a date.
    var waiting: Set<Int64> = []
    var dated: Set<Int64> = []
    /// Symbols, by account, whose orders that only reduce may have to show more or less.
    var unfitted: [String: Set<Symbol>] = [:]
    var counters = VenueCounters()
    var meter = RateMeter()
    var draws: VenueDraws

    /// Milliseconds; never goes back.
    var now: Int64 = 0
    /// By how many milliseconds the gateway's clock is wrong: what it says of the time now, and what it checks by it.
    ///
    /// Matching, its stamps and its timers go by the time that they are told.
    public var skew: Int64 = 0
    var said: Int64 { now + skew }
    var events: [ExchangeEvent] = []
    var records: [ExchangeRecord] = []
    /// Accounts that changed since their record was written.
    var changedAccounts: Set<String> = []
    var countersChanged = false

    public init(_ settings: ExchangeSettings) {
        self.settings = settings
        draws = VenueDraws(seed: settings.seed)
        for symbol in settings.symbols { change(symbol) }
        for (index, account) in settings.accounts.enumerated() {
            accounts[account.name] = VenueAccountBook(account, number: UInt32(index) + 1)
            accountsByKey[account.key] = account.name
        }
        accountNames = accounts.keys.sorted()
    }

    /// Changes the rules of a symbol, or lists a new one; orders that rest stay as they are.
    public mutating func change(_ symbol: VenueSymbol) {
        if markets[symbol.name] == nil {
            markets[symbol.name] = VenueMarket(symbol)
            symbols = markets.keys.sorted()
        } else {
            markets[symbol.name]?.rules = symbol
        }
    }

    /// What happened since the last call, in order.
    public mutating func takeEvents() -> [ExchangeEvent] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// What must be stored before an answer leaves, in order.
    public mutating func takeRecords() -> [ExchangeRecord] {
        for name in changedAccounts.sorted() {
            if let state = accounts[name]?.state { records.append(.account(state)) }
        }
        if countersChanged { records.append(.counters(counters)) }
        changedAccounts.removeAll(keepingCapacity: true)
        countersChanged = false
        defer { records.removeAll(keepingCapacity: true) }
        return records
    }

    /// Moves the clock; a time before the last one changes nothing.
    mutating func tick(_ time: Timestamp) { now = max(now, time.milliseconds) }

    /// The next of a series of numbers.
    mutating func take(_ counter: WritableKeyPath<VenueCounters, Int64>) -> Int64 {
        defer { counters[keyPath: counter] += 1 }
        countersChanged = true
        return counters[keyPath: counter]
    }

    /// A text of letters and digits that follows from the seed.
    mutating func makeKey(_ length: Int) -> String { draws.text(take(\.made), length: length) }

    mutating func update(_ order: VenueOrder) {
        orders[order.id] = order
        records.append(.order(order))
        guard order.status.isFinal else { return }
        accounts[order.account]?.open.remove(order.id)
        dated.remove(order.id)
    }

    mutating func change(_ account: String, _ body: (inout VenueAccountState) -> Void) {
        guard accounts[account] != nil else { return }
        body(&accounts[account, default: VenueAccountBook.nobody].state)
        changedAccounts.insert(account)
    }

    /// An account that is known to be there.
    func account(_ name: String) -> VenueAccountBook { accounts[name] ?? VenueAccountBook.nobody }

    /// A market that is known to be there.
    func market(_ symbol: Symbol) -> VenueMarket {
        guard let market = markets[symbol] else { preconditionFailure("\(symbol) is not listed") }
        return market
    }

    /// Calls `body` with a market that is known to be there, in place.
    mutating func withMarket<Value>(_ symbol: Symbol, _ body: (inout VenueMarket) -> Value) -> Value {
        guard markets[symbol] != nil else { preconditionFailure("\(symbol) is not listed") }
        return body(&markets[symbol, default: VenueMarket(.bitcoin)])
    }
}

/// An account: who it is, what it has, and where its orders are.
struct VenueAccountBook: Sendable {
    let settings: VenueAccount
    /// In the books of the markets.
    let number: UInt32
    var state: VenueAccountState
    /// Ids of all its orders, oldest first.
    var orders: [Int64] = []
    /// Those that are open.
    var open: Set<Int64> = []
    /// The newest order of each client id, by symbol.
    var byClientID: [String: Int64] = [:]
    var trades: [VenueTrade] = []
    var incomes: [VenueIncome] = []
    var amendments: [VenueAmendment] = []
    var conditionals: [Int64] = []

    static let nobody = VenueAccountBook(VenueAccount(name: "", key: "", secret: "", balances: [:]), number: 0)

    init(_ settings: VenueAccount, number: UInt32) {
        self.settings = settings
        self.number = number
        state = VenueAccountState(name: settings.name, wallets: settings.balances)
    }

    static func clientKey(_ symbol: Symbol, _ clientID: String) -> String { "\(symbol)/\(clientID)" }

    func leverage(_ symbol: Symbol) -> Int { state.leverage[symbol.text] ?? settings.leverage }
    func isIsolated(_ symbol: Symbol) -> Bool { state.isolated.contains(symbol.text) }

    func position(_ symbol: Symbol, _ side: VenuePositionSide) -> VenuePosition {
        state.positions[VenuePosition.key(symbol, side)] ?? VenuePosition(symbol: symbol, side: side)
    }

    /// Positions that are not flat, sorted.
    var positions: [VenuePosition] {
        state.positions.values.filter { !$0.amount.isZero }.sorted { $0.key < $1.key }
    }

    /// Sides that a symbol's positions have in this mode.
    var sides: [VenuePositionSide] { state.isHedged ? [.long, .short] : [.both] }

    /// What an order of this side may make smaller.
    func closable(_ symbol: Symbol, _ positionSide: VenuePositionSide, _ side: Side) -> Quantity {
        let amount = position(symbol, positionSide).amount
        return side == .sell ? max(.zero, amount) : max(.zero, -amount)
    }
}

/// Counter-based randomness of the venue: the finaliser of SplitMix64 over seed and number.
struct VenueDraws: Sendable {
    let seed: UInt64

    func bits(_ number: Int64, _ part: Int) -> UInt64 {
        var mixed =
            seed &+ UInt64(bitPattern: number) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(part) &* 0xD1B5_4A32_D192_ED03
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    func text(_ number: Int64, length: Int) -> String {
        let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        let bytes = (0..<length).map { letters[Int(bits(number, $0) % UInt64(letters.count))] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
