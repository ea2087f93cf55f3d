/// A number of shares, contracts or coins, signed where a position is meant.
///
/// Stored as a whole number of 10⁻⁸. Overflow traps.
public struct Quantity: Hashable, Comparable, Sendable {
    /// The quantity in units of 10⁻⁸.
    public let units: Int64

    public static let zero = Quantity(units: 0)

    public init(units: Int64) { self.units = units }

    public init(_ whole: Int) { units = Int64(whole) * FixedDecimal.scale }

    /// Parses plain decimal text, the whole of it.
    ///
    /// - Throws: ``DecimalTextError`` when the text is not a plain decimal with at most eight decimals.
    public init(parsing text: some StringProtocol) throws(DecimalTextError) {
        units = try DecimalText.units64(of: text)
    }

    /// The nearest double, for estimates and charts only.
    public var approximate: Double { Double(units) / Double(FixedDecimal.scale) }

    public var magnitude: Quantity { Quantity(units: abs(units)) }
    public var isZero: Bool { units == 0 }

    /// Whole lots in this quantity, rounded towards zero.
    public func lots(of lot: Quantity) -> Int64 {
        precondition(lot.units > 0, "lot must be positive, was \(lot)")
        return units / lot.units
    }

    /// This quantity rounded towards zero to whole lots.
    public func rounded(toLot lot: Quantity) -> Quantity { Quantity(units: lots(of: lot) * lot.units) }

    /// `numerator ÷ denominator` of this quantity, rounded towards negative infinity to 10⁻⁸.
    public func share(_ numerator: Int64, of denominator: Int64) -> Quantity {
        Quantity(units: Int64(Rounding.floor(Int128(units) * Int128(numerator), over: Int128(denominator))))
    }

    /// The sum, or the largest quantity there is where that is more: for volumes that market data claim.
    public func addingClamped(_ other: Quantity) -> Quantity {
        let (sum, overflow) = units.addingReportingOverflow(other.units)
        return Quantity(units: overflow ? (other.units < 0 ? .min : .max) : sum)
    }

    public static func < (left: Quantity, right: Quantity) -> Bool { left.units < right.units }
    public static func + (left: Quantity, right: Quantity) -> Quantity { Quantity(units: left.units + right.units) }
    public static func - (left: Quantity, right: Quantity) -> Quantity { Quantity(units: left.units - right.units) }
    public static func += (left: inout Quantity, right: Quantity) { left = left + right }
    public static func -= (left: inout Quantity, right: Quantity) { left = left - right }
    public static prefix func - (value: Quantity) -> Quantity { Quantity(units: -value.units) }
}

extension Quantity: CustomStringConvertible {
    public var description: String { DecimalText.print(Int128(units)) }
}

extension Quantity: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decoder.singleValueContainer().decodeDecimal { try Quantity(parsing: $0) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
