import ArgumentParser
import ExecutionEngine
import Foundation
import MarketData
import Orchestration
import Portfolio
import RiskRules
import TradingAgents
import TradingDomain

/// `smartexec agent`: try agents out without trading.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "List the configured agents, or ask one without trading.",
        subcommands: [TestAgent.self, ListAgents.self],
        defaultSubcommand: ListAgents.self
    )
}

/// `smartexec agent list`.
struct ListAgents: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the configured agents.")

    @OptionGroup var global: GlobalOptions

    private struct Row: Encodable {
        let name: String
        let kind: String
        let source: String
        let deadlineSeconds: Double?
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let rows = loaded.configuration.agents.sorted { $0.key < $1.key }.map { name, agent in
            Row(name: name, kind: agent.kind.rawValue, source: agent.source, deadlineSeconds: agent.deadline?.seconds)
        }
        try Listing(console: console, format: global.output).show(
            rows,
            empty: "No agent is configured.",
            [.text("Agent"), .text("Kind"), .number("Deadline"), .prose("Source")]
        ) { index in
            let row = rows[index]
            return [row.name, row.kind, row.deadlineSeconds.map { "\($0) s" } ?? "", row.source]
        }
        return .success
    }
}

/// `smartexec agent test`.
struct TestAgent: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Ask an agent about a ticker and show the exchange and every gate, without trading.",
        discussion:
            "Market, time and account are those of the next `smartexec decide`. Nothing is recorded, so asking again gives the same."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var market: MarketOptions

    @Argument(help: "A configured agent; `smartexec agent list` shows them.")
    var name: String

    @Argument(help: "The ticker, such as NVDA.")
    var ticker: String

    @Option(help: "CRITICAL, HIGH, MEDIUM or LOW; wins over the agent's own.")
    var urgency: String?

    @Option(help: ArgumentHelp("The file that a `file` agent reads.", valueName: "file"))
    var decisions: String?

    @Option(help: "The market's regime, such as RISK_OFF.")
    var regime: String?

    @Option(help: "The volatility index that the agent is told.")
    var vix: String?

    func perform(_ console: Console) async throws -> ExitStatus {
        guard let symbol = Symbol(ticker) else {
            throw CommandFailure(.usage, "'\(ticker)' is no ticker: 1 to 24 of A-Z, 0-9 and . ^ / = _ -")
        }
        let urgency = try urgency.map(Self.urgency)
        try MarketWords.check(regime: regime, vix: vix)
        let context = DecisionRequest.Context(regime: regime, vix: vix.flatMap { Double($0) })
        let loaded = try global.load(console)
        let asked: AgentTrial
        let headline: String
        do {
            _ = try AgentFactory(loaded).make(name, decisions)
            let request = LaunchRequest(global, market)
            let floor = try await TradingFloor.open(loaded, request, onlyLooking: true, console)
            headline = floor.headline
            do {
                asked = try await AgentTrial.run(
                    name,
                    about: symbol,
                    context,
                    decisions: decisions,
                    urgency: urgency,
                    on: floor.desk
                )
            } catch {
                await floor.close()
                throw error
            }
            await floor.close()
        } catch let failure as StepFailure {
            throw CommandFailure(.usage, failure.message)
        }
        let page = AgentTrialPage(
            trial: asked,
            name: name,
            symbol: symbol,
            source: loaded.configuration.agents[name]?.source ?? ""
        )
        switch global.output {
        case .json: console.print(try page.json())
        case .table, .html, .sarif:
            console.print("\(headline)\n" + page.text(console.style, width: console.output.width))
        }
        return page.status
    }

    private static func urgency(_ text: String) throws -> Urgency {
        guard let urgency = Urgency(rawValue: text.uppercased()) else {
            let known = Urgency.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(.usage, "--urgency: '\(text)' is no urgency. Known: \(known).")
        }
        return urgency
    }
}

extension AgentConfiguration {
    /// Where its answers come from.
    var source: String {
        switch self {
        case .momentum(let settings): "built in, \(settings.lookback) bars"
        case .file(let settings): settings.path ?? "the file that the run names"
        case .process(let settings): settings.command.joined(separator: " ")
        case .http(let settings): "POST " + Secrets.masked(settings.url)
        }
    }

    /// Wall-clock time for an answer; `nil` where none is configured.
    var deadline: Duration? {
        switch self {
        case .momentum, .file: nil
        case .process(let settings): settings.deadline
        case .http(let settings): settings.deadline
        }
    }
}
