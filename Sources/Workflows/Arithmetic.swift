import TradingDomain

/// Arithmetic of expressions: like that of the nouns, but an error where they trap.
enum Arithmetic {
    static func negate(_ value: Value) throws(EvaluationError) -> Value {
        switch value {
        case .int(let number):
            let (result, overflow) = Int64(0).subtractingReportingOverflow(number)
            guard !overflow else { throw overflowError("-\(number)") }
            return .int(result)
        case .decimal(let number): return .decimal(-number)
        case .percent(let number): return .percent(-number)
        case .money(let money): return .money(-money)
        case .duration(let span): return .duration(.zero - span)
        default: return .null
        }
    }

    /// - Throws: For overflow, division by zero and mixed currencies.
    static func combine(_ operation: Expression.Operator, _ left: Value, _ right: Value) throws(EvaluationError)
        -> Value
    {
        switch (left, right) {
        case (.int(let a), .int(let b)): return .int(try int64(operation, a, b))
        case (.int, .decimal), (.decimal, .int), (.decimal, .decimal):
            return .decimal(FixedDecimal(units: try scaled(operation, try units(left), try units(right))))
        case (.percent(let a), .percent(let b)):
            let units = try scaled(operation, a.units, b.units)
            return operation == .divide ? .decimal(FixedDecimal(units: units)) : .percent(FixedDecimal(units: units))
        case (.percent(let a), .int), (.percent(let a), .decimal):
            return .percent(FixedDecimal(units: try scaled(operation, a.units, try units(right))))
        case (.int, .percent(let b)), (.decimal, .percent(let b)):
            return .percent(FixedDecimal(units: try scaled(operation, try units(left), b.units)))
        case (.money(let a), .money(let b)):
            guard a.currency == b.currency else {
                throw EvaluationError(code: .mixedCurrencies, message: "\(a) and \(b) are of two currencies")
            }
            let units = try scaled(operation, a.units, b.units)
            return operation == .divide ? .decimal(FixedDecimal(units: units)) : .money(Money(units: units, a.currency))
        case (.money(let a), .percent(let b)), (.percent(let b), .money(let a)):
            return .money(Money(units: try ratio(a.units, b.units, Int128(FixedDecimal.scale) * 100), a.currency))
        case (.money(let a), _):
            return .money(Money(units: try scaled(operation, a.units, try units(right)), a.currency))
        case (_, .money(let b)):
            return .money(Money(units: try scaled(operation, try units(left), b.units), b.currency))
        case (.duration(let a), .duration(let b)):
            return .duration(.nanoseconds(try int64(operation, a.nanoseconds, b.nanoseconds)))
        case (.duration(let a), .int(let b)), (.int(let b), .duration(let a)):
            return .duration(.nanoseconds(try int64(operation, a.nanoseconds, b)))
        case (.timestamp(let a), .duration(let b)), (.duration(let b), .timestamp(let a)):
            return .timestamp(Timestamp(nanoseconds: try int64(operation, a.nanoseconds, b.nanoseconds)))
        case (.timestamp(let a), .timestamp(let b)):
            return .duration(.nanoseconds(try int64(operation, a.nanoseconds, b.nanoseconds)))
        case (.date(let a), .duration(let b)), (.duration(let b), .date(let a)):
            return .date(
                try shifted(a, operation == .subtract ? try int64(.subtract, 0, b.nanoseconds) : b.nanoseconds)
            )
        case (.date(let a), .date(let b)):
            let days = try int64(.subtract, Int64(a.daysSinceEpoch), Int64(b.daysSinceEpoch))
            return .duration(.nanoseconds(try int64(.multiply, days, nanosecondsPerDay)))
        default: return .text((left.textValue ?? "") + (right.textValue ?? ""))
        }
    }

    private static let nanosecondsPerDay: Int64 = 86_400_000_000_000

    /// A date moved by whole days, from year 0 to 9999.
    private static func shifted(_ date: CalendarDate, _ nanoseconds: Int64) throws(EvaluationError) -> CalendarDate {
        guard nanoseconds % nanosecondsPerDay == 0 else {
            let message = "\(date) moved by \(DurationText.print(.nanoseconds(nanoseconds))), which is not whole days"
            throw EvaluationError(code: .notWholeDays, message: message)
        }
        // At most 106,752 days: no overflow.
        let moved = date.adding(days: Int(nanoseconds / nanosecondsPerDay))
        guard (0...9999).contains(moved.parts.year) else {
            throw overflowError("\(date) moved to year \(moved.parts.year)")
        }
        return moved
    }

    private static func units(_ value: Value) throws(EvaluationError) -> Int128 {
        guard let decimal = value.decimalValue else {
            throw EvaluationError(code: .absent, message: "\(value) is no number")
        }
        return decimal.units
    }

    private static func int64(_ operation: Expression.Operator, _ a: Int64, _ b: Int64) throws(EvaluationError) -> Int64
    {
        if operation == .divide, b == 0 { throw divisionByZero("\(a)") }
        let (result, overflow) =
            switch operation {
            case .add: a.addingReportingOverflow(b)
            case .subtract: a.subtractingReportingOverflow(b)
            case .multiply: a.multipliedReportingOverflow(by: b)
            default: a.dividedReportingOverflow(by: b)
            }
        guard !overflow else { throw overflowError("\(a) \(operation.rawValue) \(b)") }
        return result
    }

    /// The operation on units of 10⁻⁸, with products and quotients rounded half-even.
    private static func scaled(_ operation: Expression.Operator, _ a: Int128, _ b: Int128) throws(EvaluationError)
        -> Int128
    {
        let scale = Int128(FixedDecimal.scale)
        switch operation {
        case .multiply: return try ratio(a, b, scale)
        case .divide:
            guard b != 0 else { throw divisionByZero("\(FixedDecimal(units: a))") }
            return try ratio(a, scale, b)
        default:
            let (result, overflow) =
                operation == .add ? a.addingReportingOverflow(b) : a.subtractingReportingOverflow(b)
            guard !overflow, isHeld(result) else { throw overflowError("\(a) \(operation.rawValue) \(b) units") }
            return result
        }
    }

    private static func ratio(_ a: Int128, _ b: Int128, _ divisor: Int128) throws(EvaluationError) -> Int128 {
        let product = a.magnitude.multipliedFullWidth(by: b.magnitude)
        // Keeps the quotient below 2¹²⁶, so that rounding it up cannot leave Int128.
        guard product.high < divisor.magnitude / 4 || (product.high == 0 && product.low < 1 << 126) else {
            throw overflowError("\(a) × \(b) ÷ \(divisor) units")
        }
        let result = Rounding.halfEven(a, times: b, over: divisor)
        guard isHeld(result) else { throw overflowError("\(a) × \(b) ÷ \(divisor) units") }
        return result
    }

    /// Below the largest decimal that text can hold, so that what is computed can be stored and read again.
    private static func isHeld(_ units: Int128) -> Bool {
        units.magnitude < 10_000_000_000_000_000_000_000_000_000_000_000_000
    }

    private static func overflowError(_ what: String) -> EvaluationError {
        EvaluationError(code: .overflow, message: "\(what) is out of range")
    }

    private static func divisionByZero(_ what: String) -> EvaluationError {
        EvaluationError(code: .divisionByZero, message: "\(what) divided by zero")
    }
}
