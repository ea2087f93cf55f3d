import ExecutionEngine
import TradingDomain

/// A brokerage account: where its orders go, what it starts with, and how far it may go.
struct AccountConfiguration: Hashable, Sendable {
    enum Broker: String, CaseIterable, Hashable, Sendable {
        case simulated
        /// Binance USDⓈ-M futures, or a venue that speaks its protocol.
        case binance
    }

    var broker: Broker
    var environment: TradingEnvironment
    /// Opening cash of a simulated account, in the account's currency.
    var cash: Money
    var allowShort: Bool
    var limits: LimitsConfiguration
    /// What `risk.check` may be told to judge by, by name.
    var limitSets: [String: LimitSetConfiguration]
    var slippage: SlippageSettings
    /// Where a broker beyond this machine is reached; `nil` for a simulated one.
    var venue: VenueConfiguration?

    var currency: Currency { cash.currency }
}

/// Limits that are stricter than the account's own; what is absent is the account's.
struct LimitSetConfiguration: Hashable, Sendable {
    var maxPositionPercent: FixedDecimal?
    var maxOrderNotional: Money?
    var maxOrderQuantity: Quantity?
    var maxDailyLossPercent: FixedDecimal?
    var maxGrossExposurePercent: FixedDecimal?
    var priceCollarBps: FixedDecimal?
    var restricted: [Symbol] = []
    var shrinkToFit: Bool?

    /// The account's limits with these where they are stricter.
    func tightening(_ limits: LimitsConfiguration) -> LimitsConfiguration {
        func stricter<Value: Comparable>(_ own: Value?, _ other: Value?) -> Value? {
            guard let own, let other else { return own ?? other }
            return min(own, other)
        }
        var result = limits
        result.maxPositionPercent = min(limits.maxPositionPercent, maxPositionPercent ?? limits.maxPositionPercent)
        result.maxOrderNotional = stricter(limits.maxOrderNotional, maxOrderNotional)
        result.maxOrderQuantity = stricter(limits.maxOrderQuantity, maxOrderQuantity)
        result.maxDailyLossPercent = min(limits.maxDailyLossPercent, maxDailyLossPercent ?? limits.maxDailyLossPercent)
        result.maxGrossExposurePercent =
            min(limits.maxGrossExposurePercent, maxGrossExposurePercent ?? limits.maxGrossExposurePercent)
        result.priceCollarBps = min(limits.priceCollarBps, priceCollarBps ?? limits.priceCollarBps)
        result.restricted += restricted
        result.shrinkToFit = shrinkToFit ?? limits.shrinkToFit
        return result
    }
}

/// The account's risk limits.
///
/// The keys are those of the risk rules, the defaults ``BuiltInConfiguration``'s.
struct LimitsConfiguration: Hashable, Sendable {
    /// Most that one position may be worth, in percent of equity (RM-1).
    var maxPositionPercent: FixedDecimal
    /// Most that one order may add; `nil` for no limit.
    var maxOrderNotional: Money?
    /// Most that one order may add, in units of the instrument; `nil` for no limit.
    var maxOrderQuantity: Quantity?
    /// Loss of the day, in percent of equity, at which nothing adds exposure any more (RM-2).
    var maxDailyLossPercent: FixedDecimal
    /// Most that all positions together may be worth, in percent of equity.
    var maxGrossExposurePercent: FixedDecimal
    /// Farthest that an order may trade from its reference price.
    var priceCollarBps: FixedDecimal
    /// Kept of an order's value for fees and slippage, in percent.
    var cashReservePercent: FixedDecimal
    /// Most parent orders live at once; `nil` for no limit.
    var maxOpenParents: Int?
    /// Cuts an order to the largest size that fits instead of blocking it.
    var shrinkToFit: Bool
    /// Instruments that may be reduced but not added to.
    var restricted: [Symbol]
}
