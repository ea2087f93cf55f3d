/// Integer rounding used by every booked amount.
package enum Rounding {
    /// `value × factor ÷ divisor`, rounded half-even through a 256-bit product; traps when the result leaves `Int128`.
    package static func halfEven(_ value: Int128, times factor: Int128, over divisor: Int128) -> Int128 {
        precondition(divisor != 0, "division of \(value) × \(factor) by zero")
        let negative = ((value < 0) != (factor < 0)) != (divisor < 0)
        let product = value.magnitude.multipliedFullWidth(by: factor.magnitude)
        precondition(product.high < divisor.magnitude, "\(value) × \(factor) ÷ \(divisor) is out of range")
        var (quotient, remainder) = divisor.magnitude.dividingFullWidth(product)
        let half = divisor.magnitude - remainder
        if remainder > half || (remainder == half && !quotient.isMultiple(of: 2)) { quotient += 1 }
        precondition(quotient <= Int128.max.magnitude, "\(value) × \(factor) ÷ \(divisor) is out of range")
        return negative ? -Int128(quotient) : Int128(quotient)
    }

    /// `value × factor ÷ divisor` rounded down through a 256-bit product, none of them negative.
    ///
    /// - Returns: `nil` when the result leaves `Int128`.
    package static func floor(_ value: Int128, times factor: Int128, over divisor: Int128) -> Int128? {
        precondition(value >= 0 && factor >= 0 && divisor > 0, "\(value) × \(factor) ÷ \(divisor) has a wrong sign")
        let product = value.magnitude.multipliedFullWidth(by: factor.magnitude)
        guard product.high < divisor.magnitude else { return nil }
        return Int128(exactly: divisor.magnitude.dividingFullWidth(product).quotient)
    }

    /// `value ÷ divisor` rounded towards negative infinity.
    package static func floor(_ value: Int128, over divisor: Int128) -> Int128 {
        precondition(divisor > 0, "divisor must be positive, was \(divisor)")
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
