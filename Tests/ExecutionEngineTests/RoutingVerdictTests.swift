import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import RiskRules
import Testing
import TradingDomain

@Suite("Why an order was routed so")
struct RoutingVerdictTests {
    private func quote(_ bid: Int, _ ask: Int, _ second: Int) -> MarketEvent {
        .quote(
            Quote(
                symbol: Sample.nvda,
                at: Sample.at(second),
                bid: Sample.price(bid),
                bidSize: Quantity(500),
                ask: Sample.price(ask),
                askSize: Quantity(500)
            )
        )
    }

    @Test("The verdict holds the conditions, the state, and each candidate's predicted cost, and survives a takeover")
    func verdict() throws {
        var bench = try CoreBench(Sample.limits())
        for second in 0..<120 {
            bench.core.apply(.market(quote(9_999, 10_001, second)), at: Sample.at(second))
            let trade = Trade(
                symbol: Sample.nvda,
                at: Sample.at(second),
                price: Sample.price(10_000),
                size: Quantity(50)
            )
            bench.core.apply(.market(.trade(trade)), at: Sample.at(second))
        }
        bench.submit(Sample.submission(urgency: .medium, at: Sample.at(120)), at: Sample.at(120))
        bench.turn(at: Sample.at(120))
        let verdict = try #require(bench.record("a")?.admission?.verdict)
        let inputs = try #require(verdict.inputs)
        #expect(inputs.router == "urgency" && inputs.missing.isEmpty)
        #expect(verdict.marketState == "normal")
        #expect(inputs.dailyVolume == 1_000_000 && inputs.dailyVolatility == 0.02)
        #expect(inputs.sizeToDailyVolume == 0.0001)
        let volume = try #require(inputs.conditions?.minuteVolume).approximate
        #expect((volume - 3000).magnitude < 60)
        let value1 = try #require(inputs.sizeToMinuteVolume)
        #expect((value1 - 100 / volume).magnitude < 1e-12)
        let candidates = try #require(verdict.candidates)
        #expect(candidates.map(\.algorithm) == UrgencyRouter.allowed(for: .medium))
        #expect(candidates[0].note == "chosen" && candidates[1].note.hasPrefix("allowed for MEDIUM"))
        // TWAP_STANDARD is MODERATE, twice VWAP's impact: 2 × 0.02 × √0.0001 × 10⁴ bps, and half a spread of 2 bps.
        let value2 = try #require(verdict.predictedCostBps)
        #expect((value2 - 5).magnitude < 1e-6)
        #expect(candidates[0].costBps == verdict.predictedCostBps)
        bench.takeOver(at: Sample.at(130))
        bench.turn(at: Sample.at(130))
        #expect(bench.record("a")?.admission?.verdict == verdict)
    }

    @Test("What is missing is said, and no cost is invented")
    func missing() throws {
        let routing = OrderRouting(hours: Hours(), forecast: UnknownHistory())
        let order = Sample.submission(urgency: .high).order
        let verdict = try routing.route(order, .byUrgency, at: Sample.open).verdict
        #expect(verdict.predictedCostBps == nil && verdict.candidates == [])
        let missing = try #require(verdict.inputs?.missing)
        #expect(missing.count == 3)
        #expect(missing.contains { $0.contains("no earlier session") })
    }

    @Test("A router of a program's own is registered with one line; an unknown one is refused")
    func ownRouter() throws {
        var routing = OrderRouting(hours: Hours(), forecast: FlatForecast())
        let choice = AlgorithmChoice.byRouter(RoutingStrategy(unchecked: "always-pov"))
        let order = Sample.submission(urgency: .high).order
        let refusal = try #require(throws: RoutingRefusal.self) { try routing.route(order, choice, at: Sample.open) }
        #expect(refusal.code == "UNKNOWN_ROUTER")
        #expect(refusal.message.contains("learned, market, urgency"))
        routing.register(AlwaysPOV())
        let verdict = try routing.route(order, choice, at: Sample.open).verdict
        #expect(verdict.algorithm == .pov && verdict.inputs?.router == "always-pov")
        #expect(try routing.route(order, .byUrgency, at: Sample.open).verdict.algorithm == .twapAggressive)
    }

