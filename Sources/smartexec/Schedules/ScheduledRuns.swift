import ArgumentParser
import Assembly
import MarketData
import Orchestration
import PostgresStore
import TradingDomain
import Workflows

/// Options that choose the market of scheduled runs.
struct ScheduledMarketOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A folder or file of market data to replay; may be given several times.", valueName: "path")
    )
    var data: [String] = []

    @Option(help: "The session that runs trade; on the generated market each takes its account's next one.")
    var session: String?

    @Option(help: "virtual, real or a multiple such as 60x; real unless configured.")
    var clock: String?

    @Option(help: "Seed of the generated market and of simulated fills.")
    var seed: UInt64?

    /// What runs of schedules are launched with.
    func request(_ global: GlobalOptions, _ configuration: Configuration) throws -> LaunchRequest {
        var request = LaunchRequest(clock: clock ?? configuration.clock?.description ?? "real")
        request.account = global.account
        request.data = data
        request.session = session
        request.seed = seed
        if let account = global.account, configuration.accounts[account] == nil {
            throw CommandFailure(.usage, "There is no account '\(account)'. Add it under `accounts:`.")
        }
        return request
    }
}

/// Makes the runs that schedules start, on the account and the market that configuration and command line choose.
///
/// As with `run`, each takes its account's next session of the generated market: the time of the schedule decides when a run
/// starts, and the session is what it trades.
struct ScheduledRuns: Sendable {
    let loaded: LoadedConfiguration
    let request: LaunchRequest
    let pool: PostgresPool

    /// The run of a tick, or why there is none; errors of the surroundings are thrown, so that it is tried again.
    func make(_ wanted: Scheduler.Request) async throws -> Scheduler.Answer {
        do {
            return .run(try await run(wanted))
        } catch let error as PostgresError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return .refused("\(error)")
        }
    }

    private func run(_ wanted: Scheduler.Request) async throws -> ScheduledRun {
        let configuration = loaded.configuration
        var request = request
        request.account = wanted.schedule.account ?? request.account
        let reader = PostgresQueries(pool: pool)
        let launch = try await request.launch(configuration) { account in
            try await reader.runs(account, limit: 1).first?.startedAt
        }
        let settings = try configuration.settings(of: launch)
        let market = try request.floor(launch, configuration)
        let account = launch.namespace(market.source)
        let clock = try await reader.clock(of: account)
        if let clock, clock > market.session.close + .seconds(3600) {
            throw CommandFailure(
                .usage,
                "Account \(account) has traded until \(clock), and its time does not go back to session "
                    + "\(market.session.date). Choose a later --session."
            )
        }
        let begins = market.begins(configuration)
        let inputs = RunSession.anywhere(inputs(wanted))
        let record = try RunRecord(
            of: wanted.bundle,
            inputs: inputs,
            account: account,
            environment: launch.environment(settings),
            market: market.source.fingerprint,
            launch: try launch.json,
            at: max(begins, clock ?? begins)
        )
        return ScheduledRun(record: record, slot: try wanted.bundle.concurrencySlot(for: inputs))
    }

    /// A workflow that asks an agent gets the configured one, unless its schedule names another.
    private func inputs(_ wanted: Scheduler.Request) -> [String: Value] {
        var inputs = wanted.inputs
        if wanted.bundle.definition.input("agent") != nil, inputs["agent"] == nil {
            inputs["agent"] = .text(loaded.configuration.agent)
        }
        return inputs
    }
}
