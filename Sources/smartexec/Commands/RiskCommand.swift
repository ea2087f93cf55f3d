import ArgumentParser
import PostgresStore
import RiskRules
import TradingDomain

/// `smartexec risk`: what stands between a decision and the market.
struct RiskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "risk",
        abstract: "Show the slippage limit, and show, enter or leave safe mode.",
        subcommands: [SlippageCommand.self, SafeModeCommand.self]
    )
}

/// `smartexec risk safe-mode`: accounts that may only reduce (OP-11).
struct SafeModeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "safe-mode",
        abstract: "Accounts that may only reduce their exposure, since something unexpected happened.",
        subcommands: [ShowSafeMode.self, EnterSafeMode.self, LeaveSafeMode.self],
        defaultSubcommand: ShowSafeMode.self
    )
}

/// `smartexec risk safe-mode status`.
struct ShowSafeMode: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show accounts in safe mode, and the history."
    )

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let database = try await Database.open(try global.load(console), console)
        let account = global.account.map { AccountID(unchecked: $0) }
        let records = try await PostgresSafeMode(pool: database.pool).history(account, limit: 20)
        await database.pool.close()
        try Listing(console: console, format: global.output).show(
            records,
            empty: "No account was ever in safe mode.",
            [
                .text("Account"), .text("State"), .text("Entered"), .text("By"), .text("Code"), .prose("Reason"),
                .text("Left"), .text("Left by"), .prose("Why it ended"),
            ]
        ) { index in
            let record = records[index]
            return [
                record.account.text, record.isActive ? "REDUCING" : "ended", "\(record.enteredAt)", record.mode.by,
                record.mode.code, record.mode.reason, record.leftAt.map { "\($0)" } ?? "", record.leftBy ?? "",
                record.leftReason ?? "",
            ]
        }
        return .success
    }
}

/// The account that the options name; safe mode is of one account, never of all by omission.
private func account(_ global: GlobalOptions, _ loaded: LoadedConfiguration) throws -> AccountID {
    let named = global.account ?? loaded.configuration.account
    let name = named.split(separator: "@", maxSplits: 1).first.map(String.init) ?? named
    guard loaded.configuration.accounts[name] != nil else {
        let known = loaded.configuration.accounts.keys.sorted().joined(separator: ", ")
        throw CommandFailure(.usage, "There is no account '\(named)'. Known: \(known). Nothing was changed.")
    }
    return AccountID(unchecked: named)
}

private func stated(_ reason: String) throws {
    guard reason.contains(where: { !$0.isWhitespace }) else {
        throw CommandFailure(.usage, "The reason is recorded. Give one.")
    }
}

/// `smartexec risk safe-mode enter REASON`.
struct EnterSafeMode: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "enter",
        abstract: "Let an account only reduce its exposure from now on."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "Why; shown with every order that it blocks.")
    var reason: String

    func perform(_ console: Console) async throws -> ExitStatus {
        try stated(reason)
        let loaded = try global.load(console)
        let account = try account(global, loaded)
        let database = try await Database.open(loaded, console)
        try await PostgresSafeMode(pool: database.pool).enter(account, reason: reason, by: operatorName)
        await database.pool.close()
        console.print("Account \(account) is in safe mode: nothing adds exposure until somebody leaves it.")
        return .success
    }
}

/// `smartexec risk safe-mode leave REASON`.
struct LeaveSafeMode: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave",
        abstract: "Let an account add exposure again, after somebody has looked; the reason is recorded."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "What was found, and why it may go on.")
    var reason: String

    func perform(_ console: Console) async throws -> ExitStatus {
        try stated(reason)
        let loaded = try global.load(console)
        let account = try account(global, loaded)
        let database = try await Database.open(loaded, console)
        let ended = try await PostgresSafeMode(pool: database.pool).leave(account, reason: reason, by: operatorName)
        await database.pool.close()
        guard !ended.isEmpty else {
            console.print("Account \(account) was not in safe mode; nothing was changed.")
            return .success
        }
        for record in ended {
            console.print(
                "Account \(record.account) may add exposure again. It was in safe mode since \(record.enteredAt): \(record.mode.reason)"
            )
        }
        return .success
    }
}
