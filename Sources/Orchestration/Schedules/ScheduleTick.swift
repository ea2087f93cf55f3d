public import TradingDomain

/// A schedule by its workflow and its id in the file, such as `weekly-rebalance/friday`.
public struct ScheduleKey: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let workflow: String
    public let id: String

    public init(workflow: String, id: String) {
        self.workflow = workflow
        self.id = id
    }

    public var description: String { "\(workflow)/\(id)" }

    public static func < (left: ScheduleKey, right: ScheduleKey) -> Bool {
        (left.workflow, left.id) < (right.workflow, right.id)
    }
}

/// What became of a time of a schedule, or of several in a row that came to the same.
public struct ScheduleTick: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, Hashable, Sendable, CaseIterable {
        /// It started a run.
        case started
        /// It was found too late, or beside a newer one.
        case missed
        /// The run before it still went on.
        case overlapped
        /// Its schedule was paused.
        case paused
        /// No run could be made.
        case refused
    }

    /// Business time: when it was due; of several, the last.
    public var dueAt: Timestamp
    /// When the first of several was due.
    public var firstDueAt: Timestamp
    /// How many, 1 or more; of very many, at least so many.
    public var times: Int
    public var outcome: Outcome
    /// The run that it started.
    public var run: RunID?
    /// Why, in words; empty for one that started a run in time.
    public var reason: String

    public init(
        dueAt: Timestamp,
        firstDueAt: Timestamp? = nil,
        times: Int = 1,
        outcome: Outcome,
        run: RunID? = nil,
        reason: String = ""
    ) {
        self.dueAt = dueAt
        self.firstDueAt = firstDueAt ?? dueAt
        self.times = times
        self.outcome = outcome
        self.run = run
        self.reason = reason
    }

    /// One line: `due 2026-11-20T15:00:00Z: started run …`.
    public var words: String {
        let due = times == 1 ? "due \(dueAt)" : "due \(times) times from \(firstDueAt) to \(dueAt)"
        let why = reason.isEmpty ? "" : ": \(reason)"
        return switch outcome {
        case .started: "\(due), started run \(run?.text ?? "")\(why)"
        case .missed: "\(due), missed\(why)"
        case .overlapped: "\(due), not started\(why)"
        case .paused: "\(due), not started\(why)"
        case .refused: "\(due), refused\(why)"
        }
    }
}
