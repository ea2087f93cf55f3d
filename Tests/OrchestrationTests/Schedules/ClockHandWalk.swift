import Foundation

/// Fire times by another way than the code under test: the hands of a clock are watched minute by minute.
///
/// Each UTC minute the system's table tells what clocks show. A reading that was seen before does not count again, and
/// readings that the hands jumped over count at the minute of the jump.
struct ClockHandWalk {
    /// How often the distance from UTC changed.
    private(set) var changes = 0
    private(set) var times: [String: [Int64]] = [:]

    /// Walks the minutes from `start` until `end`, in seconds since 1970.
    ///
    /// Each cron line has an id and the local dates that it may fire on at all, as `2026-11-20`.
    init(_ zone: TimeZone, _ lines: [(id: String, line: String, dates: Set<String>?)], from start: Int64, to end: Int64)
    {
        let fields = lines.map { Fields($0.line) }
        for line in lines { times[line.id] = [] }
        var utc = Calendar(identifier: .gregorian)
        utc.timeZone = TimeZone(secondsFromGMT: 0) ?? zone
        var offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(start))) / 60
        var seen = Int(start / 60) + offset - 1
        var day = Int.min
        var fires: [Bool] = []
        for minute in Int(start / 60)..<Int(end / 60) {
            if minute % 15 == 0 {  // no change of any clock in these years falls elsewhere
                let now = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(minute * 60))) / 60
                if now != offset { changes += 1 }
                offset = now
            }
            let reading = minute + offset
            guard reading > seen else { continue }
            for shown in (seen + 1)...reading {
                if shown / 1440 != day {
                    day = shown / 1440
                    let date = Date(timeIntervalSince1970: Double(day * 86_400))
                    let parts = utc.dateComponents([.year, .month, .day, .weekday], from: date)
                    let (month, ofMonth) = (parts.month ?? 0, parts.day ?? 0)
                    let text = String(format: "%04d-%02d-%02d", parts.year ?? 0, month, ofMonth)
                    fires = lines.indices.map { index in
                        fields[index].hasDay(ofMonth, month, (parts.weekday ?? 1) - 1)
                            && lines[index].dates?.contains(text) != false
                    }
                }
                for index in lines.indices
                where fires[index] && fields[index].hasTime(shown % 1440)
                    && times[lines[index].id]?.last != Int64(minute * 60)
                {
                    times[lines[index].id]?.append(Int64(minute * 60))
                }
            }
            seen = reading
        }
    }

    /// A cron line, read in the plainest way.
    private struct Fields {
        private let sets: [Set<Int>]
        private let isAnyDay: Bool
        private let isAnyWeekday: Bool

        init(_ line: String) {
            let parts = line.split(separator: " ").map(String.init)
            let ranges = [0...59, 0...23, 1...31, 1...12, 0...6]
            let words = ["SUN": 0, "MON": 1, "TUE": 2, "WED": 3, "THU": 4, "FRI": 5, "SAT": 6, "FEB": 2, "DEC": 12]
            sets = zip(parts, ranges).map { part, range in
                var set: Set<Int> = []
                for piece in part.split(separator: ",") {
                    let halves = piece.split(separator: "/")
                    let step = halves.count == 2 ? Int(halves[1]) ?? 1 : 1
                    let ends = halves[0].split(separator: "-").map { Int($0) ?? words[String($0)] ?? -1 }
                    let (low, high) =
                        halves[0] == "*" ? (range.lowerBound, range.upperBound) : (ends[0], ends[ends.count - 1])
                    for number in range where number >= low && number <= high && (number - low) % step == 0 {
                        set.insert(number)
                    }
                }
                return set
            }
            isAnyDay = parts[2] == "*"
            isAnyWeekday = parts[4] == "*"
        }

        func hasDay(_ day: Int, _ month: Int, _ weekday: Int) -> Bool {
            guard sets[3].contains(month) else { return false }
            if isAnyDay { return sets[4].contains(weekday) }
            if isAnyWeekday { return sets[2].contains(day) }
            return sets[2].contains(day) || sets[4].contains(weekday)
        }

        func hasTime(_ minute: Int) -> Bool { sets[0].contains(minute % 60) && sets[1].contains(minute / 60) }
    }
}
