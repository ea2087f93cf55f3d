import Glibc

/// Returns that are drawn from one of several normal distributions, with a hidden state that says which (ST-1).
///
/// The state of a period depends on the one before it alone. States are numbered by ascending variance, so state 0 is the
/// calmest market. Returns may be in any unit; means and variances follow.
///
/// A signal may use the filtered probabilities of ``RegimeFilter`` only. The smoothed ones and the Viterbi path know the
/// whole series: fine for description, look-ahead in a back-test.
///
/// Sources: Rabiner, "A tutorial on hidden Markov models", Proceedings of the IEEE 77 (1989); Hamilton, "A new approach to the
/// economic analysis of nonstationary time series and the business cycle", Econometrica 57 (1989).
public struct GaussianHMM: Codable, Hashable, Sendable {
    /// Most states: more than any market was told apart into.
    public static let statesMax = 16

    /// Probability of each state in the first period.
    public let start: [Double]
    /// `transition[i][j]` is the probability that state `j` follows state `i`.
    public let transition: [[Double]]
    public let means: [Double]
    public let variances: [Double]

    /// - Parameters:
    ///   - start: One probability for each state, with sum 1.
    ///   - transition: One row for each state, each with sum 1.
    ///   - means: One for each state.
    ///   - variances: One for each state, greater than zero.
    /// - Throws: ``FormulaError`` for anything else.
    public init(
        start: [Double],
        transition: [[Double]],
        means: [Double],
        variances: [Double]
    ) throws(FormulaError) {
        let states = start.count
        guard (1...Self.statesMax).contains(states) else {
            throw .outOfRange(input: "number of states", value: Double(states), range: "1 … \(Self.statesMax)")
        }
        for count in [transition.count, means.count, variances.count] + transition.map(\.count)
        where count != states {
            throw .outOfRange(input: "length of a list of states", value: Double(count), range: "\(states)")
        }
        try Self.requireDistribution(start, "probabilities of the first state")
        for row in transition { try Self.requireDistribution(row, "transition probabilities") }
        for mean in means { try FormulaError.requireObservation(mean, "mean of a state") }
        for variance in variances {
            try FormulaError.requirePositive(variance, "variance of a state")
            // With bounded returns no density is then zero or infinite beyond what its logarithm can say.
            guard (1e-100...1e200).contains(variance) else {
                throw .outOfRange(input: "variance of a state", value: variance, range: "1e-100 … 1e200")
            }
        }
        self.start = start
        self.transition = transition
        self.means = means
        self.variances = variances
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            start: values.decode([Double].self, forKey: .start),
            transition: values.decode([[Double]].self, forKey: .transition),
            means: values.decode([Double].self, forKey: .means),
            variances: values.decode([Double].self, forKey: .variances)
        )
    }

    private enum CodingKeys: String, CodingKey { case start, transition, means, variances }

    /// Number of states.
    public var states: Int { start.count }

    /// The same model with its states numbered by ascending variance; equal ones keep their order.
    public func ordered() throws(FormulaError) -> GaussianHMM {
        let order = variances.indices.sorted { (variances[$0], $0) < (variances[$1], $1) }
        return try GaussianHMM(
            start: order.map { start[$0] },
            transition: order.map { from in order.map { transition[from][$0] } },
            means: order.map { means[$0] },
            variances: order.map { variances[$0] }
        )
    }

    /// The most likely sequence of states.
    public struct Path: Codable, Hashable, Sendable {
        public let states: [Int]
        /// Logarithm of the joint density of the returns and these states.
        public let logProbability: Double
    }

    /// Viterbi's path through a whole series, oldest return first; ties go to the lower state.
    ///
    /// - Throws: ``FormulaError`` for no return, or one that is not finite.
    public func path(of returns: [Double]) throws(FormulaError) -> Path {
        try FormulaError.requireSeries(returns, atLeast: 1, "the Viterbi path")
        let logs = transition.map { $0.map { log($0) } }
        var scores = (0..<states).map { log(start[$0]) + logDensity(returns[0], $0) }
        var origins: [[Int]] = []
        origins.reserveCapacity(returns.count - 1)
        for value in returns.dropFirst() {
            var next = scores
            var origin = Array(repeating: 0, count: states)
            for state in 0..<states {
                for from in 1..<max(1, states)
                where scores[from] + logs[from][state] > scores[origin[state]] + logs[origin[state]][state] {
                    origin[state] = from
                }
                next[state] = scores[origin[state]] + logs[origin[state]][state] + logDensity(value, state)
            }
            scores = next
            origins.append(origin)
        }
        var last = 0
        for state in 0..<states where scores[state] > scores[last] { last = state }
        let probability = scores[last]
        var path = [last]
        path.reserveCapacity(returns.count)
        for origin in origins.reversed() {
            last = origin[last]
            path.append(last)
        }
        return Path(states: path.reversed(), logProbability: probability)
    }

    /// The probability of each state in each period given the whole series, which looks ahead.
    ///
    /// - Returns: One row for each return.
    /// - Throws: ``FormulaError`` for no return, or one that is not finite.
    public func smoothed(_ returns: [Double]) throws(FormulaError) -> [[Double]] {
        try FormulaError.requireSeries(returns, atLeast: 1, "the smoothed probabilities")
        var pass = ExpectationPass(returns: returns, states: states)
        pass.run(self)
        return (0..<returns.count).map { Array(pass.smoothed[($0 * states)..<(($0 + 1) * states)]) }
    }

    /// Logarithm of the density of a return in a state.
    func logDensity(_ value: Double, _ state: Int) -> Double {
        let distance = value - means[state]
        return -0.5 * (log(2 * Double.pi * variances[state]) + distance * distance / variances[state])
    }

    private static func requireDistribution(_ values: [Double], _ name: String) throws(FormulaError) {
        for value in values { try FormulaError.requireNonNegative(value, "one of the \(name)") }
        let sum = values.reduce(0, +)
        guard (sum - 1).magnitude <= 1e-6 else {
            throw .outOfRange(input: "sum of the \(name)", value: sum, range: "1 within 1e-6")
        }
    }
}
