import Orchestration
import TradingDomain
import YAMLNodes

extension ScalarType<FixedDecimal> {
    /// Percent points without the sign, as keys that end in `_percent` want them.
    static func percentPoints(_ range: ClosedRange<Int>) -> ScalarType {
        decimal.within(FixedDecimal(range.lowerBound)...FixedDecimal(range.upperBound))
    }

    static func positivePercentPoints(most: Int) -> ScalarType {
        let positive = positiveDecimal
        return ScalarType("a number above 0 and at most \(most)") { text throws(ScalarProblem) in
            let value = try positive.parse(text)
            guard value <= FixedDecimal(most) else { throw ScalarProblem("`\(text)` is above \(most)") }
            return value
        }
    }

    static var positiveDecimal: ScalarType {
        ScalarType("a number above 0") { text throws(ScalarProblem) in
            if text.hasSuffix("%") {
                throw ScalarProblem(
                    "`\(text)` is not a plain number",
                    help: "leave the `%` out: the key names the unit"
                )
            }
            let value = try ScalarType.decimal.parse(text)
            guard value > .zero else { throw ScalarProblem("`\(text)` is not above 0") }
            return value
        }
    }
}

extension ScalarType<Quantity> {
    static var positiveQuantity: ScalarType {
        ScalarType("a quantity above 0") { text throws(ScalarProblem) in
            do {
                let value = try Quantity(parsing: text)
                guard value > .zero else { throw ScalarProblem("`\(text)` is not above 0") }
                return value
            } catch {
                throw (error as? ScalarProblem) ?? ScalarProblem("\(error)")
            }
        }
    }
}

extension ScalarType<Currency> {
    static var currency: ScalarType {
        ScalarType("a currency such as USD") { text throws(ScalarProblem) in
            guard let currency = Currency(rawValue: text) else {
                throw ScalarProblem(
                    "`\(text)` is no currency",
                    help: "write three to five upper-case letters, such as USD"
                )
            }
            return currency
        }
    }
}

extension ScalarType<Duration> {
    static var positiveDuration: ScalarType {
        ScalarType("a duration such as 30s") { text throws(ScalarProblem) in
            let value = try ScalarType.duration.parse(text)
            guard value > .zero else { throw ScalarProblem("`\(text)` is no time at all") }
            return value
        }
    }
}

extension ScalarType<String> {
    /// A libpq connection URI.
    ///
    /// The text stays out of messages: it may hold a password.
    static var databaseURL: ScalarType {
        ScalarType("a PostgreSQL URL") { text throws(ScalarProblem) in
            guard text.isEmpty || text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") else {
                throw ScalarProblem(
                    "it begins neither with postgres:// nor with postgresql://",
                    help: "write postgres://user@host:5432/database; leave the key out for the embedded PostgreSQL"
                )
            }
            return text
        }
    }

    static var httpURL: ScalarType {
        ScalarType("an http:// or https:// URL") { text throws(ScalarProblem) in
            guard ["http://", "https://"].contains(where: { text.hasPrefix($0) && text.count > $0.count }) else {
                let shown = Secrets.masked(text)
                throw ScalarProblem("`\(shown)` is no URL", help: "write http://host:port/path")
            }
            return text
        }
    }

    static var variableName: ScalarType {
        ScalarType("the name of an environment variable") { text throws(ScalarProblem) in
            let first = text.unicodeScalars.first.map { !("0"..."9").contains($0) } ?? false
            guard first, text.utf8.allSatisfy({ $0 == 95 || (48...57).contains($0) || (65...90).contains($0 & 0xDF) })
            else {
                throw ScalarProblem("`\(text)` is no variable name", help: "write the name alone, such as HOME")
            }
            return text
        }
    }
}

extension ScalarType<PoolGates.Size> {
    /// Slots, and after a comma the steps that may begin in a second: `8` or `4, 20/s`.
    static var poolSize: ScalarType {
        ScalarType("a pool's size such as 8 or 4, 20/s") { text throws(ScalarProblem) in
            let parts = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
            let slots = Int(parts[0])
            let rate = parts.count == 2 ? parts[1].drop { $0 == " " } : nil
            let perSecond = rate.flatMap { $0.hasSuffix("/s") ? Int($0.dropLast(2)) : nil }
            guard let slots, 1...1000 ~= slots, rate == nil || perSecond.map({ 1...10_000 ~= $0 }) == true else {
                throw ScalarProblem(
                    "`\(text)` is no pool",
                    help: "write 1 to 1000 slots, and after a comma 1 to 10000 steps in a second: 4, 20/s"
                )
            }
            return PoolGates.Size(slots: slots, perSecond: perSecond)
        }
    }
}
