public import YAMLNodes

/// A time of an exchange's day: `open + 15m`, `close - 1h`, or a wall time such as `15:30`.
public enum SessionTime: Hashable, Sendable {
    /// After the session's open; negative is before it.
    case open(Duration)
    /// After the session's close; negative is before it.
    case close(Duration)
    /// Minutes after midnight at the exchange.
    case wall(minutes: Int)

    /// Whether it is read off a clock on the wall, which is one of a time zone.
    public var isWall: Bool { if case .wall = self { true } else { false } }

    /// Parses the whole text.
    ///
    /// - Throws: `ScalarProblem` naming what is wrong.
    public init(parsing text: String) throws(ScalarProblem) {
        guard let value = Self.parse(text) else {
            throw ScalarProblem(
                "`\(text)` is no time of a session",
                help: "write open + 15m, close - 1h (a day at most) or \"15:30\""
            )
        }
        self = value
    }

    private static func parse(_ text: String) -> SessionTime? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        if words.count == 1, words[0] != "open", words[0] != "close" { return wall(words[0]) }
        var offset = Duration.zero
        if words.count == 3, words[1] == "+" || words[1] == "-" {
            // The caller's error says more.
            guard let span = try? ScalarType.duration.parse(String(words[2])) else { return nil }
            guard span <= .seconds(86_400) else { return nil }
            offset = words[1] == "-" ? .zero - span : span
        } else if words.count != 1 {
            return nil
        }
        switch words[0] {
        case "open": return .open(offset)
        case "close": return .close(offset)
        default: return nil
        }
    }

    private static func wall(_ text: Substring) -> SessionTime? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), hours < 24, minutes < 60
        else { return nil }
        return .wall(minutes: hours * 60 + minutes)
    }
}

extension SessionTime: CustomStringConvertible {
    /// As files write it.
    public var description: String {
        func shifted(_ name: String, _ offset: Duration) -> String {
            if offset == .zero { return name }
            return offset < .zero
                ? "\(name) - \(DurationText.print(.zero - offset))" : "\(name) + \(DurationText.print(offset))"
        }
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return switch self {
        case .open(let offset): shifted("open", offset)
        case .close(let offset): shifted("close", offset)
        case .wall(let minutes): "\(padded(minutes / 60)):\(padded(minutes % 60))"
        }
    }
}

extension ScalarType<SessionTime> {
    static var sessionTime: ScalarType {
        ScalarType("a time of a session such as open + 15m") { text throws(ScalarProblem) in
            try SessionTime(parsing: text)
        }
    }
}
