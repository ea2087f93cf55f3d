import Foundation
import Testing
import TradingTestKit

@Suite("Ctrl-C and signals while a run goes on", .serialized)
struct InterruptTests {
    private static let order = "order buy KO 100 --algo twap --duration-minutes 10 --session 2026-03-03 --clock"

    /// Starts an order at a terminal and waits until it is being worked.
    private func start(_ home: Home, clock: String) async throws -> Terminal {
        _ = try await home.run("db migrate")
        let terminal = try Terminal(home.program, "\(Self.order) \(clock)")
        try await terminal.wait(for: "TWAP")
        return terminal
    }

    /// Follows the run to its end in the database.
    private func settle(_ home: Home) async throws -> String {
        let run = try await home.value("SELECT id FROM runs")
        let followed = try await home.run("runs follow \(run) --output json")
        #expect(followed.status == 0, "\(followed.errors)\(followed.output)")
        return run
    }

    /// No order twice, none open, and the books are right.
    private func check(_ home: Home) async throws {
        #expect(try await home.value("SELECT count(*) FROM runs WHERE state = 'finished'") == "1")
        #expect(try await home.value("SELECT count(*) FROM parent_orders") == "1")
        #expect(try await home.value("SELECT count(*) FROM parent_orders WHERE ended_at_ns IS NULL") == "0")
        #expect(try await home.value("SELECT count(*) FROM reservations WHERE released_at_ns IS NULL") == "0")
        let twice = """
            SELECT count(*) FROM (SELECT slice FROM child_orders WHERE filled > 0 GROUP BY slice HAVING count(*) > 1) s
            """
        #expect(try await home.value(twice) == "0")
        #expect(
            try await home.value(
                "SELECT (SELECT sum(quantity) FROM fills) - (SELECT sum(filled) FROM parent_orders)"
            ).hasPrefix("0")
        )
        let verified = try await home.run("verify")
        #expect(verified.status == 0, "\(verified.output)")
    }

    @Test("Ctrl-C asks with what is open; a second one detaches, and the run ends in the background")
    func detach() async throws {
        try await Home.onSharedServer { home in
            let terminal = try await start(home, clock: "20x")
            terminal.type("\u{3}")
            try await terminal.wait(for: "1 order is being worked: KO ")
            try await terminal.wait(for: "[d]etach")
            #expect(!terminal.isCooked)
            terminal.type("\u{3}")
            try await terminal.wait(for: "goes on in the background")
            #expect(try await terminal.end() == 1)
            #expect(terminal.isCooked)
            let run = try await settle(home)
            #expect(terminal.written.contains("runs follow \(run)"), "\(terminal.written)")
            #expect(try await home.value("SELECT filled = 100 FROM parent_orders") == "true")
            let log = try String(contentsOfFile: "\(home.folder)/state/runs/\(run).log", encoding: .utf8)
            #expect(log.contains("SUCCESS"), "\(log)")
            try await check(home)
        }
    }

    @Test("Enter goes on, c cancels: what has filled counts, and the report says who cancelled")
    func cancel() async throws {
        try await Home.onSharedServer { home in
            let terminal = try await start(home, clock: "10x")
            #expect(try await home.value("SELECT count(*) FROM runs") == "1")
            terminal.type("\u{3}")
            try await terminal.wait(for: "[d]etach")
            terminal.type("\n")
            while !terminal.isCooked { try await terminal.wait(for: "Ctrl-C: detach or cancel") }
            terminal.type("\u{3}")
            try await terminal.wait(for: "[d]etach")
            terminal.type("c")
            try await terminal.wait(for: "Cancelling")
            #expect(try await terminal.end() == 1)
            #expect(terminal.isCooked)
            #expect(terminal.written.contains("PARTIAL") || terminal.written.contains("FAILED"))
            #expect(try await home.value("SELECT requested_by FROM run_cancellations") == "user")
            #expect(try await home.value("SELECT result->>'reason' FROM parent_bodies") == "cancelled by user")
            #expect(try await home.value("SELECT filled < 100 FROM parent_orders") == "true")
            try await check(home)
        }
    }

    @Test("d detaches; the run in the background is cancelled from elsewhere, and stops for SIGTERM without respawning")
    func background() async throws {
        try await Home.onSharedServer { home in
            let terminal = try await start(home, clock: "10x")
            terminal.type("\u{3}")
            try await terminal.wait(for: "[d]etach")
            terminal.type("d")
            try await terminal.wait(for: "goes on in the background")
            #expect(try await terminal.end() == 1)
            let run = try await home.value("SELECT id FROM runs")
            let pid = try #require(
                Int32(try await home.value("SELECT pid FROM workers JOIN runs ON runs.worker = workers.id"))
            )
            #expect(kill(pid, SIGTERM) == 0)
            let clock = try home.program.start(["runs", "follow", run])
            let followed = await clock.outcome()
            #expect(followed.status == 1, "\(followed.errors)")
            #expect(followed.errors.contains("runs resume \(run)"), "\(followed.errors)")
            let cancelled = try await home.run("runs cancel \(run) --reason drill")
            #expect(cancelled.output.contains("Nobody works it"), "\(cancelled.output)\(cancelled.errors)")
            let resumed = try await home.run("runs resume \(run) --output json")
            #expect(resumed.status == 1, "\(resumed.errors)")
            #expect(resumed.output.contains("drill"), "\(resumed.output)")
            #expect(try await home.run("runs cancel \(run)").status == 2)
            #expect(try await home.run("runs cancel nonsense").status == 2)
            try await check(home)
        }
    }

    @Test("The terminal's window is closed: the run goes on in the background")
    func hangUp() async throws {
        try await Home.onSharedServer { home in
            let terminal = try await start(home, clock: "20x")
            #expect(try await terminal.hangUp() == 1)
            _ = try await settle(home)
            #expect(try await home.value("SELECT filled = 100 FROM parent_orders") == "true")
            try await check(home)
        }
    }

    @Test("In virtual time Ctrl-C stops the run where nothing is half done, and says how to go on")
    func virtual() async throws {
        // A run in virtual time may end before a busy machine has typed.
        var ended = 0
        while try await !stopsInVirtualTime() {
            ended += 1
            try #require(ended < 10, "every run ended before it heard Ctrl-C")
        }
    }

    /// - Returns: False when the run had ended before it was stopped.
    private func stopsInVirtualTime() async throws -> Bool {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let tickers = ["AAPL", "AMD", "BAC", "CVX", "DIS", "HD", "IBM", "INTC", "JPM", "KO"]
            let rows = tickers.map { "\($0),BUY,2" }.joined(separator: "\n")
            let decisions = try home.write("decisions.csv", "symbol,action,position_size\n\(rows)\n")
            let terminal = try Terminal(
                home.program,
                "run watchlist tickers=\(tickers.joined(separator: ",")) urgency=LOW agent=file decisions=\(decisions)"
            )
            try await terminal.wait(for: "VWAP")
            terminal.type("\u{3}")
            let status = try await terminal.end()
            if status == 0 { return false }
            #expect(status == 1)
            let run = try await home.value("SELECT id FROM runs")
            #expect(terminal.written.contains("runs resume \(run)"), "\(terminal.written)")
            let resumed = try await home.run("runs resume \(run) --output json")
            #expect(resumed.status == 0, "\(resumed.errors)\(resumed.output)")
            #expect(try await home.value("SELECT count(*) FROM parent_orders WHERE state = 'filled'") == "10")
            #expect(try await home.run("verify").status == 0)
            return true
        }
    }

    @Test("Without a terminal SIGTERM detaches and says so; runs cancel reaches the run within seconds")
    func unattended() async throws {
        try await Home.onSharedServer { home in
            _ = try await home.run("db migrate")
            let running = try home.program.start("\(Self.order) 10x".split(separator: " ").map(String.init))
            #expect(try await home.wait(until: "SELECT count(*) >= 1 FROM fills", while: running))
            #expect(kill(running.process, SIGTERM) == 0)
            let outcome = await running.outcome()
            #expect(outcome.status == 1, "\(outcome.errors)")
            #expect(outcome.errors.contains("goes on in the background"), "\(outcome.errors)")
            let run = try await home.value("SELECT id FROM runs")
            let cancelled = try await home.run("runs cancel \(run) --reason drill")
            #expect(cancelled.status == 0, "\(cancelled.errors)")
            #expect(cancelled.output.contains("winds it down"), "\(cancelled.output)")
            let followed = try await home.run("runs follow \(run) --output json")
            #expect(followed.status == 1, "\(followed.errors)")
            #expect(followed.output.contains("drill"), "\(followed.output)")
            try await check(home)
        }
    }
}
