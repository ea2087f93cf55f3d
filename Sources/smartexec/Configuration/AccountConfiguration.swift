import ExecutionEngine
import TradingDomain

/// A brokerage account: where its orders go, what it starts with, and how far it may go.
struct AccountConfiguration: Hashable, Sendable {
    enum Broker: String, CaseIterable, Hashable, Sendable {
        case simulated
    }

    var broker: Broker
    var environment: TradingEnvironment
    /// Opening cash of a simulated account, in the account's currency.
    var cash: Money
    var allowShort: Bool
    var limits: LimitsConfiguration
    var slippage: SlippageSettings

    var currency: Currency { cash.currency }
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