    @Test("A person is told once of each kind of bad data and instrument")
    func dataProblems() throws {
        var bench = try CoreBench(Sample.limits())
        var gate = QualityGate()
        for symbol in [Sample.nvda, Sample.aapl] {
            for second in 0..<50 {
                for price in [0, -5] {
                    let trade = Trade(
                        symbol: symbol,
                        at: Sample.at(second),
                        price: Sample.price(price),
                        size: Quantity(1)
                    )
                    let problem = gate.screen(.trade(trade), at: Sample.at(second)).problem
                    bench.core.apply(.dataProblem(try #require(problem)), at: Sample.at(second))
                }
            }
        }
        bench.turn(at: Sample.at(60))
        #expect(bench.alerts == ["market_data_price_not_positive", "market_data_price_not_positive"])
        #expect(gate.quality(of: Sample.nvda)?.problems == ["price_not_positive": 100])
    }

    @Test("The learned router learns before its first order, once a day of business time, and from nothing else")
    func relearning() async throws {
        let past = (0..<10).map { _ in
            ExecutionSample(
                algorithm: .aggressive,
                marketState: "normal",
                bucket: .small,
                fillRate: 1,
                slippageBps: 0,
                costBps: -1,
                endedAt: Sample.open
            )
        }
        let history = MemoryHistory(past)
        let journal = MemoryJournal(MemoryJournal.Ground(), worker: "w")
        let engine = try await SmartExecutionEngine(
            account: Sample.account,
            opening: AccountOpening(cash: Sample.money(100_000), at: Sample.open),
            configuration: Sample.configuration(try Sample.limits()),
            router: OrderRouting(hours: Hours(), forecast: FlatForecast()),
            journal: journal,
            broker: SilentBroker(),
            history: history
        )
        await engine.observe([quote(9_999, 10_001, 0)], at: Sample.open)
        for second in stride(from: 0, through: 120, by: 60) {
            await engine.observe([Sample.bar(Sample.nvda, at: Sample.at(second))], at: Sample.at(second))
        }
        func submit(_ letter: String, _ choice: AlgorithmChoice, at second: Int) async throws -> ParentRecord {
            let submission = Sample.submission(
                letter,
                quantity: 10,
                urgency: .high,
                choice: choice,
                at: Sample.at(second)
            )
            _ = try await engine.submit(submission)
            try await engine.turn(at: Sample.at(second))
            return try #require(try await journal.parents([submission.id]).first)
        }
        _ = try await submit("a", .byUrgency, at: 130)
        #expect(await history.saved.isEmpty, "nobody asked")
        let learned = AlgorithmChoice.byRouter(.learned)
        let record = try await submit("b", learned, at: 140)
        #expect(record.admission?.verdict.algorithm == .aggressive)
        #expect(record.admission?.verdict.rule.contains("over 10 past orders") == true)
        _ = try await submit("c", learned, at: 150)
        #expect(await history.saved.map(\.learnedAt) == [Sample.at(140)])
    }
}

private struct AlwaysPOV: Router {
    let strategy = RoutingStrategy(unchecked: "always-pov")
    func choose(_ question: RoutingQuestion) -> RouterChoice? { RouterChoice(.pov, rule: "always") }
}

private struct UnknownHistory: VolumeForecast {
    func weights(of instrument: Instrument, from start: Timestamp, to end: Timestamp, bucket: Duration, days: Int)
        throws
        -> [Double]
    { throw FlatForecast.Missing() }

    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        throw FlatForecast.Missing()
    }
}

/// Takes everything and never answers.
private struct SilentBroker: Broker {
    func venueTime() async -> Timestamp { Sample.open }
    func send(_ commands: [BrokerCommand]) async {}
    func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer { .unavailable(reason: "silent") }
    func accountReport(since: Timestamp) async -> AccountReportAnswer { .unavailable(reason: "silent") }
    func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer { .unavailable(reason: "silent") }
    func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer { .unsupported }
}
