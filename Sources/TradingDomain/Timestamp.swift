/// A point in time: nanoseconds since 1970-01-01 00:00 UTC.
///
/// Exchange-local time exists only inside calendars and schedules.
public struct Timestamp: Hashable, Comparable, Sendable {
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Parses RFC 3339 in UTC: `2026-11-20T14:31:05Z` with zero to nine fraction digits, the whole text.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 30, bytes.last == UInt8(ascii: "Z"), bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let date = CalendarDate(text.prefix(10)),
            let hour = Digits.value(bytes[11..<13]), hour < 24, let minute = Digits.value(bytes[14..<16]), minute < 60,
            let second = Digits.value(bytes[17..<19]), second < 60,
            (1678...2261).contains(date.parts.year)
        else { return nil }
        var fraction: Int64 = 0
        if bytes.count > 20 {
            let digits = bytes[20..<(bytes.count - 1)]
            guard bytes[19] == UInt8(ascii: "."), let value = Digits.value(digits) else { return nil }
            fraction = Int64(value)
            for _ in digits.count..<9 { fraction *= 10 }
        }
        let seconds = Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        nanoseconds = seconds * 1_000_000_000 + fraction
    }

    /// The UTC day that holds this instant.
    public var utcDate: CalendarDate {
        CalendarDate(daysSinceEpoch: Int((nanoseconds.flooredDivision(by: 86_400_000_000_000))))
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }

    public static func + (time: Timestamp, span: Duration) -> Timestamp {
        Timestamp(nanoseconds: time.nanoseconds + span.nanoseconds)
    }

    public static func - (time: Timestamp, span: Duration) -> Timestamp {
        Timestamp(nanoseconds: time.nanoseconds - span.nanoseconds)
    }

    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .nanoseconds(later.nanoseconds - earlier.nanoseconds)
    }
}

extension Duration {
    /// Whole nanoseconds, rounded towards zero; traps beyond 292 years.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// Seconds as a double, for statistics and text.
    public var seconds: Double { Double(nanoseconds) / 1e9 }
}

extension Int64 {
    func flooredDivision(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with as many fraction digits as matter (0, 3, 6 or 9).
    public var description: String {
        let seconds = nanoseconds.flooredDivision(by: 1_000_000_000)
        let nanos = Int(nanoseconds - seconds * 1_000_000_000)
        let date = utcDate
        let ofDay = Int(seconds - Int64(date.daysSinceEpoch) * 86_400)
        let (year, month, day) = date.parts
        let fractionDigits = nanos == 0 ? 0 : nanos % 1_000_000 == 0 ? 3 : nanos % 1000 == 0 ? 6 : 9
        // Written digit by digit: every stored event holds several times.
        return String(unsafeUninitializedCapacity: 30) { buffer in
            var count = 0
            func put(_ character: Unicode.Scalar) {
                buffer[count] = UInt8(ascii: character)
                count += 1
            }
            func put(_ value: Int, digits: Int) {
                var value = value
                for place in stride(from: count + digits - 1, through: count, by: -1) {
                    buffer[place] = UInt8(ascii: "0") + UInt8(value % 10)
                    value /= 10
                }
                count += digits
            }
            put(year, digits: 4)
            put("-")
            put(month, digits: 2)
            put("-")
            put(day, digits: 2)
            put("T")
            put(ofDay / 3600, digits: 2)
            put(":")
            put(ofDay / 60 % 60, digits: 2)
            put(":")
            put(ofDay % 60, digits: 2)
            guard fractionDigits > 0 else {
                put("Z")
                return count
            }
            put(".")
            let fraction = fractionDigits == 9 ? nanos : fractionDigits == 6 ? nanos / 1000 : nanos / 1_000_000
            put(fraction, digits: fractionDigits)
            put("Z")
            return count
        }
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text)' is not a UTC time like 2026-11-20T14:31:05Z"
            )
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
