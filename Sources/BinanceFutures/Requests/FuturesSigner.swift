import Crypto
import Foundation

/// Signs requests: the hexadecimal HMAC-SHA256 of the query followed by the body, with nothing between them.
struct FuturesSigner: Sendable {
    private let key: SymmetricKey

    init(_ credentials: FuturesCredentials) { key = SymmetricKey(data: Data(credentials.secret.utf8)) }

    /// The value of the parameter `signature` for texts exactly as they are sent, without that parameter.
    func signature(query: String, body: String = "") -> String {
        HMAC<SHA256>.authenticationCode(for: Data((query + body).utf8), using: key)
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// The parameters of a request in the order in which they are sent.
struct FuturesParameters: Hashable, Sendable {
    private(set) var list: [(name: String, value: String)] = []

    init(_ list: [(String, String?)] = []) {
        for case (let name, let value?) in list { append(name, value) }
    }

    mutating func append(_ name: String, _ value: String) { list.append((name, value)) }

    /// As a query or a form: everything but letters, digits and `-._~` is percent-encoded.
    var text: String {
        list.map { "\($0.name)=\(Self.escape($0.value))" }.joined(separator: "&")
    }

    private static func escape(_ value: String) -> String {
        var text = ""
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.append(Character(Unicode.Scalar(byte)))
            default:
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    static func == (left: FuturesParameters, right: FuturesParameters) -> Bool { left.text == right.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
