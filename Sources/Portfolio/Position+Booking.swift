public import TradingDomain

extension Position {
    public var isFlat: Bool { quantity.isZero }

    /// Books a change of `change` that cost `value`.
    ///
    /// Adding to a position adds the cost. Reducing it removes the same share of the cost basis as of the quantity,
    /// rounded half-even to 10⁻⁸, and the difference to the value is realized; closing it removes exactly what is
    /// left, so that a flat position has no cost. Crossing zero closes and opens anew, the value split by quantity.
    ///
    /// - Parameters:
    ///   - change: Signed: positive for bought, negative for sold.
    ///   - value: What was paid: positive for bought at a positive price, negative for sold.
    public mutating func book(_ change: Quantity, value: Money) {
        let reduces = quantity.units != 0 && (quantity.units > 0) != (change.units > 0)
        guard reduces else {
            quantity += change
            costBasis += value
            return
        }
        let held = Int128(quantity.magnitude.units)
        let traded = Int128(change.magnitude.units)
        guard traded > held else {
            let removed = traded == held ? costBasis : costBasis.part(traded, of: held)
            quantity += change
            costBasis -= removed
            realized -= removed + value
            return
        }
        let closing = value.part(held, of: traded)
        realized -= costBasis + closing
        quantity += change
        costBasis = value - closing
    }

    /// Cost per unit of the underlying, rounded half-even to 10⁻⁸: for people, never for sums.
    ///
    /// - Parameter multiplier: The instrument's contract multiplier.
    /// - Returns: `nil` when flat.
    public func averageCost(multiplier: FixedDecimal = FixedDecimal(1)) -> FixedDecimal? {
        guard !isFlat else { return nil }
        return costBasis.amount / (FixedDecimal(units: Int128(quantity.units)) * multiplier)
    }
}

extension Money {
    /// `numerator ÷ denominator` of this amount, rounded half-even.
    func part(_ numerator: Int128, of denominator: Int128) -> Money {
        Money(units: Rounding.halfEven(units, times: numerator, over: denominator), currency)
    }
}
