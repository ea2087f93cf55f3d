import Foundation
import QuantMath
import Testing

@Suite("Gaussian hidden Markov model")
struct GaussianHMMTests {
    private static let samples = [
        "full-2-states", "full-3-states", "train-first-4000-2-states", "train-first-4000-3-states",
    ]
    private static let forwards = ["walk-forward-2-states", "walk-forward-3-states"]

    @Test("At given parameters: likelihood, filter and Viterbi path", arguments: samples)
    func evaluate(_ sample: String) throws {
        let id = "evaluate-\(sample)"
        let file = try GoldenFile("hmm.json")
        let (inputs, expected) = (try file.inputs(id), try file.expected(id))
        let returns = try GoldenFile.returns(inputs)
        let model = try Self.model(inputs)
        var filter = RegimeFilter(model)
        var (filtered, predicted) = ([[Double]](), [[Double]]())
        for value in returns {
            filtered.append(try #require(try filter.update(value)))
            predicted.append(filter.predicted)
        }
        #expect(close(filter.logLikelihood, try expected.number("loglikelihood"), relative: 1e-7, absolute: 1e-9))
        Self.agreeRows(filtered.suffix(20), try expected.matrix("filtered_last_20"), 1e-7, 1e-9, "filtered")
        Self.agreeRows(predicted.suffix(20), try expected.matrix("predicted_next_state_last_20"), 1e-7, 1e-9, "next")
        for (index, row) in try expected.object("filtered_at") {
            let row = try #require(row as? [Double])
            Self.agreeRows([filtered[try #require(Int(index))]], [row], 1e-7, 1e-9, "filtered_at \(index)")
        }
        let path = try model.path(of: returns)
        #expect(close(path.logProbability, try expected.number("viterbi_logprob"), relative: 1e-7, absolute: 1e-9))
        let viterbi = try expected.object("viterbi")
        #expect(Self.digest(path.states) == (try viterbi.text("fnv1a64")))
        let days = (0..<model.states).map { state in path.states.count { $0 == state } }
        #expect(days == (try viterbi.integers("days_per_state")))
        #expect(zip(path.states, path.states.dropFirst()).count { $0 != $1 } == viterbi["switches"] as? Int)
        #expect(path.states.suffix(20) == (try viterbi.integers("last_20"))[...])
        // Who smooths looks ahead: the file says by how much the two differ.
        let smoothed = try model.smoothed(returns)
        let ahead = zip(smoothed.joined(), filtered.joined()).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
        let guarded = ["full-2-states": 0.8011636597581528, "full-3-states": 0.8129637443979844]
        if let known = guarded[sample] { #expect(close(ahead, known, relative: 1e-6)) }
        Self.agreeRows(smoothed.suffix(1), Array(filtered.suffix(1)), 1e-9, 1e-12, "smoothed at the end")
    }

    @Test("Fits find the best peak that is known", arguments: samples)
    func fit(_ sample: String) throws {
        let id = "fit-\(sample)"
        let file = try GoldenFile("hmm.json")
        let (inputs, expected) = (try file.inputs(id), try file.expected(id))
        let fit = try GaussianHMM.fit(
            GoldenFile.returns(inputs),
            states: #require(inputs["states"] as? Int)
        )
        // The file accepts 2.5 below; what is asked here tells the peaks apart.
        let best = try expected.number("loglikelihood")
        #expect(fit.logLikelihood >= best - 0.01, "\(fit.logLikelihood), not \(best)")
        #expect(fit.logLikelihood <= best + 0.01, "above the best of many restarts: \(fit.logLikelihood)")
        #expect(fit.isConverged)
        Self.agreeRows([fit.model.start], [try expected.numbers("startprob")], 1e-7, 1e-9, "startprob")
        Self.agreeRows(fit.model.transition, try expected.matrix("transition"), 0, 0.01, "transition")
        Self.agreeRows([fit.model.means], [try expected.numbers("means")], 0.1, 0.05, "means")
        Self.agreeRows([fit.model.variances], [try expected.numbers("variances")], 0.05, 0, "variances")
    }

    @Test("Run on after the training part", arguments: forwards)
    func walkForward(_ id: String) throws {
        let file = try GoldenFile("hmm.json")
        let (inputs, expected) = (try file.inputs(id), try file.expected(id))
        let returns = try GoldenFile.column(inputs.text("column"), of: inputs.text("file"))
        let (train, test) = (try inputs.integers("train"), try inputs.integers("test"))
        var filter = RegimeFilter(try Self.model(inputs))
        for value in returns[train[0]..<train[1]] { try filter.update(value) }
        let before = filter.logLikelihood
        // Stored and restored in between, as a running system does.
        filter = try JSONDecoder().decode(RegimeFilter.self, from: JSONEncoder().encode(filter))
        var filtered: [[Double]] = []
        for value in returns[test[0]..<test[1]] { filtered.append(try #require(try filter.update(value))) }
        let gained = filter.logLikelihood - before
        let likelihood = try expected.number("out_of_sample_loglikelihood")
        #expect(close(gained, likelihood, relative: 1e-7, absolute: 1e-9))
        for (index, row) in try expected.object("filtered_at") {
            let place = try #require(Int(index)) - test[0]
            Self.agreeRows([filtered[place]], [try #require(row as? [Double])], 1e-7, 1e-9, index)
        }
    }

    @Test("An outlier whose density is zero in every state")
    func outlier() throws {
        let file = try GoldenFile("hmm.json")
        let (inputs, expected) = (try file.inputs("outlier-underflow"), try file.expected("outlier-underflow"))
        let returns = try inputs.numbers("returns")
        let model = try Self.model(inputs)
        var filter = RegimeFilter(model)
        let filtered = try returns.map { try #require(try filter.update($0)) }
        #expect(close(filter.logLikelihood, try expected.number("loglikelihood"), relative: 1e-9, absolute: 1e-12))
        Self.agreeRows(filtered, try expected.matrix("filtered"), 1e-9, 1e-12, "filtered")
        let path = try model.path(of: returns)
        #expect(path.states == (try expected.integers("viterbi_path")))
        let probability = try expected.number("viterbi_logprob")
        #expect(close(path.logProbability, probability, relative: 1e-9, absolute: 1e-12))
        #expect(try model.smoothed(returns).joined().allSatisfy { (0...1.000001).contains($0) })
    }

    @Test("Every case of the file has its test")
    func complete() throws {
        let tested =
            Self.samples.flatMap { ["evaluate-\($0)", "fit-\($0)"] } + Self.forwards + ["outlier-underflow"]
        #expect(tested.sorted() == (try GoldenFile("hmm.json").ids))
    }

    @Test("The path is the best of all paths, ties to the lower state", arguments: UInt64(0)..<30)
    func bestPath(seed: UInt64) throws {
        var draws = Draws(seed)
        let model = try Self.random(states: 2, &draws)
        let returns = (0..<7).map { _ in draws.normal() }
        let path = try model.path(of: returns)
        var (best, bestStates) = (-Double.infinity, [Int]())
        for bits in 0..<(1 << returns.count) {
            let states = returns.indices.map { (bits >> $0) & 1 }
            var score = log(model.start[states[0]])
            for (index, state) in states.enumerated() {
                if index > 0 { score += log(model.transition[states[index - 1]][state]) }
                let distance = returns[index] - model.means[state]
                score -= 0.5 * (log(2 * .pi * model.variances[state]) + distance * distance / model.variances[state])
            }
            if score > best { (best, bestStates) = (score, states) }
        }
        #expect(path.states == bestStates)
        #expect(close(path.logProbability, best, relative: 1e-12, absolute: 1e-12))
        // Two states that are the same: every path ties.
        let twin = try GaussianHMM(
            start: [0.5, 0.5],
            transition: [[0.5, 0.5], [0.5, 0.5]],
            means: [0, 0],
            variances: [1, 1]
        )
        #expect(try twin.path(of: returns).states.allSatisfy { $0 == 0 })
    }

    @Test("Probabilities sum to one, and what comes later changes nothing", arguments: UInt64(0)..<50)
    func causal(seed: UInt64) throws {
        var draws = Draws(seed)
        let model = try Self.random(states: draws.integer(in: 1...4), &draws)
        // Outliers far beyond what any density can say.
        let returns = (0..<60).map { _ in draws.normal() * (draws.uniform() < 0.1 ? 1e6 : 1) }
        let rows = try RegimeFilter(model).values(after: returns)
        for row in rows {
            let row = try #require(row)
            #expect(row.allSatisfy { (0...1).contains($0) })
            #expect(close(row.reduce(0, +), 1, relative: 1e-12))
        }
        let changed = returns.prefix(30) + returns.suffix(30).map { -3 * $0 }
        #expect(try RegimeFilter(model).values(after: changed).prefix(30) == rows.prefix(30))
        for row in try model.smoothed(returns) { #expect(close(row.reduce(0, +), 1, relative: 1e-9)) }
    }

    @Test("A fit of simulated returns is at least as likely as the truth", arguments: UInt64(1)...3)
    func simulated(seed: UInt64) throws {
        var draws = Draws(seed)
        let truth = try GaussianHMM(
            start: [1, 0],
            transition: [[0.97, 0.03], [0.06, 0.94]],
            means: [0.1, -0.1],
            variances: [0.5, 4]
        )
        var state = 0
        let returns = (0..<800).map { _ in
            state = draws.uniform() < truth.transition[state][0] ? 0 : 1
            return truth.means[state] + truth.variances[state].squareRoot() * draws.normal()
        }
        let fit = try GaussianHMM.fit(returns, states: 2, starts: 3)
        var filter = RegimeFilter(truth)
        for value in returns { try filter.update(value) }
        #expect(fit.logLikelihood >= filter.logLikelihood)
        #expect(fit.model.variances == fit.model.variances.sorted())
        #expect(close(fit.model.variances[0], 0.5, relative: 0.3) && close(fit.model.variances[1], 4, relative: 0.3))
        #expect(try GaussianHMM.fit(returns, states: 2, starts: 3) == fit)
        // In another unit it is the same model.
        let fractions = try GaussianHMM.fit(returns.map { $0 * 0.01 }, states: 2, starts: 3)
        Self.agreeRows(fractions.model.transition, fit.model.transition, 1e-6, 1e-9, "transition")
        Self.agreeRows([fractions.model.variances], [fit.model.variances.map { $0 * 1e-4 }], 1e-6, 0, "variances")
    }

    @Test("One state is the normal distribution; repeated values close around none")
    func degenerate() throws {
        let returns = (0..<200).map { Double($0 % 7) - 3 }
        let single = try GaussianHMM.fit(returns, states: 1)
        #expect(close(single.model.means[0], try Statistics.mean(returns), relative: 1e-9, absolute: 1e-12))
        let variance = try Statistics.variance(returns, degreesOfFreedom: 0)
        #expect(close(single.model.variances[0], variance, relative: 1e-9))
        let holes = (0..<200).map { $0 % 3 == 0 ? 1.0 : 0.0 }
        let fit = try GaussianHMM.fit(holes, states: 3)
        #expect(fit.logLikelihood.isFinite && fit.model.variances.allSatisfy { $0 > 0 })
    }

    @Test("Models and series that make no sense are refused")
    func refused() throws {
        let half = [[0.5, 0.5], [0.5, 0.5]]
        func model(
            _ start: [Double] = [0.5, 0.5],
            _ transition: [[Double]] = [[0.5, 0.5], [0.5, 0.5]],
            _ means: [Double] = [0, 0],
            _ variances: [Double] = [1, 2]
        ) throws -> GaussianHMM {
            try GaussianHMM(start: start, transition: transition, means: means, variances: variances)
        }
        let good = try model()
        for start in [[], [1], [0.5, 0.6], [1.5, -0.5], [.nan, 1]] as [[Double]] {
            #expect(throws: FormulaError.self) { try model(start) }
        }
        #expect(throws: FormulaError.self) { try model([0.5, 0.5], [[1, 0]]) }
        #expect(throws: FormulaError.self) { try model([0.5, 0.5], [[1, 0], [0.9, 0]]) }
        #expect(throws: FormulaError.self) { try model([0.5, 0.5], half, [.nan, 0]) }
        #expect(throws: FormulaError.self) { try model([0.5, 0.5], half, [0, 0], [1, 0]) }
        #expect(throws: FormulaError.self) { try model([0.5, 0.5], half, [0, 0], [1, 1e-200]) }
        #expect(throws: FormulaError.self) { try good.path(of: []) }
        #expect(throws: FormulaError.self) { try good.smoothed([.infinity]) }
        var filter = RegimeFilter(good)
        try filter.update(0.3)
        let before = filter
        #expect(throws: FormulaError.self) { try filter.update(.nan) }
        #expect(filter == before)
        let flat = Array(repeating: 0.1, count: 500)
        for returns in [flat, [0.1, 0.2], flat + [.nan]] {
            #expect(throws: FormulaError.self) { try GaussianHMM.fit(returns, states: 2) }
        }
        #expect(throws: FormulaError.self) { try GaussianHMM.fit(flat, states: 0) }
        #expect(throws: FormulaError.self) { try GaussianHMM.fit(flat, states: 2, starts: 0) }
        let data = try JSONEncoder().encode(good)
        #expect(try JSONDecoder().decode(GaussianHMM.self, from: data) == good)
        let spoilt = String(decoding: data, as: UTF8.self).replacingOccurrences(of: "[1,2]", with: "[1,-2]")
        #expect(throws: FormulaError.self) { try JSONDecoder().decode(GaussianHMM.self, from: Data(spoilt.utf8)) }
    }

    private static func model(_ inputs: [String: Any]) throws -> GaussianHMM {
        try GaussianHMM(
            start: inputs.numbers("startprob"),
            transition: inputs.matrix("transition"),
            means: inputs.numbers("means"),
            variances: inputs.numbers("variances")
        )
    }

    private static func random(states: Int, _ draws: inout Draws) throws -> GaussianHMM {
        func distribution() -> [Double] {
            let weights = (0..<states).map { _ in draws.number(in: 0.01...1) }
            return weights.map { $0 / weights.reduce(0, +) }
        }
        return try GaussianHMM(
            start: distribution(),
            transition: (0..<states).map { _ in distribution() },
            means: (0..<states).map { _ in draws.normal() },
            variances: (0..<states).map { _ in draws.number(in: 0.1...5) }
        )
    }

    private static func agreeRows(
        _ actual: some Sequence<[Double]>,
        _ expected: [[Double]],
        _ relative: Double,
        _ absolute: Double,
        _ name: String
    ) {
        let flat = actual.flatMap { $0.map(Optional.some) }
        agree(flat, expected.flatMap { $0.map(Optional.some) }, relative: relative, absolute: absolute, name)
    }

    /// 64-bit FNV-1a of the path written as digits.
    private static func digest(_ states: [Int]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for state in states { hash = (hash ^ UInt64(48 + state)) &* 0x100_0000_01b3 }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
