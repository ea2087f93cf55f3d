import BenchmarkKit
import ExecutionAlgorithms
import ExecutionEngine
import Foundation
import MarketData
import Orchestration
import PaperTrading
import Portfolio
import PostgresStore
import RiskRules
import TradingAgents
import TradingDomain
import Workflows
import YAMLNodes

/// The program's own runner and run store, with the engine of an account that nobody trades on.
struct RunnerLoad {
    private static let workflow = SourceFile(
        name: "five-steps.yaml",
        text: """
            format: 1
            workflow: five-steps
            steps:
              - { id: one, uses: bench.nothing }
              - { id: two, uses: bench.nothing }
              - { id: three, uses: bench.nothing }
              - { id: four, uses: bench.nothing }
              - { id: five, uses: bench.nothing }

            """
    )

    private let cluster: BenchmarkCluster
    private let pool: PostgresPool
    private let worker: PostgresWorker
    private let engine: SmartExecutionEngine
    private let executor: SmartExecutor
    private let watch = FirstStepWatch()

    init(on cluster: BenchmarkCluster) async throws {
        self.cluster = cluster
        pool = try PostgresPool(url: cluster.url, size: 8)
        worker = try await PostgresWorker.start(url: cluster.url, program: "workflows benchmark")
        let journal = PostgresJournal(pool: pool, worker: worker)
        let clock = WallClock()
        let account = AccountID(unchecked: "bench")
        let hours = AlwaysOpen()
        let limits = try RiskLimits()
        let opening = AccountOpening(cash: Money(units: 100_000 * 100_000_000, .usd), at: clock.instant)
        engine = try await SmartExecutionEngine(
            account: account,
            opening: opening,
            configuration: EngineConfiguration(
                environment: .paper,
                currency: .usd,
                dayOpen: opening.at,
                instrument: { Instrument(symbol: $0) },
                limits: limits
            ),
            router: OrderRouting(hours: hours, forecast: NoForecast()),
            journal: journal,
            broker: SimulatedBroker(commissionRate: .zero)
        )
        let desk = Desk(
            account: account,
            environment: .paper,
            currency: .usd,
            engine: engine,
            store: PostgresRunStore(pool: pool, worker: worker),
            journal: journal,
            clock: clock,
            market: GeneratedMarket(seed: 7),
            hours: hours,
            agents: AgentDesk([], now: { clock.instant }),
            sizing: SizingConfig(),
            rebalancing: RebalanceConfig(),
            limits: limits,
            models: [:]
        )
        executor = SmartExecutor(
            desk: desk,
            catalog: StepCatalog([NothingStep(watch: watch)]),
            library: { _ in nil }
        )
    }

    func close() async throws {
        try await engine.close()
        await worker.stop()
        await pool.close()
    }

    /// Runs `count` workflows, `inFlight` at any time.
    func run(_ count: Int, inFlight: Int) async throws -> LoadMeasurement {
        let before = ProcessorTime.read(server: cluster.process)
        let start = ContinuousClock.now
        let latencies = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for lane in 0..<inFlight {
                group.addTask {
                    var latencies: [Duration] = []
                    for _ in 0..<(count / inFlight + (lane < count % inFlight ? 1 : 0)) {
                        let begin = ContinuousClock.now
                        try await runOnce()
                        latencies.append(.now - begin)
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let elapsed = ContinuousClock.now - start
        let used = ProcessorTime.read(server: cluster.process) - before
        return LoadMeasurement(
            inFlight: inFlight,
            rate: Double(count) / (elapsed / .seconds(1)),
            latencies: latencies.map { $0 / .milliseconds(1) },
            server: used.server / Double(count) * 1e3,
            ours: used.ours / Double(count) * 1e3
        )
    }

    /// How long after it was asked for, from idle, a run's first step begins; milliseconds, one for each try.
    func starts(_ tries: Int) async throws -> [Double] {
        var times: [Double] = []
        for _ in 0..<tries {
            try await Task.sleep(for: .milliseconds(100))
            _ = watch.take()
            let begin = ContinuousClock.now
            try await runOnce()
            guard let first = watch.take() else { throw BenchmarkError("no step has begun") }
            times.append((first - begin) / .milliseconds(1))
        }
        return times
    }

    private func runOnce() async throws {
        let report = try await executor.run(Self.workflow, inputs: [:])
        guard report.status == .success else {
            throw BenchmarkError("a run ended \(report.status): \(report.message ?? "")")
        }
    }

    /// Makes sure that everything that was run is in the tables, each step once.
    func check(runs: Int) async throws {
        let row = try await pool.withConnection { connection in
            try await connection.query(
                """
                SELECT (SELECT count(*) FROM runs WHERE workflow = 'five-steps' AND status = 'SUCCESS') AS runs,
                    (SELECT count(*) FROM step_runs AS step JOIN step_done AS done USING (run, path, number)) AS steps,
                    (SELECT count(*) FROM run_bodies WHERE report IS NOT NULL) AS reports
                """
            ).single()
        }
        let found = [try row.int64("runs"), try row.int64("steps"), try row.int64("reports")]
        guard found == [Int64(runs), Int64(5 * runs), Int64(runs)] else {
            throw BenchmarkError("\(runs) runs left \(found) runs, steps and reports")
        }
    }
}

/// What a number of runs took.
struct LoadMeasurement: Sendable {
    let inFlight: Int
    /// Runs per second.
    let rate: Double
    /// Milliseconds of each run.
    let latencies: [Double]
    /// Processor milliseconds of the server per run.
    let server: Double
    /// Processor milliseconds of the client per run; `nil` where it is another program.
    let ours: Double?

    /// The latency that a share of the runs kept below, in milliseconds.
    func latency(_ share: Double) -> Double {
        let sorted = latencies.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}

/// Business time as the wall shows it; nothing here waits for it.
private struct WallClock: TradingClock {
    var instant: Timestamp { Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e6) * 1000) }

    func now() async -> Timestamp { instant }
    func watch(_ symbols: [Symbol]) async throws {}
    func settle() async throws {}
    func advance() async throws -> Bool { false }
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
