import Foundation
import Testing
import TradingTestKit

/// A venue as another process, and a home whose account `futures` trades there.
struct VenueScene {
    let home: Home
    let process: RunningProgram
    let port: Int

    /// What the program is told of the account's keys, by environment.
    static let keys = ["VENUE_KEY": "test-key", "VENUE_SECRET": "test-secret"]

    /// Starts the exchange on a free port, or on one that it had before, and waits until it listens.
    static func start(_ home: Home, port: Int = 0, faults: String? = nil) async throws -> VenueScene {
        var words = ["venue", "--seed", "7", "--port", "\(port)", "--output", "json"]
        if let faults { words += ["--faults", try home.write("faults.yaml", faults)] }
        let process = try home.program.start(words)
        let venue = VenueScene(home: home, process: process, port: try await process.venuePort())
        try venue.configure()
        return venue
    }

    /// Runs `body` beside an exchange of its own, which is ended afterwards.
    static func with(faults: String? = nil, _ body: (VenueScene) async throws -> Void) async throws {
        try await Home.onSharedServer(keys) { home in
            let venue = try await start(home, faults: faults)
            do {
                try await body(venue)
            } catch {
                await venue.kill()
                throw error
            }
            await venue.kill()
        }
    }

    /// Ends the exchange as a crash would; harmless when it has ended.
    func kill() async {
        process.kill()
        _ = await process.outcome()
    }

    /// The same exchange again, on its port, with everything that it had answered.
    func restarted() async throws -> VenueScene { try await Self.start(home, port: port) }

    /// Writes the account's file, with more keys of its `venue:` where given.
    func configure(_ more: String = "") throws { _ = try home.write("config.yaml", configuration(more)) }

    /// The account's file.
    func configuration(_ more: String = "") -> String {
        """
        account: futures
        accounts:
          futures:
            broker: binance
            venue: { address: "http://127.0.0.1:\(port)", key_env: VENUE_KEY, secret_env: VENUE_SECRET\(more) }
            limits: { max_position_percent: 90 }
            slippage: { limit_bps: 200 }
        """
    }

    // MARK: The program

    func run(_ line: String) async throws -> ProgramOutcome { try await home.run("\(line) --config \(home.folder)") }

    func start(_ line: String) throws -> RunningProgram {
        try home.program.start("\(line) --config \(home.folder)".split(separator: " ").map(String.init))
    }

    // MARK: What whoever runs the exchange may ask

    /// Calls below `/admin/`.
    @discardableResult
    func ask(_ method: String, _ path: String, _ body: String = "") async throws -> String {
        let curl = BuiltProgram(path: "curl", folder: "/", environment: ["PATH": "/usr/bin:/bin"])
        let address = "http://127.0.0.1:\(port)/admin/\(path)"
        let words = ["-sS", "-X", method, "-H", "X-Venue-Admin: test-admin", "--data-binary", body, address]
        let outcome = try await curl.run(words)
        #expect(outcome.status == 0 && !outcome.output.contains("\"msg\""), "\(outcome.errors)\(outcome.output)")
        return outcome.output
    }

    /// Lets one more thing go wrong, from now on.
    func fail(_ fault: String) async throws { try await ask("POST", "faults", "faults:\n  - { \(fault) }\n") }

    /// What became of a fault that was given.
    struct Fault: Decodable {
        struct Rule: Decodable {
            let kind: String
            let untilMilliseconds: Int?
        }
        let rule: Rule
        let hits: Int
        let isOpen: Bool
    }

    /// In the order in which they were given.
    func faults() async throws -> [Fault] {
        struct Answer: Decodable { let faults: [Fault] }
        return try JSONDecoder().decode(Answer.self, from: Data(try await ask("GET", "faults").utf8)).faults
    }

    /// How often each fault has hit, in the order in which they were given.
    func hits() async throws -> [Int] { try await faults().map(\.hits) }

    /// Orders of ours by the exchange's own record: how many times each client order id is there.
    func placed() async throws -> [String: Int] {
        let text = try await ask("GET", "record")
        var counts: [String: Int] = [:]
        for match in text.matches(of: /"clientOrderId":"(sx-[^"]+)"/) { counts[String(match.1), default: 0] += 1 }
        return counts
    }

    /// How many orders are open by the exchange's own record.
    func open() async throws -> Int {
        try await ask("GET", "record").matches(of: /"status":"(NEW|PARTIALLY_FILLED)"/).count
    }

    func wait(untilOpen count: Int) async throws {
        let end = ContinuousClock.now + BuiltProgram.patience
        while ContinuousClock.now < end {
            if try await open() == count { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw Home.Impatience(condition: "\(count) orders are open at the venue")
    }

    // MARK: What must hold, whatever went wrong

    /// Each intent is at the venue at most once, and the books are equal to the venue and to themselves.
    func checkBooks() async throws {
        let placed = try await placed()
        #expect(placed.values.allSatisfy { $0 == 1 }, "\(placed)")
        let known = Set(try await home.rows("SELECT client_order_id AS id FROM intents", columns: ["id"]).map { $0[0] })
        #expect(Set(placed.keys).isSubset(of: known), "orders that nothing of ours asked for")
        #expect(try await home.value("SELECT count(*) - count(DISTINCT trade_id) FROM fills") == "0")
        let verified = try await run("verify")
        #expect(verified.status == 0, "\(verified.output)")
    }

    /// Alerts that were given so far, each code once.
    func alerts() async throws -> Set<String> {
        Set(try await home.rows("SELECT DISTINCT code FROM alerts", columns: ["code"]).map { $0[0] })
    }
}
