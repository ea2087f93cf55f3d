import Foundation
import Testing
import TradingTestKit

/// An account at a venue of the broker's protocol: the local exchange as another process.
@Suite("An account at a living venue", .serialized)
struct LiveAccountTests {
    private static let order = "order buy BTCUSDT 0.02 --urgency CRITICAL --output json"

    /// The local exchange with its market, and a home whose account trades there.
    private func start(_ home: Home, limits: String = "max_position_percent: 90") async throws -> (RunningProgram, Int)
    {
        let venue = try home.program.start(["venue", "--seed", "7", "--output", "json"])
        let port = try await venue.venuePort()
        try configure(home, port: port, limits: limits)
        return (venue, port)
    }

    private func configure(_ home: Home, port: Int, limits: String = "max_position_percent: 90") throws {
        _ = try home.write(
            "config.yaml",
            """
            account: futures
            accounts:
              futures:
                broker: binance
                venue: { address: "http://127.0.0.1:\(port)", key_env: VENUE_KEY, secret_env: VENUE_SECRET }
                limits: { \(limits) }
                slippage: { limit_bps: 200 }
            """
        )
    }

    private static let keys = ["VENUE_KEY": "test-key", "VENUE_SECRET": "test-secret"]

    private func withVenue(_ body: (Home, RunningProgram, Int) async throws -> Void) async throws {
        try await Home.onSharedServer(Self.keys) { home in
            let (venue, port) = try await start(home)
            do {
                try await body(home, venue, port)
            } catch {
                venue.kill()
                throw error
            }
            venue.kill()
            _ = await venue.outcome()
        }
    }

    /// What the venue itself knows, as JSON.
    private func record(_ port: Int) async throws -> String {
        let curl = BuiltProgram(path: "curl", folder: "/", environment: ["PATH": "/usr/bin:/bin"])
        let words = ["-sS", "-H", "X-Venue-Admin: test-admin", "http://127.0.0.1:\(port)/admin/record"]
        let outcome = try await curl.run(words)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    /// Orders of ours by the venue's own record: how many times each client order id is there.
    private func placed(_ port: Int) async throws -> [String: Int] {
        let text = try await record(port)
        var counts: [String: Int] = [:]
        for match in text.matches(of: /"clientOrderId":"(sx-[^"]+)"/) { counts[String(match.1), default: 0] += 1 }
        return counts
    }

    @Test("A decision is executed at the venue, once, and books, venue and page agree")
    func trades() async throws {
        try await withVenue { home, _, port in
            let outcome = try await home.run("\(Self.order) --config \(home.folder)")
            #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
            let item = try #require(try RunDocument(outcome.output).items.first)
            #expect(item.status == "SUCCESS", "\(item.message)")
            let fills = try await home.rows("SELECT sum(quantity)::text AS sum FROM fills", columns: ["sum"])
            #expect(sum(fills[0]) == sum(["0.02"]))
            #expect(try await placed(port).count == 1)
            #expect(try await record(port).contains("0.02"))
            #expect(try await home.value("SELECT environment FROM runs") == "PAPER")
            let verified = try await home.run("verify --config \(home.folder)")
            #expect(verified.status == 0, "\(verified.output)")
            // The account goes on where it was, and closes what it holds.
            let closed = try await home.run(
                "order sell BTCUSDT 0.02 --urgency CRITICAL --output json --config \(home.folder)"
            )
            #expect(try RunDocument(closed.output).items.first?.status == "SUCCESS", "\(closed.errors)\(closed.output)")
            #expect(try await home.value("SELECT count(*) FROM positions WHERE quantity <> 0") == "0")
            #expect(try await home.run("verify --config \(home.folder)").status == 0)
        }
    }

    @Test("Killed in the middle of a TWAP: resumed, no order is at the venue twice and the quantity is right")
    func killed() async throws {
        try await withVenue { home, _, port in
            _ = try await home.run("db migrate")
            let words =
                "order buy BTCUSDT 0.02 --algo twap --duration-minutes 2 --slice-interval-seconds 10 --output json "
                + "--config \(home.folder)"
            let running = try home.program.start(words.split(separator: " ").map(String.init))
            #expect(try await home.wait(until: "SELECT count(*) >= 2 FROM fills", while: running))
            running.kill()
            _ = await running.outcome()
            let run = try await home.value("SELECT id FROM runs")
            let outcome = try await home.run("runs resume \(run) --output json --config \(home.folder)")
            #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
            #expect(try await home.value("SELECT filled FROM parent_orders").hasPrefix("0.02"))
            let placed = try await placed(port)
            #expect(placed.count >= 3 && placed.values.allSatisfy { $0 == 1 }, "\(placed)")
            #expect(try await home.value("SELECT sum(quantity) FROM fills").hasPrefix("0.02"))
            #expect(try await home.run("verify --config \(home.folder)").status == 0)
        }
    }

    @Test("What keeps an account from its venue is explained, with the right exit code")
    func refusals() async throws {
        try await withVenue { home, venue, port in
            let command = "\(Self.order) --config \(home.folder)"
            let simulated = try await home.run("\(command) --session 2026-03-03")
            #expect(simulated.status == 2 && simulated.errors.contains("--session"), "\(simulated.errors)")
            let unknown = try await home.run("order buy NOSUCHUSDT 1 --urgency CRITICAL --config \(home.folder)")
            #expect(
                unknown.status != 0 && (unknown.output + unknown.errors).contains("NOSUCHUSDT"),
                "\(unknown.output)"
            )

            let wrong = BuiltProgram(
                path: home.program.path,
                folder: home.program.folder,
                environment: home.program.environment.merging(["VENUE_KEY": "other"]) { $1 }
            )
            let words = command.split(separator: " ").map(String.init)
            let refused = try await wrong.run(words)
            #expect(refused.status == 2 && refused.errors.contains("-2015"), "\(refused.errors)")
            let secret = BuiltProgram(
                path: home.program.path,
                folder: home.program.folder,
                environment: home.program.environment.merging(["VENUE_SECRET": "another-secret"]) { $1 }
            )
            let unsigned = try await secret.run(words)
            #expect(unsigned.status == 2 && unsigned.errors.contains("-1022"), "\(unsigned.errors)")
            #expect(!(unsigned.errors + refused.errors).contains("another-secret"))
            let bare = BuiltProgram(
                path: home.program.path,
                folder: home.program.folder,
                environment: home.program.environment.filter { $0.key != "VENUE_KEY" }
            )
            let missing = try await bare.run(words)
            #expect(missing.status == 2 && missing.errors.contains("VENUE_KEY"), "\(missing.errors)")

            venue.kill()
            _ = await venue.outcome()
            let gone = try await home.run(command)
            #expect(gone.status == 4 && gone.errors.contains("127.0.0.1:\(port)"), "\(gone.errors)")
            #expect(try await home.value("SELECT count(*) FROM child_orders") == "0")
        }
    }

    @Test("Real money is traded only when file and command line say so")
    func consent() async throws {
        try await Home.onSharedServer(Self.keys) { home in
            let file = { (more: String) in
                "account: futures\naccounts:\n  futures: { broker: binance, venue: { address: live }\(more) }\n"
            }
            _ = try home.write("config.yaml", file(""))
            let unasked = try await home.run("\(Self.order) --config \(home.folder)")
            #expect(unasked.status == 2 && unasked.errors.contains("live: true"), "\(unasked.errors)")
            _ = try home.write("config.yaml", file(", live: true"))
            let once = try await home.run("\(Self.order) --config \(home.folder)")
            #expect(once.status == 2 && once.errors.contains("--live"), "\(once.errors)")
        }
    }
}
