import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import PaperTrading
import Portfolio
import RiskRules
import Testing
import TradingDomain

/// New York's hours, from the generated market's own calendar.
private struct Hours: TradingHours {
    let calendar: TradingCalendar

    func phase(of instrument: Instrument, at time: Timestamp) -> MarketPhase {
        guard let session = try? calendar.session(on: calendar.date(at: time)), session.open <= time,
            time < session.close
        else { return .closed(nextOpen: nil) }
        return .open(since: session.open, until: session.close)
    }
}

private struct Forecast: VolumeForecast {
    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        HistoryStatistics(dailyVolume: 1_000_000, minuteVolume: 2_500, dailyVolatility: 0.02, dates: [])
    }

    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double] {
        let count = ((end - start).nanoseconds + bucket.nanoseconds - 1) / bucket.nanoseconds
        return [Double](repeating: 1, count: Int(count))
    }
}

@Suite("A run in virtual time")
struct PaperDriverTests {
    /// What came of a run: everything that must be equal in two equal runs.
    private struct Outcome: Equatable {
        var fills: [Fill] = []
        var states: [ParentState] = []
        var equity: Money
        var ended: Timestamp
    }

    private func run(seed: UInt64, isDirty: Bool = false, sharedBy runs: Int = 1) async throws -> Outcome {
        let market = GeneratedMarket(seed: seed)
        let date = try #require(CalendarDate("2026-03-10"))
        let session = try #require(try market.calendar.session(on: date))
        let hours = Hours(calendar: market.calendar)
        let account = AccountID(unchecked: "paper@generated")
        let memory = MemoryJournal()
        let begins = session.open + .seconds(300)
        let broker = try await SimulatedBroker(
            account: account,
            model: FillModel(seed: seed),
            store: MemoryVenueStore(),
            at: begins,
            closeOf: { instrument, time in
                guard case .open(_, let until) = hours.phase(of: instrument, at: time) else { return nil }
                return until
            }
        )
        let bySymbol = Dictionary(uniqueKeysWithValues: market.instruments.map { ($0.symbol, $0) })
        let engine = try await SmartExecutionEngine(
            account: account,
            opening: AccountOpening(cash: Money(units: 100_000_000_000_000, .usd), at: session.open),
            configuration: EngineConfiguration(
                environment: .backtest,
                currency: .usd,
                dayOpen: session.open,
                instrument: { bySymbol[$0] },
                limits: try RiskLimits(maxPositionPercent: FixedDecimal(100))
            ),
            router: OrderRouting(hours: hours, forecast: Forecast()),
            journal: memory,
            broker: broker
        )
        let driver = PaperDriver(
            engine: engine,
            broker: broker,
            source: isDirty ? DirtyMarket(clean: market) : market,
            dayOpen: session.open,
            start: begins,
            end: session.close + .seconds(60),
            pace: runs == 1 ? .virtual : .paced(100_000)
        )
        let chosen = Array(market.instruments.prefix(4))
        try await driver.watch(chosen.map(\.symbol))
        var parents: [ParentOrderID] = []
        for (index, instrument) in chosen.enumerated() {
            let id = ParentOrderID(digest: [UInt8](repeating: UInt8(index + 1), count: 10))
            parents.append(id)
            let view = try #require(await engine.view(instrument.symbol)?.mid)
            let submission = ParentSubmission(
                id: id,
                account: account,
                order: ProposedOrder(
                    instrument: instrument,
                    side: .buy,
                    quantity: Quantity(40),
                    referencePrice: view,
                    urgency: Urgency.allCases[index],
                    urgencySource: "test",
                    note: "test"
                ),
                choice: .byUrgency,
                run: nil,
                stepPath: nil,
                submittedAt: begins,
                seed: seed
            )
            _ = try await engine.submit(submission)
        }
        try await driver.settle()
        // Runs that share a floor let time pass, settle and follow symbols at once.
        let last = try await withThrowingTaskGroup(of: Timestamp.self) { group in
            for number in 0..<runs {
                let symbol = market.instruments[number % market.instruments.count].symbol
                group.addTask {
                    var last = driver.instant
                    while try await driver.advance() {
                        #expect(driver.instant >= last, "time went from \(last) to \(driver.instant)")
                        last = driver.instant
                        if runs > 1 {
                            try await driver.settle()
                            try await driver.watch([symbol])
                        }
                    }
                    return last
                }
            }
            return try await group.reduce(begins) { max($0, $1) }
        }
        if isDirty {
            let quality = try #require(await driver.dataQuality(of: chosen[0].symbol))
            #expect(quality.withheld > 100)
            #expect(Set(quality.problems.keys) == ["price_not_positive", "price_off_mean"])
            let alerts = await memory.ground.alerts.map(\.code).filter { $0.hasPrefix("market_data_") }
            #expect(alerts.count == 2 * chosen.count, "once of each kind and instrument: \(alerts)")
        }
        let records = try await memory.parents(parents)
        let fills = await memory.ground.fills
        for fill in fills { #expect(fill.tradedAt > begins && fill.tradedAt <= session.close) }
        return Outcome(fills: fills, states: records.map(\.state), equity: await engine.equity, ended: last)
    }

    @Test("Several runs share a paced clock: time never goes back, and every order ends as in one run")
    func sharing() async throws {
        let alone = try await run(seed: 11)
        let shared = try await run(seed: 11, sharedBy: 4)
        #expect(shared.states == alone.states)
        #expect(
            shared.fills.reduce(Quantity.zero) { $0 + $1.quantity } == alone.fills.reduce(.zero) { $0 + $1.quantity }
        )
    }

