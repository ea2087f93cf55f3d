/// The parts of a `ws` or `wss` address.
struct WebSocketAddress: Hashable {
    let isSecure: Bool
    /// Without the brackets of an IPv6 address.
    let host: String
    let port: Int
    /// Path and query, as the request's first line has them.
    let target: String
    /// As the `Host` header has it.
    let authority: String

    /// Parses an address whole; `nil` for anything but an absolute `ws` or `wss` address without user and password.
    init?(_ url: String) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let bare = url.prefix { $0 != "#" }
        let lowered = bare.prefix(6).lowercased()
        let rest: Substring
        if lowered.hasPrefix("wss://") {
            (isSecure, rest) = (true, bare.dropFirst(6))
        } else if lowered.hasPrefix("ws://") {
            (isSecure, rest) = (false, bare.dropFirst(5))
        } else {
            return nil
        }
        let place = rest.prefix { $0 != "/" && $0 != "?" }
        let tail = rest.dropFirst(place.count)
        target = tail.hasPrefix("/") ? String(tail) : "/" + tail
        let standard = isSecure ? 443 : 80
        guard let (name, number) = Self.split(place, standard: standard) else { return nil }
        (host, port) = (String(name), number)
        let shown = name.contains(":") ? "[\(name)]" : String(name)
        authority = number == standard ? shown : "\(shown):\(number)"
    }

    private static func split(_ place: Substring, standard: Int) -> (host: Substring, port: Int)? {
        var name = place
        var digits: Substring?
        if place.hasPrefix("[") {
            guard let end = place.firstIndex(of: "]") else { return nil }
            name = place[place.index(after: place.startIndex)..<end]
            let after = place[place.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            if !after.isEmpty { digits = after.dropFirst() }
        } else if let colon = place.firstIndex(of: ":") {
            name = place[..<colon]
            digits = place[place.index(after: colon)...]
        }
        guard !name.isEmpty, !name.contains("@"), !name.contains("[") else { return nil }
        guard let digits else { return (name, standard) }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            (1...65_535).contains(port)
        else { return nil }
        return (name, port)
    }
}
