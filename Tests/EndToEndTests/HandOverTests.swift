import Foundation
import Testing
import TradingTestKit

@Suite("Runs that are handed over, detached, counted by a key, and retried", .serialized)
struct HandOverTests {
    private static let order = "order buy KO 100 --algo twap --duration-minutes 10 --session 2026-03-03 --clock"

    /// Starts a worker and waits until commands can find it.
    private func startWorker(_ home: Home) async throws -> RunningProgram {
        _ = try await home.run("db migrate")
        let worker = try home.program.start(["worker"])
        let isThere = "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL"
        #expect(try await home.wait(until: isThere, while: worker))
        return worker
    }

    private func end(_ worker: RunningProgram) async {
        kill(worker.process, SIGTERM)
        let outcome = await worker.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test("Ctrl-C on a run that a worker has: a second one detaches the terminal, and the run goes on where it was")
    func detach() async throws {
        try await Home.onSharedServer { home in
            let worker = try await startWorker(home)
            let terminal = try Terminal(home.program, "\(Self.order) 20x")
            try await terminal.wait(for: "goes to")
            try await terminal.wait(for: "TWAP")
            terminal.type("\u{3}")
            try await terminal.wait(for: "[d]etach")
            terminal.type("\u{3}")
            try await terminal.wait(for: "goes on at its worker")
            #expect(try await terminal.end() == 1)
            #expect(terminal.isCooked)
            #expect(try await home.value("SELECT count(*) FROM workers WHERE ended_at IS NOT NULL") == "0")
            let followed = try await home.run("runs follow --output json")
            #expect(followed.status == 0, "\(followed.errors)\(followed.output)")
            #expect(try await home.value("SELECT filled = 100 FROM parent_orders") == "true")
            await end(worker)
            #expect(try await home.run("verify").status == 0)
        }
    }

    @Test("c cancels it through the database, and the terminal shows the report")
    func cancel() async throws {
        try await Home.onSharedServer { home in
            let worker = try await startWorker(home)
            let terminal = try Terminal(home.program, "\(Self.order) 10x")
            try await terminal.wait(for: "TWAP")
            terminal.type("\u{3}")
            try await terminal.wait(for: "[d]etach")
            terminal.type("c")
            try await terminal.wait(for: "Cancelling")
            #expect(try await terminal.end() == 1)
            #expect(terminal.written.contains("cancelled by user"), "\(terminal.written)")
            #expect(try await home.value("SELECT requested_by FROM run_cancellations") == "user")
            #expect(try await home.value("SELECT count(*) FROM parent_orders WHERE ended_at_ns IS NULL") == "0")
            await end(worker)
        }
    }

    @Test("Two runs of one account and clock go on beside each other at the worker, on one market day")
    func beside() async throws {
        try await Home.onSharedServer { home in
            let worker = try await startWorker(home)
            let first = try await home.run(
                "run manual-order ticker=KO side=BUY quantity=100 algorithm=TWAP duration_minutes=25 --clock 30x --detach"
            )
            #expect(first.status == 0, "\(first.errors)")
            #expect(try await home.wait(until: "SELECT count(*) >= 1 FROM fills", while: worker))
            let second = try await home.run("order buy BAC 50 --algo market --clock 30x --output json")
            #expect(second.status == 0, "\(second.errors)\(second.output)")
            #expect(try await home.value("SELECT count(*) FROM runs WHERE state = 'running'") == "1")
            let followed = try await home.run(
                "runs follow \(try await home.value("SELECT id FROM runs ORDER BY number LIMIT 1"))"
            )
            #expect(followed.status == 0, "\(followed.errors)\(followed.output)")
            #expect(try await home.value("SELECT count(DISTINCT epoch) FROM engine_leases") == "1")
            let days = "SELECT count(DISTINCT launch->>'session') FROM run_bodies"
            #expect(try await home.value(days) == "1")
            await end(worker)
            #expect(try await home.run("verify").status == 0)
        }
    }

    private static let keyed = """
        format: 1
        workflow: keyed
        inputs:
          name: { type: text }
        concurrency: { key: inputs.name, limit: 1, when_full: POLICY }
        steps:
          - { id: wait, uses: wait.until, with: { session: open + 50m } }

        """

    @Test("A key's limit holds for runs of any process: the next one is skipped, waits, or takes the place")
    func concurrency() async throws {
        try await Home.onSharedServer { home in
            let worker = try await startWorker(home)
            let run: (String, String) async throws -> ProgramOutcome = { policy, name in
                let file = try home.write("\(policy).yaml", Self.keyed.replacing("POLICY", with: policy))
                return try await home.run("run \(file) name=\(name) --session 2026-03-03 --clock 60x --detach")
            }
            let first = try await run("skip", "a")
            #expect(first.status == 0, "\(first.errors)")
            let second = try await run("skip", "a")
            #expect(second.status == 1 && second.errors.contains("`when_full` is skip"), "\(second.errors)")
            #expect(try await run("skip", "b").status == 0)
            #expect(try await home.value("SELECT count(*) FROM runs") == "2")
            let replaced = try await run("cancel_oldest", "a")
            #expect(replaced.status == 0, "\(replaced.errors)")
            let finished = "SELECT count(*) = 3 FROM runs WHERE state = 'finished'"
            #expect(try await home.wait(until: finished, while: worker))
            #expect(
                try await home.value("SELECT string_agg(coalesce(status, state::text), ' ' ORDER BY number) FROM runs")
                    == "FAILED SUCCESS SUCCESS"
            )
            await end(worker)
        }
    }

