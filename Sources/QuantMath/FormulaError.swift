/// Input that a formula cannot answer for.
public enum FormulaError: Error, Hashable, Sendable, CustomStringConvertible {
    case notFinite(input: String)
    case negative(input: String, value: Double)
    case notPositive(input: String, value: Double)
    case outOfRange(input: String, value: Double, range: String)
    case tooFewValues(formula: String, count: Int, needed: Int)
    case singular(input: String)

    /// Stable name for rows and metrics.
    public var code: String {
        switch self {
        case .notFinite: "formula_input_not_finite"
        case .negative: "formula_input_negative"
        case .notPositive: "formula_input_not_positive"
        case .outOfRange: "formula_input_out_of_range"
        case .tooFewValues: "formula_too_few_values"
        case .singular: "formula_input_singular"
        }
    }

    public var description: String {
        switch self {
        case .notFinite(let input): "\(input) is not a finite number. Check the data that it was computed from."
        case .negative(let input, let value): "\(input) is \(value); it must be zero or more."
        case .notPositive(let input, let value):
            "\(input) is \(value); it must be greater than zero. Do not trade on a market without it."
        case .outOfRange(let input, let value, let range): "\(input) is \(value); it must be within \(range)."
        case .tooFewValues(let formula, let count, let needed):
            "\(formula) needs at least \(needed) values and got \(count). Collect more history first."
        case .singular(let input):
            "\(input) is singular or not positive definite. Drop one of the series that move together."
        }
    }

    static func requireFinite(_ value: Double, _ input: String) throws(FormulaError) {
        guard value.isFinite else { throw .notFinite(input: input) }
    }

    /// Largest magnitude that a series may hold: squares and their sums stay far from overflow.
    static let observationMax = 1e100

    /// Refuses what would turn a sum of squares into an infinity or "not a number".
    static func requireObservation(_ value: Double, _ input: String) throws(FormulaError) {
        try requireFinite(value, input)
        guard value.magnitude <= observationMax else {
            throw .outOfRange(input: input, value: value, range: "±\(observationMax)")
        }
    }

    /// Refuses a series that is too short or holds what ``requireObservation(_:_:)`` refuses.
    static func requireSeries(_ values: [Double], atLeast count: Int, _ formula: String) throws(FormulaError) {
        guard values.count >= count else {
            throw .tooFewValues(formula: formula, count: values.count, needed: count)
        }
        for value in values { try requireObservation(value, "a value of \(formula)") }
    }

    static func requireNonNegative(_ value: Double, _ input: String) throws(FormulaError) {
        try requireFinite(value, input)
        guard value >= 0 else { throw .negative(input: input, value: value) }
    }

    static func requirePositive(_ value: Double, _ input: String) throws(FormulaError) {
        try requireFinite(value, input)
        guard value > 0 else { throw .notPositive(input: input, value: value) }
    }
}
