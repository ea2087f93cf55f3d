public import TradingDomain

/// What a venue is made of: its symbols, its accounts, its limits and its habits.
public struct ExchangeSettings: Hashable, Sendable {
    public var symbols: [VenueSymbol]
    public var accounts: [VenueAccount]
    /// Weight an address may use in a minute.
    public var weightPerMinute = 2400
    /// Requests beyond the weight after which an address is banned.
    public var patience = 20
    /// How long the first ban of an address lasts; each later one lasts twice as long, up to three days.
    public var banSeconds: Int64 = 120
    public var ordersPerTenSeconds = 300
    public var ordersPerMinute = 1200
    /// For the server: whether an answer leaves before the events of what it did; real clients see both.
    public var answerFirst = true
    /// Whether an account's change is told before the trade that made it.
    public var accountUpdateFirst = true
    /// Whether answers to new, changed and cancelled orders carry `avgPrice` and `cumQuote`.
    public var answersCarryAverages = true
    /// How long a listen key lives without being renewed.
    public var listenKeySeconds: Int64 = 3600
    /// Ids and keys that the venue makes up follow from it.
    public var seed: UInt64

    public init(symbols: [VenueSymbol], accounts: [VenueAccount], seed: UInt64 = 1) {
        self.symbols = symbols
        self.accounts = accounts
        self.seed = seed
    }

    /// BTCUSDT and ETHUSDT, and one account with `test-key`, `test-secret` and 10,000 USDT.
    public static let standard = ExchangeSettings(
        symbols: [.bitcoin, .ether],
        accounts: [
            VenueAccount(name: "test", key: "test-key", secret: "test-secret", balances: ["USDT": FixedDecimal(10_000)])
        ]
    )
}

/// Who trades here.
public struct VenueAccount: Hashable, Sendable {
    public var name: String
    public var key: String
    public var secret: String
    /// What it has at first, by asset.
    public var balances: [String: FixedDecimal]
    /// Shares of what is traded.
    public var makerFee: FixedDecimal
    public var takerFee: FixedDecimal
    /// Of every symbol at first.
    public var leverage: Int

    public init(
        name: String,
        key: String,
        secret: String,
        balances: [String: FixedDecimal],
        makerFee: FixedDecimal = FixedDecimal(units: 20_000),
        takerFee: FixedDecimal = FixedDecimal(units: 50_000),
        leverage: Int = 20
    ) {
        self.name = name
        self.key = key
        self.secret = secret
        self.balances = balances
        self.makerFee = makerFee
        self.takerFee = takerFee
        self.leverage = leverage
    }
}
