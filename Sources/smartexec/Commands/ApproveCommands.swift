import ArgumentParser
import Foundation
import Glibc
import Orchestration
import PostgresStore
import TradingDomain

/// `smartexec approve`.
struct ApproveCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Let a run go on with exactly the plan that its digest names.",
        discussion: """
            The digest stands beside the plan (`smartexec approvals show RUN`); eight digits of it are enough. It covers \
            account, orders, sizes, limits and what the workflow does with them: when any of that changes, the digest does, \
            and what was approved before no longer counts. One approval counts once. Prices, session, halts and risk are \
            looked at again before anything is sent.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var target: ApprovalTarget

    @Option(help: "A remark that is kept with the approval.")
    var note: String?

    func perform(_ console: Console) async throws -> ExitStatus {
        try await target.answer(isApproved: true, note: note, global, console)
    }
}

/// `smartexec reject`.
struct RejectCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject",
        abstract: "Refuse a plan that waits: its run, or its item, ends REJECTED."
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var target: ApprovalTarget

    @Option(help: "Why; shown with every order that is not sent because of it.")
    var reason: String

    func perform(_ console: Console) async throws -> ExitStatus {
        try await target.answer(isApproved: false, note: reason, global, console)
    }
}

/// Which plan is answered, and who answers.
struct ApprovalTarget: ParsableArguments {
    @Argument(help: "The run's id.")
    var run: String

    @Option(help: ArgumentHelp("The step that asks, where several of a run do.", valueName: "path"))
    var step: String?

    @Option(help: "The plan's digest, or its first eight digits or more.")
    var digest: String

    @Option(help: ArgumentHelp("Who decides, when that is not who types; both are kept.", valueName: "name"))
    var by: String?

    /// Answers, and says what happens now.
    func answer(isApproved: Bool, note: String?, _ global: GlobalOptions, _ console: Console) async throws -> ExitStatus
    {
        let database = try await Database.open(try global.load(console), console)
        let id = RunID(unchecked: run)
        let standing: ApprovalStanding
        let after: RunStanding
        do {
            standing = try await PostgresApprovals(pool: database.pool).answer(
                id,
                step: step,
                digest: digest,
                ApprovalAnswer(
                    isApproved: isApproved,
                    by: by.map { "\($0) (typed by \(Self.typist))" } ?? Self.typist,
                    how: "command line",
                    note: note
                )
            )
            after = try await PostgresRunControls(pool: database.pool).standing(of: id)
            await database.pool.close()
        } catch {
            await database.pool.close()
            throw error
        }
        guard global.output == .table else {
            console.print(try Listing.json(standing))
            return .success
        }
        let verb = isApproved ? "approved" : "rejected"
        console.print("Plan \(standing.shortDigest) of run \(id) is \(verb) by \(standing.decidedBy ?? Self.typist):")
        for line in ApprovalText.plan(standing.plan) { console.print(line) }
        if let holder = after.holder {
            console.print("`\(holder)` goes on with the run. `smartexec runs follow \(id)` shows how it ends.")
        } else {
            console.print("Nobody works the run at the moment. `smartexec runs resume \(id)` goes on with it.")
        }
        return .success
    }

    /// The account of the operating system that runs this, which no variable can change, and the machine.
    private static var typist: String {
        let user = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(getuid())"
        return "\(user)@\(ProcessInfo.processInfo.hostName)"
    }
}
