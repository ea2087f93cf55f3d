import ExecutionAlgorithms
import Testing
import TradingDomain

/// A value that makes no sense, and words of the remedy.
struct BadValue: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let remedy: String

    var testDescription: String { "\(name) \(text)" }
}

@Suite("Parameters of algorithms")
struct ParameterTests {
    @Test(
        "What makes no sense is refused with what to give",
        arguments: [
            BadValue(name: "min_child_quantity", text: "0", remedy: "more than 0"),
            BadValue(name: "min_child_quantity", text: "-5", remedy: "more than 0"),
            BadValue(name: "display_quantity", text: "nan", remedy: "more than 0"),
            BadValue(name: "max_participation_percent", text: "1e999", remedy: "at most 100"),
            BadValue(name: "max_participation_percent", text: "100.00000001", remedy: "at most 100"),
            BadValue(name: "participation_percent", text: "0", remedy: "more than 0"),
            BadValue(name: "participation_percent", text: "inf", remedy: "in percent"),
            BadValue(name: "risk_aversion", text: "nan", remedy: "0 to 1"),
            BadValue(name: "risk_aversion", text: "-0.1", remedy: "0 to 1"),
            BadValue(name: "risk_aversion", text: "2", remedy: "0 to 1"),
            BadValue(name: "would_price", text: "0", remedy: "above 0"),
            BadValue(name: "would_price", text: "99,5", remedy: "such as 99.5"),
            BadValue(name: "duration_minutes", text: "0", remedy: "1 to 1440"),
            BadValue(name: "duration_minutes", text: "1.5", remedy: "1 to 1440"),
            BadValue(name: "slices", text: "99999999999999999999", remedy: "1 to 86400"),
            BadValue(name: "end_time", text: "tomorrow", remedy: "UTC time"),
            BadValue(name: "catch_up", text: "dump", remedy: "burst or skip or spread"),
            BadValue(name: "auction", text: "open", remedy: "close or skip"),
            BadValue(name: "must_complete", text: "yes", remedy: "true or false"),
            BadValue(name: "randomize_size_percent", text: "101", remedy: "at most 100"),
            BadValue(name: "sniper", text: "1", remedy: "Known: duration_minutes"),
        ]
    )
    func refused(_ bad: BadValue) throws {
        var parameters = AlgorithmParameters()
        let problem = #expect(throws: ParameterProblem.self) {
            try AlgorithmParameter.set(bad.name, to: bad.text, in: &parameters)
        }
        #expect(problem?.name == bad.name)
        #expect("\(try #require(problem))".contains(bad.remedy))
    }

    @Test("Every parameter is read from its text, known by its name, and taken by some algorithm")
    func all() throws {
        let samples = [
            "start_time": "2026-01-02T15:00:00Z", "end_time": "2026-01-02T20:00:00Z", "catch_up": "burst",
            "auction": "skip", "must_complete": "true", "risk_aversion": "0.5",
        ]
        let catalog = AlgorithmCatalog()
        for parameter in AlgorithmParameter.all {
            var parameters = AlgorithmParameters()
            try AlgorithmParameter.set(parameter.name, to: samples[parameter.name] ?? "7", in: &parameters)
            #expect(parameters.names == [parameter.name])
            #expect(catalog.names.contains { catalog.parameters(of: $0).contains(parameter.name) })
            #expect(!parameter.doc.isEmpty)
        }
    }

    @Test("An algorithm refuses what it does not take, and an end before the start, before anything is planned")
    func check() throws {
        let catalog = AlgorithmCatalog()
        var parameters = AlgorithmParameters()
        parameters.displayQuantity = Quantity(5)
        let stray = #expect(throws: ParameterProblem.self) { try catalog.check(parameters, for: .pov) }
        #expect(stray?.problem.contains("It takes duration_minutes") == true)
        try catalog.check(parameters, for: .iceberg)
        parameters = AlgorithmParameters()
        parameters.startTime = Bench.minute(5)
        parameters.endTime = Bench.minute(5)
        let reversed = #expect(throws: ParameterProblem.self) { try catalog.check(parameters, for: .twap) }
        #expect(reversed?.name == "end_time")
    }
}
