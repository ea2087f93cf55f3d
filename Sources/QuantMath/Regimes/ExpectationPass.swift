import Glibc

/// One pass of the Baum–Welch algorithm over a series: forward with filtered probabilities, back with smoothed ones.
///
/// Rows of several numbers are stored flat, one period after the other. All numbers are probabilities, never products of
/// many densities, so nothing underflows: going back, a smoothed probability is shared out among the states it may have
/// come from, in proportion to `filtered(i) × transition(i, j) ÷ predicted(j)`, which is at most 1.
struct ExpectationPass {
    let returns: [Double]
    let states: Int
    private(set) var logLikelihood = -Double.infinity
    private var filtered: [Double]
    private var predicted: [Double]
    private(set) var smoothed: [Double]
    /// Expected number of moves from each state to each, row by row.
    private(set) var moves: [Double]

    init(returns: [Double], states: Int) {
        self.returns = returns
        self.states = states
        filtered = Array(repeating: 0, count: returns.count * states)
        predicted = filtered
        smoothed = filtered
        moves = Array(repeating: 0, count: states * states)
    }

    mutating func run(_ model: GaussianHMM) {
        // Loops by `while`: half the time of `for … in` where the optimiser is off, as in tests.
        let transition = Array(model.transition.joined())
        filter(model, transition)
        smooth(transition)
    }

    private mutating func filter(_ model: GaussianHMM, _ transition: [Double]) {
        let means = model.means
        let scales = model.variances.map { -0.5 / $0 }
        let offsets = model.variances.map { -0.5 * log(2 * Double.pi * $0) }
        var logs = Array(repeating: 0.0, count: states)
        logLikelihood = 0
        var time = 0
        while time < returns.count {
            let row = time * states
            var largest = -Double.infinity
            var state = 0
            while state < states {
                var prior = 0.0
                if time == 0 {
                    prior = model.start[state]
                } else {
                    var from = 0
                    while from < states {
                        prior += filtered[row - states + from] * transition[from * states + state]
                        from += 1
                    }
                }
                predicted[row + state] = prior
                let distance = returns[time] - means[state]
                logs[state] = offsets[state] + scales[state] * (distance * distance)
                if prior > 0, logs[state] > largest { largest = logs[state] }
                state += 1
            }
            var sum = 0.0
            state = 0
            while state < states {
                let prior = predicted[row + state]
                let weight = prior > 0 ? prior * exp(logs[state] - largest) : 0
                filtered[row + state] = weight
                sum += weight
                state += 1
            }
            state = 0
            while state < states {
                filtered[row + state] /= sum
                state += 1
            }
            logLikelihood += largest + log(sum)
            time += 1
        }
    }

    private mutating func smooth(_ transition: [Double]) {
        for index in moves.indices { moves[index] = 0 }
        var time = returns.count - 1
        for state in 0..<states { smoothed[time * states + state] = filtered[time * states + state] }
        while time > 0 {
            time -= 1
            let row = time * states
            var from = 0
            while from < states {
                var sum = 0.0
                let here = filtered[row + from]
                var state = 0
                while state < states, here > 0 {
                    let prior = predicted[row + states + state]
                    if prior > 0 {
                        let share = here * transition[from * states + state] / prior * smoothed[row + states + state]
                        moves[from * states + state] += share
                        sum += share
                    }
                    state += 1
                }
                smoothed[row + from] = sum
                from += 1
            }
        }
    }

    /// Maximises what the last pass expects.
    ///
    /// - Parameters:
    ///   - old: What a state keeps that no return belongs to.
    ///   - varianceMin: Smallest variance, so that no state closes around a single return.
    /// - Returns: The model that the expected states and moves make most likely.
    /// - Throws: ``FormulaError`` where rounding left no model.
    func maximised(_ old: GaussianHMM, varianceMin: Double) throws(FormulaError) -> GaussianHMM {
        var (means, variances, transition) = (old.means, old.variances, old.transition)
        for state in 0..<states {
            var (weight, sum) = (0.0, 0.0)
            var index = state
            for value in returns {
                weight += smoothed[index]
                sum += smoothed[index] * value
                index += states
            }
            // Less than a millionth of a return tells nothing.
            guard weight > 1e-6 else { continue }
            let center = sum / weight
            var squares = 0.0
            index = state
            for value in returns {
                squares += smoothed[index] * ((value - center) * (value - center))
                index += states
            }
            means[state] = center
            variances[state] = max(squares / weight, varianceMin)
            let row = moves[(state * states)..<((state + 1) * states)]
            let total = row.reduce(0, +)
            if total > 1e-6 { transition[state] = row.map { $0 / total } }
        }
        let first = smoothed[..<states]
        let total = first.reduce(0, +)
        return try GaussianHMM(
            start: first.map { $0 / total },
            transition: transition,
            means: means,
            variances: variances
        )
    }
}
