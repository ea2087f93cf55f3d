import Foundation
public import TradingDomain

extension ZoneClock {
    /// Whether an IANA time zone is known; abbreviations such as EST say nothing of summer time and are none.
    public static func isKnown(_ name: String) -> Bool {
        (name.contains("/") || name == "UTC") && TimeZone(identifier: name) != nil
    }

    /// The clock of a zone by the system's table of time zones, from a year before `date` to ten years after it.
    ///
    /// Offsets are asked for day by day and each change is narrowed down to the second: the system's own search for the next
    /// change of summer time passes over zones that moved for another reason.
    ///
    /// - Throws: ``ScheduleProblem/unknownZone(_:)``.
    public static func named(_ name: String, around date: CalendarDate) throws(ScheduleProblem) -> ZoneClock {
        guard isKnown(name), let zone = TimeZone(identifier: name) else { throw .unknownZone(name) }
        func offset(_ seconds: Int64) -> Int {
            zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
        }
        let dates = date.adding(days: -366)...date.adding(days: 3660)
        var changes: [Change] = []
        var (before, seen) = (Int64(dates.lowerBound.daysSinceEpoch) * 86_400, 0)
        let first = offset(before)
        seen = first
        for day in dates.lowerBound.daysSinceEpoch...dates.upperBound.daysSinceEpoch {
            let after = Int64(day) * 86_400
            let now = offset(after)
            if now != seen {
                var (low, high) = (before, after)
                while high - low > 1 {
                    let middle = (low + high) / 2
                    if offset(middle) == seen { low = middle } else { high = middle }
                }
                changes.append(Change(at: high, offset: now))
                seen = now
            }
            before = after
        }
        return ZoneClock(name: name, dates: dates, firstOffset: first, changes: changes)
    }
}
