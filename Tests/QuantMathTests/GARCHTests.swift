import Foundation
import QuantMath
import Testing

@Suite("GARCH(1,1)")
struct GARCHTests {
    private static let fits = ["fit-full-normal", "fit-full-t", "fit-last-1500-normal", "fit-last-1500-t"]
    private static let evaluations = [
        "evaluate-rounded-normal-backcast", "evaluate-rounded-normal-sample_variance", "evaluate-rounded-t-backcast",
        "evaluate-rounded-t-sample_variance", "evaluate-arch1-only-backcast", "evaluate-arch1-only-sample_variance",
    ]

    @Test("At given parameters: likelihood, variances and forecast", arguments: evaluations)
    func evaluate(_ id: String) throws {
        let file = try GoldenFile("garch.json")
        let (inputs, expected) = (try file.inputs(id), try file.expected(id))
        let start: GARCH.Start = try inputs.text("start") == "backcast" ? .backcast : .sampleVariance
        let model = try Self.model(inputs.object("params"))
        let evaluation = try model.evaluate(GoldenFile.returns(inputs), start: start)
        let initial = try expected.number("initial_variance")
        #expect(close(evaluation.initialVariance, initial, relative: 1e-9, absolute: 1e-9))
        let likelihood = try expected.number("loglikelihood")
        #expect(close(evaluation.logLikelihood, likelihood, relative: 1e-9, absolute: 1e-9))
        for (index, variance) in try expected.object("sigma2") {
            let actual = evaluation.variances[try #require(Int(index))]
            #expect(close(actual, try #require(variance as? Double), relative: 1e-9, absolute: 1e-9))
        }
        let forecast = try model.forecast(after: evaluation, horizon: 10)
        agree(forecast, try expected.optionals("variance_forecast"), relative: 1e-9, absolute: 1e-9, "forecast")
    }

    @Test("Five returns by hand")
    func byHand() throws {
        let file = try GoldenFile("garch.json")
        let (inputs, expected) = (try file.inputs("evaluate-by-hand"), try file.expected("evaluate-by-hand"))
        let model = try Self.model(inputs.object("params"))
        let start = GARCH.Start.variance(try inputs.number("initial_variance"))
        let evaluation = try model.evaluate(inputs.numbers("returns"), start: start)
        agree(evaluation.variances, try expected.optionals("sigma2"), relative: 1e-12, absolute: 1e-12, "sigma2")
        let likelihood = try expected.number("loglikelihood")
        #expect(close(evaluation.logLikelihood, likelihood, relative: 1e-12, absolute: 1e-12))
        let forecast = try model.forecast(after: evaluation, horizon: 5)
        agree(forecast, try expected.optionals("variance_forecast"), relative: 1e-12, absolute: 1e-12, "forecast")
    }

    @Test("Fits are as likely as the library's", arguments: fits)
    func fit(_ id: String) throws {
        let file = try GoldenFile("garch.json")
        let (inputs, expected) = (try file.inputs(id), try file.expected(id))
        let family = try #require(GARCH.Family(rawValue: inputs.text("distribution")))
        let returns = try GoldenFile.returns(inputs)
        let fit = try GARCH.fit(returns, family: family)
        // The files accept 0.05 below; the search does much better.
        let best = try expected.number("loglikelihood")
        #expect(fit.evaluation.logLikelihood >= best - 0.001, "\(fit.evaluation.logLikelihood), not \(best)")
        #expect(fit.evaluation.logLikelihood <= best + 0.001, "above the maximum: \(fit.evaluation.logLikelihood)")
        #expect(try fit.model.evaluate(returns) == fit.evaluation)
        #expect(fit.likelihoods < 2000)
        let parameters = try expected.object("params")
        let model = fit.model
        let pairs = [
            (model.mean, "mu"), (model.constant, "omega"), (model.shock, "alpha"), (model.memory, "beta"),
        ]
        for (actual, name) in pairs {
            #expect(close(actual, try parameters.number(name), relative: 0.05, absolute: 0.005), "\(name)")
        }
        if case .studentT(let degrees) = model.distribution {
            #expect(close(degrees, try parameters.number("nu"), relative: 0.05, absolute: 0.005))
        }
        #expect((model.persistence - (try expected.number("persistence"))).magnitude <= 0.004)
        #expect(close(fit.evaluation.initialVariance, try expected.number("backcast"), relative: 1e-9))
        let forecast = try model.forecast(after: fit.evaluation, horizon: 10)
        agree(forecast, try expected.optionals("variance_forecast"), relative: 0.05, absolute: 0, "forecast")
        if expected["unconditional_variance"] != nil {
            let variance = try expected.number("unconditional_variance")
            #expect(close(model.unconditionalVariance, variance, relative: 0.25))
            #expect(close(model.halfLife, try expected.number("half_life_days"), relative: 0.25))
        }
    }

    @Test("The other start has its own maximum")
    func sampleVarianceStart() throws {
        let file = try GoldenFile("garch.json")
        let expected = try file.expected("fit-last-1500-normal").object("sample_variance_start")
        let returns = try GoldenFile.returns(file.inputs("fit-last-1500-normal"))
        let fit = try GARCH.fit(returns, start: .sampleVariance)
        let initial = try expected.number("initial_variance")
        #expect(close(fit.evaluation.initialVariance, initial, relative: 1e-9))
        #expect((fit.evaluation.logLikelihood - (try expected.number("loglikelihood"))).magnitude < 0.001)
    }

    @Test("Parameters without a stationary, positive variance are refused")
    func refused() throws {
        for row in try GoldenFile("garch.json").inputs("refuse").rows() {
            let parameters = try row.object("params")
            #expect(throws: FormulaError.self) { try Self.model(parameters) }
        }
        let model = try GARCH(mean: 0, constant: 0.05, shock: 0.1, memory: 0.8)
        for returns in [[], [0.1, .nan], [.infinity], [1e101]] as [[Double]] {
            #expect(throws: FormulaError.self) { try model.evaluate(returns) }
        }
        #expect(throws: FormulaError.self) { try model.evaluate([0.1], start: .variance(-1)) }
        let evaluation = try model.evaluate([0.1, -0.2])
        #expect(throws: FormulaError.self) { try model.forecast(after: evaluation, horizon: -1) }
        let tiny = try GARCH(mean: 0, constant: 1e-300, shock: 0.1, memory: 0.8)
        #expect(throws: FormulaError.self) { try tiny.evaluate([1e100, 1e100], start: .variance(0)) }
    }

    @Test("Series that cannot be fitted are refused")
    func refusedFits() {
        let flat = Array(repeating: 0.1, count: 200)
        let (short, broken) = (Array(flat.dropLast(101)), flat + [.nan])
        for returns in [flat, short, broken] {
            #expect(throws: FormulaError.self) { try GARCH.fit(returns) }
        }
    }

    @Test("A stored model comes back, and a spoilt one does not")
    func stored() throws {
        let model = try GARCH(
            mean: 0.05,
            constant: 0.01,
            shock: 0.1,
            memory: 0.85,
            distribution: .studentT(degreesOfFreedom: 6)
        )
        let data = try JSONEncoder().encode(model)
        #expect(try JSONDecoder().decode(GARCH.self, from: data) == model)
        let spoilt = String(decoding: data, as: UTF8.self).replacingOccurrences(of: "0.85", with: "0.95")
        #expect(throws: FormulaError.self) { try JSONDecoder().decode(GARCH.self, from: Data(spoilt.utf8)) }
    }

    @Test("A fit of simulated returns finds what they were made with, in any unit", arguments: UInt64(1)...3)
    func simulated(seed: UInt64) throws {
        var draws = Draws(seed)
        let truth = try GARCH(mean: 0.05, constant: 0.05, shock: 0.12, memory: 0.83)
        var variance = truth.unconditionalVariance
        let returns = (0..<1500).map { _ in
            let shock = variance.squareRoot() * draws.normal()
            variance = truth.constant + truth.shock * shock * shock + truth.memory * variance
            return truth.mean + shock
        }
        let fit = try GARCH.fit(returns)
        #expect(fit.evaluation.logLikelihood >= (try truth.evaluate(returns).logLikelihood))
        #expect((fit.model.persistence - truth.persistence).magnitude < 0.08)
        #expect((fit.model.shock - truth.shock).magnitude < 0.06)
        let fractions = try GARCH.fit(returns.map { $0 * 0.01 })
        #expect(close(fractions.model.shock, fit.model.shock, relative: 1e-3))
        #expect(close(fractions.model.constant, fit.model.constant * 1e-4, relative: 1e-2))
        let shift = Double(returns.count) * log(100.0)
        #expect(close(fractions.evaluation.logLikelihood, fit.evaluation.logLikelihood + shift, relative: 1e-6))
        // Far ahead nothing but the long run is known.
        let forecast = try fit.model.forecast(after: fit.evaluation, horizon: 2000)
        #expect(close(try #require(forecast.last), fit.model.unconditionalVariance, relative: 1e-6))
    }

    @Test("Every case of the file has its test")
    func complete() throws {
        let tested = Self.fits + Self.evaluations + ["evaluate-by-hand", "refuse"]
        #expect(tested.sorted() == (try GoldenFile("garch.json").ids))
    }

    private static func model(_ parameters: [String: Any]) throws -> GARCH {
        try GARCH(
            mean: parameters.number("mu"),
            constant: parameters.number("omega"),
            shock: parameters.number("alpha"),
            memory: parameters.number("beta"),
            distribution: parameters["nu"] == nil
                ? .normal : .studentT(degreesOfFreedom: parameters.number("nu"))
        )
    }
}
