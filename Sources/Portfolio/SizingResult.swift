public import TradingDomain

/// Why a size came out as it did; the raw values are stable and stand in results.
public enum SizingCode: String, Codable, Hashable, Sendable, CaseIterable {
    // Nothing to do.
    case hold = "HOLD"
    case alreadyAtTarget = "ALREADY_AT_TARGET"
    /// All that is held is being sold by orders already working.
    case alreadyWorking = "ALREADY_WORKING"
    case nothingToClose = "NOTHING_TO_CLOSE"
    // Refused.
    case belowOneLot = "BELOW_ONE_LOT"
    case belowMinimum = "BELOW_MINIMUM"
    case noPrice = "NO_PRICE"
    case equity = "EQUITY"
    case currency = "CURRENCY"
    case sizeMissing = "SIZE_MISSING"
    case sizeRange = "SIZE_RANGE"
    /// The basis does not go with the action, such as a percent of the position for a buy.
    case sizeBasis = "SIZE_BASIS"
    case nothingToSell = "NOTHING_TO_SELL"
    case nothingToCover = "NOTHING_TO_COVER"
    case shortDisabled = "SHORT_DISABLED"
    /// The action would cross from short to long or back in one order.
    case crossesZero = "CROSSES_ZERO"
    case insufficientCash = "INSUFFICIENT_CASH"
    // Adjustments of an order that goes on.
    case percentCapped = "PERCENT_CAPPED"
    case cappedAtHeld = "CAPPED_AT_HELD"
    case roundedToLot = "ROUNDED_TO_LOT"
    case cashLimit = "CASH_LIMIT"
}

/// A change that sizing made to what was asked, shown beside the order.
public struct SizingAdjustment: Codable, Hashable, Sendable {
    public let code: SizingCode
    public let message: String

    public init(code: SizingCode, message: String) {
        self.code = code
        self.message = message
    }
}

/// What became of a decision's size.
public enum SizingResult: Hashable, Sendable {
    /// An order in whole lots; its note holds the arithmetic and the adjustments in words.
    case order(ProposedOrder, adjustments: [SizingAdjustment])
    /// The decision is met without an order.
    case noAction(SizingCode, message: String)
    case refused(SizingCode, message: String)

    public var order: ProposedOrder? {
        guard case .order(let order, _) = self else { return nil }
        return order
    }

    /// The code of a result without an order.
    public var code: SizingCode? {
        switch self {
        case .order: nil
        case .noAction(let code, _), .refused(let code, _): code
        }
    }
}

/// What a decision is sized against: the executor's own numbers, read now.
public struct SizingContext: Sendable {
    public var instrument: Instrument
    public var equity: Money
    /// The executor's price, never the agent's reference.
    public var price: Price
    /// Signed: negative when short.
    public var held: Quantity
    /// Unfilled quantity of our buys and sells in this instrument, each zero or more.
    public var workingBuys: Quantity
    public var workingSells: Quantity
    /// Cash not reserved by other orders; `nil` when it does not limit.
    public var cashAvailable: Money?
    public var urgency: Urgency
    public var urgencySource: String
    public var decision: DecisionID?

    public init(
        instrument: Instrument,
        equity: Money,
        price: Price,
        held: Quantity = .zero,
        workingBuys: Quantity = .zero,
        workingSells: Quantity = .zero,
        cashAvailable: Money? = nil,
        urgency: Urgency = .medium,
        urgencySource: String = "default",
        decision: DecisionID? = nil
    ) {
        self.instrument = instrument
        self.equity = equity
        self.price = price
        self.held = held
        self.workingBuys = workingBuys
        self.workingSells = workingSells
        self.cashAvailable = cashAvailable
        self.urgency = urgency
        self.urgencySource = urgencySource
        self.decision = decision
    }
}
