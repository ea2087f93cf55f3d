import TradingDomain

/// A parameter that does not fit: what is wrong with it and what to give.
public struct ParameterProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// As workflows write it.
    public let name: String
    /// Such as `is 0: give more than 0, in units of the instrument`.
    public let problem: String

    public var description: String { "`\(name)` \(problem)." }
}

/// One parameter of algorithms: its name, what its text means and which values make sense.
///
/// The one list from which workflows, the command line and the plans take them.
public struct AlgorithmParameter: Sendable {
    /// What a value is.
    public enum Kind: Hashable, Sendable {
        case integer, decimal, time, flag
        case choice([String])
    }

    private typealias Path<Value> = any WritableKeyPath<AlgorithmParameters, Value?> & Sendable

    /// As workflows write it; the command line has `-` for `_`.
    public let name: String
    public let kind: Kind
    /// For people, with unit and range.
    public let doc: String
    let isSet: @Sendable (AlgorithmParameters) -> Bool
    private let parse: @Sendable (String, inout AlgorithmParameters) -> Bool
    private let fits: @Sendable (AlgorithmParameters) -> Bool
    /// What to give: `1 to 1440`.
    private let range: String

    /// Every parameter, in the order in which they are shown.
    public static let all: [AlgorithmParameter] = [
        integer("duration_minutes", \.durationMinutes, 1...1440, "how long it works"),
        time("start_time", \.startTime, "when it begins"),
        time("end_time", \.endTime, "when it ends at the latest"),
        integer("slice_interval_seconds", \.sliceIntervalSeconds, 1...86_400, "time between two slices"),
        integer("slices", \.slices, 1...86_400, "at most so many, and never more than lots"),
        choice(
            "catch_up",
            ["spread": CatchUpPolicy.spread, "skip": .skip, "burst": .burst(maximumSlices: 2)],
            \.catchUp,
            "what becomes of missed quantity"
        ),
        integer("volume_profile_days", \.volumeProfileDays, 1...60, "sessions that volume is learned from"),
        quantity("display_quantity", \.displayQuantity, "what an ICEBERG shows"),
        percent("participation_percent", \.participationPercent, "share of volume that POV aims at"),
        percent("min_participation_percent", \.minParticipationPercent, "lower end of POV's band"),
        percent("max_participation_percent", \.maxParticipationPercent, "most of the market's volume that it may be"),
        price("would_price", \.wouldPrice, "all that is left is taken at this price or better"),
        quantity("min_child_quantity", \.minChildQuantity, "the smallest child"),
        flag("must_complete", \.mustComplete, "sends what is left just before the end"),
        percent("randomize_size_percent", \.randomizeSizePercent, "how far sizes differ by chance"),
        percent("randomize_time_percent", \.randomizeTimePercent, "how late slices are by chance, of their interval"),
        choice(
            "auction",
            Dictionary(uniqueKeysWithValues: AuctionBehaviour.allCases.map { ($0.rawValue, $0) }),
            \.auction,
            "the closing auction: skip ends a minute before the close"
        ),
        AlgorithmParameter(
            name: "risk_aversion",
            kind: .decimal,
            doc: "of IMPLEMENTATION_SHORTFALL, per unit of currency; 0 to 1",
            isSet: { $0.riskAversion != nil },
            parse: { text, parameters in
                parameters.riskAversion = (try? FixedDecimal(parsing: text))?.approximate
                return parameters.riskAversion != nil
            },
            fits: { (0...1).contains($0.riskAversion ?? 0) },
            range: "0 to 1, such as 0.000001; more trades earlier"
        ),
    ]

    /// Takes a value from its text.
    ///
    /// - Throws: ``ParameterProblem`` for a name that is none, a text that is no such value, and one out of range.
    public static func set(
        _ name: String,
        to text: String,
        in parameters: inout AlgorithmParameters
    ) throws(ParameterProblem) {
        guard let parameter = all.first(where: { $0.name == name }) else {
            throw ParameterProblem(
                name: name,
                problem: "is no parameter. Known: \(all.map(\.name).joined(separator: ", "))"
            )
        }
        guard parameter.parse(text, &parameters), parameter.fits(parameters) else {
            throw ParameterProblem(name: name, problem: "is '\(text.prefix(64))': give \(parameter.range)")
        }
    }

    /// Checks every value that is set.
    ///
    /// - Throws: ``ParameterProblem`` for the first that makes no sense.
    public static func check(_ parameters: AlgorithmParameters) throws(ParameterProblem) {
        for parameter in all where !parameter.fits(parameters) {
            throw ParameterProblem(name: parameter.name, problem: "is out of range: give \(parameter.range)")
        }
    }

    // MARK: Kinds

    private static func integer(
        _ name: String,
        _ path: Path<Int>,
        _ range: ClosedRange<Int>,
        _ doc: String
    ) -> AlgorithmParameter {
        let words = "\(range.lowerBound) to \(range.upperBound)"
        return value(name, .integer, path, "\(doc), \(words)", words, Int.init) { range.contains($0) }
    }

    private static func time(_ name: String, _ path: Path<Timestamp>, _ doc: String) -> AlgorithmParameter {
        let words = "a UTC time such as 2026-01-02T20:00:00Z"
        return value(name, .time, path, doc, words, { Timestamp($0) }, fits: { _ in true })
    }

    private static func percent(_ name: String, _ path: Path<FixedDecimal>, _ doc: String) -> AlgorithmParameter {
        let words = "more than 0 and at most 100, in percent, such as 5"
        return value(name, .decimal, path, "\(doc), in percent", words, { try? FixedDecimal(parsing: $0) }) {
            $0 > .zero && $0 <= FixedDecimal(100)
        }
    }

    private static func quantity(_ name: String, _ path: Path<Quantity>, _ doc: String) -> AlgorithmParameter {
        let words = "more than 0, in units of the instrument, such as 100"
        return value(name, .decimal, path, doc, words, { try? Quantity(parsing: $0) }, fits: { $0 > .zero })
    }

    private static func price(_ name: String, _ path: Path<Price>, _ doc: String) -> AlgorithmParameter {
        let words = "a price above 0, such as 99.5"
        return value(name, .decimal, path, doc, words, { try? Price(parsing: $0) }, fits: { $0.units > 0 })
    }

    private static func flag(_ name: String, _ path: Path<Bool>, _ doc: String) -> AlgorithmParameter {
        value(name, .flag, path, doc, "true or false", { Bool($0) }, fits: { _ in true })
    }

    private static func choice<Value: Sendable>(
        _ name: String,
        _ values: [String: Value],
        _ path: Path<Value>,
        _ doc: String
    ) -> AlgorithmParameter {
        let names = values.keys.sorted()
        let words = names.joined(separator: " or ")
        return value(name, .choice(names), path, doc, words, { values[$0] }, fits: { _ in true })
    }

    private static func value<Value>(
        _ name: String,
        _ kind: Kind,
        _ path: Path<Value>,
        _ doc: String,
        _ range: String,
        _ read: @escaping @Sendable (String) -> Value?,
        fits: @escaping @Sendable (Value) -> Bool
    ) -> AlgorithmParameter {
        AlgorithmParameter(
            name: name,
            kind: kind,
            doc: doc,
            isSet: { $0[keyPath: path] != nil },
            parse: { text, parameters in
                parameters[keyPath: path] = read(text)
                return parameters[keyPath: path] != nil
            },
            fits: { parameters in parameters[keyPath: path].map(fits) ?? true },
            range: range
        )
    }
}
