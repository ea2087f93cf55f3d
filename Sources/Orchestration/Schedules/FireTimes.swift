public import MarketData
public import TradingDomain
public import Workflows

/// When a schedule fires.
///
/// Cron lines are local times of their zone: one that a change of the clocks skips fires at the next valid instant, and one
/// that comes twice fires the first time only. Times of a market are those of its sessions, half days and late opens as they
/// are; its wall times are the exchange's.
public struct FireTimes: Sendable {
    public let schedule: WorkflowSchedule
    public let zone: ZoneClock
    /// Of a market's times, and of a cron line that keeps to sessions.
    private let calendar: TradingCalendar?

    /// Prepares the times of a schedule for the years after `time`.
    ///
    /// - Parameters:
    ///   - schedule: A checked schedule.
    ///   - time: Near the times that will be asked for: a year before to ten years after it is known.
    ///   - calendar: The market calendar of a code such as `XNYS`.
    /// - Throws: ``ScheduleProblem`` for a zone or a calendar that is not known.
    public init(
        _ schedule: WorkflowSchedule,
        around time: Timestamp,
        calendar: (String) throws -> TradingCalendar
    ) throws {
        self.schedule = schedule
        switch schedule.definition.trigger {
        case .cron(_, let zone, let market):
            self.zone = try ZoneClock.named(zone.value, around: time.utcDate)
            self.calendar = try market.map { try calendar($0.value) }
        case .market(let market, _, _):
            let known = try calendar(market.value)
            self.calendar = known
            zone = try ZoneClock.named(known.zone, around: time.utcDate)
        }
    }

    /// The first time after `time`; `nil` when calendar or zone do not reach that far.
    public func next(after time: Timestamp) -> Timestamp? {
        switch schedule.definition.trigger {
        case .cron(let cron, _, _): next(cron, after: time)
        case .market(_, let choice, let at): next(choice, at, after: time)
        }
    }

    /// The next `count` times after `time`, in order; fewer when calendar or zone do not reach that far.
    public func next(_ count: Int, after time: Timestamp) -> [Timestamp] {
        var times: [Timestamp] = []
        while times.count < count, let next = next(after: times.last ?? time) { times.append(next) }
        return times
    }

    // MARK: - Cron

    private func next(_ cron: CronExpression, after time: Timestamp) -> Timestamp? {
        var (date, minute) = zone.local(time)
        while date <= zone.dates.upperBound {
            if cron.fires(on: date), let isSession = hasSession(date), isSession {
                while let due = cron.firstMinute(from: minute) {
                    let instant = zone.instant(date, minute: due)
                    // Local times of a skipped or a repeated hour may stand for an instant that is over.
                    if instant > time { return instant }
                    minute = due + 1
                }
            } else if hasSession(date) == nil {
                return nil
            }
            date = date.adding(days: 1)
            minute = 0
        }
        return nil
    }

    /// Whether a cron line may fire on a date; `nil` beyond what the calendar knows.
    private func hasSession(_ date: CalendarDate) -> Bool? {
        guard calendar != nil else { return true }
        return switch look(date) {
        case .session: true
        case .none: false
        case .unknown: nil
        }
    }

    // MARK: - Sessions

    private enum Day {
        case session(TradingSession)
        case none
        case unknown
    }

    private func look(_ date: CalendarDate) -> Day {
        guard let calendar else { return .unknown }
        do {
            return try calendar.session(on: date).map { .session($0) } ?? .none
        } catch {
            // Beyond its years; a weekend is one there as well, and must not hide the last session of a week.
            return date.weekday > 5 && calendar.zone != "UTC" ? .none : .unknown
        }
    }

    private func next(
        _ choice: ScheduleDefinition.SessionChoice,
        _ at: SessionTime,
        after time: Timestamp
    ) -> Timestamp? {
        guard let calendar else { return nil }
        // An offset is a day at most, and a session may end a day after it began.
        var day = calendar.date(at: time).adding(days: -2)
        while day <= zone.dates.upperBound {
            let period = choice.period(holding: day)
            switch session(of: choice, in: period) {
            // What is over need not be known.
            case .unknown where period.upperBound < calendar.date(at: time): break
            case .unknown: return nil
            case .none: break
            case .session(let session):
                let due = instant(at, session)
                if due > time { return due }
            }
            day = period.upperBound.adding(days: 1)
        }
        return nil
    }

    /// The first or the last session of a stretch of days.
    private func session(
        of choice: ScheduleDefinition.SessionChoice,
        in period: ClosedRange<CalendarDate>
    ) -> Day {
        let count = period.upperBound.daysSinceEpoch - period.lowerBound.daysSinceEpoch
        for step in 0...count {
            let date =
                choice.isLast ? period.upperBound.adding(days: -step) : period.lowerBound.adding(days: step)
            let day = look(date)
            if case .none = day { continue }
            return day
        }
        return .none
    }

    private func instant(_ at: SessionTime, _ session: TradingSession) -> Timestamp {
        switch at {
        case .open(let offset): session.open + offset
        case .close(let offset): session.close + offset
        case .wall(let minutes): zone.instant(session.date, minute: minutes)
        }
    }
}

extension ScheduleDefinition.SessionChoice {
    fileprivate var isLast: Bool { self == .last_of_week || self == .last_of_month }

    /// The stretch of days that one session is chosen of; weeks begin on Monday.
    fileprivate func period(holding date: CalendarDate) -> ClosedRange<CalendarDate> {
        switch self {
        case .every: return date...date
        case .first_of_week, .last_of_week:
            let monday = date.adding(days: 1 - date.weekday)
            return monday...monday.adding(days: 6)
        case .first_of_month, .last_of_month:
            let first = date.adding(days: 1 - date.parts.day)
            // Day 32 is in the next month, whatever the month.
            let beyond = first.adding(days: 31)
            return first...beyond.adding(days: -beyond.parts.day)
        }
    }
}

/// Why the times of a schedule cannot be told.
public enum ScheduleProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownZone(String)
    /// The definition that a schedule was applied with does not compile with this version of the program.
    case unreadable(String, why: String)

    public var code: String {
        switch self {
        case .unknownZone: "unknown_zone"
        case .unreadable: "definition_unreadable"
        }
    }

    public var description: String {
        switch self {
        case .unknownZone(let name):
            "No time zone is called '\(name)'. Use an IANA name such as America/New_York."
        case .unreadable(let workflow, let why):
            "The stored definition of '\(workflow)' cannot be read: \(why) `smartexec workflow apply` stores it anew."
        }
    }
}
