/// A decimal number with exactly eight places, for anything that is counted but has no unit type of its own.
///
/// Holds `Int128` units of 10⁻⁸, so sums are exact and the same on every machine. Percentages of a decision, fixed
/// decimals of a workflow file and the raw value behind ``Money`` are of this type. Overflow traps.
public struct FixedDecimal: Hashable, Comparable, Sendable {
    /// The value in units of 10⁻⁸.
    public let units: Int128

    /// Units in one: 10⁸.
    public static let scale: Int64 = 100_000_000

    public static let zero = FixedDecimal(units: 0)

    public init(units: Int128) { self.units = units }

    public init(_ whole: Int) { units = Int128(whole) * Int128(Self.scale) }

    /// Parses a plain decimal such as `-12.5`: the whole text or an error.
    ///
    /// - Throws: ``DecimalTextError`` for signs other than a leading `-`, exponents, separators, spaces, more than
    ///   eight decimals that matter, or a value out of range.
    public init(parsing text: some StringProtocol) throws(DecimalTextError) {
        units = try DecimalText.units(of: text)
    }

    /// The nearest double, for estimates and charts only.
    public var approximate: Double { Double(units) / Double(Self.scale) }

    public static func < (left: FixedDecimal, right: FixedDecimal) -> Bool { left.units < right.units }
    public static func + (left: FixedDecimal, right: FixedDecimal) -> FixedDecimal {
        .init(units: left.units + right.units)
    }
    public static func - (left: FixedDecimal, right: FixedDecimal) -> FixedDecimal {
        .init(units: left.units - right.units)
    }
    public static prefix func - (value: FixedDecimal) -> FixedDecimal { .init(units: -value.units) }

    /// The product, rounded half-even to 10⁻⁸.
    public static func * (left: FixedDecimal, right: FixedDecimal) -> FixedDecimal {
        .init(units: Rounding.halfEven(left.units, times: right.units, over: Int128(scale)))
    }

    /// The quotient, rounded half-even to 10⁻⁸; division by zero traps, so check first.
    public static func / (left: FixedDecimal, right: FixedDecimal) -> FixedDecimal {
        precondition(right.units != 0, "division of \(left) by zero")
        return .init(units: Rounding.halfEven(left.units, times: Int128(scale), over: right.units))
    }
}

extension FixedDecimal: CustomStringConvertible {
    /// Plain decimal text without trailing zeros: `0`, `12`, `-0.05`.
    public var description: String { DecimalText.print(units) }
}

extension FixedDecimal: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = try container.decodeDecimal { try FixedDecimal(parsing: $0) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension SingleValueDecodingContainer {
    /// Decodes decimal text through `parse`, turning its error into a decoding error that says where.
    package func decodeDecimal<Value>(_ parse: (String) throws -> Value) throws -> Value {
        let text = try decode(String.self)
        do {
            return try parse(text)
        } catch {
            throw DecodingError.dataCorruptedError(in: self, debugDescription: "\(error)")
        }
    }
}
