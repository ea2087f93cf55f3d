public import TradingDomain

/// How a number stands to its target.
public enum TargetVerdict: String, Codable, Hashable, Sendable, CaseIterable {
    case met
    /// Within the range that is expected of the algorithm.
    case asExpected = "as expected"
    case missed
}

/// One quality target of an execution (SE-4), with its number.
public struct QualityTarget: Codable, Hashable, Sendable {
    /// What is measured.
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case slippage
        case shortfall = "implementation_shortfall"
        case fillRate = "fill_rate"
        case time
    }

    public let name: Kind
    /// What was reached; absent where it is not defined, as slippage without a fill.
    public let value: Double?
    /// `value` must be below it, above it for the fill rate.
    public let target: Double
    /// `bps`, `ratio` or `s`.
    public let unit: String
    /// What the number was measured against: `arrival`, `interval VWAP`, `decision`, `ordered` or `schedule`.
    public let against: String
    /// Lowest and highest that is expected of the algorithm, for slippage.
    public let expected: [Double]?
    /// Absent when there is no value.
    public let verdict: TargetVerdict?

    private enum CodingKeys: String, CodingKey { case name, value, target, unit, against, expected, verdict }

    /// Every name is there, `null` where there is no value, so that programs need not ask.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(value, forKey: .value)
        try container.encode(target, forKey: .target)
        try container.encode(unit, forKey: .unit)
        try container.encode(against, forKey: .against)
        try container.encode(expected, forKey: .expected)
        try container.encode(verdict, forKey: .verdict)
    }
}

/// What an execution is held to.
public struct QualityTargets: Hashable, Sendable {
    /// Basis points.
    public static let slippageBps = 5.0
    /// Basis points of the paper notional.
    public static let shortfallBps = 10.0
    /// Filled over ordered.
    public static let fillRate = 0.95
    /// Time for an order that is sent at once: a venue's answer, not a schedule.
    public static let atOnce = Duration.seconds(5)

    /// Numbers of an execution to be judged.
    public struct Numbers: Hashable, Sendable {
        public var algorithm: AlgorithmName
        public var arrivalSlippageBps: Double?
        /// Absent when the market did not trade meanwhile.
        public var vwapSlippageBps: Double?
        public var shortfallBps: Double?
        public var fillRate: Double
        /// From arrival to the last fill, or to the end when not all was filled.
        public var seconds: Double?
        /// Length of the schedule; zero for an order at once.
        public var scheduled: Duration
        /// Lowest and highest slippage that is expected of the algorithm, in basis points.
        public var expectedBps: [Double]

        public init(
            algorithm: AlgorithmName,
            arrivalSlippageBps: Double?,
            vwapSlippageBps: Double?,
            shortfallBps: Double?,
            fillRate: Double,
            seconds: Double?,
            scheduled: Duration,
            expectedBps: [Double]
        ) {
            self.algorithm = algorithm
            self.arrivalSlippageBps = arrivalSlippageBps
            self.vwapSlippageBps = vwapSlippageBps
            self.shortfallBps = shortfallBps
            self.fillRate = fillRate
            self.seconds = seconds
            self.scheduled = scheduled
            self.expectedBps = expectedBps
        }
    }

    /// Slippage, shortfall, fill rate and time, in this order.
    ///
    /// A schedule's slippage is against the interval's VWAP, since the market's drift over hours is not its doing; an
    /// order at once, at a price of its own, or planned against the arrival price is held to that. Slippage inside the algorithm's range is as expected, whatever the
    /// target; outside of it the target decides.
    public static func judge(_ numbers: Numbers) -> [QualityTarget] {
        let atOnce = numbers.algorithm == .market
        let isHeldToArrival = isHeldToArrival(numbers.algorithm)
        let slippage = isHeldToArrival ? numbers.arrivalSlippageBps : numbers.vwapSlippageBps
        let time = atOnce ? Self.atOnce : numbers.scheduled
        return [
            below(
                .slippage,
                slippage,
                slippageBps,
                "bps",
                against: isHeldToArrival ? "arrival" : "interval VWAP",
                expected: numbers.expectedBps.count == 2 ? numbers.expectedBps : nil
            ),
            below(.shortfall, numbers.shortfallBps, shortfallBps, "bps", against: "decision"),
            QualityTarget(
                name: .fillRate,
                value: numbers.fillRate,
                target: fillRate,
                unit: "ratio",
                against: "ordered",
                expected: nil,
                verdict: numbers.fillRate > fillRate ? .met : .missed
            ),
            below(.time, numbers.seconds, time.seconds, "s", against: "schedule"),
        ]
    }

    /// Whether an algorithm's slippage is measured against the arrival price, and not against the interval's VWAP.
    public static func isHeldToArrival(_ algorithm: AlgorithmName) -> Bool { heldToArrival.contains(algorithm) }

    /// Algorithms whose aim is the price at arrival; others follow the market over their time.
    private static let heldToArrival: Set<AlgorithmName> = [
        .market, .limit, .iceberg, .passive, .aggressive, .implementationShortfall,
    ]

    private static func below(
        _ name: QualityTarget.Kind,
        _ value: Double?,
        _ target: Double,
        _ unit: String,
        against: String,
        expected: [Double]? = nil
    ) -> QualityTarget {
        let verdict = value.map { value -> TargetVerdict in
            if let expected, (expected[0]...max(expected[0], expected[1])).contains(value) { return .asExpected }
            return value < target ? .met : .missed
        }
        return QualityTarget(
            name: name,
            value: value,
            target: target,
            unit: unit,
            against: against,
            expected: expected,
            verdict: verdict
        )
    }
}
