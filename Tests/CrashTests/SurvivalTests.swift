import Foundation
import Testing
import TradingTestKit

@Suite("An order that takes its time outlives everything around it", .serialized)
struct SurvivalTests {
    /// What is killed, when so much of the order is filled and booked.
    private enum Loss: CaseIterable {
        case worker, venue, database
        /// A machine that reboots.
        case everything
    }

    /// How long the order takes; `SMARTEXEC_SURVIVE_MINUTES=30` asks for more.
    private static let minutes =
        ProcessInfo.processInfo.environment["SMARTEXEC_SURVIVE_MINUTES"].flatMap { Int($0) } ?? 5

    @Test("Its worker, its venue, its database and all three at once are killed, and it is done whole and once")
    func lives() async throws {
        try await Home.withVenue { home, venue in
            _ = try await home.run("db migrate")
            var worker = try home.startWorker()
            let run = try await home.startOrder(minutes: Self.minutes, at: worker)
            for (index, loss) in Loss.allCases.enumerated() {
                // Not by the number of fills: slices that were missed go out together.
                let isDue = "SELECT coalesce(sum(quantity), 0) >= \(Home.quantity) * \(index + 1) / 8 FROM fills"
                #expect(try await home.wait(until: isDue, while: worker))
                switch loss {
                case .worker:
                    worker.kill()
                    worker = try home.startWorker()
                case .venue:
                    await venue.kill()
                    try await venue.restart()
                case .database:
                    try home.killServer()
                    #expect(try await home.run("db start").status == 0)
                case .everything:
                    try home.killServer()
                    worker.kill()
                    await venue.kill()
                    // Whatever comes up first: a worker waits for its venue, and starts the private database.
                    worker = try home.startWorker()
                    try await venue.restart()
                    #expect(try await home.run("db start").status == 0)
                }
            }
            try await home.finish(run, at: venue)
            let verified = try await home.runConfigured("verify")
            #expect(verified.status == 0, "\(verified.output)")
            #expect(await home.end(worker).map(\.status) == [0])
        }
    }
}
