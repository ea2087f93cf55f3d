import ArgumentParser
import Foundation
import PostgresStore
import RiskRules
import TradingDomain

/// `smartexec kill-switch` (alias `halt` for activate).
struct KillSwitchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill-switch",
        abstract: "Stop all trading, or allow it again.",
        subcommands: [
            ActivateKillSwitch.self, DeactivateKillSwitch.self, ShowKillSwitch.self, DrillKillSwitch.self,
        ],
        defaultSubcommand: ShowKillSwitch.self
    )
}

/// Who moves the kill switch or cancels something: the user of the machine.
var operatorName: String { ProcessInfo.processInfo.environment["USER"] ?? NSUserName() }

/// What a halt covers: all accounts, or the one named, which must exist: a mistyped name would halt nothing.
private func haltScope(_ account: String?, _ configuration: Configuration) throws -> PostgresKillSwitch.Scope {
    guard let account else { return .all }
    let name = account.split(separator: "@", maxSplits: 1).first.map(String.init) ?? account
    guard configuration.accounts[name] != nil else {
        let known = configuration.accounts.keys.sorted().joined(separator: ", ")
        throw CommandFailure(.usage, "There is no account '\(account)'. Known: \(known). Nothing was changed.")
    }
    return .account(AccountID(unchecked: account))
}

/// Moves the kill switch for the accounts that the options name, and prints what came of it.
private func moveKillSwitch(
    _ global: GlobalOptions,
    _ console: Console,
    _ move: (PostgresKillSwitch, PostgresKillSwitch.Scope) async throws -> PostgresKillSwitch.Outcome
) async throws -> ExitStatus {
    let loaded = try global.load(console)
    let scope = try haltScope(global.account, loaded.configuration)
    let database = try await Database.open(loaded, console)
    let outcome = try await move(PostgresKillSwitch(pool: database.pool), scope)
    await database.pool.close()
    console.print(outcome.message)
    return .success
}

/// How far a halt goes, and how long its command waits.
struct HaltOptions: ParsableArguments {
    @Flag(help: "Once nothing else can trade, close every position with market orders that only reduce it.")
    var flatten = false

    @Option(help: "Seconds to wait for the proof of engines that live (default: 15, with --flatten 60).")
    var wait: Int?

    var patience: Duration { .seconds(wait ?? (flatten ? 60 : 15)) }

    func validate() throws {
        if let wait, wait < 0 { throw ValidationError("--wait: \(wait) is no number of seconds.") }
    }
}

/// `smartexec kill-switch activate REASON`.
struct ActivateKillSwitch: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Block new orders and cancel open ones, on every worker."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Why; shown with every blocked order.")
    var reason: String

    @OptionGroup var proof: HaltOptions

    func validate() throws { try proof.validate() }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let scope = try haltScope(global.account, loaded.configuration)
        let database = try await Database.open(loaded, console)
        let killSwitch = PostgresKillSwitch(pool: database.pool)
        let outcome = try await killSwitch.activate(
            reason: reason,
            by: operatorName,
            scope: scope,
            flattens: proof.flatten
        )
        console.print(outcome.message)
        var status = ExitStatus.success
        if let halt = outcome.halt {
            let clock = ContinuousClock()
            let end = clock.now + proof.patience
            var report = HaltReport(standings: try await killSwitch.standing(halt.id))
            while report.isUnderWay, clock.now < end {
                try await clock.sleep(for: .milliseconds(250))
                report = HaltReport(standings: try await killSwitch.standing(halt.id))
            }
            let unworked = report.unworked(flattens: halt.flattens)
            for account in unworked { await HaltProof.take(account, loaded, console) }
            if !unworked.isEmpty { report = HaltReport(standings: try await killSwitch.standing(halt.id)) }
            try report.show(console)
            console.print(report.headline)
            if proof.flatten, !report.isDone { status = .incomplete }
        }
        await database.pool.close()
        return status
    }
}

/// Takes accounts that nobody works, so that the venue is asked and cancels, and positions are closed.
private enum HaltProof {
    static func take(
        _ account: AccountID,
        _ loaded: LoadedConfiguration,
        _ console: Console
    ) async {
        let name = account.text.split(separator: "@", maxSplits: 1).first.map(String.init) ?? account.text
        console.note("No engine works account \(account): this command takes it until nothing of it can trade.")
        let isPaced = account.text.hasSuffix("-paced")
        var request = LaunchRequest(clock: account.text.contains("@") ? (isPaced ? "10x" : "virtual") : nil)
        request.account = name
        do {
            // Opening it begins the way to the proof, and closing it waits for that.
            let floor = try await TradingFloor.open(loaded, request, book: account, console)
            await floor.close()
        } catch {
            console.note("Account \(account) was not asked for at its venue: \(error)")
        }
    }
}

/// `smartexec halt REASON`: the same as `kill-switch activate`.
struct HaltCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "halt",
        abstract: "The same as kill-switch activate."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Why; shown with every blocked order.")
    var reason: String

    @OptionGroup var proof: HaltOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        var command = ActivateKillSwitch()
        command.global = global
        command.reason = reason
        command.proof = proof
        return try await command.perform(console)
    }
}

/// `smartexec kill-switch deactivate REASON`.
struct DeactivateKillSwitch: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "deactivate",
        abstract: "Allow trading again; the reason is recorded."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Why trading may go on.")
    var reason: String

    func perform(_ console: Console) async throws -> ExitStatus {
        try await moveKillSwitch(global, console) { killSwitch, scope in
            try await killSwitch.deactivate(reason: reason, by: operatorName, scope: scope)
        }
    }
}

/// `smartexec kill-switch status`.
struct ShowKillSwitch: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the kill switch and its history."
    )

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let killSwitch = PostgresKillSwitch(pool: database.pool)
        let records = try await killSwitch.history(limit: 20)
        var reports: [HaltReport] = []
        for record in records where record.isActive {
            reports.append(HaltReport(standings: try await killSwitch.standing(record.halt.id)))
        }
        await database.pool.close()
        if global.output == .table {
            let active = records.filter(\.isActive)
            console.print(
                active.isEmpty ? "The kill switch is off." : "The kill switch is ON: \(active[0].halt.reason)"
            )
            for report in reports {
                try report.show(console)
                console.print(report.headline)
            }
        }
        try Listing(console: console, format: global.output).show(
            records,
            empty: "It was never activated.",
            [
                .text("Activated"), .text("By"), .text("Scope"), .prose("Reason"), .text("Ended"), .text("Ended by"),
                .prose("Why it ended"),
            ]
        ) { index in
            let record = records[index]
            return [
                "\(record.activatedAt)", record.halt.by, record.account?.text ?? "all", record.halt.reason,
                record.endedAt.map { "\($0)" } ?? "", record.endedBy ?? "", record.endReason ?? "",
            ]
        }
        return .success
    }
}
