import Foundation
import Testing
import TradingTestKit

@Suite("Workers die, stall and drain in the middle of a run", .serialized)
struct WorkerCrashTests {
    /// Market seconds in one: slow enough that a run outlives its workers, also where a worker takes long to start.
    private static let pace = "15x"
    /// How long a run may stand still when its worker is gone: a lease and a little.
    private static let takeover = Duration.seconds(20)

    private func startWorker(_ home: Home) throws -> RunningProgram {
        try home.program.start(["worker", "--max-runs", "2", "--drain-timeout", "20"])
    }

    /// Starts another worker while the first one works, and waits until it has its lease.
    private func startSpare(_ home: Home) async throws -> RunningProgram {
        let worker = try startWorker(home)
        let isLeased = "SELECT count(*) > 0 FROM workers WHERE pid = \(worker.process)"
        #expect(try await home.wait(until: isLeased, while: worker))
        return worker
    }

    /// Starts the run at a worker.
    ///
    /// - Returns: Its id.
    private func startRun(_ home: Home, at worker: RunningProgram) async throws -> String {
        #expect(try await home.wait(until: "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL", while: worker))
        let started = try await home.run("\(try home.line(pace: Self.pace)) --detach")
        #expect(started.status == 0, "\(started.errors)\(started.output)")
        return try JSONDecoder().decode([String: String].self, from: Data(started.output.utf8))["run"] ?? ""
    }

    /// Waits until another process than `old` works the run.
    ///
    /// - Returns: How long that took.
    private func waitForTakeover(_ home: Home, from old: RunningProgram, to new: RunningProgram) async throws
        -> Duration
    {
        let start = ContinuousClock.now
        let holds = "SELECT count(*) > 0 FROM runs JOIN workers ON workers.id = runs.worker WHERE pid = \(new.process)"
        #expect(
            try await home.wait(until: "(\(holds)) OR EXISTS (SELECT FROM runs WHERE state = 'finished')", while: new)
        )
        return .now - start
    }

    /// The run's report, once it has ended.
    private func finish(_ home: Home, _ run: String) async throws {
        try home.checkRun(try await home.run("runs follow \(run) --output json"), run)
        try await home.checkBooks()
        #expect(try await home.value("SELECT count(*) FROM runs WHERE state = 'finished'") == "1")
        #expect(try await home.value("SELECT count(*) - count(DISTINCT path) FROM step_done") == "0")
    }

    private func end(_ workers: RunningProgram...) async {
        for worker in workers where !worker.hasEnded { kill(worker.process, SIGTERM) }
        for worker in workers { _ = await worker.outcome() }
    }

    @Test("kill -9, again and again: another worker goes on within 20 s, no order twice, none lost")
    func kills() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            var working = try startWorker(home)
            let run = try await startRun(home, at: working)
            for intents in [1, 4, 7] {
                #expect(try await home.wait(until: "SELECT count(*) >= \(intents) FROM intents", while: working))
                let next = try await startSpare(home)
                working.kill()
                _ = await working.outcome()
                let took = try await waitForTakeover(home, from: working, to: next)
                #expect(took < Self.takeover, "\(took)")
                working = next
            }
            try await finish(home, run)
            await end(working)
        }
    }

    @Test("A worker that is stopped for longer than its lease commits nothing when it wakes, and goes on living")
    func stalls() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let first = try startWorker(home)
            let run = try await startRun(home, at: first)
            #expect(try await home.wait(until: "SELECT count(*) >= 3 FROM intents", while: first))
            let second = try await startSpare(home)
            kill(first.process, SIGSTOP)
            let took = try await waitForTakeover(home, from: first, to: second)
            // A statement in flight holds its locks for 10 s.
            #expect(took < Self.takeover + .seconds(10), "\(took)")
            let epoch = try await home.value("SELECT epoch FROM account_engines")
            let sent = try await home.value("SELECT count(*) FROM engine_batches WHERE epoch < \(epoch)")
            kill(first.process, SIGCONT)
            try await finish(home, run)
            let late = try await home.value("SELECT count(*) FROM engine_batches WHERE epoch < \(epoch)")
            #expect(late == sent, "batches of the lease that was lost")
            #expect(!first.hasEnded)
            kill(first.process, SIGTERM)
            let outcome = await first.outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("another worker has it"), "\(outcome.errors)")
            await end(second)
        }
    }

    @Test("SIGTERM drains: the run is handed over at once and nothing is half done")
    func drains() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let first = try startWorker(home)
            let run = try await startRun(home, at: first)
            #expect(try await home.wait(until: "SELECT count(*) >= 2 FROM intents", while: first))
            let second = try await startSpare(home)
            kill(first.process, SIGTERM)
            let took = try await waitForTakeover(home, from: first, to: second)
            #expect(took < .seconds(10), "\(took)")
            let outcome = await first.outcome()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("handed over") && outcome.errors.contains("Drained."), "\(outcome.errors)")
            try await finish(home, run)
            await end(second)
        }
    }

    @Test("A run of the command line goes to the worker and is followed; without one it runs here")
    func handOver() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let worker = try startWorker(home)
            #expect(
                try await home.wait(until: "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL", while: worker)
            )
            let line = try home.line(pace: "300x")
            let handed = try await home.run(line)
            let run = try await home.value("SELECT id FROM runs")
            try home.checkRun(handed, run)
            let ran = "SELECT DISTINCT pid FROM engine_leases JOIN workers ON workers.id = engine_leases.worker"
            #expect(try await home.value(ran) == "\(worker.process)")
            let listed = try await home.run("status")
            #expect(listed.output.contains("claims every account's runs"), "\(listed.output)")
            #expect(try await home.run("runs logs \(run)").output.contains("ended SUCCESS"))
            await end(worker)
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
            let worker = try startWorker(home)
            let run = try await startRun(home, at: worker)
            #expect(try await home.wait(until: "SELECT count(*) >= 1 FROM fills", while: worker))
            #expect(try await home.run("runs cancel \(run) --reason drill").status == 0)
            let followed = try await home.run("runs follow \(run) --output json", deadline: .seconds(30))
            #expect(followed.status == 1, "\(followed.errors)")
            #expect(followed.output.contains("drill"), "\(followed.output)")
            #expect(try await home.value("SELECT count(*) FROM parent_orders WHERE ended_at_ns IS NULL") == "0")
            #expect(try await home.run("verify").status == 0)
            await end(worker)
        }
    }
}
