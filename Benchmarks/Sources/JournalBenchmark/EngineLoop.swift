import BenchmarkKit
import ExecutionAlgorithms
import ExecutionEngine
import Foundation
import MarketData
import OrderManagement
import PostgresStore
import RiskRules
import Synchronization
import TradingDomain

/// The real engine with the real journal, working so many parents at a time.
///
/// Each parent is a TWAP of thirty slices, two seconds apart, which is sooner than the engine would ask after one; all run
/// in step, so that a turn brings the acknowledgement and the fill of the last slice and the intent of the next. Admission and the ends are timed too; recording the
/// submissions, which the workflow does, is not.
struct EngineLoop {
    private static let slices = 30
    private static let start = Timestamp(nanoseconds: 1_750_000_000_000_000_000)
    private static let price = Price(units: 10_000_000_000)
    private static let symbols = 100

    let cluster: BenchmarkCluster
    let round: Int
    let parents: Int
    /// How often a new set of parents is worked from beginning to end.
    let waves: Int

    func run() async throws -> LoopMeasurement {
        let pool = try PostgresPool(url: cluster.url, size: 8)
        let worker = try await PostgresWorker.start(url: cluster.url, program: "journal benchmark")
        let journal = MeasuringJournal(PostgresJournal(pool: pool, worker: worker))
        let clock = ClockBox(Self.start)
        let broker = InstantBroker(price: Self.price) { clock.now }
        let account = AccountID(unchecked: "bench-\(parents)-\(round)")
        let engine = try await SmartExecutionEngine(
            account: account,
            opening: AccountOpening(cash: Money(units: 1_000_000_000_000 * 100_000_000, .usd), at: Self.start),
            configuration: try Self.configuration(),
            router: OrderRouting(hours: AlwaysOpen(), forecast: NoForecast()),
            journal: journal,
            broker: broker
        )
        var elapsed = Duration.zero
        var used = (ours: 0.0, server: 0.0)
        for wave in 0..<waves {
            try await submit(wave, to: engine, account, at: clock.now)
            let before = ProcessorTime.read(server: cluster.process)
            let begin = ContinuousClock.now
            try await work(engine, broker, clock)
            elapsed += ContinuousClock.now - begin
            let after = ProcessorTime.read(server: cluster.process) - before
            used.ours += after.ours
            used.server += after.server
        }
        try await engine.close()
        let measured = try await check(pool, journal, account, elapsed, used)
        await worker.stop()
        await pool.close()
        return measured
    }

    /// Turns until every parent has ended: what the venue has reported and what is due, then the next due time.
    private func work(_ engine: SmartExecutionEngine, _ broker: InstantBroker, _ clock: ClockBox) async throws {
        try await engine.turn(at: clock.now)
        while true {
            let reports = broker.takeReports()
            let wake = await engine.nextWake
            if reports.isEmpty, wake == nil { return }
            if let wake, wake > clock.now { clock.now = wake }
            await engine.enqueue(reports.map(EngineInput.broker))
            try await engine.turn(at: clock.now)
        }
    }

