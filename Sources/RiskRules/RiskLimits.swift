public import TradingDomain

/// An account's risk limits, as configured; every value was checked when it was made.
public struct RiskLimits: Codable, Hashable, Sendable {
    /// Most that one position may be worth, in percent of equity (RM-1).
    public let maxPositionPercent: FixedDecimal
    /// Most that one order may add, in the account's currency; `nil` for no limit.
    public let maxOrderNotional: FixedDecimal?
    /// Most that one order may add, in units of the instrument; `nil` for no limit.
    public let maxOrderQuantity: Quantity?
    /// Loss since the day began, in percent of the equity then, at which nothing adds exposure any more (RM-2).
    public let maxDailyLossPercent: FixedDecimal
    /// Most that all positions together may be worth, in percent of equity.
    public let maxGrossExposurePercent: FixedDecimal
    /// Farthest that an order's reference price may be from the live mark, in basis points; `nil` for no collar.
    public let priceCollarBps: FixedDecimal?
    /// Kept of an order's value for fees and slippage, in percent, when cash is checked and reserved.
    public let cashReservePercent: FixedDecimal
    /// Buys must be paid from free cash; off for accounts on margin, where gross exposure is the bound.
    public let requireCash: Bool
    /// Instruments that may be reduced but not added to.
    public let restricted: [Symbol]
    public let allowShort: Bool
    /// Most parent orders live at once; `nil` for no limit.
    public let maxOpenParents: Int?
    /// One live order per symbol and side; guards against a decision that comes twice.
    public let refuseDuplicates: Bool
    /// Refuses every order while the instrument's session is closed.
    public let requireOpenSession: Bool
    /// Cuts an order to the largest size that fits instead of blocking it.
    public let shrinkToFit: Bool
    /// Inside one basket, sells count as done for the buys after them.
    public let sellsFundBuys: Bool

    /// - Throws: ``RiskLimitsError`` naming the first value that makes no sense.
    public init(
        maxPositionPercent: FixedDecimal = FixedDecimal(10),
        maxOrderNotional: FixedDecimal? = nil,
        maxOrderQuantity: Quantity? = nil,
        maxDailyLossPercent: FixedDecimal = FixedDecimal(2),
        maxGrossExposurePercent: FixedDecimal = FixedDecimal(100),
        priceCollarBps: FixedDecimal? = FixedDecimal(500),
        cashReservePercent: FixedDecimal = FixedDecimal(units: 10_000_000),
        requireCash: Bool = true,
        restricted: [Symbol] = [],
        allowShort: Bool = false,
        maxOpenParents: Int? = nil,
        refuseDuplicates: Bool = false,
        requireOpenSession: Bool = false,
        shrinkToFit: Bool = true,
        sellsFundBuys: Bool = false
    ) throws(RiskLimitsError) {
        try Self.require(maxPositionPercent, "max_position_percent", above: true, most: 10_000)
        if let maxOrderNotional { try Self.require(maxOrderNotional, "max_order_notional", above: true) }
        if let quantity = maxOrderQuantity {
            let count = FixedDecimal(units: Int128(quantity.units))
            try Self.require(count, "max_order_quantity", above: true)
        }
        try Self.require(maxDailyLossPercent, "max_daily_loss_percent", above: true, most: 100)
        try Self.require(maxGrossExposurePercent, "max_gross_exposure_percent", above: true, most: 10_000)
        if let priceCollarBps { try Self.require(priceCollarBps, "price_collar_bps", above: true, most: 10_000) }
        try Self.require(cashReservePercent, "cash_reserve_percent", above: false, most: 100)
        if let maxOpenParents { try Self.require(FixedDecimal(maxOpenParents), "max_open_parents", above: true) }
        self.maxPositionPercent = maxPositionPercent
        self.maxOrderNotional = maxOrderNotional
        self.maxOrderQuantity = maxOrderQuantity
        self.maxDailyLossPercent = maxDailyLossPercent
        self.maxGrossExposurePercent = maxGrossExposurePercent
        self.priceCollarBps = priceCollarBps
        self.cashReservePercent = cashReservePercent
        self.requireCash = requireCash
        self.restricted = Set(restricted).sorted()
        self.allowShort = allowShort
        self.maxOpenParents = maxOpenParents
        self.refuseDuplicates = refuseDuplicates
        self.requireOpenSession = requireOpenSession
        self.shrinkToFit = shrinkToFit
        self.sellsFundBuys = sellsFundBuys
    }

    private static func require(
        _ value: FixedDecimal,
        _ key: String,
        above: Bool,
        most: Int? = nil
    ) throws(RiskLimitsError) {
        guard above ? value > .zero : value >= .zero else {
            throw RiskLimitsError(key: key, value: value, range: above ? "greater than 0" : "0 or more")
        }
        if let most, value > FixedDecimal(most) {
            throw RiskLimitsError(key: key, value: value, range: "at most \(most)")
        }
    }
}

/// A limit whose value makes no sense.
public struct RiskLimitsError: Error, Hashable, Sendable, CustomStringConvertible {
    public let key: String
    public let value: FixedDecimal
    public let range: String

    /// Stable name for rows and metrics.
    public var code: String { "risk_limit_out_of_range" }

    public var description: String {
        "`limits.\(key)` is \(value); it must be \(range). Correct it in the configuration."
    }
}

extension RiskLimits {
    private enum CodingKeys: String, CodingKey {
        case restricted
        case maxPositionPercent = "max_position_percent"
        case maxOrderNotional = "max_order_notional"
        case maxOrderQuantity = "max_order_quantity"
        case maxDailyLossPercent = "max_daily_loss_percent"
        case maxGrossExposurePercent = "max_gross_exposure_percent"
        case priceCollarBps = "price_collar_bps"
        case cashReservePercent = "cash_reserve_percent"
        case requireCash = "require_cash"
        case allowShort = "allow_short"
        case maxOpenParents = "max_open_parents"
        case refuseDuplicates = "refuse_duplicates"
        case requireOpenSession = "require_open_session"
        case shrinkToFit = "shrink_to_fit"
        case sellsFundBuys = "sells_fund_buys"
    }

    /// Decodes what was encoded and checks it again; nothing has a default here, so that no limit goes missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            maxPositionPercent: try container.decode(FixedDecimal.self, forKey: .maxPositionPercent),
            maxOrderNotional: try container.decodeIfPresent(FixedDecimal.self, forKey: .maxOrderNotional),
            maxOrderQuantity: try container.decodeIfPresent(Quantity.self, forKey: .maxOrderQuantity),
            maxDailyLossPercent: try container.decode(FixedDecimal.self, forKey: .maxDailyLossPercent),
            maxGrossExposurePercent: try container.decode(FixedDecimal.self, forKey: .maxGrossExposurePercent),
            priceCollarBps: try container.decodeIfPresent(FixedDecimal.self, forKey: .priceCollarBps),
            cashReservePercent: try container.decode(FixedDecimal.self, forKey: .cashReservePercent),
            requireCash: try container.decode(Bool.self, forKey: .requireCash),
            restricted: try container.decode([Symbol].self, forKey: .restricted),
            allowShort: try container.decode(Bool.self, forKey: .allowShort),
            maxOpenParents: try container.decodeIfPresent(Int.self, forKey: .maxOpenParents),
            refuseDuplicates: try container.decode(Bool.self, forKey: .refuseDuplicates),
            requireOpenSession: try container.decode(Bool.self, forKey: .requireOpenSession),
            shrinkToFit: try container.decode(Bool.self, forKey: .shrinkToFit),
            sellsFundBuys: try container.decode(Bool.self, forKey: .sellsFundBuys)
        )
    }
}
