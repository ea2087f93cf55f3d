/// A currency by its code, such as `USD` or `USDT`.
public struct Currency: Hashable, Sendable, Codable, RawRepresentable, CustomStringConvertible {
    public let rawValue: String

    /// - Parameter rawValue: Three to five upper-case letters; `nil` for anything else.
    public init?(rawValue: String) {
        guard (3...5).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy({ (65...90).contains($0) }) else {
            return nil
        }
        self.rawValue = rawValue
    }

    private init(known: String) { rawValue = known }

    public static let usd = Currency(known: "USD")
    public static let krw = Currency(known: "KRW")
    public static let usdt = Currency(known: "USDT")

    public var description: String { rawValue }
}

/// An amount of one currency in units of 10⁻⁸.
///
/// Adding two currencies traps: an account has one currency, and a conversion is an explicit ledger entry.
public struct Money: Hashable, Sendable {
    /// The amount in units of 10⁻⁸.
    public let units: Int128
    public let currency: Currency

    public init(units: Int128, _ currency: Currency) {
        self.units = units
        self.currency = currency
    }

    /// Parses plain decimal text, the whole of it.
    ///
    /// - Throws: ``DecimalTextError`` when the text is not a plain decimal with at most eight decimals.
    public init(parsing text: some StringProtocol, _ currency: Currency) throws(DecimalTextError) {
        self.init(units: try DecimalText.units(of: text), currency)
    }

    public static func zero(_ currency: Currency) -> Money { Money(units: 0, currency) }

    /// The plain decimal amount without its currency.
    public var amount: FixedDecimal { FixedDecimal(units: units) }

    /// The nearest double, for estimates and charts only.
    public var approximate: Double { amount.approximate }

    public var isNegative: Bool { units < 0 }

    public static func + (left: Money, right: Money) -> Money {
        left.requireSame(right)
        return Money(units: left.units + right.units, left.currency)
    }

    public static func - (left: Money, right: Money) -> Money {
        left.requireSame(right)
        return Money(units: left.units - right.units, left.currency)
    }

    public static func += (left: inout Money, right: Money) { left = left + right }
    public static func -= (left: inout Money, right: Money) { left = left - right }
    public static prefix func - (value: Money) -> Money { Money(units: -value.units, value.currency) }

    /// This amount times an exact rate, rounded half-even to 10⁻⁸.
    public func times(_ rate: FixedDecimal) -> Money {
        Money(units: Rounding.halfEven(units, times: rate.units, over: Int128(FixedDecimal.scale)), currency)
    }

    /// `percent` percent of this amount, rounded half-even to 10⁻⁸.
    public func percent(_ percent: FixedDecimal) -> Money {
        Money(units: Rounding.halfEven(units, times: percent.units, over: Int128(FixedDecimal.scale) * 100), currency)
    }

    private func requireSame(_ other: Money) {
        precondition(currency == other.currency, "mixing \(currency) with \(other.currency)")
    }
}

extension Money: Comparable {
    public static func < (left: Money, right: Money) -> Bool {
        left.requireSame(right)
        return left.units < right.units
    }
}

extension Money: CustomStringConvertible {
    /// Such as `12.5 USD`.
    public var description: String { "\(amount) \(currency)" }
}

extension Money: Codable {
    private enum CodingKeys: String, CodingKey { case amount, currency }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            units: try container.decode(FixedDecimal.self, forKey: .amount).units,
            try container.decode(Currency.self, forKey: .currency)
        )
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(amount, forKey: .amount)
        try container.encode(currency, forKey: .currency)
    }
}
