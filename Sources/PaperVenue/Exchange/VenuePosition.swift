public import TradingDomain

/// What an account holds of a symbol, on one side in hedge mode.
public struct VenuePosition: Codable, Hashable, Sendable {
    public let symbol: Symbol
    public let side: VenuePositionSide
    /// Signed.
    public var amount = Quantity.zero
    /// What was paid for it, with its sign; kept instead of the entry price, so that no rounding makes or loses money.
    public var cost = FixedDecimal.zero
    /// Fees paid for what is held.
    public var fees = FixedDecimal.zero
    /// Profit realised since the account began.
    public var realised = FixedDecimal.zero
    /// Of an isolated position.
    public var isolatedWallet = FixedDecimal.zero
    /// Milliseconds.
    public var updated: Int64 = 0

    init(symbol: Symbol, side: VenuePositionSide) {
        self.symbol = symbol
        self.side = side
    }

    static func key(_ symbol: Symbol, _ side: VenuePositionSide) -> String { "\(symbol)/\(side.rawValue)" }
    var key: String { Self.key(symbol, side) }

    /// Volume-weighted over what added to it; zero when flat.
    var entry: Price { amount.isZero ? .zero : Amounts.price(cost, per: amount) }

    /// The price at which leaving would have cost nothing.
    var breakEven: Price { amount.isZero ? .zero : Amounts.price(cost + fees, per: amount) }

    func unrealised(at mark: Price) -> FixedDecimal { Amounts.worth(mark, amount) - cost }

    /// Takes a fill.
    ///
    /// - Returns: What it closed of the position and what that earned.
    mutating func fill(_ side: Side, _ quantity: Quantity, at price: Price, fee: FixedDecimal) -> Closing {
        let signed = side == .buy ? quantity : -quantity
        let isAdding = amount.isZero || (amount.units > 0) == (signed.units > 0)
        if isAdding {
            amount += signed
            cost = cost + Amounts.worth(price, signed)
            fees = fees + fee
            return Closing(realised: .zero, closed: .zero, released: .zero)
        }
        let before = amount
        let closed = min(quantity, amount.magnitude)
        let released = Amounts.share(cost, closed, of: before.magnitude)
        // A long's cost is positive and its exit earns; a short's cost is negative and its exit is paid for.
        let exit = Amounts.worth(price, before.units > 0 ? closed : -closed)
        let profit = exit - released
        let freed = Amounts.share(isolatedWallet, closed, of: before.magnitude)
        fees = fees - Amounts.share(fees, closed, of: before.magnitude)
        cost = cost - released
        isolatedWallet = isolatedWallet - freed
        realised = realised + profit
        amount += side == .buy ? closed : -closed
        let rest = quantity - closed
        if rest > .zero {
            amount = side == .buy ? rest : -rest
            cost = Amounts.worth(price, amount)
            fees = Amounts.share(fee, rest, of: quantity)
        }
        return Closing(realised: profit, closed: closed, released: freed)
    }

    struct Closing {
        let realised: FixedDecimal
        let closed: Quantity
        /// Isolated margin that is free again.
        let released: FixedDecimal
    }
}
