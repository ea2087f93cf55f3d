public import TradingDomain

/// A perpetual contract and its rules.
public struct VenueSymbol: Hashable, Sendable {
    /// A band of position sizes with its largest leverage and its maintenance margin.
    public struct Bracket: Hashable, Sendable {
        /// Largest worth of a position in the band, in the quote asset.
        public var cap: Int64
        public var leverage: Int
        /// Maintenance margin as a share of the position's worth.
        public var maintenance: FixedDecimal

        public init(cap: Int64, leverage: Int, maintenance: FixedDecimal) {
            self.cap = cap
            self.leverage = leverage
            self.maintenance = maintenance
        }
    }

    /// Whether it trades; the words are the wire's.
    public enum Status: String, Hashable, Sendable, Codable {
        case pending = "PENDING_TRADING"
        case trading = "TRADING"
        case settling = "SETTLING"
        case closed = "CLOSE"
    }

    public var name: Symbol
    public var base: String
    public var quote = "USDT"
    public var status = Status.trading
    /// Decimals that prices and quantities are shown with; not the tick and not the step.
    public var pricePrecision = 2
    public var quantityPrecision = 3
    public var tick: Price
    public var lowestPrice: Price
    public var highestPrice: Price
    public var step: Quantity
    public var leastQuantity: Quantity
    public var mostQuantity: Quantity
    /// Of market orders.
    public var mostMarketQuantity: Quantity
    /// How many orders an account may rest.
    public var mostOrders = 200
    public var leastNotional: FixedDecimal
    /// How far from the mark price a limit may be on the side that takes: 1.05 and 0.95.
    public var highestShare = FixedDecimal(units: 105_000_000)
    public var lowestShare = FixedDecimal(units: 95_000_000)
    /// How far from the mark price a market order takes.
    public var marketTakeBound = FixedDecimal(units: 5_000_000)
    public var liquidationFee = FixedDecimal(units: 1_250_000)
    /// By size, smallest first, not empty.
    public var brackets: [Bracket]
    public var fundingHours = 8
    /// Largest and, negative, smallest funding rate.
    public var fundingCap = FixedDecimal(units: 300_000)

    public init(
        name: Symbol,
        base: String,
        tick: Price,
        lowestPrice: Price,
        highestPrice: Price,
        step: Quantity,
        mostQuantity: Quantity,
        mostMarketQuantity: Quantity,
        leastNotional: FixedDecimal,
        brackets: [Bracket]
    ) {
        self.name = name
        self.base = base
        self.tick = tick
        self.lowestPrice = lowestPrice
        self.highestPrice = highestPrice
        self.step = step
        self.leastQuantity = step
        self.mostQuantity = mostQuantity
        self.mostMarketQuantity = mostMarketQuantity
        self.leastNotional = leastNotional
        self.brackets = brackets
    }

    /// The bracket that a position of this worth falls in, and what is taken off its maintenance margin.
    func bracket(of worth: FixedDecimal) -> (number: Int, bracket: Bracket, cumulative: FixedDecimal) {
        var cumulative = FixedDecimal.zero
        for (index, bracket) in brackets.enumerated() {
            if index > 0 {
                let floor = FixedDecimal(Int(brackets[index - 1].cap))
                cumulative = cumulative + floor * (bracket.maintenance - brackets[index - 1].maintenance)
            }
            if worth <= FixedDecimal(Int(bracket.cap)) || index == brackets.count - 1 {
                return (index + 1, bracket, cumulative)
            }
        }
        preconditionFailure("\(name) has no brackets")
    }

    /// Largest worth of a position at a leverage.
    func cap(atLeverage leverage: Int) -> Int64 {
        brackets.last { $0.leverage >= leverage }?.cap ?? brackets[0].cap
    }
}

extension VenueSymbol {
    /// Bitcoin against USDT, with the rules of October 2026 and the brackets of October 2024.
    public static let bitcoin = make(
        "BTC",
        tick: 10_000_000,
        lowest: 55_680_000_000,
        highest: 452_976_400_000_000,
        step: 100_000,
        most: (1000, 120),
        notional: 50,
        [
            (50_000, 125, 40), (600_000, 100, 50), (3_000_000, 75, 65), (12_000_000, 50, 100), (70_000_000, 25, 200),
            (100_000_000, 20, 250), (230_000_000, 10, 500), (480_000_000, 5, 1000), (600_000_000, 4, 1250),
            (800_000_000, 3, 1500), (1_200_000_000, 2, 2500), (1_800_000_000, 1, 5000),
        ]
    )

    /// Ether against USDT, likewise.
    public static let ether = make(
        "ETH",
        tick: 1_000_000,
        lowest: 3_986_000_000,
        highest: 30_617_700_000_000,
        step: 100_000,
        most: (10_000, 2000),
        notional: 20,
        [
            (50_000, 125, 40), (600_000, 100, 50), (3_000_000, 75, 65), (12_000_000, 50, 100), (50_000_000, 25, 200),
            (65_000_000, 20, 250), (150_000_000, 10, 500), (320_000_000, 5, 1000), (400_000_000, 4, 1250),
            (530_000_000, 3, 1500), (800_000_000, 2, 2500), (1_200_000_000, 1, 5000),
        ]
    )

    /// Prices and steps in units of 10⁻⁸, maintenance in basis points.
    private static func make(
        _ base: String,
        tick: Int64,
        lowest: Int64,
        highest: Int64,
        step: Int64,
        most: (limit: Int, market: Int),
        notional: Int,
        _ brackets: [(cap: Int64, leverage: Int, maintenance: Int128)]
    ) -> VenueSymbol {
        guard let name = Symbol(base + "USDT") else { preconditionFailure("\(base)USDT is no symbol") }
        return VenueSymbol(
            name: name,
            base: base,
            tick: Price(units: tick),
            lowestPrice: Price(units: lowest),
            highestPrice: Price(units: highest),
            step: Quantity(units: step),
            mostQuantity: Quantity(most.limit),
            mostMarketQuantity: Quantity(most.market),
            leastNotional: FixedDecimal(notional),
            brackets: brackets.map {
                Bracket(cap: $0.cap, leverage: $0.leverage, maintenance: FixedDecimal(units: $0.maintenance * 10_000))
            }
        )
    }
}
