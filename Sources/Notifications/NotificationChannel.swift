public import Orchestration

/// One way to people, with all that it needs; its secrets show nowhere.
public protocol NotificationChannel: Sendable {
    /// What it is in a word or two, without anything secret: `webhook hooks.example.com`.
    var summary: String { get }

    /// Returns when the other side has taken the message.
    ///
    /// - Throws: `NotificationFailure`.
    func deliver(_ message: NotificationMessage) async throws(NotificationFailure)
}

/// The channels of a configuration, by name.
public struct NotificationChannels: NotificationSender {
    private let channels: [String: any NotificationChannel]

    public init(_ channels: [String: any NotificationChannel]) { self.channels = channels }

    public var names: [String] { channels.keys.sorted() }

    /// What a channel is; `nil` for one that is not configured.
    public func summary(of name: String) -> String? { channels[name]?.summary }

    public func send(_ message: NotificationMessage, to channel: String) async throws(NotificationFailure) {
        guard let known = channels[channel] else {
            let list = names.isEmpty ? "none is configured" : "known: \(names.joined(separator: ", "))"
            throw NotificationFailure(
                .notConfigured,
                "There is no channel '\(channel)'; \(list). Add it under `notifications:`."
            )
        }
        try await known.deliver(message)
    }
}

/// A channel whose configuration lacks something, such as a variable that is not set: it says so whenever it is used.
public struct IncompleteChannel: NotificationChannel {
    public let summary: String
    private let problem: String

    public init(summary: String, problem: String) {
        self.summary = summary
        self.problem = problem
    }

    public func deliver(_ message: NotificationMessage) async throws(NotificationFailure) {
        throw NotificationFailure(.notConfigured, problem)
    }
}

/// A text that is used and never shown.
public struct ChannelSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let value: String

    public init(_ value: String) { self.value = value }

    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
