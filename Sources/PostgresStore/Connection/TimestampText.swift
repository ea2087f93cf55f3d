/// The text form of `timestamptz` in a session whose time zone is UTC: `2019-02-15 14:30:00.123456+00`.
///
/// Source of the calendar arithmetic: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (proleptic
/// Gregorian calendar, valid far beyond the years 1677–2262 that Int64 nanoseconds reach).
enum TimestampText {
    private static let nanosecondsPerDay: Int64 = 86_400_000_000_000

    /// Returns the instant's text, rounded down to microseconds.
    static func text(nanoseconds: Int64) -> String {
        let (days, withinDay) = floorDivide(nanoseconds, nanosecondsPerDay)
        let (year, month, day) = civil(days: days)
        let microseconds = withinDay / 1000
        let seconds = microseconds / 1_000_000
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2)) \(padded(seconds / 3600, 2)):"
            + "\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(microseconds % 1_000_000, 6))+00"
    }

    /// Returns nanoseconds since 1970 UTC, or nil when `text` is not of this form or beyond Int64 nanoseconds.
    static func nanoseconds(of text: String) -> Int64? {
        guard text.hasSuffix("+00") else { return nil }
        let parts = text.dropLast(3).split(whereSeparator: { "- :.".contains($0) })
        guard (6...7).contains(parts.count) else { return nil }
        var numbers: [Int64] = []
        for part in parts {
            guard part.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let number = Int64(part)
            else { return nil }
            numbers.append(number)
        }
        guard (1...9999).contains(numbers[0]) else { return nil }
        var microseconds: Int64 = 0
        if parts.count == 7 {
            guard parts[6].utf8.count <= 6 else { return nil }
            microseconds = numbers[6]
            for _ in parts[6].utf8.count..<6 { microseconds *= 10 }
        }
        let seconds = (numbers[3] * 60 + numbers[4]) * 60 + numbers[5]
        let days = days(year: numbers[0], month: numbers[1], day: numbers[2])
        let (start, overflow) = days.multipliedReportingOverflow(by: nanosecondsPerDay)
        let (total, overflowed) = start.addingReportingOverflow(seconds * 1_000_000_000 + microseconds * 1000)
        return overflow || overflowed ? nil : total
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shifted, 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
