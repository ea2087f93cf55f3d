import Foundation
import PostgresStore
import Testing
import TradingTestKit

/// An account at a local exchange, a long order there, and what must hold after it.
extension Home {
    /// So much is traded, in so many slices.
    static let quantity = "0.048"
    static let slices = 24
    /// The longest that a program of a test runs.
    static let lifetime = Duration.seconds(7200)

    /// Runs `body` in a home whose account trades at an exchange, which ends with it.
    static func withVenue(
        _ variables: [String: String] = [:],
        _ body: (Home, LocalVenue) async throws -> Void
    ) async throws {
        try await Home.with(LocalVenue.keys.merging(variables) { $1 }) { home in
            let venue = try await LocalVenue.start(home.program, state: "\(home.folder)/venue")
            do {
                _ = try home.write("config.yaml", LocalVenue.configuration(port: venue.port))
                try await body(home, venue)
            } catch {
                await venue.kill()
                throw error
            }
            await venue.kill()
        }
    }

    /// As ``run(_:deadline:)``, with the account's configuration.
    func runConfigured(_ line: String, deadline: Duration = BuiltProgram.patience) async throws -> ProgramOutcome {
        try await run("\(line) --config \(folder)", deadline: deadline)
    }

    /// Starts a worker of the account's runs with `variables` in its environment, in the network namespace `space`.
    func startWorker(_ variables: [String: String] = [:], in space: String? = nil) throws -> RunningProgram {
        let words = ["worker", "--max-runs", "2", "--drain-timeout", "20", "--config", folder]
        let environment = program.environment.merging(variables) { $1 }
        guard let space else {
            let worker = BuiltProgram(path: program.path, folder: program.folder, environment: environment)
            return try worker.start(words, deadline: Self.lifetime)
        }
        let worker = BuiltProgram(path: "ip", folder: program.folder, environment: environment)
        return try worker.start(["netns", "exec", space, program.path] + words, deadline: Self.lifetime)
    }

    /// Waits until a worker takes runs, and gives it one: an order that takes `minutes`.
    ///
    /// - Returns: The run's id.
    func startOrder(minutes: Int, at worker: RunningProgram) async throws -> String {
        #expect(try await wait(until: "SELECT count(*) > 0 FROM workers WHERE serves IS NOT NULL", while: worker))
        let started = try await runConfigured(
            "run workflows/manual-order.yaml ticker=BTCUSDT side=BUY quantity=\(Self.quantity) algorithm=TWAP "
                + "duration_minutes=\(minutes) slice_interval_seconds=\(minutes * 60 / Self.slices) --detach"
        )
        try #require(started.status == 0, "\(started.errors)\(started.output)")
        return try await value("SELECT id FROM runs")
    }

    /// Waits for the end of the run, of which every lot must have been traded, and checks the books by the venue's record.
    func finish(_ run: String, at venue: LocalVenue) async throws {
        let followed = try await runConfigured("runs follow \(run) --output json", deadline: Self.lifetime)
        // A target of quality that was missed makes the run PARTIAL; whether the order was done is what counts here.
        let item = try #require(try RunDocument(followed.output).items.first, "\(followed.output)\(followed.errors)")
        #expect(item.status == "SUCCESS", "\(item.message)")
        #expect(sum([item.filled_quantity ?? ""]) == sum([Self.quantity]))
        let placed = try await venue.placed()
        #expect(Set(placed).count == placed.count, "an intent twice at the venue")
        #expect(try await findings(by: venue) == [])
        #expect(try await value("SELECT count(*) FROM runs WHERE state = 'finished'") == "1")
        #expect(try await value("SELECT count(*) FROM parent_orders") == "1", "an order twice")
        #expect(sum([try await value("SELECT sum(quantity) FROM fills")]) == sum([Self.quantity]))
    }

    /// Ends workers as SIGTERM does.
    func end(_ workers: RunningProgram...) async -> [ProgramOutcome] {
        for worker in workers where !worker.hasEnded { kill(worker.process, SIGTERM) }
        var outcomes: [ProgramOutcome] = []
        for worker in workers { outcomes.append(await worker.outcome()) }
        return outcomes
    }

    private func findings(by venue: LocalVenue) async throws -> [String] {
        let record = try await venue.record()
        let connection = try await PostgresConnection.connect(try url)
        try await connection.execute("CREATE TABLE IF NOT EXISTS judged_record (record jsonb); TRUNCATE judged_record")
        _ = try await connection.query("INSERT INTO judged_record SELECT $1::jsonb -> 'test'", [.json(record)])
        let findings = try await Judge.findings(connection, by: .recorded)
        await connection.close()
        return findings
    }
}
