public import TradingDomain

/// The account's own bounds on rebalancing; a decision's numbers win where it gives them.
public struct RebalanceConfig: Codable, Hashable, Sendable {
    public let allowShort: Bool
    /// Most that Σ|weight| may be, in percent of equity.
    public let maxGrossPercent: FixedDecimal
    /// Names within this many percent points of their target are left alone.
    public let driftBandPercent: FixedDecimal
    /// Trades worth less are left out, in the account's currency.
    public let minTradeNotional: FixedDecimal
    /// Turnover above it needs approval; `nil` for no limit.
    public let maxTurnoverPercent: FixedDecimal?
    /// Percent of an order's value kept free for fees and slippage.
    public let feeReservePercent: FixedDecimal
    /// Buys are shrunk to the cash that is there; off for accounts on margin.
    public let limitBuysToCash: Bool

    /// Gross at most 100 %, no shorts, no band, no minimum, no turnover limit, 0.1 % kept for fees.
    public init() {
        allowShort = false
        maxGrossPercent = FixedDecimal(100)
        driftBandPercent = .zero
        minTradeNotional = .zero
        maxTurnoverPercent = nil
        feeReservePercent = CashReserve.standardPercent
        limitBuysToCash = true
    }

    /// - Throws: ``PortfolioConfigError`` naming the first value that makes no sense.
    public init(
        allowShort: Bool = false,
        maxGrossPercent: FixedDecimal = FixedDecimal(100),
        driftBandPercent: FixedDecimal = .zero,
        minTradeNotional: FixedDecimal = .zero,
        maxTurnoverPercent: FixedDecimal? = nil,
        feeReservePercent: FixedDecimal = CashReserve.standardPercent,
        limitBuysToCash: Bool = true
    ) throws(PortfolioConfigError) {
        try PortfolioConfigError.requirePositive(maxGrossPercent, "rebalance.max_gross_percent")
        try PortfolioConfigError.requireNonNegative(driftBandPercent, "rebalance.drift_band_percent")
        try PortfolioConfigError.requireNonNegative(minTradeNotional, "rebalance.min_trade_notional")
        try PortfolioConfigError.requireNonNegative(maxTurnoverPercent ?? .zero, "rebalance.max_turnover_percent")
        try PortfolioConfigError.requireNonNegative(feeReservePercent, "rebalance.fee_reserve_percent")
        self.allowShort = allowShort
        self.maxGrossPercent = maxGrossPercent
        self.driftBandPercent = driftBandPercent
        self.minTradeNotional = minTradeNotional
        self.maxTurnoverPercent = maxTurnoverPercent
        self.feeReservePercent = feeReservePercent
        self.limitBuysToCash = limitBuysToCash
    }

    func spendable(_ cash: Money) -> Money { CashReserve.spendable(cash, keeping: feeReservePercent) }

    /// Smallest trade of an instrument that is worth sending, by the account and by the venue.
    public func minimum(for instrument: Instrument) -> Money { minimum(for: instrument, nil) }

    func minimum(for instrument: Instrument, _ asked: FixedDecimal?) -> Money {
        max(Money(units: (asked ?? minTradeNotional).units, instrument.currency), instrument.minimumNotional)
    }

    private enum CodingKeys: String, CodingKey {
        case allowShort = "allow_short"
        case maxGrossPercent = "max_gross_percent"
        case driftBandPercent = "drift_band_percent"
        case minTradeNotional = "min_trade_notional"
        case maxTurnoverPercent = "max_turnover_percent"
        case feeReservePercent = "fee_reserve_percent"
        case limitBuysToCash = "limit_buys_to_cash"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            allowShort: try container.decode(Bool.self, forKey: .allowShort),
            maxGrossPercent: try container.decode(FixedDecimal.self, forKey: .maxGrossPercent),
            driftBandPercent: try container.decode(FixedDecimal.self, forKey: .driftBandPercent),
            minTradeNotional: try container.decode(FixedDecimal.self, forKey: .minTradeNotional),
            maxTurnoverPercent: try container.decodeIfPresent(FixedDecimal.self, forKey: .maxTurnoverPercent),
            feeReservePercent: try container.decode(FixedDecimal.self, forKey: .feeReservePercent),
            limitBuysToCash: try container.decode(Bool.self, forKey: .limitBuysToCash)
        )
    }
}
