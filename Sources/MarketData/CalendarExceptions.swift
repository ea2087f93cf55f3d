import TradingDomain

/// Days of a calendar that a user's file gives, in the exchange's local time.
struct CalendarExceptions: Hashable, Sendable {
    enum Day: Hashable, Sendable {
        case closed
        /// Minutes after local midnight, `open` before `close`, `close` at most 24:00.
        case hours(open: Int, close: Int)
    }

    /// What fits ``Timestamp`` with room to spare.
    static let years = 1700...2199

    private(set) var days: [CalendarDate: Day] = [:]

    init() {}

    /// Reads rows of `date,closed` or `date,open,close`, such as `2028-07-03,09:30,13:00`.
    ///
    /// A first row that begins with `date`, blank lines and lines that begin with `#` are passed over.
    ///
    /// - Throws: `bad_calendar_row` with file and line for anything else, and for a date that comes twice.
    init(csv text: String, file: String) throws(MarketDataError) {
        var number = 0
        for row in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            let fields = row.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
            if fields == [""] || fields.first?.hasPrefix("#") == true || number == 1 && fields.first == "date" {
                continue
            }
            guard let (date, day) = Self.parse(fields) else {
                throw Self.error(file, number, "'\(row)' is not a day of a calendar; \(Self.help)")
            }
            guard days.updateValue(day, forKey: date) == nil else {
                throw Self.error(file, number, "\(date) comes a second time; remove one of its rows")
            }
        }
    }

    mutating func merge(_ later: CalendarExceptions) { days.merge(later.days) { $1 } }

    private static func parse(_ fields: [String]) -> (CalendarDate, Day)? {
        guard let first = fields.first, let date = CalendarDate(first), years.contains(date.parts.year) else {
            return nil
        }
        if fields.count == 2, fields[1] == "closed" { return (date, .closed) }
        guard fields.count == 3, let open = minutes(fields[1]), let close = minutes(fields[2]), open < close else {
            return nil
        }
        return (date, .hours(open: open, close: close))
    }

    /// Parses `09:30` up to `24:00`.
    private static func minutes(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
        let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - 48 }
        guard digits.allSatisfy({ (0...9).contains($0) }), digits[2] < 6 else { return nil }
        let minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3]
        return minutes <= 24 * 60 ? minutes : nil
    }

    private static func trimmed(_ field: Substring) -> String {
        var field = field
        while field.first?.isWhitespace == true { field.removeFirst() }
        while field.last?.isWhitespace == true { field.removeLast() }
        return String(field)
    }

    private static let help = "write date,closed or date,open,close in local time, such as 2028-07-03,09:30,13:00"

    private static func error(_ file: String, _ line: Int, _ message: String) -> MarketDataError {
        MarketDataError(code: "bad_calendar_row", file: file, line: line, message: message)
    }
}
