/// Colours and weights for terminals; text as it is elsewhere.
///
/// Never the only sign of anything.
struct TextStyle: Hashable, Sendable {
    let isEnabled: Bool

    static let plain = TextStyle(isEnabled: false)

    func bold(_ text: String) -> String { wrapped(text, "1") }
    func dim(_ text: String) -> String { wrapped(text, "2") }
    func red(_ text: String) -> String { wrapped(text, "31") }
    func green(_ text: String) -> String { wrapped(text, "32") }
    func yellow(_ text: String) -> String { wrapped(text, "33") }

    /// The colour of an item's or a run's status (SX-1).
    func status(_ text: String) -> String {
        switch text.trimmed {
        case "SUCCESS", "FILLED": green(text)
        case "PARTIAL", "ABSTAIN", "RUNNING", "WAITING_APPROVAL": yellow(text)
        case "BLOCKED", "REJECTED", "FAILED": red(text)
        default: text
        }
    }

    private func wrapped(_ text: String, _ code: String) -> String {
        isEnabled && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

extension String {
    fileprivate var trimmed: Substring {
        let start = drop { $0 == " " }
        return start.prefix(
            (start.lastIndex { $0 != " " }).map { start.distance(from: start.startIndex, to: $0) + 1 } ?? 0
        )
    }
}
