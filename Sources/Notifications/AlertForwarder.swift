public import ExecutionEngine
public import Orchestration
import RiskRules
import Synchronization
import TradingDomain

/// Hands an account's alerts to a channel, so that people hear of them without looking.
///
/// It never delays an engine: alerts wait in a queue of fixed length, and what is beyond it is counted and said with the next
/// message. The tables keep every alert, whatever becomes of the message.
public final class AlertForwarder: Sendable {
    /// Alerts that wait for a slow channel.
    private static let queue = 256
    /// Tries for one alert, with waits of one and two seconds; more would only make the queue longer.
    private static let tries = 3

    /// What became of the alerts of a forwarder.
    public struct Outcome: Hashable, Sendable {
        public internal(set) var sent = 0
        /// The channel did not take them.
        public internal(set) var failed = 0
        /// The queue was full.
        public internal(set) var lost = 0
        /// Of the last failure.
        public internal(set) var problem: String?
    }

    private let sender: any NotificationSender
    private let channel: String
    private let level: AlertLevel
    private let state = Mutex(Outcome())

    /// A forwarder of alerts of `level` and above.
    public init(to channel: String, level: AlertLevel, by sender: any NotificationSender) {
        self.sender = sender
        self.channel = channel
        self.level = level
    }

    public var outcome: Outcome { state.withLock { $0 } }

    /// Listens and sends until the notifier ends; alerts from before are not sent.
    ///
    /// Subscribe first, with ``subscribe(to:)``, so that nothing is missed between.
    public func run(_ events: ExecutionEvents) async {
        for await event in events {
            guard let message = Self.message(event), Self.rank(message.level) >= Self.rank(level) else { continue }
            await forward(message, lost: events.dropped)
            if Task.isCancelled { return }
        }
    }

    /// Starts to listen.
    public func subscribe(to notifier: ExecutionNotifier) -> ExecutionEvents { notifier.subscribe(buffer: Self.queue) }

    private func forward(_ message: NotificationMessage, lost: Int) async {
        let before = state.withLock { outcome in
            defer { outcome.lost = lost }
            return outcome.lost
        }
        var text = message.text
        if lost > before {
            text +=
                "\n(\(lost - before) events before this one were too many at once; `smartexec alerts` lists them all.)"
        }
        let full = NotificationMessage(
            key: message.key,
            subject: message.subject,
            text: text,
            level: message.level,
            account: message.account,
            at: message.at
        )
        for attempt in 1...Self.tries {
            do throws(NotificationFailure) {
                try await sender.send(full, to: channel)
                return state.withLock { $0.sent += 1 }
            } catch {
                state.withLock { $0.problem = error.message }
                guard error.kind == .notReached, attempt < Self.tries else { break }
                // Cancelled with its program: no further try then.
                guard (try? await Task.sleep(for: .seconds(attempt))) != nil else { break }
            }
        }
        state.withLock { $0.failed += 1 }
    }

    /// What people are told of an event; `nil` for what is no alert.
    static func message(_ event: ExecutionEvent) -> NotificationMessage? {
        let (level, code, text): (AlertLevel, String, String)
        switch event.kind {
        case .alert(let alert): (level, code, text) = (alert.level, alert.code, alert.message)
        case .halted(let halt):
            (level, code, text) = (.critical, "halted", "Trading is halted by \(halt.by): \(halt.reason)")
        case .haltEnded: (level, code, text) = (.info, "halt_ended", "The halt has ended.")
        case .safeModeEntered(let mode):
            (level, code, text) = (
                .critical, "safe_mode", "Safe mode: only reductions until somebody has looked. \(mode.reason)"
            )
        case .safeModeLeft: (level, code, text) = (.info, "safe_mode_left", "Safe mode has ended.")
        case .order: return nil
        }
        return NotificationMessage(
            key: "alert/\(event.account)/\(event.at.nanoseconds)/\(event.number)/\(code)",
            subject: "\(level.rawValue) \(code): \(event.account)",
            text: "\(event.account), \(event.at): \(text)",
            level: level,
            account: event.account,
            at: event.at
        )
    }

    private static func rank(_ level: AlertLevel) -> Int {
        switch level {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }
}
