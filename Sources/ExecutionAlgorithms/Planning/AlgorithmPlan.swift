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

/// An algorithm ready to work, with its plan in words.
public struct AlgorithmPlan: Sendable {
    public var algorithm: any ExecutionAlgorithm
    /// How many children are planned; 1 where the market decides.
    public let slices: Int
    /// For people: `5 slices over 5 min, avg 20.00 per slice`.
    public var words: String
    public let end: Timestamp
    /// When the session stops whatever the algorithm does.
    public let deadline: Timestamp
    /// What it means to send when; empty where the market decides.
    public let schedule: [Slice]
    public var warning: String?

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
    /// `BAD_PARAMETERS`, `NO_TIME_LEFT`, `OUTSIDE_SESSION`, `NO_AUCTION`, `NO_VOLUME_PROFILE`, `NO_HISTORY`, `NO_PRICE` or
    /// `BAD_BOOK`.
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

    /// The parameters that bind it from outside (``OrderConditions``), without a line of its own; all of them unless it says less.
    static var conditions: [String] { get }

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
    public static var conditions: [String] { OrderConditions.parameters }
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
