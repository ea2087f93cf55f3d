import ArgumentParser
import TradingDomain

/// `smartexec run`: a workflow now.
struct RunCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a workflow now.",
        discussion: """
            Inputs are name=value, or stand in a file given with --file; `smartexec workflow validate FILE` checks a workflow \
            without running it.

            --dry-run goes through it without doing anything: what computes or reads is done, agents asked included, and for each
            order and message it shows what would be sent, how, and the predicted cost. It works beside a run of the account.

            Ctrl-C asks whether to detach (the run goes on in the background) or to cancel (open orders are cancelled); a
            second Ctrl-C detaches, and so do SIGTERM and a closed terminal. In virtual time Ctrl-C stops the run, and \
            `smartexec runs resume` goes on with it. While a worker lives that serves the account, a run on a paced clock goes \
            to it and is followed here; Ctrl-C then asks the same. Exit code 1 when a run was detached or stopped: it has no result yet.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var market: MarketOptions
    @OptionGroup var rehearsal: RehearsalOptions

    @Option(help: ArgumentHelp("A YAML file of inputs; name=value wins over it.", valueName: "inputs.yaml"))
    var file: String?

    @Flag(help: "Start the run and leave it to a worker, or to a process in the background.")
    var detach = false

    @Argument(help: "A workflow file, or its name in the workflows folder.")
    var workflow: String

    @Argument(help: ArgumentHelp("Inputs of the workflow.", valueName: "name=value"))
    var inputs: [String] = []

    func perform(_ console: Console) async throws -> ExitStatus {
        guard !detach || market.report == nil else {
            throw CommandFailure(
                .usage,
                "A detached run has no report yet. `smartexec report RUN` makes the page later."
            )
        }
        var session = RunSession(
            global: global,
            request: LaunchRequest(global, market),
            console: console,
            page: market.report,
            isDryRun: rehearsal.dryRun
        )
        session.isDetached = detach
        return try await session.run(workflow, inputs: inputs, file: file)
    }
}

/// `smartexec decide`: one ticker, by its agent.
struct DecideCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "decide",
        abstract: "Let an agent decide about one ticker and execute the decision."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var market: MarketOptions
    @OptionGroup var rehearsal: RehearsalOptions

    @Argument(help: "The ticker, such as NVDA.")
    var ticker: String

    @Option(help: "CRITICAL, HIGH, MEDIUM or LOW; wins over the agent's own.")
    var urgency: String?

    @Option(help: "A configured agent.")
    var agent: String?

    @Option(help: ArgumentHelp("The file that a `file` agent reads.", valueName: "file"))
    var decisions: String?

    @Option(help: "The market's regime, such as RISK_OFF; sets the urgency when the caller gives none.")
    var regime: String?

    @Option(help: "The volatility index that the agent is told.")
    var vix: String?

    func perform(_ console: Console) async throws -> ExitStatus {
        var inputs = ["ticker=\(ticker)"]
        if let urgency { inputs.append("urgency=\(urgency.uppercased())") }
        if let agent { inputs.append("agent=\(agent)") }
        if let decisions { inputs.append("decisions=\(decisions)") }
        try MarketWords.check(regime: regime, vix: vix)
        let context = [regime.map { "regime=\($0)" }, vix.map { "vix=\($0)" }].compactMap { $0 }
        if !context.isEmpty { inputs.append("context=\(context.joined(separator: ","))") }
        return try await RunSession(
            global: global,
            request: LaunchRequest(global, market),
            console: console,
            page: market.report,
            isDryRun: rehearsal.dryRun
        ).run(
            "process-ticker",
            inputs: inputs
        )
    }
}

/// `smartexec batch`: a watchlist.
struct BatchCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Process every ticker of a watchlist, a few at a time."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var market: MarketOptions
    @OptionGroup var rehearsal: RehearsalOptions

    @Argument(help: "A watchlist file: one ticker a line, # for comments.")
    var watchlist: String

    @Option(help: "Tickers in flight, orders being worked included.")
    var maxConcurrent = 3

    @Option(help: "CRITICAL, HIGH, MEDIUM or LOW; wins over the agent's own.")
    var urgency: String?

    @Option(help: "A configured agent.")
    var agent: String?

    @Option(help: ArgumentHelp("The file that a `file` agent reads.", valueName: "file"))
    var decisions: String?

    func perform(_ console: Console) async throws -> ExitStatus {
        let tickers = try Watchlists.read(watchlist)
        var inputs = ["tickers=\(tickers.map(\.text).joined(separator: ","))", "max_concurrent=\(maxConcurrent)"]
        if let urgency { inputs.append("urgency=\(urgency.uppercased())") }
        if let agent { inputs.append("agent=\(agent)") }
        if let decisions { inputs.append("decisions=\(decisions)") }
        if urgency?.uppercased() == Urgency.low.rawValue, tickers.count > maxConcurrent {
            console.warn(
                "LOW urgency works each order until the session's close, so only the first \(maxConcurrent) of "
                    + "\(tickers.count) tickers find an open market. Give --max-concurrent \(tickers.count)."
            )
        }
        return try await RunSession(
            global: global,
            request: LaunchRequest(global, market),
            console: console,
            page: market.report,
            isDryRun: rehearsal.dryRun
        ).run(
            "watchlist",
            inputs: inputs
        )
    }
}

/// What a caller says of the market as a whole.
enum MarketWords {
    /// - Throws: ``CommandFailure`` naming the option that makes no sense.
    static func check(regime: String?, vix: String?) throws {
        if let regime {
            let isWord = regime.utf8.allSatisfy { byte in
                UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
                    || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_")
            }
            guard isWord, (1...64).contains(regime.utf8.count) else {
                throw CommandFailure(
                    .usage,
                    "--regime: '\(regime.prefix(64))' is no regime. Give a word such as RISK_OFF."
                )
            }
        }
        if let vix {
            guard let value = Double(vix), value.isFinite, value >= 0 else {
                throw CommandFailure(.usage, "--vix: '\(vix.prefix(64))' is no index level. Give it as 18.5.")
            }
        }
    }
}
