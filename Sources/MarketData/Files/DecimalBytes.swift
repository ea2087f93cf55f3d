/// Exact decimals from the bytes of a data file.
///
/// Unlike the decimals of configuration and decisions, a file may say `1e-06` and may carry what printing a binary
/// double leaves behind: `0.00005330000000000001` is the source's 0.0000533, and `9.9999999999999995e-07` its 0.000001.
/// Such a tail is dropped when the value is a double's rounding noise (2⁻⁴⁸ of it) away from one that can be held;
/// any other digit beyond the last decimal place is an error, never rounded.
enum DecimalBytes {
    enum Failure: Error {
        case malformed
        case tooPrecise
        case outOfRange
    }

    /// The value in units of 10⁻⁸.
    static func units(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> Int64 {
        if let units = plain(bytes) { return units }
        guard let units = Int64(exactly: try exact(bytes, places: 8)) else { throw .outOfRange }
        return units
    }

    /// The common case: an optional sign, up to 10 digits, a point, up to eight digits; `nil` for all else.
    private static func plain(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        let count = bytes.count
        var index = 0
        let negative = count > 0 && bytes[0] == UInt8(ascii: "-")
        if negative { index = 1 }
        var value: Int64 = 0
        let wholeStart = index
        while index < count {
            let digit = bytes[index] &- 48
            if digit > 9 { break }
            value = value &* 10 &+ Int64(digit)
            index += 1
        }
        let wholeDigits = index - wholeStart
        guard wholeDigits >= 1, wholeDigits <= 10 else { return nil }
        var places = 0
        if index < count {
            guard bytes[index] == UInt8(ascii: ".") else { return nil }
            index += 1
            places = count - index
            guard places >= 1, places <= 8 else { return nil }
            while index < count {
                let digit = bytes[index] &- 48
                if digit > 9 { return nil }
                value = value &* 10 &+ Int64(digit)
                index += 1
            }
        }
        value = value &* powersOfTen[8 - places]
        return negative ? -value : value
    }

    /// The value in units of 10⁻ᵖˡᵃᶜᵉˢ, by the rule of the type's description.
    static func exact(_ bytes: UnsafeBufferPointer<UInt8>, places: Int) throws(Failure) -> Int128 {
        var (significand, decimals, negative) = try digits(bytes)
        while decimals < places {
            guard significand < 1 << 120 else { throw .outOfRange }
            significand *= 10
            decimals += 1
        }
        if decimals > places {
            // 36 places and more below the last one leave nothing of a 22-digit significand.
            let divisor = power(decimals - places)
            guard let divisor else { throw .tooPrecise }
            let (quotient, rest) = significand.quotientAndRemainder(dividingBy: divisor)
            let distance = min(rest, divisor - rest)
            guard distance == 0 || distance <= significand >> 48 else { throw .tooPrecise }
            significand = quotient + (rest > distance ? 1 : 0)
        }
        return negative ? -significand : significand
    }

    /// Reads `-123.45e-6` as 12345, eight decimals, negative.
    private static func digits(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(Failure) -> (significand: Int128, decimals: Int, negative: Bool) {
        var index = 0
        let negative = bytes.first == UInt8(ascii: "-")
        if negative { index = 1 }
        var significand: Int128 = 0
        var decimals = 0
        var seen = 0
        var point = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "."), !point {
                point = true
            } else if byte >= 48, byte <= 57 {
                seen += 1
                guard significand < Self.significandLimit else { throw point ? .tooPrecise : .outOfRange }
                significand = significand * 10 + Int128(byte - 48)
                if point { decimals += 1 }
            } else {
                break
            }
            index += 1
        }
        guard seen > 0, bytes[index - 1] != UInt8(ascii: ".") else { throw .malformed }
        if index < bytes.count {
            guard bytes[index] | 0x20 == UInt8(ascii: "e") else { throw .malformed }
            decimals -= try exponent(bytes, from: index + 1)
        }
        return (significand, decimals, negative)
    }

    private static func exponent(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) throws(Failure) -> Int {
        var index = start
        var sign = 1
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
            sign = bytes[index] == UInt8(ascii: "-") ? -1 : 1
            index += 1
        }
        guard index < bytes.count, bytes.count - index <= 3 else { throw .malformed }
        var value = 0
        while index < bytes.count {
            let digit = bytes[index] &- 48
            guard digit <= 9 else { throw .malformed }
            value = value * 10 + Int(digit)
            index += 1
        }
        return sign * value
    }

    private static func power(_ exponent: Int) -> Int128? {
        guard exponent < 37 else { return nil }
        var value: Int128 = 1
        for _ in 0..<exponent { value *= 10 }
        return value
    }

    /// Keeps a significand below 10³¹, far inside `Int128`; a double prints 17 digits and leading zeros do not count.
    private static let significandLimit: Int128 = 1_000_000_000_000_000_000_000_000_000_000
    private static let powersOfTen: [Int64] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]
}
