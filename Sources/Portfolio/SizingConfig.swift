public import TradingDomain

/// The account's own bounds on sizes; every value was checked when it was made.
public struct SizingConfig: Codable, Hashable, Sendable {
    /// Most percent of equity that a decision may ask for; more is cut to it, visibly.
    public let maximumPercent: FixedDecimal
    public let allowShort: Bool
    /// Percent of an order's value kept free for fees and slippage; it limits cash, never SE-1's count.
    public let feeReservePercent: FixedDecimal
    /// Buys are shrunk to the cash that is there; off for accounts on margin.
    public let limitBuysToCash: Bool
    /// Smallest order worth sending, in the account's currency; the instrument's own minimum holds besides.
    public let minimumNotional: FixedDecimal

    /// At most 100 % of equity, no shorts, 0.1 % kept for fees, buys within the cash, no minimum.
    public init() {
        maximumPercent = FixedDecimal(100)
        allowShort = false
        feeReservePercent = CashReserve.standardPercent
        limitBuysToCash = true
        minimumNotional = .zero
    }

    /// - Throws: ``PortfolioConfigError`` naming the first value that makes no sense.
    public init(
        maximumPercent: FixedDecimal = FixedDecimal(100),
        allowShort: Bool = false,
        feeReservePercent: FixedDecimal = CashReserve.standardPercent,
        limitBuysToCash: Bool = true,
        minimumNotional: FixedDecimal = .zero
    ) throws(PortfolioConfigError) {
        try PortfolioConfigError.requirePositive(maximumPercent, "sizing.maximum_percent")
        try PortfolioConfigError.requireNonNegative(feeReservePercent, "sizing.fee_reserve_percent")
        try PortfolioConfigError.requireNonNegative(minimumNotional, "sizing.minimum_notional")
        self.maximumPercent = maximumPercent
        self.allowShort = allowShort
        self.feeReservePercent = feeReservePercent
        self.limitBuysToCash = limitBuysToCash
        self.minimumNotional = minimumNotional
    }

    private enum CodingKeys: String, CodingKey {
        case maximumPercent = "maximum_percent"
        case allowShort = "allow_short"
        case feeReservePercent = "fee_reserve_percent"
        case limitBuysToCash = "limit_buys_to_cash"
        case minimumNotional = "minimum_notional"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            maximumPercent: try container.decode(FixedDecimal.self, forKey: .maximumPercent),
            allowShort: try container.decode(Bool.self, forKey: .allowShort),
            feeReservePercent: try container.decode(FixedDecimal.self, forKey: .feeReservePercent),
            limitBuysToCash: try container.decode(Bool.self, forKey: .limitBuysToCash),
            minimumNotional: try container.decode(FixedDecimal.self, forKey: .minimumNotional)
        )
    }
}

/// A configured bound whose value makes no sense.
public struct PortfolioConfigError: Error, Hashable, Sendable, CustomStringConvertible {
    public let key: String
    public let value: FixedDecimal
    public let range: String

    /// Stable name for rows and metrics.
    public var code: String { "portfolio_config_out_of_range" }

    public var description: String { "`\(key)` is \(value); it must be \(range). Correct it in the configuration." }

    static func requirePositive(_ value: FixedDecimal, _ key: String) throws(PortfolioConfigError) {
        guard value > .zero else { throw PortfolioConfigError(key: key, value: value, range: "greater than 0") }
    }

    static func requireNonNegative(_ value: FixedDecimal, _ key: String) throws(PortfolioConfigError) {
        guard value >= .zero else { throw PortfolioConfigError(key: key, value: value, range: "0 or more") }
    }
}

/// What is kept of cash for the fees and the slippage of the orders that spend it.
public enum CashReserve {
    /// 0.1 % of an order's value: several times the default commission.
    public static let standardPercent = FixedDecimal(units: 10_000_000)

    /// What of `cash` may go into orders when each keeps `percent` percent of its value.
    static func spendable(_ cash: Money, keeping percent: FixedDecimal) -> Money {
        guard cash.units > 0 else { return .zero(cash.currency) }
        let hundred = FixedDecimal(100).units
        let units = Rounding.floor(cash.units, times: hundred, over: hundred + percent.units)
        return Money(units: units ?? 0, cash.currency)
    }
}
