import Glibc

/// The probability of each state of a ``GaussianHMM`` now, from the returns so far and nothing later.
public struct RegimeFilter: Indicator {
    public let model: GaussianHMM
    /// Probabilities after the latest return; `nil` before the first.
    public private(set) var value: [Double]?
    /// Of all returns so far; its growth over a span is that span's out-of-sample likelihood.
    public private(set) var logLikelihood = 0.0

    public init(_ model: GaussianHMM) { self.model = model }

    /// The probability of each state in the next period; before the first return the model's start.
    public var predicted: [Double] {
        guard let value else { return model.start }
        return (0..<model.states).map { next in
            (0..<model.states).reduce(0) { $0 + value[$1] * model.transition[$1][next] }
        }
    }

    /// The state that is likeliest now; the calmer one of equal ones, `nil` before the first return.
    public var likeliest: Int? {
        guard let value else { return nil }
        var best = 0
        for state in value.indices where value[state] > value[best] { best = state }
        return best
    }

    @discardableResult
    public mutating func update(_ observation: Double) throws(FormulaError) -> [Double]? {
        try FormulaError.requireObservation(observation, "return")
        let prior = predicted
        let logs = (0..<model.states).map { model.logDensity(observation, $0) }
        // Densities relative to the largest that is possible at all: one of them is then 1, however far the outlier.
        var largest = -Double.infinity
        for state in prior.indices where prior[state] > 0 { largest = max(largest, logs[state]) }
        let weights = prior.indices.map { prior[$0] > 0 ? prior[$0] * exp(logs[$0] - largest) : 0 }
        let sum = weights.reduce(0, +)
        logLikelihood += largest + log(sum)
        value = weights.map { $0 / sum }
        return value
    }
}
