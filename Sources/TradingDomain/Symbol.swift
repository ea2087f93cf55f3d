/// An instrument's name in the system, such as `AAPL`, `005930` or `BTC/USDT`.
public struct Symbol: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Parameter text: One to 24 of `[A-Z0-9.^/=_-]`, beginning with a letter or digit; `nil` for anything else.
    ///   Case matters: `aapl` is refused, so that nothing is guessed.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard (1...24).contains(bytes.count), Self.isAlphanumeric(bytes[0]),
            bytes.allSatisfy({ Self.isAlphanumeric($0) || Self.punctuation.contains($0) })
        else { return nil }
        self.text = String(text)
    }

    public var description: String { text }
    public static func < (left: Symbol, right: Symbol) -> Bool { left.text < right.text }

    private static let punctuation = Set(".^/=_-".utf8)
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
