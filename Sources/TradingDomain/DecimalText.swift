/// Why a text is not a decimal number that we accept.
public enum DecimalTextError: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case notDecimal(String)
    case tooPrecise(String)
    case outOfRange(String)

    /// Stable name for rows and metrics.
    public var code: String {
        switch self {
        case .empty: "decimal_empty"
        case .notDecimal: "decimal_malformed"
        case .tooPrecise: "decimal_too_precise"
        case .outOfRange: "decimal_out_of_range"
        }
    }

    public var description: String {
        switch self {
        case .empty: "Empty text where a decimal number is expected. Write digits, such as 12.5."
        case .notDecimal(let text):
            "'\(text)' is not a plain decimal number. Write digits with an optional leading '-' and '.', such as 12.5; "
                + "no exponents, separators, spaces or '+'."
        case .tooPrecise(let text): "'\(text)' has more than 8 decimals, which cannot be held exactly. Round it first."
        case .outOfRange(let text): "'\(text)' is too large to be held with 8 decimals."
        }
    }
}

/// Exact conversion between plain decimal text and units of 10⁻⁸.
enum DecimalText {
    /// Most digits left of the point that fit `Int128` with eight decimals, with room to add.
    private static let maximumWholeDigits = 29

    static func units(of text: some StringProtocol) throws(DecimalTextError) -> Int128 {
        var bytes = Array(text.utf8)[...]
        guard !bytes.isEmpty else { throw .empty }
        let negative = bytes.first == UInt8(ascii: "-")
        if negative { bytes = bytes.dropFirst() }
        let whole = bytes.prefix { $0 != UInt8(ascii: ".") }
        var fraction = bytes.dropFirst(whole.count)
        let hasPoint = !fraction.isEmpty
        if hasPoint { fraction = fraction.dropFirst() }
        guard !whole.isEmpty, !hasPoint || !fraction.isEmpty, whole.allSatisfy(isDigit), fraction.allSatisfy(isDigit),
            whole.count == 1 || whole.first != UInt8(ascii: "0")
        else { throw .notDecimal(String(text)) }
        while fraction.last == UInt8(ascii: "0") { fraction = fraction.dropLast() }
        guard fraction.count <= 8 else { throw .tooPrecise(String(text)) }
        guard whole.count <= maximumWholeDigits else { throw .outOfRange(String(text)) }
        var units: Int128 = 0
        for digit in whole { units = units * 10 + Int128(digit - UInt8(ascii: "0")) }
        for digit in fraction { units = units * 10 + Int128(digit - UInt8(ascii: "0")) }
        for _ in fraction.count..<8 { units *= 10 }
        return negative ? -units : units
    }

    static func units64(of text: some StringProtocol) throws(DecimalTextError) -> Int64 {
        guard let units = Int64(exactly: try units(of: text)) else { throw .outOfRange(String(text)) }
        return units
    }

    static func print(_ units: Int128) -> String {
        guard let small = Int64(exactly: units) else { return printWide(units) }
        return print(small)
    }

    /// Nearly every number: written from its last digit, without the cost of 128 bits and of joining texts.
    private static func print(_ units: Int64) -> String {
        var (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: UInt64(FixedDecimal.scale))
        let capacity = 24
        return String(unsafeUninitializedCapacity: capacity) { buffer in
            var place = capacity
            func put(_ byte: UInt8) {
                place -= 1
                buffer[place] = byte
            }
            if fraction != 0 {
                var digits = 8
                while fraction % 10 == 0 {
                    fraction /= 10
                    digits -= 1
                }
                for _ in 0..<digits {
                    put(UInt8(ascii: "0") + UInt8(fraction % 10))
                    fraction /= 10
                }
                put(UInt8(ascii: "."))
            }
            repeat {
                put(UInt8(ascii: "0") + UInt8(whole % 10))
                whole /= 10
            } while whole != 0
            if units < 0 { put(UInt8(ascii: "-")) }
            let count = capacity - place
            for index in 0..<count { buffer[index] = buffer[place + index] }
            return count
        }
    }

    private static func printWide(_ units: Int128) -> String {
        let magnitude = units.magnitude
        let scale = UInt128(FixedDecimal.scale)
        let (whole, fraction) = magnitude.quotientAndRemainder(dividingBy: scale)
        let sign = units < 0 ? "-" : ""
        guard fraction != 0 else { return "\(sign)\(whole)" }
        var digits = String(fraction)
        digits = String(repeating: "0", count: 8 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return "\(sign)\(whole).\(digits)"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
