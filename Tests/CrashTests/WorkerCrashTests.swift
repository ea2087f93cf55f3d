import Foundation
import Testing
import TradingTestKit

@Suite("Workers die, stall and drain in the middle of a run", .serialized)
struct WorkerCrashTests {
    /// Market seconds in one: slow enough that a run is in its middle when something happens to its worker.
    private static let pace = "15x"
    /// Where a command has to come before the run's end.
    private static let slowPace = "5x"
    /// Where a drain has to.
    private static let steadyPace = "8x"
    /// How many seconds a run may stand still when its worker is gone: a lease and a little.
    private static let takeover = 20.0

    /// Starts workers, and waits until commands can find them all: once the run goes on nobody has to be waited for.
    private func startWorkers(_ count: Int, _ home: Home) async throws -> [RunningProgram] {
        let workers = try (0..<count).map { _ in
            try home.program.start(["worker", "--max-runs", "2", "--drain-timeout", "20"])
        }
        let areThere = "SELECT count(*) = \(count) FROM workers WHERE serves IS NOT NULL"
        #expect(try await home.wait(until: areThere, while: workers[0]))
        return workers
    }

    /// Starts the run at a worker.
    ///
    /// - Returns: Its id.
    private func startRun(_ home: Home, pace: String = Self.pace) async throws -> String {
        let started = try await home.run("\(try home.line(pace: pace)) --detach")
        #expect(started.status == 0, "\(started.errors)\(started.output)")
        return try JSONDecoder().decode([String: String].self, from: Data(started.output.utf8))["run"] ?? ""
    }

    /// The worker that works the run, once that has sent so many intents.
    private func holder(_ home: Home, after intents: Int, of workers: [RunningProgram]) async throws -> RunningProgram {
        #expect(try await home.wait(until: "SELECT count(*) >= \(intents) FROM intents", while: workers[0]))
        let pid = try await home.value("SELECT pid FROM workers JOIN runs ON runs.worker = workers.id")
        return try #require(workers.first { "\($0.process)" == pid }, "no worker has the run, or one with pid '\(pid)'")
    }

    private func now(_ home: Home) async throws -> String { try await home.value("SELECT clock_timestamp()") }

