import ArgumentParser
import Dispatch
import Foundation
import PaperVenue
import TradingDomain

/// `smartexec venue`: a local exchange that clients of the real one can use.
struct VenueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "venue",
        abstract: "Run a local exchange that speaks Binance's futures dialect, until it is told to stop.",
        discussion: """
            Requests and streams are served on one port of this machine; nothing reaches a real venue. What happened is kept \
            in the state folder and survives any kill. SIGTERM and Ctrl-C end it.

            Faults come from --faults or from POST /admin/faults; GET /admin/record is what the venue itself knows. Calls below \
            /admin/ carry the admin token in the header X-Venue-Admin.
            Example: smartexec venue --port 8080 --seed 7
            """
    )

    @Option(help: "Port on the loopback interface; 0 for any that is free.")
    var port = 0

    @Option(
        help: ArgumentHelp("Where it keeps what happened; unless given, below SMARTEXEC_HOME.", valueName: "folder")
    )
    var state: String?

    @Option(help: ArgumentHelp("Accounts, symbols and limits.", valueName: "file.yaml"))
    var config: String?

    @Option(help: ArgumentHelp("Recorded books and trades to replay; may be given several times.", valueName: "path"))
    var data: [String] = []

    @Option(help: "Seed of the generated market and of ids.")
    var seed: UInt64?

    @Option(help: "real, or a multiple such as 60x: how fast the venue's time passes.")
    var clock = "real"

    @Option(help: ArgumentHelp("A fault schedule.", valueName: "file.yaml"))
    var faults: String?

    @Option(help: ArgumentHelp("What calls below /admin/ must carry.", valueName: "token"))
    var admin = "test-admin"

    @Option(help: "table for people, json for programs.")
    var output: OutputFormat = .table

    func validate() throws {
        guard 0...65_535 ~= port else { throw ValidationError("--port: \(port) is not in 0...65535.") }
        guard factor != nil else {
            throw ValidationError("--clock: `\(clock)` is neither real nor a multiple like 60x.")
        }
        guard output == .table || output == .json else {
            throw ValidationError("--output: the venue prints table or json.")
        }
        guard !admin.isEmpty else { throw ValidationError("--admin: the token is empty.") }
    }

    private var factor: Int? {
        switch ClockMode(clock) {
        case .real: 1
        case .accelerated(let factor): factor
        case .virtual, nil: nil
        }
    }

    func run() async throws {
        Console.surviveClosedPipes()
        let console = Console.standard(isQuiet: false, environment: ProcessInfo.processInfo.environment)
        do {
            try await serve(console)
        } catch {
            let failure = Self.failure(error)
            console.fail(failure.description)
            throw ExitCode(failure.status.rawValue)
        }
    }

    private func serve(_ console: Console) async throws {
        var options = VenueOptions()
        options.port = port
        options.stateFolder = state ?? Self.usualState
        options.configuration = config
        options.data = data
        options.seed = seed
        options.clockFactor = factor ?? 1
        options.faults = faults
        options.adminToken = admin
        let setup = try options.setup()
        let server = try await VenueServer.start(setup)
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let signals = Signals([SIGINT, SIGTERM], on: DispatchQueue(label: "smartexec.venue")) { _ in stop.finish() }
        defer { signals.cancel() }
        try tell(server, setup, console)
        // Whichever comes first: a signal, or a venue that cannot go on.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in stops {} }
            group.addTask { _ = await server.ended() }
            try await group.next()
            try await server.stop()
            group.cancelAll()
        }
        if let failure = await server.ended() { throw failure }
        console.note("The venue has ended; its state is kept.")
    }

    private static var usualState: String {
        let variables = ProcessInfo.processInfo.environment
        let home = variables["SMARTEXEC_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (home ?? NSHomeDirectory() + "/.smartexec") + "/venue"
    }

    private struct Opened: Encodable {
        struct Account: Encodable {
            let name: String
            let key: String
        }

        let address: String
        let streams: String
        let port: Int
        let state: String
        let accounts: [Account]
        let symbols: [String]
    }

    private func tell(_ server: VenueServer, _ setup: VenueSetup, _ console: Console) throws {
        let opened = Opened(
            address: "http://127.0.0.1:\(server.port)",
            streams: "ws://127.0.0.1:\(server.port)",
            port: server.port,
            state: setup.stateFolder ?? "",
            accounts: setup.settings.accounts.map { Opened.Account(name: $0.name, key: $0.key) },
            symbols: setup.settings.symbols.map(\.name.text)
        )
        if server.tornBytes > 0 {
            console.note(
                "The last \(server.tornBytes) bytes of its state were torn by a kill; nobody was told of them."
            )
        }
        guard output != .json else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return console.print(String(decoding: try encoder.encode(opened), as: UTF8.self))
        }
        console.print("LOCAL VENUE \(opened.address)  streams \(opened.streams)")
        for account in setup.settings.accounts {
            // Secrets of a file stay there; the built-in account's is no secret.
            let secret = config == nil ? "  secret \(account.secret)" : ""
            let balances = account.balances.keys.sorted().map { "\(account.balances[$0] ?? .zero) \($0)" }
            console.print("account \(account.name)  key \(account.key)\(secret)  \(balances.joined(separator: ", "))")
        }
        console.print("symbols \(opened.symbols.joined(separator: " "))")
        console.print("state \(opened.state)")
        console.note("Ctrl-C ends it.")
    }

    /// What a person got wrong is wrong use; a port or a folder that somebody else has is the environment.
    private static func failure(_ error: any Error) -> CommandFailure {
        switch error {
        case let input as VenueInputError: CommandFailure(.usage, "\(input)")
        case let failure as VenueFailure: CommandFailure(.unavailable, "\(failure)")
        default: CommandFailure(error)
        }
    }
}
