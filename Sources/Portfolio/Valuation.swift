public import TradingDomain

/// The price at which a position is valued now.
public struct Mark: Codable, Hashable, Sendable {
    public let instrument: Instrument
    public let price: Price

    public init(instrument: Instrument, price: Price) {
        self.instrument = instrument
        self.price = price
    }
}

/// What an account is worth at given marks.
public struct Valuation: Codable, Hashable, Sendable {
    public let cash: Money
    /// Signed sum of the positions' values.
    public let netExposure: Money
    /// Sum of the positions' magnitudes.
    public let grossExposure: Money
    public let unrealized: Money
    /// Positions that had no mark and are valued at cost, by symbol; a decision about risk must not use such a value.
    public let unmarked: [Symbol]

    public var equity: Money { cash + netExposure }
}