    /// Waits until another worker than `old` works the run.
    ///
    /// - Returns: How many seconds after `start` it claimed the run, by the database's clock: whoever looks may be late.
    private func takeover(
        _ home: Home,
        from old: RunningProgram,
        since start: String,
        while other: RunningProgram
    ) async throws -> Double {
        let holds = "SELECT count(*) > 0 FROM runs JOIN workers ON workers.id = runs.worker WHERE pid <> \(old.process)"
        #expect(
            try await home.wait(until: "(\(holds)) OR EXISTS (SELECT FROM runs WHERE state = 'finished')", while: other)
        )
        let took = try await home.value("SELECT extract(epoch FROM claimed_at - '\(start)'::timestamptz) FROM runs")
        return try #require(Double(took))
    }

    /// The run's report, once it has ended.
    private func finish(_ home: Home, _ run: String) async throws {
        try home.checkRun(try await home.run("runs follow \(run) --output json"), run)
        try await home.checkBooks()
        #expect(try await home.value("SELECT count(*) FROM runs WHERE state = 'finished'") == "1")
        #expect(try await home.value("SELECT count(*) - count(DISTINCT path) FROM step_done") == "0")
    }

    private func end(_ workers: [RunningProgram]) async {
        for worker in workers where !worker.hasEnded { kill(worker.process, SIGTERM) }
        for worker in workers { _ = await worker.outcome() }
    }

    @Test("kill -9, again and again: another worker goes on within 20 s, no order twice, none lost")
    func kills() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            var living = try await startWorkers(4, home)
            let run = try await startRun(home)
            for intents in [1, 4, 7] {
                let working = try await holder(home, after: intents, of: living)
                living.removeAll { $0 === working }
                let start = try await now(home)
                working.kill()
                _ = await working.outcome()
                let took = try await takeover(home, from: working, since: start, while: living[0])
                #expect((0..<Self.takeover).contains(took), "\(took) s")
            }
            try await finish(home, run)
            await end(living)
        }
    }

    @Test("A worker that is stopped for longer than its lease commits nothing when it wakes, and goes on living")
    func stalls() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let workers = try await startWorkers(2, home)
            let run = try await startRun(home)
            let first = try await holder(home, after: 3, of: workers)
            let second = try #require(workers.first { $0 !== first })
            let start = try await now(home)
            kill(first.process, SIGSTOP)
            let took = try await takeover(home, from: first, since: start, while: second)
            // A statement in flight holds its locks for 10 s.
            #expect((0..<Self.takeover + 10).contains(took), "\(took) s")
            let leases = "FROM engine_leases JOIN workers ON workers.id = worker WHERE pid = \(second.process)"
            #expect(try await home.wait(until: "SELECT count(*) > 0 \(leases)", while: second))
            let epoch = try await home.value("SELECT min(epoch) \(leases)")
            let sent = try await home.value("SELECT count(*) FROM engine_batches WHERE epoch < \(epoch)")
            kill(first.process, SIGCONT)
            try await finish(home, run)
            let late = try await home.value("SELECT count(*) FROM engine_batches WHERE epoch < \(epoch)")
            #expect(late == sent, "batches of the lease that was lost")
            while !first.errorsSoFar.contains("another worker has it"), !first.hasEnded {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(!first.hasEnded)
            kill(first.process, SIGTERM)
            let outcome = await first.outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("another worker has it"), "\(outcome.errors)")
            await end([second])
        }
    }

    @Test("SIGTERM drains: the run is handed over at once and nothing is half done")
    func drains() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let workers = try await startWorkers(2, home)
            let run = try await startRun(home, pace: Self.steadyPace)
            let first = try await holder(home, after: 2, of: workers)
            let second = try #require(workers.first { $0 !== first })
            let start = try await now(home)
            kill(first.process, SIGTERM)
            let took = try await takeover(home, from: first, since: start, while: second)
            #expect((0..<10).contains(took), "\(took) s")
            let outcome = await first.outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("handed over") && outcome.errors.contains("Drained."), "\(outcome.errors)")
            try await finish(home, run)
            await end([second])
        }
    }

    @Test("A run of the command line goes to the worker and is followed; without one it runs here")
    func handOver() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let worker = try await startWorkers(1, home)[0]
            let line = try home.line(pace: "300x")
            let handed = try await home.run(line)
            let run = try await home.value("SELECT id FROM runs")
            try home.checkRun(handed, run)
            let ran = "SELECT DISTINCT pid FROM engine_leases JOIN workers ON workers.id = engine_leases.worker"
            #expect(try await home.value(ran) == "\(worker.process)")
            let listed = try await home.run("status")
            #expect(listed.output.contains("claims every account's runs"), "\(listed.output)")
            #expect(try await home.run("runs logs \(run)").output.contains("ended SUCCESS"))
            await end([worker])
            try await home.checkBooks()
            // The same line again, elsewhere: the account's time does not go back.
            let alone = try await home.run(line.replacing("--session 2026-03-03", with: "--session 2026-03-04"))
            #expect(alone.status == 0, "\(alone.errors)\(alone.output)")
            #expect(try await home.value("SELECT count(*) FROM (\(ran)) AS processes") == "2")
        }
    }

    @Test("A run at a worker is cancelled from elsewhere within seconds, its open orders with it")
    func cancels() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let worker = try await startWorkers(1, home)[0]
            let run = try await startRun(home, pace: Self.slowPace)
            #expect(try await home.wait(until: "SELECT count(*) >= 1 FROM fills", while: worker))
            #expect(try await home.run("runs cancel \(run) --reason drill").status == 0)
            let followed = try await home.run("runs follow \(run) --output json")
            #expect(followed.status == 1, "\(followed.errors)")
            // By the database's clock, since whoever follows may be late.
            let span = "extract(epoch FROM finished_at - requested_at)"
            let took = try await home.value("SELECT \(span) FROM runs JOIN run_cancellations ON run = id")
            let seconds = try #require(Double(took))
            #expect((0..<30).contains(seconds), "\(took) s")
            #expect(followed.output.contains("drill"), "\(followed.output)")
            #expect(try await home.value("SELECT count(*) FROM parent_orders WHERE ended_at_ns IS NULL") == "0")
            #expect(try await home.run("verify").status == 0)
            await end([worker])
        }
    }
}
