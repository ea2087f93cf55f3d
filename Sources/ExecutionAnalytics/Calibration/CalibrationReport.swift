public import QuantMath
public import TradingDomain

/// One execution whose cost was predicted.
public struct CalibrationSample: Codable, Hashable, Sendable {
    public var algorithm: AlgorithmName
    /// As it was predicted when the order was routed, in basis points of the arrival price.
    public var predictedBps: Double
    /// Slippage against arrival, in basis points.
    public var realisedBps: Double
    /// The prediction by its parts; absent in rows from before they were kept.
    public var parts: PredictedCost?

    public init(algorithm: AlgorithmName, predictedBps: Double, realisedBps: Double, parts: PredictedCost? = nil) {
        self.algorithm = algorithm
        self.predictedBps = predictedBps
        self.realisedBps = realisedBps
        self.parts = parts
    }

    /// What the impact fit learns from; `nil` where no impact was predicted.
    public var fit: ImpactFit.Sample? {
        guard let parts, parts.coefficient > 0, parts.impactBps > 0 else { return nil }
        return ImpactFit.Sample(
            unitImpactBps: parts.impactBps / parts.coefficient,
            realisedBps: realisedBps - parts.spreadBps
        )
    }

    /// The sample as another coefficient would have predicted it.
    public func predicted(by coefficient: Double) -> CalibrationSample {
        guard let parts, parts.coefficient > 0 else { return self }
        var other = self
        other.predictedBps = parts.spreadBps + parts.impactBps / parts.coefficient * coefficient
        return other
    }
}

/// How well costs were predicted, for a group of executions.
public struct CalibrationFigures: Codable, Hashable, Sendable {
    /// Executions below which figures say nothing and are left out.
    public static let countMin = 10

    public let count: Int
    /// Mean of realised less predicted, in basis points: positive when executions cost more than predicted.
    public let biasBps: Double?
    /// Mean absolute difference of the two.
    public let meanAbsoluteErrorBps: Double?
    public let meanPredictedBps: Double?
    public let meanRealisedBps: Double?
    /// Pearson's correlation of predicted and realised; absent where one of them does not vary.
    public let correlation: Double?
    /// Spearman's: whether what was predicted dearer was dearer.
    public let rankCorrelation: Double?

    /// Fewer than ``countMin`` executions.
    public var isTooFew: Bool { count < Self.countMin }

    /// Figures of samples, in any order.
    public init(_ samples: [CalibrationSample]) {
        count = samples.count
        guard samples.count >= Self.countMin else {
            (biasBps, meanAbsoluteErrorBps, meanPredictedBps, meanRealisedBps) = (nil, nil, nil, nil)
            (correlation, rankCorrelation) = (nil, nil)
            return
        }
        func mean(_ value: (CalibrationSample) -> Double) -> Double {
            samples.reduce(0) { $0 + value($1) } / Double(samples.count)
        }
        biasBps = mean { $0.realisedBps - $0.predictedBps }
        meanAbsoluteErrorBps = mean { ($0.realisedBps - $0.predictedBps).magnitude }
        meanPredictedBps = mean(\.predictedBps)
        meanRealisedBps = mean(\.realisedBps)
        let pairs = samples.map { ($0.predictedBps, $0.realisedBps) }
        correlation = Correlation.linear(pairs)
        rankCorrelation = Correlation.rank(pairs)
    }
}

/// Predicted against realised cost: over all, by algorithm and by size.
public struct CalibrationReport: Codable, Hashable, Sendable {
    /// One group with its figures.
    public struct Group: Codable, Hashable, Sendable {
        public let name: String
        public let figures: CalibrationFigures
    }

    /// An order's size as a share of the daily volume, by its upper bound.
    private static let sizes: [(below: Double, name: String)] = [
        (0.0001, "below 0.01 %"), (0.001, "0.01 to 0.1 %"), (0.01, "0.1 to 1 %"), (0.05, "1 to 5 %"),
        (.infinity, "5 % and more"),
    ]
    private static let unknownSize = "not known"

    public let all: CalibrationFigures
    /// By name.
    public let algorithms: [Group]
    /// From small to large, those without an execution left out.
    public let sizesOfDailyVolume: [Group]

    public init(_ samples: [CalibrationSample]) {
        all = CalibrationFigures(samples)
        algorithms = Dictionary(grouping: samples, by: \.algorithm).sorted { $0.key.text < $1.key.text }
            .map { Group(name: $0.key.text, figures: CalibrationFigures($0.value)) }
        let bySize = Dictionary(grouping: samples, by: Self.size)
        sizesOfDailyVolume = (Self.sizes.map(\.name) + [Self.unknownSize]).compactMap { name in
            bySize[name].map { Group(name: name, figures: CalibrationFigures($0)) }
        }
    }

    private static func size(_ sample: CalibrationSample) -> String {
        guard let size = sample.parts?.sizeToDailyVolume else { return unknownSize }
        return sizes.first { size < $0.below }?.name ?? unknownSize
    }
}

/// A refit of the impact coefficient, with what it would change.
public struct CoefficientProposal: Codable, Hashable, Sendable {
    public let fit: ImpactFit
    /// The coefficient in force.
    public let current: Double
    /// How well the samples are predicted with the one in force, and with the fitted one.
    public let before: CalibrationFigures
    public let after: CalibrationFigures

    /// Fits the samples that have an impact.
    ///
    /// - Throws: `FormulaError` for fewer than ``ImpactFit/samplesMin`` of them.
    public init(_ samples: [CalibrationSample], current: Double) throws(FormulaError) {
        let used = samples.filter { $0.fit != nil }
        let fit = try ImpactFit(used.compactMap(\.fit))
        self.fit = fit
        self.current = current
        before = CalibrationFigures(used.map { $0.predicted(by: current) })
        after = CalibrationFigures(used.map { $0.predicted(by: fit.coefficient) })
    }
}
