public import TradingDomain
import Workflows

/// What is to be done about the times of one schedule that have come.
public struct TickPlan: Hashable, Sendable {
    /// In order of time; at most one is `started`, and has no run yet.
    public var ticks: [ScheduleTick]
    /// Runs that make room for the new one.
    public var cancelled: [RunID]
    /// Every time up to here is dealt with.
    public var seenUntil: Timestamp

    public init(ticks: [ScheduleTick], cancelled: [RunID] = [], seenUntil: Timestamp) {
        self.ticks = ticks
        self.cancelled = cancelled
        self.seenUntil = seenUntil
    }
}

/// Decides what becomes of the times of a schedule: a value, so that every clock can be tried on it.
///
/// A time starts a run when it is found no later than `late_by`. Of several that are found at once, as after a pause of the
/// machine, only the newest does, and the others are missed; with `overlap: queue` and `missed: skip` each one in time does,
/// one after the other. What is missed is told once for all in a row, however long nobody was there.
public struct TickPlanner: Sendable {
    /// Runs of one schedule that may wait for each other; more would only be later still.
    static let mostWaiting = 100
    /// Beyond this, missed times are no longer counted one by one.
    static let mostCounted = 10_000

    private let times: FireTimes

    public init(_ times: FireTimes) { self.times = times }

    /// - Parameters:
    ///   - seen: Every time up to here is dealt with.
    ///   - now: The database's clock. When it went back behind `seen`, nothing is due until it has caught up.
    ///   - pausedBy: Who paused the schedule, if somebody did.
    ///   - unfinished: The schedule's runs that have not ended.
    /// - Returns: `nil` when no time has come.
    public func plan(
        after seen: Timestamp,
        until now: Timestamp,
        pausedBy: String? = nil,
        unfinished: [RunID] = []
    ) -> TickPlan? {
        guard let first = times.next(after: seen), first <= now else { return nil }
        if let pausedBy {
            let all = collect(from: first, until: now)
            return TickPlan(ticks: [all.tick(.paused, "paused by \(pausedBy)")], seenUntil: all.last)
        }
        let definition = times.schedule.definition
        let startOfGrace = now - definition.lateBy
        var late: Several?
        var next: Timestamp? = first
        if first < startOfGrace {
            let found = collect(from: first, until: startOfGrace - .nanoseconds(1))
            late = found
            next = times.next(after: max(found.last, startOfGrace - .nanoseconds(1)))
        }
        var ticks: [ScheduleTick] = []
        if let late {
            let how = "found \(Self.text(now - late.last)) late, late_by is \(Self.text(definition.lateBy))"
            ticks.append(late.tick(.missed, how))
        }
        guard let due = next, due <= now else {
            return late.map { TickPlan(ticks: ticks, seenUntil: $0.last) }
        }
        let startsEach = definition.overlap == .queue && definition.missed == .skip
        let candidates = startsEach ? Several(due) : collect(from: due, until: now)
        if let older = candidates.withoutLast {
            ticks.append(older.tick(.missed, "a newer time was due as well"))
        }
        var plan = TickPlan(ticks: ticks, seenUntil: candidates.last)
        let delay = now - candidates.last
        var tick = ScheduleTick(dueAt: candidates.last, outcome: .started)
        if delay >= .seconds(60) { tick.reason = "\(Self.text(delay)) late" }
        switch definition.overlap {
        case .skip:
            if let run = unfinished.first {
                (tick.outcome, tick.reason) = (.overlapped, "run \(run) of this schedule still goes on")
            }
        case .queue:
            if unfinished.count >= Self.mostWaiting {
                (tick.outcome, tick.reason) = (.overlapped, "\(unfinished.count) runs of this schedule wait already")
            }
        case .cancel_running: plan.cancelled = unfinished
        }
        plan.ticks.append(tick)
        return plan
    }

    // MARK: - Many times

    /// Times in a row.
    private struct Several {
        let first: Timestamp
        private(set) var last: Timestamp
        private var beforeLast: Timestamp?
        private(set) var count = 1

        init(_ time: Timestamp) { (first, last) = (time, time) }

        mutating func add(_ time: Timestamp) {
            beforeLast = last
            last = time
            count += 1
        }

        /// All but the last.
        var withoutLast: Several? {
            guard let beforeLast else { return nil }
            var others = self
            (others.last, others.beforeLast, others.count) = (beforeLast, nil, count - 1)
            return others
        }

        func tick(_ outcome: ScheduleTick.Outcome, _ reason: String) -> ScheduleTick {
            let more = count > TickPlanner.mostCounted ? "\(reason); more are not counted" : reason
            return ScheduleTick(dueAt: last, firstDueAt: first, times: count, outcome: outcome, reason: more)
        }
    }

    /// The times from `first`, which is one, until `end`; the last one is right even when not all are counted.
    private func collect(from first: Timestamp, until end: Timestamp) -> Several {
        var found = Several(first)
        while let next = times.next(after: found.last), next <= end {
            guard found.count < Self.mostCounted else {
                found.add(newest(before: end, after: next))
                break
            }
            found.add(next)
        }
        return found
    }

    /// The newest time until `end`, given one that is not later; looks back over longer and longer stretches.
    private func newest(before end: Timestamp, after known: Timestamp) -> Timestamp {
        var span = Duration.seconds(60)
        while end - known > span {
            if var time = times.next(after: end - span), time <= end {
                while let next = times.next(after: time), next <= end { time = next }
                return time
            }
            span = span * 4
        }
        var time = known
        while let next = times.next(after: time), next <= end { time = next }
        return time
    }

    private static func text(_ span: Duration) -> String { ScheduleText.span(span) }
}

/// Words for spans of time, to the second.
public enum ScheduleText {
    /// Such as `3h 12m`, the two largest units.
    public static func span(_ span: Duration) -> String {
        var rest = Int(span.components.seconds)
        guard rest > 0 else { return "0s" }
        var parts: [String] = []
        for (name, size) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] where rest >= size && parts.count < 2 {
            parts.append("\(rest / size)\(name)")
            rest %= size
        }
        return parts.joined(separator: " ")
    }
}
