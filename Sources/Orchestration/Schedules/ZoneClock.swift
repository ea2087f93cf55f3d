public import TradingDomain

/// What clocks show in a time zone: how far they are from UTC, and when that changes.
///
/// Each local time stands for one instant: one that a change of the clocks skips is the instant of the change, and one that
/// comes twice is the first. So instants never run backwards while local times run forwards.
public struct ZoneClock: Hashable, Sendable {
    /// From an instant on, clocks are so many seconds ahead of UTC.
    public struct Change: Hashable, Sendable {
        /// Seconds since 1970 UTC.
        public let at: Int64
        /// Seconds; negative west of Greenwich.
        public let offset: Int

        public init(at: Int64, offset: Int) {
            self.at = at
            self.offset = offset
        }
    }

    /// The IANA name, such as `Europe/London`.
    public let name: String
    /// What it knows; outside it takes the first or the last offset.
    public let dates: ClosedRange<CalendarDate>
    private let firstOffset: Int
    private let changes: [Change]

    /// - Parameters:
    ///   - name: The IANA name.
    ///   - dates: The UTC dates that `changes` is complete for.
    ///   - firstOffset: Seconds ahead of UTC before the first change.
    ///   - changes: In order of time, each with another offset than the one before.
    public init(name: String, dates: ClosedRange<CalendarDate>, firstOffset: Int, changes: [Change]) {
        self.name = name
        self.dates = dates
        self.firstOffset = firstOffset
        self.changes = changes
    }

    /// Seconds ahead of UTC.
    public func offset(at time: Timestamp) -> Int {
        let seconds = time.wholeSeconds
        let count = changes.partitioningIndex { $0.at > seconds }
        return count == 0 ? firstOffset : changes[count - 1].offset
    }

    /// The instant at which clocks show `minute` after midnight of `date`.
    public func instant(_ date: CalendarDate, minute: Int) -> Timestamp {
        let local = Int64(date.daysSinceEpoch) * 86_400 + Int64(minute) * 60
        // The first stretch of one offset whose clocks get that far.
        let index = changes.indices.partitioningIndex { changes[$0].at + Int64(offset(before: $0)) > local }
        let seconds = local - Int64(offset(before: index))
        let start = index == 0 ? seconds : changes[index - 1].at
        return Timestamp(nanoseconds: max(seconds, start) * 1_000_000_000)
    }

    /// What clocks show, to the minute.
    public func local(_ time: Timestamp) -> (date: CalendarDate, minute: Int) {
        let shifted = time + .seconds(offset(at: time))
        let date = shifted.utcDate
        return (date, Int((shifted - date.startUTC).components.seconds) / 60)
    }

    /// What clocks show, with their distance from UTC, such as `2026-11-20 10:00 -05:00`.
    public func text(_ time: Timestamp) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (date, minute) = local(time)
        let offset = offset(at: time) / 60
        let sign = offset < 0 ? "-" : "+"
        return "\(date) \(two(minute / 60)):\(two(minute % 60)) "
            + "\(sign)\(two(abs(offset) / 60)):\(two(abs(offset) % 60))"
    }

    /// The offset that holds until the change at `index`.
    private func offset(before index: Int) -> Int { index == 0 ? firstOffset : changes[index - 1].offset }
}

extension RandomAccessCollection {
    /// The first index whose element meets a condition that all later ones meet too; `endIndex` when none does.
    fileprivate func partitioningIndex(_ condition: (Element) -> Bool) -> Index {
        var (low, count) = (startIndex, count)
        while count > 0 {
            let middle = index(low, offsetBy: count / 2)
            if condition(self[middle]) {
                count /= 2
            } else {
                low = index(after: middle)
                count -= count / 2 + 1
            }
        }
        return low
    }
}

extension Timestamp {
    /// Seconds since 1970, rounded down.
    fileprivate var wholeSeconds: Int64 {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return rest < 0 ? seconds - 1 : seconds
    }
}
