import ArgumentParser
import Foundation
import YAMLNodes

/// How results are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case table, json
    /// One page for a browser or a printer; for `report` only.
    case html
    /// Findings as code scanners exchange them (SARIF 2.1.0); for `workflow validate` only.
    case sarif
}

/// Options of every command.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder with config.yaml.", valueName: "folder"))
    var config: String?

    @Option(help: "Which overlay to use: paper, staging or production.")
    var environment: String?

    @Option(help: "The account, by its configured name.")
    var account: String?

    @Option(help: "table for people, json for programs; report also gives html, workflow validate sarif.")
    var output: OutputFormat = .table

    @Flag(help: "Trade real money, on an account with `live: true`.")
    var live = false

    @Flag(help: "Results and errors only.")
    var quiet = false

    var console: Console {
        .standard(isQuiet: quiet || output != .table, environment: ProcessInfo.processInfo.environment)
    }

    /// Reads the configuration and prints its warnings.
    func load(_ console: Console) throws -> LoadedConfiguration {
        let loader = ConfigurationLoader(
            directory: config,
            environment: environment,
            variables: ProcessInfo.processInfo.environment
        )
        var loaded = try loader.load()
        loaded.isLive = live
        for warning in loaded.warnings { console.errors.write(warning.rendered + "\n") }
        return loaded
    }
}

/// Options that choose the market and its clock.
struct MarketOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A folder or file of market data to replay; may be given several times.", valueName: "path")
    )
    var data: [String] = []

    @Option(help: ArgumentHelp("The session to trade, such as 2019-02-15.", valueName: "date"))
    var session: String?

    @Option(help: "virtual, real or a multiple such as 60x.")
    var clock: String?

    @Option(help: ArgumentHelp("Write the run's report as a page to this file too.", valueName: "file.html"))
    var report: String?

    @Option(help: "Seed of the generated market and of simulated fills.")
    var seed: UInt64?
}

/// Options of the commands that run a workflow.
struct RehearsalOptions: ParsableArguments {
    @Flag(help: "Show what would be done, with predicted costs, and do nothing of it. Agents are asked.")
    var dryRun = false
}
