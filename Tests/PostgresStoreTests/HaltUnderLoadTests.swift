import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import RiskRules
import Synchronization
import Testing
import TradingDomain
import TradingTestKit

@testable import PostgresStore

/// A venue that takes everything, fills nothing and lists what is open.
private final class QuietVenue: Broker {
    private struct State {
        var open: [ClientOrderID: ChildOrder] = [:]
        var placed = 0
        var reports: [BrokerEvent] = []
        var now = HaltUnderLoadTests.open
    }

    private let state = Mutex(State())

    var placed: Int { state.withLock(\.placed) }

    func takeReports(at now: Timestamp) -> [EngineInput] {
        state.withLock { state in
            defer { state.reports = [] }
            state.now = now
            return state.reports.map(EngineInput.broker)
        }
    }

    func venueTime() async -> Timestamp { state.withLock(\.now) }

    func send(_ commands: [BrokerCommand]) async {
        state.withLock { state in
            for command in commands {
                switch command {
                case .place(let order), .replace(let order):
                    state.placed += 1
                    state.open[order.id] = order
                    let id = BrokerOrderID(unchecked: "v-\(order.id)")
                    state.reports.append(.acknowledged(order.id, id, at: state.now))
                case .cancel(let id, _):
                    if state.open.removeValue(forKey: id) != nil {
                        state.reports.append(.cancelled(id, executed: .zero))
                    }
                }
            }
        }
    }

    func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer {
        .notFound(venueTime: state.withLock(\.now))
    }

    func accountReport(since: Timestamp) async -> AccountReportAnswer {
        let (open, now) = state.withLock { ($0.open, $0.now) }
        let orders = open.values.sorted { $0.id < $1.id }.map { order in
            VenueOpenOrder(
                clientID: order.id,
                brokerID: BrokerOrderID(unchecked: "v-\(order.id)"),
                symbol: order.instrument.symbol,
                side: order.side,
                quantity: order.request.quantity,
                executed: .zero,
                limit: order.request.type.limitPrice,
                placedAt: order.requestTime
            )
        }
        return .report(BrokerAccountReport(venueTime: now, openOrders: orders, positions: [:]))
    }

    func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer {
        state.withLock { state in
            for order in state.open.values where symbols.contains(order.instrument.symbol) {
                state.open[order.id] = nil
                state.reports.append(.cancelled(order.id, executed: .zero))
            }
        }
        return .accepted
    }

    func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer { .unsupported }
}

private final class Flag: Sendable {
    private let state = Mutex(false)

    var isUp: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}

private struct AlwaysOpen: TradingHours {
    func phase(of instrument: Instrument, at time: Timestamp) -> MarketPhase {
        .open(since: HaltUnderLoadTests.open, until: HaltUnderLoadTests.open + .seconds(86_400))
    }
}

private struct Flat: VolumeForecast {
    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double] {
        [Double](repeating: 1, count: Int(((end - start).nanoseconds + bucket.nanoseconds - 1) / bucket.nanoseconds))
    }

    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        HistoryStatistics(dailyVolume: 1_000_000, minuteVolume: 2_500, dailyVolatility: 0.02, dates: [])
    }
}

/// A number of rows, counted by one task and compared by another.
private final class Counted: Sendable {
    let value = Mutex<Int64?>(nil)
}

@Suite("A halt under load (RM-3)")
struct HaltUnderLoadTests {
    static let open = Timestamp(nanoseconds: 1_750_000_000_000_000_000)
    private static let engines = 16
    /// Business seconds that pass in each of an engine's turns.
    private static let step = Duration.seconds(1)

