import Glibc

extension GaussianHMM {
    /// The model that makes a series most likely.
    public struct Fit: Codable, Hashable, Sendable {
        /// States by ascending variance.
        public let model: GaussianHMM
        public let logLikelihood: Double
        /// Passes over the series, of all starts together.
        public let passes: Int
        /// False when the passes ran out before the likelihood stood still; the model is then the best so far.
        public let isConverged: Bool
    }

    /// Fewest returns for each state.
    public static let returnsPerStateMin = 25

    /// Fits by expectation and maximisation (Baum and Welch), from several starts.
    ///
    /// The likelihood has several peaks. Each start makes a few passes, and the best of them go on until a pass gains
    /// nothing. The starts are drawn from `seed`, so the same series and seed give the same model.
    ///
    /// - Parameters:
    ///   - returns: Oldest first, at least ``returnsPerStateMin`` for each state.
    ///   - states: 1 … ``statesMax``.
    ///   - starts: 1 … 100. The first one splits the returns by size into groups of equal number, the others at random.
    ///   - seed: Of the random starts.
    /// - Returns: The likeliest model found.
    /// - Throws: ``FormulaError`` for too few returns, one that is not finite, or a series that does not vary.
    public static func fit(
        _ returns: [Double],
        states: Int,
        starts: Int = 8,
        seed: UInt64 = 1
    ) throws(FormulaError) -> Fit {
        guard (1...statesMax).contains(states) else {
            throw .outOfRange(input: "number of states", value: Double(states), range: "1 … \(statesMax)")
        }
        guard (1...100).contains(starts) else {
            throw .outOfRange(input: "number of starts", value: Double(starts), range: "1 … 100")
        }
        try FormulaError.requireSeries(returns, atLeast: states * returnsPerStateMin, "the HMM fit")
        let center = try Statistics.mean(returns)
        let scale = try Statistics.standardDeviation(returns, degreesOfFreedom: 0)
        let largest = returns.reduce(0) { max($0, $1.magnitude) }
        guard scale > 1e-12 * largest, scale > 1e-40 else {
            throw .notPositive(input: "standard deviation of the returns", value: scale)
        }
        // Over scores, so that neither the unit nor an offset matters to the starts and the smallest variance.
        var pass = ExpectationPass(returns: returns.map { ($0 - center) / scale }, states: states)
        var draws = StartDraws(seed: seed)
        var passes = 0
        var climbs: [Climb] = []
        for index in 0..<starts {
            let cuts = (1..<max(1, states)).map { Double($0) / Double(states) }
            let model =
                index == 0
                ? try split(pass.returns, cuts: cuts, persistence: 0.95)
                : try split(
                    pass.returns,
                    cuts: cuts.map { _ in draws.next(in: 0.05...0.98) }.sorted(),
                    persistence: draws.next(in: 0.7...0.99)
                )
            var climb = Climb(model: model)
            passes += try climb.go(passesMax: screeningPasses, &pass)
            climbs.append(climb)
        }
        climbs = climbs.enumerated()
            .sorted { ($1.element.logLikelihood, $0.offset) < ($0.element.logLikelihood, $1.offset) }
            .prefix(finalists).map(\.element)
        for index in climbs.indices { passes += try climbs[index].go(passesMax: passesMax, &pass) }
        var best = climbs[0]
        for climb in climbs where climb.logLikelihood > best.logLikelihood { best = climb }
        let model = try GaussianHMM(
            start: best.model.start,
            transition: best.model.transition,
            means: best.model.means.map { center + scale * $0 },
            variances: best.model.variances.map { $0 * scale * scale }
        )
        .ordered()
        var filter = RegimeFilter(model)
        for value in returns { try filter.update(value) }
        return Fit(
            model: model,
            logLikelihood: filter.logLikelihood,
            passes: passes,
            isConverged: best.isConverged
        )
    }

    /// Enough to see which peak a start climbs.
    private static let screeningPasses = 15
    /// How many starts go on after that.
    private static let finalists = 2
    private static let passesMax = 500

    /// One start on its way up.
    private struct Climb {
        var model: GaussianHMM
        var logLikelihood = -Double.infinity
        var isConverged = false

        /// A pass that gains less ends the climb.
        private static let gainMin = 1e-5
        /// Of the variance of all returns.
        private static let varianceMin = 1e-6

        init(model: GaussianHMM) { self.model = model }

        mutating func go(passesMax: Int, _ pass: inout ExpectationPass) throws(FormulaError) -> Int {
            for count in 1...passesMax {
                pass.run(model)
                let gain = pass.logLikelihood - logLikelihood
                logLikelihood = pass.logLikelihood
                if gain < Self.gainMin {
                    isConverged = true
                    return count
                }
                model = try pass.maximised(model, varianceMin: Self.varianceMin)
            }
            return passesMax
        }
    }

    /// A model whose states hold the smallest scores, the next larger ones and so on, cut at the given shares.
    private static func split(
        _ scores: [Double],
        cuts: [Double],
        persistence: Double
    ) throws(FormulaError) -> GaussianHMM {
        let squares = scores.map { $0 * $0 }.sorted()
        let bounds = [0] + cuts.map { Int($0 * Double(squares.count)) } + [squares.count]
        let states = bounds.count - 1
        let variances = (0..<states).map { state in
            let group = squares[bounds[state]..<max(bounds[state] + 1, bounds[state + 1])]
            return max(1e-3, group.reduce(0, +) / Double(group.count))
        }
        let other = states > 1 ? (1 - persistence) / Double(states - 1) : 0
        return try GaussianHMM(
            start: Array(repeating: 1 / Double(states), count: states),
            transition: (0..<states).map { from in
                (0..<states).map { $0 == from ? (states > 1 ? persistence : 1) : other }
            },
            means: Array(repeating: 0, count: states),
            variances: variances
        )
    }
}

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
private struct StartDraws {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next(in range: ClosedRange<Double>) -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return range.lowerBound + (range.upperBound - range.lowerBound) * Double(bits >> 11) * 0x1p-53
    }
}
