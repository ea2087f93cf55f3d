public import MarketData
public import QuantMath
public import TradingDomain

/// What earlier sessions say, as plans need it; the caller knows where it comes from.
public protocol VolumeForecast: Sendable {
    /// One weight per bucket of length `bucket` from `start` to `end`, learned from `days` earlier sessions.
    ///
    /// - Throws: An error whose text says what is missing, when no earlier session is known.
    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double]

    /// Daily volume and volatility, measured on the `days` sessions before the one that holds `time`.
    ///
    /// - Throws: An error whose text says what is missing, when no earlier session is known.
    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics
}

/// Everything that a plan is made from.
public struct PlanningContext: Sendable {
    /// The order as it was approved.
    public let order: ProposedOrder
    public let now: Timestamp
    /// When the session closes.
    public let close: Timestamp
    public let market: MarketSeen?
    public var parameters: AlgorithmParameters
    public let forecast: any VolumeForecast
    /// Sessions to learn from unless the parameters say otherwise.
    public let profileDays: Int

    public init(
        order: ProposedOrder,
        now: Timestamp,
        close: Timestamp,
        market: MarketSeen?,
        parameters: AlgorithmParameters,
        forecast: any VolumeForecast,
        profileDays: Int
    ) {
        self.order = order
        self.now = now
        self.close = close
        self.market = market
        self.parameters = parameters
        self.forecast = forecast
        self.profileDays = profileDays
    }

    private static let daysMax = 60

    /// Sessions to learn from.
    public var days: Int { parameters.volumeProfileDays ?? profileDays }

    /// When the order ends: what its author asked for, else `minutes` from now, the close at the latest.
    ///
    /// - Throws: `BAD_PARAMETERS` for a duration outside a day, `NO_TIME_LEFT` when the end has passed.
    public func end(minutes: Int? = nil) throws(PlanRefusal) -> Timestamp {
        if let given = parameters.durationMinutes, !(1...1440).contains(given) {
            throw PlanRefusal("BAD_PARAMETERS", "A duration of \(given) minutes: give 1 to 1440.")
        }
        let length = parameters.durationMinutes ?? minutes
        let wanted = length.map { now + .seconds($0 * 60) } ?? close
        let end = min(wanted, parameters.endTime ?? wanted, close)
        guard end > now else { throw PlanRefusal("NO_TIME_LEFT", "The end time \(end) has passed at \(now).") }
        return end
    }

    /// Refuses parameters that the algorithm does not read, so that nobody believes in them.
    func allow(_ names: [String], for algorithm: AlgorithmName) throws(PlanRefusal) {
        if let days = parameters.volumeProfileDays, !(1...Self.daysMax).contains(days) {
            throw PlanRefusal("BAD_PARAMETERS", "\(days) sessions to learn from: give 1 to \(Self.daysMax).")
        }
        guard let stray = parameters.names.first(where: { !names.contains($0) }) else { return }
        let known = names.isEmpty ? "It takes none." : "It takes \(names.joined(separator: ", "))."
        throw PlanRefusal("BAD_PARAMETERS", "\(algorithm) has no parameter `\(stray)`. \(known)")
    }
}

/// An algorithm ready to work, with its plan in words.
public struct AlgorithmPlan: Sendable {
    public let algorithm: any ExecutionAlgorithm
    /// How many children are planned; 1 where the market decides.
    public let slices: Int
    /// For people: `5 slices over 5 min, avg 20.00 per slice`.
    public let words: String
    public let end: Timestamp
    /// When the session stops whatever the algorithm does.
    public let deadline: Timestamp
    /// What it means to send when; empty where the market decides.
    public let schedule: [Slice]
    public let warning: String?

    public init(
        _ algorithm: any ExecutionAlgorithm,
        slices: Int = 1,
        words: String,
        end: Timestamp,
        deadline: Timestamp,
        schedule: [Slice] = [],
        warning: String? = nil
    ) {
        self.algorithm = algorithm
        self.slices = slices
        self.schedule = schedule
        self.words = words
        self.end = end
        self.deadline = deadline
        self.warning = warning
    }
}

/// Why an algorithm cannot work an order.
public struct PlanRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// `BAD_PARAMETERS`, `NO_TIME_LEFT`, `NO_VOLUME_PROFILE`, `NO_HISTORY` or `NO_PRICE`.
    public let code: String
    public let message: String

    public init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code): \(message)" }
}

/// An algorithm that can be ordered by name; a type of a user's own is registered with one line (AL-14).
public protocol PlannableAlgorithm: ExecutionAlgorithm {
    /// The names that it is ordered by.
    static var names: [AlgorithmName] { get }

    /// The parameters that it reads, as workflows write them; others are refused before ``plan(_:_:)`` is asked.
    static var parameters: [String] { get }

    /// How hard it presses the market, for the impact estimate (SE-3).
    static var style: ExecutionStyle { get }

    /// Slippage expected of it in basis points, lowest and highest (SE-4).
    static var expectedBps: [Double] { get }

    /// Plans an order.
    ///
    /// - Throws: ``PlanRefusal`` when the order's parameters or the market do not allow a plan.
    static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan
}

extension PlannableAlgorithm {
    public static var parameters: [String] { [] }
    public static var style: ExecutionStyle { .moderate }
    public static var expectedBps: [Double] { [1, 5] }
}

/// Numbers in plans, for people.
enum PlanWords {
    static func span(_ span: Duration) -> String {
        let seconds = span.nanoseconds / 1_000_000_000
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 7200 { return "\(seconds / 60) min" }
        return "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }

    static func twoDecimals(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
        let hundredths = Int((value.magnitude * 100).rounded())
        let rest = hundredths % 100
        return "\(value < 0 ? "-" : "")\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
