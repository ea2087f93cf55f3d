import Foundation

/// The local exchange as a process of its own, which can be killed and started again on its state.
public actor LocalVenue {
    /// The keys of its built-in account, under the names that ``configuration(port:)`` gives them.
    public static let keys = ["VENUE_KEY": "test-key", "VENUE_SECRET": "test-secret"]
    /// The longest that a test keeps it.
    private static let lifetime = Duration.seconds(7200)

    /// Where it listens on the loopback interface, also after a restart.
    public nonisolated let port: Int
    private let program: BuiltProgram
    private let state: String
    private var running: RunningProgram

    private init(_ program: BuiltProgram, _ state: String, _ running: RunningProgram, port: Int) {
        self.program = program
        self.state = state
        self.running = running
        self.port = port
    }

    /// Starts an exchange with a generated market and waits until it listens.
    ///
    /// - Parameters:
    ///   - program: `smartexec`.
    ///   - state: The folder that keeps what happened.
    /// - Returns: The exchange.
    /// - Throws: ``ProgramFailure`` when it ends instead.
    public static func start(_ program: BuiltProgram, state: String) async throws -> LocalVenue {
        let running = try launch(program, state, port: 0)
        return LocalVenue(program, state, running, port: try await running.venuePort())
    }

    /// Ends it at once, as a crash of the machine would.
    public func kill() async {
        running.kill()
        _ = await running.outcome()
    }

    /// Starts it again where it was.
    public func restart() async throws {
        running = try Self.launch(program, state, port: port)
        _ = try await running.venuePort()
    }

    /// What it knows itself of its built-in account: orders, trades, positions and more, as JSON.
    public func record() async throws -> String {
        let curl = BuiltProgram(path: "curl", folder: "/", environment: ["PATH": "/usr/bin:/bin"])
        let address = "http://127.0.0.1:\(port)/admin/record"
        let outcome = try await curl.run(["-sSf", "-H", "X-Venue-Admin: test-admin", address])
        guard outcome.status == 0 else { throw ProgramFailure("the venue's record: \(outcome.errors)") }
        return outcome.output
    }

    /// The client order ids that it ever placed for us, once for each order.
    public func placed() async throws -> [String] {
        try await record().matches(of: /"clientOrderId":"(sx-[^"]+)"/).map { String($0.1) }
    }

    /// A `config.yaml` whose only account trades there.
    public static func configuration(port: Int) -> String {
        """
        account: futures
        accounts:
          futures:
            broker: binance
            venue: { address: "http://127.0.0.1:\(port)", key_env: VENUE_KEY, secret_env: VENUE_SECRET }
            limits: { max_position_percent: 90 }
            slippage: { limit_bps: 200 }
        """
    }

    private static func launch(_ program: BuiltProgram, _ state: String, port: Int) throws -> RunningProgram {
        let words = ["venue", "--seed", "7", "--port", "\(port)", "--state", state, "--output", "json"]
        return try program.start(words, deadline: lifetime)
    }
}

extension RunningProgram {
    /// Waits until an exchange that was started with `--output json` says where it listens.
    ///
    /// - Returns: Its port.
    /// - Throws: ``ProgramFailure`` when it ends instead.
    public func venuePort() async throws -> Int {
        struct Opened: Decodable { let port: Int }
        return try JSONDecoder().decode(Opened.self, from: Data(try await firstLine().utf8)).port
    }
}
