/// What the address of a WebSocket asks for: a route, the form of messages, and first subscriptions.
struct StreamPath: Hashable {
    /// The routed addresses since 2026, and the older one without a route, which carries everything.
    enum Route: String { case `public`, market, `private`, unrouted }

    var route: Route
    /// `/stream` wraps messages in their stream's name, `/ws` sends them raw.
    var isCombined: Bool
    /// Stream names and listen keys.
    var names: [String]
    /// Kinds of user events that are wanted; `nil` for all.
    var events: Set<String>?

    /// Reads path and query as requested; `nil` for an address that opens no stream.
    init?(_ uri: String) {
        let halves = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var parts = halves[0].split(separator: "/").map(String.init)
        route = .unrouted
        if let first = parts.first, let named = Route(rawValue: first), named != .unrouted {
            route = named
            parts.removeFirst()
        }
        guard let form = parts.first, form == "ws" || form == "stream" else { return nil }
        isCombined = form == "stream"
        names = []
        // Clients put numbers of their connections behind `/ws/`; whatever is no stream and no listen key is ignored.
        for name in parts.dropFirst() where name.contains("@") || name.contains("!") || name.count >= 32 {
            names.append(Self.decoded(name))
        }
        for field in halves.count > 1 ? halves[1].split(separator: "&") : [] {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            let value = Self.decoded(String(pair[1]))
            switch pair[0] {
            case "streams": names += value.split(separator: "/").map(String.init)
            case "listenKey": names.append(value)
            case "events": events = Set(value.split(separator: "/").map(String.init))
            default: break
            }
        }
    }

    /// Whether messages of a market stream come over a route.
    static func carries(_ route: Route, _ stream: String) -> Bool {
        guard route != .unrouted else { return true }
        let kind = stream.split(separator: "@", maxSplits: 1).dropFirst().first.map(String.init) ?? stream
        let isPublic =
            kind == "bookTicker" || stream == "!bookTicker" || kind.hasPrefix("depth") || kind.hasPrefix("rpiDepth")
            || kind == "trade"
        return route == (isPublic ? .public : .market)
    }

    /// Undoes percent escapes; a broken one stays as it is.
    private static func decoded(_ text: String) -> String {
        guard text.contains("%") else { return text }
        var bytes: [UInt8] = []
        let given = Array(text.utf8)
        var index = 0
        while index < given.count {
            if given[index] == UInt8(ascii: "%"), index + 2 < given.count,
                let byte = UInt8(String(decoding: given[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                index += 3
            } else {
                bytes.append(given[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
