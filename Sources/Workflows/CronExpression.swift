public import TradingDomain
import YAMLNodes

/// A cron line of five fields: minute, hour, day of month, month, day of week.
///
/// Numbers, `*`, ranges `1-5`, steps `*/15` and lists `1,15`; months as JAN–DEC and weekdays as SUN–SAT too; 0 and 7 are both
/// Sunday. As in every cron, a day matches when either of the two day fields does, once both are restricted.
public struct CronExpression: Hashable, Sendable {
    /// As written.
    public let text: String
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    /// Bit 0 is Sunday.
    private let weekdays: UInt64
    private let restrictsDays: Bool
    private let restrictsWeekdays: Bool

    /// Whether it fires on a date at all.
    public func fires(on date: CalendarDate) -> Bool {
        let (_, month, day) = date.parts
        guard has(months, month) else { return false }
        let isDay = has(days, day)
        let isWeekday = has(weekdays, date.weekday % 7)
        return restrictsDays && restrictsWeekdays ? isDay || isWeekday : isDay && isWeekday
    }

    /// The first minute after local midnight, not before `minute`, at which it fires on the dates on which it does.
    ///
    /// - Parameter minute: Zero or more.
    /// - Returns: `nil` when the day has no more.
    public func firstMinute(from minute: Int) -> Int? {
        let hour = minute / 60
        guard hour < 24 else { return nil }
        let rest = minutes >> UInt64(minute % 60)
        if has(hours, hour), rest != 0 { return minute + rest.trailingZeroBitCount }
        let later = hours >> UInt64(hour + 1)
        guard later != 0 else { return nil }
        return (hour + 1 + later.trailingZeroBitCount) * 60 + minutes.trailingZeroBitCount
    }

    private func has(_ bits: UInt64, _ number: Int) -> Bool { bits >> UInt64(number) & 1 == 1 }

    // MARK: - Parsing

    private struct Field {
        let name: String
        let range: ClosedRange<Int>
        var words: [String] = []
        /// What the first word stands for.
        var firstWord = 0
    }

    private static let fields = [
        Field(name: "minute", range: 0...59), Field(name: "hour", range: 0...23), Field(name: "day", range: 1...31),
        Field(
            name: "month",
            range: 1...12,
            words: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
            firstWord: 1
        ),
        Field(name: "weekday", range: 0...7, words: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ]

    /// Parses the five fields.
    ///
    /// - Throws: What is wrong with which field; also for a date that never comes, such as February 30.
    init(parsing text: String) throws(ScalarProblem) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard parts.count == 5 else {
            let help = "minute hour day month weekday, such as 0 10 * * MON-FRI"
            throw ScalarProblem("`\(text)` has \(parts.count) fields; a cron line has five", help: help)
        }
        var bits: [UInt64] = []
        for (part, field) in zip(parts, Self.fields) { bits.append(try Self.bits(part, field)) }
        self.text = text
        (minutes, hours, days, months) = (bits[0], bits[1], bits[2], bits[3])
        weekdays = bits[4] | (bits[4] >> 7 & 1)
        restrictsDays = !parts[2].hasPrefix("*")
        restrictsWeekdays = !parts[4].hasPrefix("*")
        let longest = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let comes =
            restrictsWeekdays
            || (1...12).contains { month in
                has(bits[3], month) && (1...longest[month]).contains { has(bits[2], $0) }
            }
        guard comes else { throw ScalarProblem("`\(text)` never fires: no such month has that day") }
    }

    private static func bits(_ text: String, _ field: Field) throws(ScalarProblem) -> UInt64 {
        var bits: UInt64 = 0
        for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = piece.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            var step = 1
            if halves.count == 2 {
                guard let given = number(halves[1]), given >= 1, given <= field.range.upperBound else {
                    throw problem(text, field, "`/\(halves[1])` is no step")
                }
                step = given
            }
            var range = field.range
            if halves[0] != "*" {
                let ends = halves[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
                let first = try value(ends[0], field, of: text)
                let last =
                    ends.count == 2 ? try value(ends[1], field, of: text) : halves.count == 2 ? range.upperBound : first
                guard first <= last else { throw problem(text, field, "`\(halves[0])` runs backwards") }
                range = first...last
            }
            for number in stride(from: range.lowerBound, through: range.upperBound, by: step) {
                bits |= 1 << UInt64(number)
            }
        }
        return bits
    }

    private static func value(_ text: Substring, _ field: Field, of whole: String) throws(ScalarProblem) -> Int {
        if let word = field.words.firstIndex(of: text.uppercased()) { return word + field.firstWord }
        guard let number = number(text), field.range.contains(number) else {
            let words = field.words.isEmpty ? "" : " or \(field.words[0]) to \(field.words[field.words.count - 1])"
            let limits = "\(field.range.lowerBound) to \(field.range.upperBound)"
            throw problem(whole, field, "`\(text)` is not \(limits)\(words)")
        }
        return number
    }

    /// Digits only: no sign, at most two.
    private static func number(_ text: Substring) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    private static func problem(_ text: String, _ field: Field, _ why: String) -> ScalarProblem {
        ScalarProblem("the \(field.name) `\(text)`: \(why)", help: "write numbers, *, a-b, */n or lists of them")
    }
}

extension ScalarType<CronExpression> {
    static var cron: ScalarType {
        ScalarType("a cron line such as 0 10 * * MON-FRI") { text throws(ScalarProblem) in
            try CronExpression(parsing: text)
        }
    }
}
