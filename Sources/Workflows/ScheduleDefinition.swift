public import YAMLNodes

/// One entry of `schedule:` as written.
public struct ScheduleDefinition: Hashable, Sendable {
    /// What makes it fire.
    public enum Trigger: Hashable, Sendable {
        /// `zone` is an IANA name, `onlyOn` the market whose sessions are the only days.
        case cron(CronExpression, zone: Located<String>, onlyOn: Located<String>?)
        /// `at` on the sessions of a market that `session` picks.
        case market(Located<String>, session: SessionChoice, at: SessionTime)
    }

    /// Which sessions of a market.
    public enum SessionChoice: String, Hashable, Sendable, CaseIterable {
        case every, first_of_week, last_of_week, first_of_month, last_of_month
    }

    /// What becomes of times that are found late; later than `late_by` none of them runs.
    public enum MissedPolicy: String, Hashable, Sendable, CaseIterable {
        /// What is too late is recorded as missed. The default.
        case skip
        /// Of several that are found at once only the newest runs, with `overlap: queue` too.
        case latest
    }

    /// What becomes of a time at which the last run still goes on.
    public enum OverlapPolicy: String, Hashable, Sendable, CaseIterable {
        /// It does not run. The default.
        case skip
        case queue
        case cancel_running
    }

    public let id: Located<String>
    public let trigger: Trigger
    /// Found later than this, a time is missed: 15 minutes unless the file says otherwise.
    public let lateBy: Duration
    public let missed: MissedPolicy
    public let overlap: OverlapPolicy
    let arguments: [YAMLEntry]
    /// `late_by` is written.
    let hasLateBy: Bool
    let range: SourceRange

    static let defaultLateBy = Duration.seconds(900)
}

extension ScheduleDefinition.Trigger: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cron(let cron, let zone, let onlyOn):
            "cron \(cron.text), \(zone.value)" + (onlyOn.map { ", on sessions of \($0.value)" } ?? "")
        case .market(let market, let session, let at): "\(session.rawValue) session of \(market.value), \(at)"
        }
    }
}

/// A checked schedule: when it fires, and the inputs of the runs that it starts.
public struct WorkflowSchedule: Hashable, Sendable {
    public let definition: ScheduleDefinition
    /// By name; what is left out has its default.
    public let inputs: [String: Value]

    public var id: String { definition.id.value }

    /// When it fires and by which rules, in words: `cron 0 10 * * MON-FRI, America/New_York; late_by 15m, …`.
    ///
    /// Equal terms fire at equal times; the inputs of the runs are not part of them.
    public var terms: String {
        "\(definition.trigger); late_by \(DurationText.print(definition.lateBy)), "
            + "missed \(definition.missed.rawValue), overlap \(definition.overlap.rawValue)"
    }
}

/// `concurrency:` as written.
public struct ConcurrencyDefinition: Hashable, Sendable {
    /// What becomes of a run that finds the limit reached.
    public enum FullPolicy: String, Hashable, Sendable, CaseIterable {
        /// It waits its turn. The default.
        case queue
        case skip
        case cancel_oldest
    }

    /// The expression of `key:`, over the inputs.
    public let key: YAMLNode
    /// Runs of one key at a time: 1 or more.
    public let limit: Int
    public let whenFull: FullPolicy
}

/// What a run of a workflow counts as while it goes on.
public struct ConcurrencySlot: Hashable, Sendable {
    /// The value of `key:`; runs with another one do not count.
    public let key: String
    public let limit: Int
    public let whenFull: ConcurrencyDefinition.FullPolicy

    public init(key: String, limit: Int, whenFull: ConcurrencyDefinition.FullPolicy) {
        self.key = key
        self.limit = limit
        self.whenFull = whenFull
    }
}
