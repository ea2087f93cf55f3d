import Foundation
import Testing
import TradingTestKit

@Suite("kill -9 in the middle of a run, then `runs resume`", .serialized)
struct CrashTests {
    /// 300 market seconds in one: the five slices of HIGH take a second.
    private static let pace = "300x"
    /// Slow enough that other commands find the run alive, also on a busy machine.
    private static let slowPace = "10x"
    /// Slow enough that each slice is another moment, also where a look at the tables takes long.
    private static let steadyPace = "15x"

    /// When the process dies: once so many of these rows are committed.
    struct Moment: Sendable, CustomTestStringConvertible {
        let table: String
        let count: Int
        var testDescription: String { "\(table) ≥ \(count)" }
    }

    @Test(
        "No order twice, none lost, positions equal the fold of the fills",
        arguments: [
            Moment(table: "runs", count: 1), .init(table: "decisions", count: 1), .init(table: "approvals", count: 2),
            .init(table: "parent_orders", count: 1), .init(table: "intents", count: 1), .init(table: "fills", count: 1),
            .init(table: "intents", count: 8), .init(table: "fills", count: 12), .init(table: "intents", count: 15),
        ]
    )
    func resume(_ moment: Moment) async throws {
        try await Home.onSharedServer { home in
            let run = try await crash(home, at: moment)
            if let run {
                let outcome = try await home.run("runs resume \(run) --clock virtual --output json")
                try home.checkRun(outcome, run)
                let again = try await home.run("runs resume \(run)")
                #expect(again.status == 2, "\(again.errors)")
                #expect(again.errors.contains("has ended"), "\(again.errors)")
            }
            try await home.checkBooks()
        }
    }

    @Test("Dying again while resuming changes nothing")
    func twice() async throws {
        try await Home.onSharedServer { home in
            let run = try #require(try await crash(home, at: Moment(table: "intents", count: 4), Self.steadyPace))
            for count in [7, 10] {
                let resuming = try home.program.start(["runs", "resume", run, "--clock", Self.steadyPace])
                #expect(try await home.wait(until: "SELECT count(*) >= \(count) FROM intents", while: resuming))
                resuming.kill()
                #expect(await resuming.outcome().status == -9)
            }
            try home.checkRun(try await home.run("runs resume \(run) --clock virtual --output json"), run)
            try await home.checkBooks()
        }
    }

    @Test("Two at once on one account: the second is told who holds it, and the first is not disturbed")
    func twoAtOnce() async throws {
        try await Home.onSharedServer { home in
            let first = try await home.startRun(pace: Self.slowPace)
            #expect(try await home.wait(until: "SELECT count(*) >= 1 FROM intents", while: first))
            let second = try await home.run("decide MSFT --session 2026-03-03 --clock 300x")
            #expect(second.status == 4, "\(second.errors)\(second.output)")
            #expect(second.errors.contains("paper@generated-7"), "\(second.errors)")
            #expect(!first.hasEnded)
            let run = try await home.value("SELECT id FROM runs")
            let resumed = try await home.run("runs resume \(run)")
            #expect(resumed.status == 4, "\(resumed.errors)\(resumed.output)")
            try home.checkRun(await first.outcome(), run)
            try await home.checkBooks()
        }
    }

    // MARK: Pieces

    /// Starts a run and kills it.
    ///
    /// - Returns: The run to resume; `nil` when it had ended before it could be killed.
    private func crash(_ home: Home, at moment: Moment, _ pace: String = Self.pace) async throws -> String? {
        let running = try await home.startRun(pace: pace)
        #expect(
            try await home.wait(until: "SELECT count(*) >= \(moment.count) FROM \(moment.table)", while: running)
        )
        running.kill()
        let outcome = await running.outcome()
        guard outcome.status == -9 else {
            #expect(outcome.status == 0, "\(outcome.errors)")
            return nil
        }
        return try await home.value("SELECT id FROM runs")
    }
}