    @Test("Two equal runs are equal, every order ends, and another seed is another run")
    func determinism() async throws {
        let first = try await run(seed: 11)
        let second = try await run(seed: 11)
        #expect(first == second)
        #expect(first.states == [.filled, .filled, .filled, .filled])
        #expect(first.fills.count > 4)
        #expect(try await run(seed: 12).fills != first.fills)
    }

    @Test(
        "Bad data reaches neither the venue nor the engine: the same run with and without it",
        arguments: [UInt64(11), 21]
    )
    func gate(seed: UInt64) async throws {
        let clean = try await run(seed: seed)
        let dirty = try await run(seed: seed, isDirty: true)
        #expect(clean.fills == dirty.fills && clean.states == dirty.states && clean.equity == dirty.equity)
    }
}

/// A market whose feed also tells nonsense: after every tenth event prices of zero and of three times as much.
private struct DirtyMarket: MarketSource {
    let clean: GeneratedMarket

    var title: String { clean.title }
    var fingerprint: String { clean.fingerprint }
    var instruments: [Instrument] { clean.instruments }

    func bars(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> [Bar] {
        try clean.bars(symbol, from: from, to: to)
    }

    func events(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> any MarketEventIterator {
        Events(clean: try clean.events(symbol, from: from, to: to))
    }

    private struct Events: MarketEventIterator {
        var clean: any MarketEventIterator
        var count = 0
        var waiting: [MarketEvent] = []

        mutating func next() throws -> MarketEvent? {
            if let event = waiting.popLast() { return event }
            guard let event = try clean.next() else { return nil }
            count += 1
            // Not before the gate knows a few prices.
            if case .quote(let quote) = event, count % 10 == 0, count > 20 {
                waiting = [
                    .trade(Trade(symbol: quote.symbol, at: quote.at, price: .zero, size: Quantity(100))),
                    .quote(Self.changed(quote, times: 3)), .quote(Self.changed(quote, times: 0)),
                ]
            }
            return event
        }

        private static func changed(_ quote: Quote, times: Int64) -> Quote {
            Quote(
                symbol: quote.symbol,
                at: quote.at,
                bid: Price(units: quote.bid.units * times),
                bidSize: quote.bidSize,
                ask: Price(units: quote.ask.units * times),
                askSize: quote.askSize
            )
        }
    }
}