    @Test("Without a worker a detached run goes on in the background")
    func background() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let started = try await home.run(
                "run manual-order ticker=KO side=BUY quantity=10 algorithm=MARKET --detach"
            )
            #expect(started.status == 0, "\(started.errors)")
            #expect(started.errors.contains("goes on in the background"), "\(started.errors)")
            let followed = try await home.run("runs follow --output json")
            #expect(followed.status == 0, "\(followed.errors)\(followed.output)")
            #expect(try await home.value("SELECT count(*) FROM fills") != "0")
        }
    }

    @Test("A retry takes what failed without an order, and nothing else; runs are found by how they ended")
    func retry() async throws {
        try await Home.onSharedServer { home in
            let decisions = try home.write("decisions.csv", "symbol,action,position_size\nKO,BUY,5\n")
            let first = try await home.run(
                "run watchlist tickers=KO,BAC agent=file decisions=\(decisions) urgency=HIGH"
            )
            #expect(first.status == 1, "\(first.errors)\(first.output)")
            let run = try await home.value("SELECT id FROM runs")
            _ = try home.write("decisions.csv", "symbol,action,position_size\nKO,BUY,5\nBAC,BUY,5\n")
            let retried = try await home.run("runs retry \(run) --output json")
            #expect(retried.status == 0, "\(retried.errors)\(retried.output)")
            let document = try RunDocument(retried.output)
            #expect(document.items.map(\.ticker) == ["BAC"])
            let orders = "SELECT string_agg(symbol, ' ' ORDER BY number) FROM parent_orders"
            #expect(try await home.value(orders) == "KO BAC")
            let again = try await home.run("runs retry \(document.run)")
            #expect(again.status == 2 && again.errors.contains("nothing in it failed"), "\(again.errors)")
            let listed = try await home.run("runs list --state success --output json")
            #expect(listed.output.contains(document.run) && !listed.output.contains(run), "\(listed.output)")
            #expect(try await home.run("runs list --state broken").status == 2)
            let logs = try await home.run("runs logs \(document.run)")
            #expect(logs.output.contains("BUY") && logs.output.contains("ended SUCCESS"), "\(logs.output)")
        }
    }
}
