public import ExecutionEngine
public import TradingDomain

/// Something that people are told.
public struct NotificationMessage: Codable, Hashable, Sendable {
    /// The same for every try: whoever gets it twice can tell.
    public let key: String
    /// One line.
    public let subject: String
    public let text: String
    public let level: AlertLevel
    public let account: AccountID?
    public let run: RunID?
    /// Business time.
    public let at: Timestamp

    /// A message; the subject is the text's first line unless given.
    public init(
        key: String,
        subject: String? = nil,
        text: String,
        level: AlertLevel = .info,
        account: AccountID? = nil,
        run: RunID? = nil,
        at: Timestamp
    ) {
        self.key = key
        let first = subject ?? text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
        self.subject = String(first.prefix(120))
        self.text = text
        self.level = level
        self.account = account
        self.run = run
        self.at = at
    }
}

/// Why a message did not get through; it never holds a secret.
public struct NotificationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The configuration has no such channel, or not all that it needs.
        case notConfigured = "notify_not_configured"
        /// Nobody was reached, or no answer came: another try may do.
        case notReached = "notify_not_reached"
        /// The other side will not take it.
        case refused = "notify_refused"
    }

    public let kind: Kind
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var code: String { kind.rawValue }
    public var description: String { "\(message) (\(code))" }
}

/// Carries messages to people, at least once: it may be asked again with the same key.
public protocol NotificationSender: Sendable {
    /// Returns when the channel has taken the message.
    ///
    /// - Throws: ``NotificationFailure``.
    func send(_ message: NotificationMessage, to channel: String) async throws(NotificationFailure)
}

/// Where no channel is configured.
public struct NoChannels: NotificationSender {
    public init() {}

    public func send(_ message: NotificationMessage, to channel: String) async throws(NotificationFailure) {
        throw NotificationFailure(
            .notConfigured,
            "There is no channel '\(channel)': none is configured. Add it under `notifications:`."
        )
    }
}
