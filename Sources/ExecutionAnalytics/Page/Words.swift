import TradingDomain

/// Numbers and times as a page shows them; the JSON has the exact ones.
enum Words {
    static let none = "–"
    private static let minus = "−"

    /// A decimal with `places` digits and a comma every thousand, rounded half-even.
    static func decimal(_ value: FixedDecimal, _ places: Int, signed: Bool = false) -> String {
        var divisor: Int128 = 1
        for _ in 0..<max(0, 8 - places) { divisor *= 10 }
        let rounded = Rounding.halfEven(value.units, times: 1, over: divisor)
        var digits = String(rounded.magnitude)
        while digits.count <= places { digits = "0" + digits }
        let whole = grouped(String(digits.dropLast(places)))
        let text = places > 0 ? "\(whole).\(digits.suffix(places))" : whole
        return sign(rounded < 0 ? -1 : rounded > 0 ? 1 : 0, signed) + text
    }

    /// All digits that matter.
    static func exact(_ value: FixedDecimal, signed: Bool = false) -> String {
        let parts = FixedDecimal(units: Int128(value.units.magnitude)).description.split(separator: ".")
        let text = ([grouped(String(parts[0]))] + parts.dropFirst().map(String.init)).joined(separator: ".")
        return sign(value.units < 0 ? -1 : value.units > 0 ? 1 : 0, signed) + text
    }

    static func quantity(_ value: Quantity?) -> String {
        value.map { exact(FixedDecimal(units: Int128($0.units))) } ?? none
    }

    /// At least two and at most four decimals, unless the price is far below one.
    static func price(_ value: Price?) -> String {
        guard let value else { return none }
        let units = FixedDecimal(units: Int128(value.units))
        return decimal(units, value.units.magnitude < 100_000_000 ? 6 : value.units % 1_000_000 == 0 ? 2 : 4)
    }

    static func money(_ value: Money?, _ places: Int = 2, signed: Bool = false) -> String {
        value.map { decimal($0.amount, places, signed: signed) } ?? none
    }

    /// An estimate with `places` digits; what is not finite has none.
    static func number(_ value: Double?, _ places: Int, signed: Bool = false) -> String {
        guard let value, value.isFinite, value.magnitude < 1e15 else { return none }
        return decimal(FixedDecimal(units: Int128((value * 1e8).rounded())), places, signed: signed)
    }

    static func bps(_ value: Double?) -> String { number(value, 2, signed: true) }

    static func percent(_ ratio: Double?, _ places: Int = 0) -> String {
        guard let ratio else { return none }
        // Cut, not rounded: 99.96 % is not all of it.
        let factor = places == 0 ? 100.0 : 1000.0
        return number((ratio * factor + 1e-9).rounded(.down) / factor * 100, places) + " %"
    }

    static func span(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite, seconds.magnitude < 1e12 else { return none }
        let whole = Int(seconds)
        if whole < 120 { return "\(number(seconds, seconds == seconds.rounded() ? 0 : 1)) s" }
        if whole < 7200 { return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    /// `14:31:05`, in UTC.
    static func clock(_ time: Timestamp, seconds: Bool = true) -> String {
        let text = time.description
        return String(text.dropFirst(11).prefix(seconds ? 8 : 5))
    }

    /// `2026-01-02 14:31:05 UTC`.
    static func moment(_ time: Timestamp) -> String { "\(time.utcDate) \(clock(time)) UTC" }

    /// A coordinate.
    static func point(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let text = "\(tenths.magnitude / 10)" + (tenths % 10 == 0 ? "" : ".\(tenths.magnitude % 10)")
        return (tenths < 0 ? "-" : "") + text
    }

    private static func sign(_ sign: Int, _ signed: Bool) -> String { sign < 0 ? minus : signed && sign > 0 ? "+" : "" }

    private static func grouped(_ digits: String) -> String {
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }
}
