internal import TradingDomain

/// A JSON value whose objects keep the order of their keys and whose numbers keep their digits.
indirect enum WireValue: Hashable, Sendable {
    case text(String)
    /// A number as it is written.
    case number(String)
    case flag(Bool)
    case null
    case list([WireValue])
    case object([Member])

    struct Member: Hashable, Sendable {
        let key: String
        let value: WireValue
    }

    static func object(_ members: KeyValuePairs<String, WireValue>) -> WireValue {
        .object(members.map { Member(key: $0.key, value: $0.value) })
    }

    static func number(_ value: some BinaryInteger) -> WireValue { .number(String(value)) }

    subscript(key: String) -> WireValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// This object without some of its keys.
    func without(_ keys: Set<String>) -> WireValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { !keys.contains($0.key) })
    }

    /// This object with more behind it.
    func with(_ more: KeyValuePairs<String, WireValue>) -> WireValue {
        guard case .object(let members) = self else { return self }
        return .object(members + more.map { Member(key: $0.key, value: $0.value) })
    }

    var json: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func append(to bytes: inout [UInt8]) {
        switch self {
        case .text(let text): CompactJSON.append(text, to: &bytes)
        case .number(let digits): bytes.append(contentsOf: digits.utf8)
        case .flag(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .null: bytes.append(contentsOf: "null".utf8)
        case .list(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                CompactJSON.append(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

extension WireValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    init(stringLiteral value: String) { self = .text(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(integerLiteral value: Int) { self = .number(String(value)) }
}
