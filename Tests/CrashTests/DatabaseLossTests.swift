import Foundation
import Testing
import TradingTestKit

@Suite("The database goes away in the middle of a run", .serialized)
struct DatabaseLossTests {
    /// Long enough for a restart, short enough for a test; a user's program waits half a minute.
    private static let patience = ["SMARTEXEC__DATABASE__RETRY_FOR": "3s"]
    /// Where the server comes back, however long its start takes.
    private static let longPatience = ["SMARTEXEC__DATABASE__RETRY_FOR": "300s"]
    /// The run is in the middle: some of its fifteen slices are sent.
    private static let middle = "SELECT count(*) >= 4 FROM intents"

    @Test("For a moment, by kill -9 of the server: the run goes on as if nothing had happened")
    func restarted() async throws {
        try await Home.with(Self.longPatience) { home in
            let running = try await home.startRun(pace: "30x")
            #expect(try await home.wait(until: Self.middle, while: running))
            try home.killServer()
            #expect(try await home.run("db start").status == 0)
            let outcome = await running.outcome()
            try home.checkRun(outcome, try await home.value("SELECT id FROM runs"))
            try await home.checkBooks()
        }
    }

    @Test("For good: it stops in time with exit 4, names the run, and `runs resume` ends it")
    func gone() async throws {
        try await Home.with(Self.patience) { home in
            let running = try await home.startRun(pace: "10x")
            #expect(try await home.wait(until: Self.middle, while: running))
            try home.killServer()
            let start = ContinuousClock.now
            let outcome = await running.outcome()
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(outcome.status == 4, "\(outcome.errors)")
            #expect(outcome.errors.contains("The private PostgreSQL has gone away"), "\(outcome.errors)")
            #expect(outcome.errors.contains("postgres.log"), "\(outcome.errors)")
            try await resumed(home, after: outcome)
        }
    }

    @Test("With the program: both are killed, and `runs resume` starts the server and ends the run")
    func withTheProgram() async throws {
        try await Home.with { home in
            let running = try await home.startRun(pace: "10x")
            #expect(try await home.wait(until: Self.middle, while: running))
            let run = try await home.value("SELECT id FROM runs")
            try home.killServer()
            running.kill()
            #expect(await running.outcome().status == -9)
            try home.checkRun(try await home.run("runs resume \(run) --clock virtual --output json"), run)
            try await home.checkBooks()
        }
    }

    @Test("A server of the user's that is stopped: exit 4 with its address, and `runs resume` once it is back")
    func external() async throws {
        try await Home.with { server in
            _ = try await server.run("db start")
            var variables = Self.patience
            variables["SMARTEXEC_DATABASE_URL"] = try server.url
            try await Home.with(variables) { home in
                let running = try await home.startRun(pace: "5x")
                #expect(try await server.wait(until: Self.middle, while: running))
                #expect(try await server.run("db stop").status == 0)
                let outcome = await running.outcome()
                #expect(outcome.status == 4, "\(outcome.errors)")
                // Whoever noticed first: the journal, or the venue's or the run's store.
                #expect(outcome.errors.contains("PostgreSQL could not be reached"), "\(outcome.errors)")
                #expect(outcome.errors.contains(try server.socketFolder), "\(outcome.errors)")
                let down = try await home.run("status")
                #expect(down.status == 4, "\(down.errors)")
                #expect(try await server.run("db start").status == 0)
                try await resumed(home, after: outcome, books: server)
            }
        }
    }

    @Test("A worker that is started before its database waits for it; where that does not help it ends at once")
    func notYet() async throws {
        let server = try await PostgresServer()
        do {
            try await server.stop()
            let variables = { (database: String) in
                [
                    "SMARTEXEC__DATABASE__RETRY_FOR": "900s",
                    "SMARTEXEC_DATABASE_URL": "postgresql://smartexec@127.0.0.1:\(server.port)/\(database)",
                ]
            }
            try await Home.with(variables("smartexec")) { home in
                for words in [["worker", "--output", "json"], ["serve", "--output", "json"]] {
                    let program = try home.program.start(words)
                    while !program.outputSoFar.contains("database.retry_for"), !program.hasEnded {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    try await server.start()
                    let isServing = "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL AND ended_at IS NULL"
                    #expect(try await home.waitForTables(isServing, while: program))
                    kill(program.process, SIGTERM)
                    let outcome = await program.outcome()
                    #expect(outcome.status == 0 && outcome.output.contains("trouble"), "\(outcome.errors)")
                    try await server.stop()
                }
                try await server.start()
            }
            try await Home.with(variables("no_such_database")) { home in
                let outcome = try await home.run("worker --output json")
                #expect(outcome.status == 4 && !outcome.output.contains("trouble"), "\(outcome.output)")
                #expect(outcome.errors.contains("no_such_database"), "\(outcome.errors)")
            }
        } catch {
            try await server.remove()
            throw error
        }
        try await server.remove()
    }

    /// Resumes the run that the message names, and checks what must hold.
    private func resumed(_ home: Home, after outcome: ProgramOutcome, books: Home? = nil) async throws {
        let advice = try #require(outcome.errors.firstMatch(of: /smartexec runs resume ([0-9a-f-]+)/))
        let run = String(advice.1)
        try home.checkRun(try await home.run("runs resume \(run) --clock virtual --output json"), run)
        try await (books ?? home).checkBooks()
    }
}