    @Test("Sixteen busy engines stop at once, and each is proven")
    func sixteen() async throws {
        let fixture = try await StoreFixture("halt_load")
        let kill = fixture.killSwitch
        let journal = try await fixture.postgresJournal()
        var pairs: [(SmartExecutionEngine, QuietVenue)] = []
        for number in 0..<Self.engines {
            let venue = QuietVenue()
            pairs.append((try await engine(number, journal, venue), venue))
        }
        let venues = pairs.map(\.1)
        let clock = ContinuousClock()
        let isHalted = Flag()
        // Intents that were durable when the halt was.
        let accepted = Counted()
        let seconds = try await withThrowingTaskGroup(of: Duration?.self) { group in
            for (number, pair) in pairs.enumerated() {
                group.addTask {
                    try await Self.work(number, pair.0, pair.1, isHalted)
                    return nil
                }
            }
            group.addTask {
                // All of them are in the middle of their batches.
                while venues.map(\.placed).min() ?? 0 < 5 { try await Task.sleep(for: .milliseconds(5)) }
                let start = clock.now
                try await kill.activate(reason: "load", by: "test")
                let seconds = clock.now - start
                let count = try await fixture.count("SELECT count(*) FROM intents")
                accepted.value.withLock { $0 = count }
                isHalted.raise()
                return seconds
            }
            var found: Duration?
            for try await duration in group { found = duration ?? found }
            return try #require(found)
        }
        let halt = try #require(try await kill.status(AccountID(unchecked: "load0")).halt)
        let standings = try await kill.standing(halt.id)
        #expect(standings.count == Self.engines && standings.allSatisfy { $0.stage == .proven })
        let intents = try await fixture.count("SELECT count(*) FROM intents")
        #expect(accepted.value.withLock { $0 } == intents, "no intent commits after the halt")
        #expect(try await fixture.count("SELECT count(*) FROM engine_batches WHERE refused_by IS NOT NULL") > 0)
        let unproven = try await fixture.count(
            "SELECT count(*) FROM child_orders WHERE life NOT IN ('filled', 'cancelled', 'rejected', 'expired', 'not_placed', 'replaced')"
        )
        #expect(unproven == 0, "no order is open by our books")
        let slowest = standings.compactMap(\.acknowledgedSeconds).max() ?? 0
        let proof = standings.compactMap(\.provenSeconds).max() ?? 0
        print(
            "halt of \(Self.engines) busy engines: no intent after \(seconds), acknowledged by all after \(slowest) s, proven \(proof) s"
        )
        #expect(seconds < .seconds(10), "a halt waits for the transactions in flight and for nothing else")
        for (engine, _) in pairs { try await engine.close() }
        try await fixture.close()
    }

    private func engine(_ number: Int, _ journal: any Journal, _ venue: QuietVenue) async throws
        -> SmartExecutionEngine
    {
        var configuration = EngineConfiguration(
            environment: .paper,
            currency: .usd,
            dayOpen: Self.open,
            instrument: { Instrument(symbol: $0) },
            limits: try RiskLimits(maxPositionPercent: FixedDecimal(100), requireCash: false),
            inputsPerBatch: EngineConfiguration.liveInputsPerBatch
        )
        configuration.reconciliation = ReconciliationSettings()
        let engine = try await SmartExecutionEngine(
            account: AccountID(unchecked: "load\(number)"),
            opening: AccountOpening(cash: Money(units: 10_000_000 * 100_000_000, .usd), at: Self.open),
            configuration: configuration,
            router: OrderRouting(hours: AlwaysOpen(), forecast: Flat()),
            journal: journal,
            broker: venue
        )
        await engine.enqueue([
            .market(
                .trade(
                    Trade(
                        symbol: try JournalSamples.symbol(),
                        at: Self.open,
                        price: Price(units: 10_000_000_000),
                        size: Quantity(100)
                    )
                )
            )
        ])
        return engine
    }

    /// New orders in every turn until the halt; then turns until the proof.
    private static func work(
        _ number: Int,
        _ engine: SmartExecutionEngine,
        _ venue: QuietVenue,
        _ isHalted: Flag
    ) async throws {
        var now = open
        var count: UInt8 = 0
        var after = 0
        while after < 30 {
            now = now + step
            await engine.enqueue(venue.takeReports(at: now))
            if isHalted.isUp {
                after += 1
                try await engine.checkControls(at: now)
            } else if count < 250 {
                count += 1
                let submission = ParentSubmission(
                    id: ParentOrderID(digest: [9, 9, 9, 9, 9, 9, 9, 9, UInt8(number), count]),
                    account: engine.lease.account,
                    order: ProposedOrder(
                        instrument: Instrument(symbol: try JournalSamples.symbol()),
                        side: .buy,
                        quantity: Quantity(1),
                        referencePrice: Price(units: 10_000_000_000),
                        urgency: .critical,
                        urgencySource: "test",
                        note: "test"
                    ),
                    choice: .explicit(.market, AlgorithmParameters()),
                    run: nil,
                    stepPath: nil,
                    submittedAt: now,
                    seed: 1
                )
                _ = try await engine.submit(submission)
            } else {
                try await Task.sleep(for: .milliseconds(10))
            }
            try await engine.turn(at: now)
        }
    }
}
