public import TradingDomain

/// One trade of an execution, as far as its cost goes.
public struct TradedFill: Hashable, Sendable {
    public let at: Timestamp
    /// Greater than zero.
    public let quantity: Quantity
    public let price: Price
    /// The booked amount; every sum uses it.
    public let notional: Money
    /// Commission; negative for a rebate.
    public let fee: Money

    public init(at: Timestamp, quantity: Quantity, price: Price, notional: Money, fee: Money) {
        self.at = at
        self.quantity = quantity
        self.price = price
        self.notional = notional
        self.fee = fee
    }

    /// The cost side of a fill that was booked.
    public init(_ fill: Fill) {
        self.init(
            at: fill.tradedAt,
            quantity: fill.quantity,
            price: fill.price,
            notional: fill.notional,
            fee: fill.commission
        )
    }
}

/// What is known of an execution when its cost is asked for.
public struct ExecutionFacts: Hashable, Sendable {
    public var instrument: Instrument
    public var side: Side
    /// What was to be traded, greater than zero.
    public var ordered: Quantity
    /// Price at which the order was decided and sized.
    public var decisionPrice: Price
    /// Price when the order became live.
    public var arrivalPrice: Price
    /// Price when it ended, which values what did not fill; `nil` when it is not known.
    public var endPrice: Price?
    /// In the order in which they were booked.
    public var fills: [TradedFill]

    public init(
        instrument: Instrument,
        side: Side,
        ordered: Quantity,
        decisionPrice: Price,
        arrivalPrice: Price,
        endPrice: Price?,
        fills: [TradedFill]
    ) {
        self.instrument = instrument
        self.side = side
        self.ordered = ordered
        self.decisionPrice = decisionPrice
        self.arrivalPrice = arrivalPrice
        self.endPrice = endPrice
        self.fills = fills
    }
}

/// Why the cost of an execution cannot be told.
public enum CostError: Error, Hashable, Sendable, CustomStringConvertible {
    case overfilled(filled: Quantity, ordered: Quantity)
    case notPositive(benchmark: String, Price)
    case emptyFill(Quantity)
    case nothingOrdered(Quantity)
    case noEndPrice(unfilled: Quantity)

    public var code: String {
        switch self {
        case .overfilled: "overfilled"
        case .notPositive: "benchmark_not_positive"
        case .emptyFill: "fill_not_positive"
        case .nothingOrdered: "nothing_ordered"
        case .noEndPrice: "no_end_price"
        }
    }

    public var description: String {
        switch self {
        case .overfilled(let filled, let ordered):
            "\(filled) filled of \(ordered) ordered: no shortfall is defined for more than was asked for. "
                + "Look at the alerts of the account."
        case .notPositive(let benchmark, let value):
            "The \(benchmark) price is \(value), and a cost in basis points needs one above zero."
        case .emptyFill(let quantity): "A fill of \(quantity): fills must be greater than zero."
        case .nothingOrdered(let quantity): "An order of \(quantity) has no cost."
        case .noEndPrice(let unfilled):
            "The market price at the end is not known, so what not filling \(unfilled) cost cannot be told."
        }
    }
}