    private func submit(
        _ wave: Int,
        to engine: SmartExecutionEngine,
        _ account: AccountID,
        at now: Timestamp
    ) async throws {
        var events: [EngineInput] = []
        let symbols = try (0..<min(parents, Self.symbols)).map { number in
            guard let symbol = Symbol("S\(number)") else { throw BenchmarkError("S\(number) is no symbol") }
            events.append(.market(Self.bar(symbol, at: now)))
            return symbol
        }
        await engine.enqueue(events)
        var parameters = AlgorithmParameters()
        parameters.durationMinutes = 1
        parameters.slices = Self.slices
        var submissions: [ParentSubmission] = []
        for number in 0..<parents {
            let seed = UInt64(round << 48 | parents << 32 | wave * parents + number)
            let order = ProposedOrder(
                instrument: Instrument(symbol: symbols[number % symbols.count]),
                side: .buy,
                quantity: Quantity(10 * Self.slices),
                referencePrice: Self.price,
                urgency: .medium,
                urgencySource: "benchmark",
                note: "benchmark"
            )
            submissions.append(
                ParentSubmission(
                    id: ParentOrderID(digest: withUnsafeBytes(of: seed.bigEndian, Array.init) + [0, 0]),
                    account: account,
                    order: order,
                    choice: .explicit(.twap, parameters),
                    run: nil,
                    stepPath: nil,
                    submittedAt: now,
                    seed: seed
                )
            )
        }
        // A transaction each, so many at a time.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for submission in submissions { group.addTask { _ = try await engine.submit(submission) } }
            try await group.waitForAll()
        }
    }

    /// Counts what is in the tables, and makes sure that it is right.
    private func check(
        _ pool: PostgresPool,
        _ journal: MeasuringJournal,
        _ account: AccountID,
        _ elapsed: Duration,
        _ used: (ours: Double, server: Double)
    ) async throws -> LoopMeasurement {
        let queries = PostgresQueries(pool: pool)
        for check in try await queries.verify(account) where !check.holds {
            throw BenchmarkError("\(check.name): \(check.differences.prefix(3).joined(separator: "; "))")
        }
        let counted = try await pool.withConnection { connection in
            try await connection.query(
                """
                SELECT (SELECT count(*) FROM order_events WHERE account = $1) AS events,
                    (SELECT count(*) FROM fills WHERE account = $1) AS fills,
                    (SELECT count(*) FROM intents WHERE account = $1) AS intents,
                    (SELECT count(*) FROM ledger_entries WHERE account = $1) AS entries,
                    (SELECT count(*) FROM child_orders WHERE account = $1 AND life = 'filled') AS children,
                    (SELECT count(*) FROM parent_orders WHERE account = $1 AND state = 'filled') AS parents
                """,
                [.text(account.text)]
            ).single()
        }
        let orders = Int64(parents * waves)
        let children = orders * Int64(Self.slices)
        for (name, expected) in [
            ("parents", orders), ("children", children), ("fills", children), ("entries", children + 1),
            ("intents", children), ("events", 3 * children + 3 * orders),
        ] {
            let found = try counted.int64(name)
            guard found == expected else {
                throw BenchmarkError("\(found) \(name) are stored, not \(expected)")
            }
        }
        let rows =
            try counted.int64("events") + counted.int64("fills") + counted.int64("intents")
            + counted.int64("entries") + counted.int64("children")
        return LoopMeasurement(
            parents: parents,
            events: Int(try counted.int64("events")),
            rows: Int(rows),
            elapsed: elapsed,
            latencies: journal.sortedLatencies,
            ours: used.ours,
            server: used.server
        )
    }

    private static func configuration() throws -> EngineConfiguration {
        EngineConfiguration(
            environment: .paper,
            currency: .usd,
            dayOpen: start,
            instrument: { Instrument(symbol: $0) },
            limits: try RiskLimits(maxPositionPercent: FixedDecimal(100)),
            inputsPerBatch: EngineConfiguration.liveInputsPerBatch
        )
    }

    private static func bar(_ symbol: Symbol, at time: Timestamp) -> MarketEvent {
        .bar(
            Bar(
                symbol: symbol,
                start: time - .seconds(60),
                end: time,
                open: price,
                high: price,
                low: price,
                close: price,
                volume: Quantity(1_000_000)
            )
        )
    }
}

/// The loop's business time, as a driver keeps it.
final class ClockBox: Sendable {
    private let time: Mutex<Timestamp>

    init(_ start: Timestamp) { time = Mutex(start) }

    var now: Timestamp {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }
}

private struct AlwaysOpen: TradingHours {
    func phase(of instrument: Instrument, at time: Timestamp) -> MarketPhase {
        .open(since: time, until: time + .seconds(86_400))
    }
}

private struct NoForecast: VolumeForecast {
    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double] {
        throw BenchmarkError("no order here asks for a volume profile")
    }

    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        throw BenchmarkError("no order here asks for the market's history")
    }
}
