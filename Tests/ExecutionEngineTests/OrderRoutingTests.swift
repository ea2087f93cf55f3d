import ExecutionAlgorithms
import ExecutionEngine
import Testing
import TradingDomain

@Suite("Routing by urgency and by name (RO-0, RO-2)")
struct OrderRoutingTests {
    private let router = OrderRouting(hours: Hours(), forecast: FlatForecast())

    private func route(
        _ urgency: Urgency,
        quantity: Int = 100,
        choice: AlgorithmChoice = .byUrgency,
        at now: Timestamp = Sample.open
    ) throws -> RoutedOrder {
        try router.route(Sample.submission(quantity: quantity, urgency: urgency).order, choice, at: now)
    }

    private func explicit(_ name: AlgorithmName, _ change: (inout AlgorithmParameters) -> Void) -> AlgorithmChoice {
        var parameters = AlgorithmParameters()
        change(&parameters)
        return .explicit(name, parameters)
    }

    @Test("The plan that is kept sums to the order, in at most 240 pieces in time order")
    func keptPlan() throws {
        let long = explicit(.twap) {
            $0.durationMinutes = 300
            $0.sliceIntervalSeconds = 5
        }
        for (urgency, choice, quantity) in [
            (Urgency.critical, AlgorithmChoice.byUrgency, 100), (.high, .byUrgency, 3), (.medium, .byUrgency, 101),
            (.low, .byUrgency, 1000), (.medium, long, 4001),
        ] {
            let routed = try route(urgency, quantity: quantity, choice: choice)
            let kept = routed.schedule
            #expect((1...OrderRouting.plannedMax).contains(kept.count))
            #expect(kept.reduce(Quantity.zero) { $0 + $1.quantity } == Quantity(quantity))
            #expect(kept.map(\.due) == kept.map(\.due).sorted())
            #expect(kept.count == min(routed.verdict.slices, kept.count))
            #expect(kept.first?.due == routed.verdict.start)
        }
        #expect(try route(.medium, quantity: 4001, choice: long).schedule.count > OrderRouting.plannedMax / 2)
    }

    @Test(
        "Each urgency has its algorithm, slices and end",
        arguments: [
            (Urgency.critical, "MARKET", 1, 0, 0.5), (.high, "TWAP_AGGRESSIVE", 5, 300, 1.0),
            (.medium, "TWAP_STANDARD", 10, 1800, 0.5), (.low, "VWAP", 72, 6 * 3600, 0.25),
        ]
    )
    func table(urgency: Urgency, name: String, slices: Int, seconds: Int, bps: Double) throws {
        let routed = try route(urgency)
        #expect(routed.verdict.algorithm.text == name)
        #expect(routed.verdict.slices == slices)
        #expect(routed.verdict.end == Sample.at(seconds))
        #expect(routed.deadline <= Sample.close && routed.deadline >= routed.verdict.end)
        // 100 shares: 0.5 bps times 2, 1 or 0.5 by style (SE-3).
        let style = urgency == .critical ? 1.0 : bps
        #expect((routed.verdict.estimatedImpactBps - style).magnitude < 1e-12)
    }

    @Test("Never more slices than lots")
    func lots() throws {
        #expect(try route(.high, quantity: 3).verdict.slices == 3)
        #expect(try route(.low, quantity: 1).verdict.slices == 1)
    }

    @Test("The close shortens a schedule, and the verdict says so")
    func close() throws {
        let now = Sample.close - .seconds(600)
        let twap = try route(.medium, at: now)
        #expect(twap.verdict.end == Sample.close && twap.deadline == Sample.close)
        #expect(twap.verdict.warning?.contains("closes") == true)
        #expect(try route(.low, at: now).verdict.warning != nil)
        #expect(try route(.low).verdict.warning == nil)
    }

    @Test("An end that its author chose is no early close")
    func endTime() throws {
        let routed = try route(.high, choice: explicit(.twap) { $0.endTime = Sample.at(600) })
        #expect(routed.verdict.end == Sample.at(600))
        #expect(routed.verdict.warning == nil)
    }

    @Test("A closed market names the next open", arguments: [-1, 6 * 3600])
    func closed(second: Int) throws {
        let refusal = try #require(throws: RoutingRefusal.self) { try route(.critical, at: Sample.at(second)) }
        #expect(refusal.code == "MARKET_CLOSED")
        #expect(refusal.message.contains("opens next at"))
    }

    @Test("VWAP without a volume pattern is refused, not guessed")
    func noProfile() throws {
        let blind = OrderRouting(hours: Hours(), forecast: FlatForecast(isKnown: false))
        let refusal = try #require(throws: RoutingRefusal.self) {
            try blind.route(Sample.submission(urgency: .low).order, .byUrgency, at: Sample.open)
        }
        #expect(refusal.code == "NO_VOLUME_PROFILE")
        #expect(refusal.message.contains("no earlier session"))
    }

    @Test("Slices by interval are the floor of minutes × 60 ÷ interval (AL-3)")
    func interval() throws {
        let routed = try route(
            .low,
            choice: explicit(.twap) {
                $0.durationMinutes = 10
                $0.sliceIntervalSeconds = 70
            }
        )
        #expect(routed.verdict.slices == 8)
    }

    @Test("Parameters without sense are refused and never end the program")
    func badParameters() throws {
        let choices: [AlgorithmChoice] = [
            explicit(.twap) { $0.durationMinutes = 0 }, explicit(.twap) { $0.durationMinutes = .max },
            explicit(.vwap) { $0.durationMinutes = .max }, explicit(.vwap) { $0.durationMinutes = -5 },
            explicit(.twap) { $0.slices = 0 }, explicit(.twap) { $0.slices = .max },
            explicit(.twap) { $0.sliceIntervalSeconds = 0 }, explicit(.twap) { $0.sliceIntervalSeconds = -1 },
        ]
        for choice in choices {
            let refusal = try #require(throws: RoutingRefusal.self) { try route(.low, choice: choice) }
            #expect(refusal.code == "BAD_PARAMETERS")
        }
        let past = explicit(.vwap) { $0.endTime = Sample.open }
        #expect(try #require(throws: RoutingRefusal.self) { try route(.low, choice: past) }.code == "NO_TIME_LEFT")
        let unknown = AlgorithmChoice.explicit(AlgorithmName(unchecked: "MAGIC"), AlgorithmParameters())
        #expect(
            try #require(throws: RoutingRefusal.self) { try route(.low, choice: unknown) }.code == "UNKNOWN_ALGORITHM"
        )
    }
}
