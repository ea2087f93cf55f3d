internal import TradingDomain

/// Exact arithmetic between prices, quantities and amounts, each result rounded once, half-even to 10⁻⁸.
enum Amounts {
    static func worth(_ price: Price, _ quantity: Quantity) -> FixedDecimal {
        FixedDecimal(
            units: Rounding.halfEven(
                Int128(price.units),
                times: Int128(quantity.units),
                over: Int128(FixedDecimal.scale)
            )
        )
    }

    /// The price of one when `quantity`, not zero, has cost `amount`.
    static func price(_ amount: FixedDecimal, per quantity: Quantity) -> Price {
        Price(
            units: Int64(
                clamping: Rounding.halfEven(
                    amount.units,
                    times: Int128(FixedDecimal.scale),
                    over: Int128(quantity.units)
                )
            )
        )
    }

    /// `part ÷ whole` of an amount; all of it where they are equal.
    static func share(_ amount: FixedDecimal, _ part: Quantity, of whole: Quantity) -> FixedDecimal {
        FixedDecimal(units: Rounding.halfEven(amount.units, times: Int128(part.units), over: Int128(whole.units)))
    }

    /// A price times a share such as 1.05.
    static func scaled(_ price: Price, by share: FixedDecimal) -> Price {
        Price(
            units: Int64(
                clamping: Rounding.halfEven(Int128(price.units), times: share.units, over: Int128(FixedDecimal.scale))
            )
        )
    }

    /// Decimal text with exactly so many decimals, rounded half-even.
    static func text(_ units: Int128, decimals: Int) -> String {
        precondition((0...8).contains(decimals), "amounts have no \(decimals) decimals")
        var divisor: Int128 = 1
        for _ in decimals..<8 { divisor *= 10 }
        let rounded = Rounding.halfEven(units, times: 1, over: divisor)
        var scale: UInt128 = 1
        for _ in 0..<decimals { scale *= 10 }
        let (whole, fraction) = rounded.magnitude.quotientAndRemainder(dividingBy: scale)
        let sign = rounded < 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(whole)" }
        let digits = String(fraction)
        return "\(sign)\(whole)." + String(repeating: "0", count: decimals - digits.count) + digits
    }
}

extension FixedDecimal {
    var magnitude: FixedDecimal { units < 0 ? -self : self }
    /// With eight decimals.
    var wire: String { Amounts.text(units, decimals: 8) }

    static func / (left: FixedDecimal, right: Int) -> FixedDecimal {
        FixedDecimal(units: Rounding.halfEven(left.units, times: 1, over: Int128(right)))
    }
}

extension Timestamp {
    /// Since 1970, rounded down.
    var milliseconds: Int64 { Int64(Rounding.floor(Int128(nanoseconds), over: 1_000_000)) }
}
