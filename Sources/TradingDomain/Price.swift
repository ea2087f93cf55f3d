/// A price in quote currency per unit of the instrument.
///
/// Stored as a whole number of 10⁻⁸ so that sums are exact and the same on every machine. Prices may be negative:
/// calendar spreads trade below zero. Overflow traps.
public struct Price: Hashable, Comparable, Sendable {
    /// The price in units of 10⁻⁸ of the quote currency.
    public let units: Int64

    public static let zero = Price(units: 0)

    public init(units: Int64) { self.units = units }

    /// Parses plain decimal text, the whole of it.
    ///
    /// - Throws: ``DecimalTextError`` when the text is not a plain decimal with at most eight decimals.
    public init(parsing text: some StringProtocol) throws(DecimalTextError) {
        units = try DecimalText.units64(of: text)
    }

    /// The nearest double, for estimates and charts only.
    public var approximate: Double { Double(units) / Double(FixedDecimal.scale) }

    /// The price nearest to an estimate, for modelled prices only (a fill model's impact, a generated market).
    ///
    /// - Parameter estimate: Finite, within the range of the type; traps otherwise.
    public init(nearest estimate: Double) {
        units = Int64((estimate * Double(FixedDecimal.scale)).rounded(.toNearestOrEven))
    }

    public static func < (left: Price, right: Price) -> Bool { left.units < right.units }
    public static func + (left: Price, right: Price) -> Price { Price(units: left.units + right.units) }
    public static func - (left: Price, right: Price) -> Price { Price(units: left.units - right.units) }

    /// Returns the nearest price on the tick grid that is no worse for a trader on `side`.
    ///
    /// - Parameters:
    ///   - tick: The instrument's smallest price step, greater than zero.
    ///   - side: `.buy` rounds down and `.sell` up, so rounding never concedes more than was asked.
    /// - Returns: This price when it is already on the grid; above the last tick that can be held, that tick.
    public func rounded(to tick: Price, for side: Side) -> Price {
        precondition(tick.units > 0, "tick must be positive, was \(tick)")
        let below = Int64(Rounding.floor(Int128(units), over: Int128(tick.units))) * tick.units
        if below == units { return self }
        let (above, overflow) = below.addingReportingOverflow(tick.units)
        return Price(units: side == .buy || overflow ? below : above)
    }

    /// The price moved `bps` basis points against a trader on `side`: up for a buy, down for a sell; at most as far as
    /// the type holds.
    public func worsened(byBps bps: FixedDecimal, for side: Side) -> Price {
        let step = Rounding.halfEven(Int128(units), times: bps.units, over: Int128(FixedDecimal.scale) * 10_000)
        return Price(units: Int64(clamping: side == .buy ? Int128(units) + step : Int128(units) - step))
    }

    /// The middle of two prices, rounded down to 10⁻⁸.
    public static func mid(_ bid: Price, _ ask: Price) -> Price {
        Price(units: Int64(Rounding.floor(Int128(bid.units) + Int128(ask.units), over: 2)))
    }
}

extension Price: CustomStringConvertible {
    public var description: String { DecimalText.print(Int128(units)) }
}

extension Price: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decoder.singleValueContainer().decodeDecimal { try Price(parsing: $0) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
