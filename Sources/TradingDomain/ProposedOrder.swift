/// An order that sizing proposes and risk has not seen yet.
public struct ProposedOrder: Codable, Hashable, Sendable {
    public let instrument: Instrument
    public let side: Side
    /// In whole lots, greater than zero.
    public var quantity: Quantity
    /// The price that it was sized at.
    public let referencePrice: Price
    public var urgency: Urgency
    /// Where the urgency came from: `caller`, `regime`, `decision` or `default` (DI-6).
    public var urgencySource: String
    public let decision: DecisionID?
    /// Agent and idempotency key of that decision: one decision makes one order at most (I12).
    public var decisionKey: String?
    /// The worst price that the decision allows; `nil` leaves it to the collar.
    public let limitPrice: Price?
    /// How the size came about, with its numbers.
    public let note: String

    public init(
        instrument: Instrument,
        side: Side,
        quantity: Quantity,
        referencePrice: Price,
        urgency: Urgency,
        urgencySource: String,
        decision: DecisionID? = nil,
        limitPrice: Price? = nil,
        note: String
    ) {
        self.instrument = instrument
        self.side = side
        self.quantity = quantity
        self.referencePrice = referencePrice
        self.urgency = urgency
        self.urgencySource = urgencySource
        self.decision = decision
        self.limitPrice = limitPrice
        self.note = note
    }

    public var symbol: Symbol { instrument.symbol }

    /// Names the order inside its step: `NVDA-BUY`; the same after a crash.
    public var key: String { "\(symbol)-\(side)" }

    /// Value at the reference price.
    public var notional: Money { instrument.notional(referencePrice, quantity) }
}
