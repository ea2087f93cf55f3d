/// A parent order: 80 bits written as sixteen characters of base 32.
public struct ParentOrderID: TextID {
    public let text: String

    public init(unchecked text: String) { self.text = text }

    /// Parses sixteen characters of the lower-case base-32 alphabet.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 16, text.utf8.allSatisfy(Base32.contains) else { return nil }
        self.text = String(text)
    }

    /// Makes an id of the first ten bytes of a digest.
    ///
    /// - Parameter digest: At least ten bytes; traps when shorter.
    public init(digest: some Sequence<UInt8>) {
        let bytes = Array(digest.prefix(10))
        precondition(bytes.count == 10, "a parent order id needs 10 bytes, got \(bytes.count)")
        text = Base32.encode(bytes)
    }
}

/// The id under which a child order goes to the venue: `sx-<parent>-<engine incarnation>-<sequence>`.
///
/// At most 36 characters of `[a-z0-9-]`; it leads back to its parent even when our row is gone, and is never reused:
/// the incarnation is drawn each time an engine takes its account.
public struct ClientOrderID: TextID {
    public let text: String

    public init(unchecked text: String) { self.text = text }

    /// Makes the id of the child `sequence`, which counts the children of one incarnation of the engine, from 1.
    public init(parent: ParentOrderID, incarnation: Incarnation, sequence: Int) {
        precondition(sequence > 0 && sequence < 100_000_000_000, "sequence out of range: \(sequence)")
        text = "sx-\(parent)-\(incarnation)-\(sequence)"
    }

    /// The parts of an id that is ours, or `nil` for a foreign one.
    ///
    /// Every report of a venue is led back through this, so it reads the bytes in place.
    public var parts: (parent: ParentOrderID, incarnation: Incarnation, sequence: Int)? {
        var text = text
        return text.withUTF8 { bytes in
            guard (26...43).contains(bytes.count), bytes.starts(with: "sx-".utf8), bytes[19] == UInt8(ascii: "-"),
                bytes[24] == UInt8(ascii: "-"), bytes[3..<19].allSatisfy(Base32.contains),
                bytes[20..<24].allSatisfy(Base32.contains), bytes[25] != UInt8(ascii: "0")
            else { return nil }
            var sequence = 0
            for byte in bytes[25...] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                sequence = sequence * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return (
                ParentOrderID(unchecked: String(decoding: bytes[3..<19], as: UTF8.self)),
                Incarnation(unchecked: String(decoding: bytes[20..<24], as: UTF8.self)), sequence
            )
        }
    }
}

/// One life of an account's engine: four characters of base 32, drawn at each lease and constant in virtual time.
public struct Incarnation: TextID {
    public let text: String

    public init(unchecked text: String) { self.text = text }

    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 4, text.utf8.allSatisfy(Base32.contains) else { return nil }
        self.text = String(text)
    }

    /// Makes an incarnation of the low twenty bits of `value`.
    public init(bits value: UInt32) {
        text = String(
            decoding: (0..<4).map { Base32.alphabet[Int(value >> (15 - 5 * UInt32($0))) & 31] },
            as: UTF8.self
        )
    }
}

enum Base32 {
    static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    static func contains(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (50...55).contains(byte) }

    static func encode(_ bytes: [UInt8]) -> String {
        var buffer: UInt32 = 0
        var bits = 0
        var text: [UInt8] = []
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits)) & 31])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
