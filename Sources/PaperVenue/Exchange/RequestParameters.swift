internal import TradingDomain

/// The named values of a request, decoded; where a name is in query and body, the query's counts.
struct RequestParameters: Sendable {
    private var values: [String: String] = [:]

    init() {}

    /// - Throws: ``Refusal/repeated`` when the query or the body has a name twice.
    init(query: String, body: String) throws(Refusal) {
        for part in [query, body] {
            var seen: Set<String> = []
            for pair in part.split(separator: "&") {
                let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let name = Self.decoded(halves[0])
                guard seen.insert(name).inserted else { throw Refusal.repeated }
                if values[name] == nil { values[name] = halves.count > 1 ? Self.decoded(halves[1]) : "" }
            }
        }
    }

    /// The members of an element of `batchOrders`.
    init?(_ object: WireValue) {
        guard case .object(let members) = object else { return nil }
        for member in members {
            switch member.value {
            case .text(let text), .number(let text): values[member.key] = text
            case .flag(let flag): values[member.key] = flag ? "true" : "false"
            case .null: break
            case .list, .object: return nil
            }
        }
    }

    private static func decoded(_ text: Substring) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        let bytes = Array(text.utf8)
        var found: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[place + 1...place + 2], as: UTF8.self), radix: 16)
            {
                found.append(byte)
                place += 3
                continue
            }
            found.append(bytes[place] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[place])
            place += 1
        }
        return String(decoding: found, as: UTF8.self)
    }

    // MARK: Values

    func has(_ name: String) -> Bool { values[name].map { !$0.isEmpty } ?? false }

    /// - Throws: −1105 where the value is empty.
    func text(_ name: String) throws(Refusal) -> String? {
        guard let value = values[name] else { return nil }
        guard !value.isEmpty else {
            switch name {
            case "newClientOrderId", "clientAlgoId": throw Refusal.emptyClientID
            case "origClientOrderId": throw Refusal.emptyOriginalID
            default: throw Refusal.empty(name)
            }
        }
        return value
    }

    func required(_ name: String) throws(Refusal) -> String {
        guard let value = values[name], !value.isEmpty else { throw Refusal.missing(name) }
        return value
    }

    func integer(_ name: String) throws(Refusal) -> Int64? {
        guard let text = try text(name) else { return nil }
        guard let value = Int64(text) else { throw Refusal.invalid(name) }
        return value
    }

    /// A time in milliseconds, one that a calendar has: sums and differences of two never overflow.
    func time(_ name: String) throws(Refusal) -> Int64? {
        guard let time = try integer(name) else { return nil }
        guard (0...(1 << 53)).contains(time) else { throw Refusal.invalid(name) }
        return time
    }

    func requiredInteger(_ name: String) throws(Refusal) -> Int64 {
        guard let value = Int64(try required(name)) else { throw Refusal.invalid(name) }
        return value
    }

    /// `true`, `TRUE` and the like.
    func flag(_ name: String) throws(Refusal) -> Bool? {
        guard let text = try text(name) else { return nil }
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default: throw name == "reduceOnly" ? Refusal.reduceOnlyValue : Refusal.invalid(name)
        }
    }

    func requiredFlag(_ name: String) throws(Refusal) -> Bool {
        _ = try required(name)
        return try flag(name) ?? false
    }

    func price(_ name: String) throws(Refusal) -> Price? {
        try text(name) == nil ? nil : Price(units: try units(name))
    }

    func quantity(_ name: String) throws(Refusal) -> Quantity? {
        try text(name) == nil ? nil : Quantity(units: try units(name))
    }

    /// A word of an enumeration.
    func word<Word: RawRepresentable>(_ name: String, else refusal: Refusal) throws(Refusal) -> Word?
    where Word.RawValue == String {
        guard let text = try text(name) else { return nil }
        guard let word = Word(rawValue: text) else { throw refusal }
        return word
    }

    /// `limit`, held to its largest value.
    func limit(_ fallback: Int, upTo most: Int) throws(Refusal) -> Int {
        guard let asked = try integer("limit") else { return fallback }
        guard asked > 0 else { throw Refusal.invalid("limit") }
        return Int(min(asked, Int64(most)))
    }

    private func units(_ name: String) throws(Refusal) -> Int64 {
        var text = values[name] ?? ""
        while text.hasPrefix("0"), text.count > 1, !text.hasPrefix("0.") { text.removeFirst() }
        do {
            return try Price(parsing: text).units
        } catch {
            switch error {
            case .tooPrecise: throw Refusal.precision
            case .outOfRange: throw name == "quantity" ? Refusal.quantityLarge : Refusal.priceHigh
            case .empty, .notDecimal: throw Refusal.illegal(name, #"^([0-9]{1,20})(\.[0-9]{1,20})?$"#)
            }
        }
    }
}
