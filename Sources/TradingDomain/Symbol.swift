/// An instrument's name in the system, such as `AAPL`, `005930` or `BTC/USDT`.
///
/// Every market event carries one, so it is kept as the bytes of its text in three words: copying it counts no
/// references, and comparing and hashing it reads no string.
public struct Symbol: Hashable, Comparable, Sendable, CustomStringConvertible {
    private static let longest = 24

    /// The bytes of the text from the highest byte of the first word on, zeros behind them.
    private let words: Words

    private struct Words: Hashable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0

        mutating func set(_ byte: UInt8, at place: Int) {
            let shifted = UInt64(byte) << UInt64(56 - 8 * (place % 8))
            switch place / 8 {
            case 0: first |= shifted
            case 1: second |= shifted
            default: third |= shifted
            }
        }

        func byte(at place: Int) -> UInt8 {
            let word = place < 8 ? first : place < 16 ? second : third
            return UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (place % 8)))
        }
    }

    /// - Parameter text: One to 24 of `[A-Z0-9.^/=_-]`, beginning with a letter or digit; `nil` for anything else.
    ///   Case matters: `aapl` is refused, so that nothing is guessed.
    public init?(_ text: some StringProtocol) {
        var words = Words()
        var count = 0
        for byte in text.utf8 {
            guard count < Self.longest, Self.isAlphanumeric(byte) || (count > 0 && Self.isPunctuation(byte)) else {
                return nil
            }
            words.set(byte, at: count)
            count += 1
        }
        guard count > 0 else { return nil }
        self.words = words
    }

    public var text: String {
        String(unsafeUninitializedCapacity: Self.longest) { buffer in
            var count = 0
            while count < Self.longest {
                let byte = words.byte(at: count)
                if byte == 0 { break }
                buffer[count] = byte
                count += 1
            }
            return count
        }
    }

    public var description: String { text }

    /// By text: with the first byte highest, words compare as their bytes do.
    public static func < (left: Symbol, right: Symbol) -> Bool {
        (left.words.first, left.words.second, left.words.third)
            < (right.words.first, right.words.second, right.words.third)
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (48...57).contains(byte) }
}

extension Symbol: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let symbol = Symbol(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text)' is not a symbol: 1 to 24 of A-Z, 0-9 and . ^ / = _ -"
            )
        }
        self = symbol
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
