/// Input that a formula cannot answer for.
public enum FormulaError: Error, Hashable, Sendable, CustomStringConvertible {
    case notFinite(input: String)
    case negative(input: String, value: Double)
    case notPositive(input: String, value: Double)
    case outOfRange(input: String, value: Double, range: String)
    case tooFewValues(formula: String, count: Int, needed: Int)

    /// Stable name for rows and metrics.
    public var code: String {
        switch self {
        case .notFinite: "formula_input_not_finite"
        case .negative: "formula_input_negative"
        case .notPositive: "formula_input_not_positive"
        case .outOfRange: "formula_input_out_of_range"
        case .tooFewValues: "formula_too_few_values"
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
        }
    }

    static func requireFinite(_ value: Double, _ input: String) throws(FormulaError) {
        guard value.isFinite else { throw .notFinite(input: input) }
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
