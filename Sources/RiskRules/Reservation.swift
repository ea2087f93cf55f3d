public import TradingDomain

/// What an admitted parent order holds of the account until it is final: taken at admission, drawn by fills, released
/// at the end (I5).
public struct Reservation: Codable, Hashable, Sendable {
    public let symbol: Symbol
    public let side: Side
    /// Unfilled quantity, zero or more.
    public let quantity: Quantity
    /// Its value at the price it was admitted at.
    public let notional: Money
    /// Cash it may need, reserve for fees included; zero for a sell.
    public let cash: Money

    public init(symbol: Symbol, side: Side, quantity: Quantity, notional: Money, cash: Money) {
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.notional = notional
        self.cash = cash
    }

    /// What is left after `filled` of it has traded; nothing when more was filled than reserved.
    ///
    /// Value and cash shrink by the same share as the quantity, rounded half-even.
    public func drawn(_ filled: Quantity) -> Reservation {
        precondition(filled >= .zero, "a fill draws zero or more, was \(filled)")
        let left = quantity - min(filled, quantity)
        func share(_ money: Money) -> Money {
            guard left > .zero else { return .zero(money.currency) }
            let units = Rounding.halfEven(money.units, times: Int128(left.units), over: Int128(quantity.units))
            return Money(units: units, money.currency)
        }
        return Reservation(symbol: symbol, side: side, quantity: left, notional: share(notional), cash: share(cash))
    }
}
