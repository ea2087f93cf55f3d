/// What kind of thing an instrument is.
public enum AssetClass: String, Codable, Hashable, Sendable, CaseIterable {
    case equity = "EQUITY"
    case etf = "ETF"
    case crypto = "CRYPTO"
    case future = "FUTURE"
    case fx = "FX"
}

/// What can be traded, where, and in which steps.
public struct Instrument: Codable, Hashable, Sendable {
    public let symbol: Symbol
    /// The venue's code, such as `XNYS`.
    public let venue: String
    public let currency: Currency
    public let assetClass: AssetClass
    /// Smallest price step, greater than zero.
    public let tick: Price
    /// Smallest quantity step, greater than zero.
    public let lot: Quantity
    /// Units of the underlying in one contract; 1 for shares and coins.
    public let contractMultiplier: FixedDecimal
    /// Smallest order value the venue takes; zero when it has none.
    public let minimumNotional: Money
    /// Largest market order that the venue takes; `nil` when it has no such limit.
    public let marketMost: Quantity?
    /// Which calendar gives its trading sessions: `XNYS`, `24/7`.
    public let calendar: String

    public init(
        symbol: Symbol,
        venue: String = "XNYS",
        currency: Currency = .usd,
        assetClass: AssetClass = .equity,
        tick: Price = Price(units: 1_000_000),
        lot: Quantity = Quantity(1),
        contractMultiplier: FixedDecimal = FixedDecimal(1),
        minimumNotional: Money? = nil,
        marketMost: Quantity? = nil,
        calendar: String = "XNYS"
    ) {
        precondition(tick.units > 0, "tick of \(symbol) must be positive, was \(tick)")
        precondition(lot.units > 0, "lot of \(symbol) must be positive, was \(lot)")
        precondition(
            contractMultiplier.units > 0,
            "multiplier of \(symbol) must be positive, was \(contractMultiplier)"
        )
        self.symbol = symbol
        self.venue = venue
        self.currency = currency
        self.assetClass = assetClass
        self.tick = tick
        self.lot = lot
        self.contractMultiplier = contractMultiplier
        self.minimumNotional = minimumNotional ?? .zero(currency)
        self.marketMost = marketMost
        self.calendar = calendar
    }

    /// What `quantity` is worth at `price`: price × quantity × multiplier, rounded half-even to 10⁻⁸, once.
    ///
    /// A fill books this amount and every sum uses the booked amount.
    public func notional(_ price: Price, _ quantity: Quantity) -> Money {
        let product = Int128(price.units) * Int128(quantity.units)
        let scale = Int128(FixedDecimal.scale)
        if contractMultiplier == FixedDecimal(1) {
            return Money(units: Rounding.halfEven(product, times: 1, over: scale), currency)
        }
        return Money(units: Rounding.halfEven(product, times: contractMultiplier.units, over: scale * scale), currency)
    }

    /// The largest quantity, in whole lots, whose notional at `price` (greater than zero) does not exceed `money`.
    public func quantity(for money: Money, at price: Price) -> Quantity {
        precondition(price.units > 0, "price of \(symbol) must be positive, was \(price)")
        precondition(money.currency == currency, "\(symbol) is in \(currency), not \(money.currency)")
        guard money.units > 0 else { return .zero }
        let scale = Int128(FixedDecimal.scale)
        let perLot = Int128(price.units) * contractMultiplier.units * Int128(lot.units)
        let most = Int64.max / lot.units
        let lots = Rounding.floor(money.units, times: scale * scale, over: perLot) ?? Int128(most)
        return Quantity(units: Int64(min(lots, Int128(most))) * lot.units)
    }
}
