import Foundation
import MarketData
import TradingDomain
import Workflows

/// When a schedule fires next.
///
/// Cron lines are local times of their zone: one that a change of the clocks skips runs at the next valid instant, and one
/// that comes twice runs the first time only.
struct FireTimes {
    /// How far ahead is looked, in days: a February 29 is at most eight years away.
    private static let horizon = 8 * 366

    let schedule: WorkflowSchedule
    let zone: TimeZone
    private let calendar: TradingCalendar?

    /// - Throws: ``CommandFailure`` for a zone or a calendar that is not known.
    init(_ schedule: WorkflowSchedule) throws {
        self.schedule = schedule
        switch schedule.definition.trigger {
        case .cron(_, let zone, let market):
            self.zone = try Self.zone(zone.value)
            calendar = try market.map { try TradingCalendar.named($0.value) }
        case .market(let market, _, _):
            let calendar = try TradingCalendar.named(market.value)
            self.calendar = calendar
            zone = try Self.zone(Self.zones[market.value] ?? "UTC")
        }
    }

    /// Where the exchanges are; a market that never closes has its days in UTC.
    private static let zones = ["XNYS": "America/New_York", "XKRX": "Asia/Seoul"]

    private static func zone(_ name: String) throws -> TimeZone {
        guard let zone = TimeZone(identifier: name) else {
            throw CommandFailure(.usage, "No time zone is called '\(name)'.")
        }
        return zone
    }

    /// The next `count` times after `start`, in order; fewer when the calendar does not reach that far.
    func next(_ count: Int, after start: Timestamp) throws -> [Timestamp] {
        let first = start.utcDate.adding(days: -1)
        var times: [Timestamp] = []
        for day in 0..<Self.horizon where times.count < count {
            let date = first.adding(days: day)
            let due: [Timestamp]
            switch schedule.definition.trigger {
            case .cron(let cron, _, let market):
                let minutes = cron.minutes(on: date)
                guard !minutes.isEmpty else { continue }
                if market != nil {
                    guard let session = try? calendar?.session(on: date), session.date == date else { continue }
                }
                due = minutes.map { instant(date, minute: $0) }
            case .market(_, let choice, let at):
                guard let calendar, let session = try? calendar.session(on: date),
                    try Self.picks(choice, session.date, calendar)
                else { continue }  // beyond the calendar's last year there is nothing more to say
                due = [time(at, session)]
            }
            // Two local times of a skipped hour may be one instant.
            for time in due.sorted() where time > start && time != times.last { times.append(time) }
        }
        return Array(times.prefix(count))
    }

    private func time(_ at: SessionTime, _ session: TradingSession) -> Timestamp {
        switch at {
        case .open(let offset): session.open + offset
        case .close(let offset): session.close + offset
        case .wall(let minutes): instant(session.date, minute: minutes)
        }
    }

    /// Whether a session is the one that the schedule means of its week or month.
    private static func picks(
        _ choice: ScheduleDefinition.SessionChoice,
        _ date: CalendarDate,
        _ calendar: TradingCalendar
    ) throws -> Bool {
        func hasSession(from first: CalendarDate, through last: CalendarDate) -> Bool {
            guard first <= last else { return false }
            return (0...(last.daysSinceEpoch - first.daysSinceEpoch)).contains { day in
                // No session, or no such year.
                ((try? calendar.session(on: first.adding(days: day))) ?? nil) != nil
            }
        }
        let monday = date.adding(days: 1 - date.weekday)
        let (_, _, day) = date.parts
        let monthStart = date.adding(days: 1 - day)
        var monthEnd = date.adding(days: 1)
        while monthEnd.parts.month == date.parts.month { monthEnd = monthEnd.adding(days: 1) }
        let yesterday = date.adding(days: -1)
        let tomorrow = date.adding(days: 1)
        return switch choice {
        case .every: true
        case .first_of_week: !hasSession(from: monday, through: yesterday)
        case .last_of_week: !hasSession(from: tomorrow, through: monday.adding(days: 6))
        case .first_of_month: !hasSession(from: monthStart, through: yesterday)
        case .last_of_month: !hasSession(from: tomorrow, through: monthEnd.adding(days: -1))
        }
    }

    /// The instant of a local minute of a date.
    func instant(_ date: CalendarDate, minute: Int) -> Timestamp {
        let local = date.startUTC + .seconds(Int64(minute) * 60)
        let day = Duration.seconds(86_400)
        let offsets = [offset(at: local - day), offset(at: local + day)]
        let candidates = offsets.map { local - .seconds(Int64($0)) }
        let valid = zip(candidates, offsets).filter { offset(at: $0) == $1 }.map(\.0)
        if let first = valid.min() { return first }
        // Skipped: the first instant behind the change.
        let before = Date(timeIntervalSince1970: Double((local - day).nanoseconds / 1_000_000_000))
        guard let change = zone.nextDaylightSavingTimeTransition(after: before) else { return candidates[0] }
        return Timestamp(nanoseconds: Int64(change.timeIntervalSince1970) * 1_000_000_000)
    }

    /// Seconds east of UTC.
    private func offset(at time: Timestamp) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.nanoseconds / 1_000_000_000)))
    }

    /// The local time in the schedule's zone, such as `2026-11-20 10:00 GMT-5`.
    func local(_ time: Timestamp) -> String {
        let shifted = time + .seconds(Int64(offset(at: time)))
        let minutes = offset(at: time) / 60
        let sign = minutes < 0 ? "-" : "+"
        let parts = shifted.description.split(separator: "T")
        let clock = parts.count == 2 ? parts[1].prefix(5) : ""
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts[0]) \(clock) \(sign)\(two(abs(minutes) / 60)):\(two(abs(minutes) % 60))"
    }
}
