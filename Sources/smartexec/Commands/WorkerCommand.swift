import ArgumentParser

/// `smartexec worker`: works runs of the queue.
struct WorkerCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Work runs that wait, and those of processes that died.",
        discussion: """
            While a worker lives, `run`, `decide`, `batch` and `order` on a paced clock give their run to it and follow it. \
            `--account a,b` takes runs of these accounts only. \
            An account has one run at a time; runs of different accounts go on beside each other. To add a machine, start \
            another worker with the same `database.url`. Where a run has more questions to `process` and `http` agents than \
            `workflows.max_concurrent_agents`, workers that have the same agent and room ask the others for it.

            SIGTERM and Ctrl-C drain: runs in hand are stopped where nothing is half done and handed over to whoever works \
            them next. A second signal leaves at once.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "Runs at a time.")
    var maxRuns = 4

    @Option(help: ArgumentHelp("How long a drain waits for runs to stop.", valueName: "seconds"))
    var drainTimeout = 30

    func validate() throws {
        guard 1...256 ~= maxRuns else { throw ValidationError("--max-runs: \(maxRuns) is not in 1...256.") }
        guard 0...3600 ~= drainTimeout else {
            throw ValidationError("--drain-timeout: \(drainTimeout) is not in 0...3600.")
        }
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        var options = WorkerSession.Options()
        options.runsMax = maxRuns
        options.accounts = (global.account ?? "").split(separator: ",").map(String.init)
        options.drainTimeout = .seconds(drainTimeout)
        let lines = WorkerLines(console: console, format: global.output)
        let session = try await WorkerSession.open(
            loaded,
            console,
            options,
            tell: { lines.tell($0) },
            helped: { lines.tell($0) }
        )
        let accounts = options.accounts.isEmpty ? "every account" : options.accounts.joined(separator: ", ")
        console.note("Working runs of \(accounts), up to \(maxRuns) at a time. Ctrl-C drains.")
        await session.runUntilSignalled()
        console.note("Drained.")
        return .success
    }
}
