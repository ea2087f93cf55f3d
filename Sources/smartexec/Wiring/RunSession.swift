import Assembly
import Foundation
import ExecutionEngine
import Logging
import MarketData
import Orchestration
import PostgresStore
import TradingDomain
import Workflows
import YAMLNodes

/// A run that is to be started.
struct NewRun: Sendable {
    let source: SourceFile
    let bundle: WorkflowBundle
    let inputs: [String: Value]
}

/// Runs a workflow from the command line: opens the floor, runs, prints, gives an exit code.
struct RunSession {
    let global: GlobalOptions
    let request: LaunchRequest
    let console: Console
    /// Where the report goes as a page, besides the output.
    var page: String?
    /// This process is the background one of a detached run.
    var isBackground = false
    /// Only what would be done is shown.
    var isDryRun = false
    /// Start the run and leave it to a worker, or to a process in the background.
    var isDetached = false

    /// Runs `workflow` with `inputs` as written on the command line, over those of a file.
    func run(_ workflow: String, inputs: [String], file: String? = nil) async throws -> ExitStatus {
        if let page { try ReportFile.check(page) }
        let loaded = try global.load(console)
        let loader = WorkflowLoader(loaded, running: true)
        let source = try loader.library.named(workflow)
        let bundle = try check(source, loader)
        let values = try values(for: bundle, inputs, file, agent: loaded.configuration.agent)
        noteOperation(bundle)
        if isDryRun {
            try checkAgent(values, loaded)
            return try await rehearse(bundle, values, loaded)
        }
        return try await start(NewRun(source: source, bundle: bundle, inputs: values), loaded)
    }

    /// Starts a new run: at the worker that serves its account, else in this process.
    func start(_ run: NewRun, _ loaded: LoadedConfiguration) async throws -> ExitStatus {
        try checkAgent(run.inputs, loaded)
        if let status = try await handOver(run, loaded) { return status }
        let floor = try await TradingFloor.open(loaded, request, console)
        return try await finish(floor, loaded) { executor in
            try await executor.run(run.source, inputs: run.inputs)
        } library: { name in
            run.bundle.sources.first { $0.workflow == name }?.source
        }
    }

    /// Goes on with an interrupted run.
    func resume(_ run: RunID) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let detail = try await PostgresQueries(pool: database.pool).run(run)
        await database.pool.close()
        guard let detail else { throw RunStoreError.notFound(run) }
        let floor = try await TradingFloor.open(loaded, request, resuming: detail, console)
        return try await finish(floor, loaded) { executor in
            try await executor.resume(run)
        } library: { _ in
            nil
        }
    }

    private func finish(
        _ floor: TradingFloor,
        _ loaded: LoadedConfiguration,
        _ body: (SmartExecutor) async throws -> RunReport,
        library: @escaping @Sendable (String) -> SourceFile?
    ) async throws -> ExitStatus {
        let display = ProgressDisplay(console, speed: floor.launch.mode.speed, environment: loaded.variables)
        let forwarding = Forwarding(loaded)
        let supervisor = RunSupervisor(situation(floor), display)
        var logger = Logger(label: "smartexec", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = Logger.Level(rawValue: floor.logLevel) ?? .warning
        let log = logger
        log.info(
            "Floor opened",
            metadata: [
                "account": "\(floor.desk.account)", "session": "\(floor.market.session.date)",
                "epoch": "\(floor.engine.lease.epoch)",
            ]
        )
        if global.output == .table, !global.quiet { console.print(floor.headline, wrapping: true) }
        if floor.launch.isGenerated, global.output == .table, !global.quiet {
            console.note(
                "The market is generated: prices are invented and mean nothing; --data replays real ones. Each run takes the "
                    + "account's next session, and --session \(floor.market.session.date) asks for this one again."
            )
        }
        let executor = SmartExecutor(
            desk: floor.desk,
            library: library,
            launch: try floor.launch.json,
            control: supervisor.control,
            parksForPeople: parksForPeople(floor),
            progress: { progress in
                if case .asking(let request) = progress { forwarding.tell(request) }
                log.debug("Run went on", metadata: ["event": "\(progress)"])
                display.take(progress)
            }
        )
        forwarding.start(floor.engine.notifier, isVirtual: floor.launch.mode == .virtual)
        supervisor.start()
        defer { supervisor.finish() }
        let report: RunReport
        do {
            report = try await body(executor)
        } catch {
            supervisor.releaseTerminal()
            let explained = await floor.paper.explained(error)
            await floor.close()
            await forwarding.finish(console)
            if let parked = error as? RunParked { return leave(parked) }
            guard let stopped = error as? RunStopped else { throw explained }
            return try await leave(stopped, floor.launch, loaded, detaching: supervisor.wantsDetach)
        }
        supervisor.releaseTerminal()
        await floor.close()
        await forwarding.finish(console)
        let status = try show(report)
        if let page { try await write(report, to: page) }
        return status
    }

    private func situation(_ floor: TradingFloor) -> InterruptDialogue.Situation {
        if isBackground { return .background }
        if floor.launch.mode == .virtual { return .virtual }
        return Keyboard.isAttended && console.errors.isTerminal ? .attended : .unattended
    }

    /// In virtual time nothing is lost by letting go of a run that waits for people; somebody at a terminal sees it wait.
    private func parksForPeople(_ floor: TradingFloor) -> Bool {
        floor.launch.mode == .virtual && !(Keyboard.isAttended && console.errors.isTerminal)
    }

    /// Says how a run goes on that was let go of.
    private func leave(_ parked: RunParked) -> ExitStatus {
        console.errors.write(
            "Run \(parked.run) is kept until it is answered, and nobody works it meanwhile.\n"
                + "Then go on:  smartexec runs resume \(parked.run)\n"
        )
        return .incomplete
    }

    /// Says how a run that stopped goes on, or lets it go on in the background.
    private func leave(
        _ stopped: RunStopped,
        _ launch: Launch,
        _ loaded: LoadedConfiguration,
        detaching: Bool
    ) async throws -> ExitStatus {
        let run = stopped.run
        let open = stopped.openOrders
        guard detaching else {
            let orders =
                open.isEmpty
                ? "No order is open."
                : "\(open.count == 1 ? "1 order stays" : "\(open.count) orders stay") open and "
                    + "\(open.count == 1 ? "is" : "are") not worked meanwhile."
            console.tell("Run \(run) stopped at \(stopped.at). \(orders)")
            console.errors.write(
                "Go on with it:  smartexec runs resume \(run)\n"
                    + "Wind it down:   smartexec runs cancel \(run)\n"
            )
            return .incomplete
        }
        let database = try await Database.open(loaded, console)
        do {
            try await startBackground(run, launch, loaded, database)
            await database.pool.close()
        } catch {
            await database.pool.close()
            throw error
        }
        return .incomplete
    }

    /// Lets a run that nobody works go on in a process of its own, and says so.
    func startBackground(
        _ run: RunID,
        _ launch: Launch,
        _ loaded: LoadedConfiguration,
        _ database: Database
    ) async throws {
        let background = BackgroundRun(
            run: run,
            clock: launch.clock,
            global: global,
            stateFolder: Database.stateFolder(loaded)
        )
        let process = try await background.start(PostgresRunControls(pool: database.pool))
        console.tell("Run \(run) goes on in the background.")
        console.errors.write(
            "Process:     \(process), clock \(launch.clock)\n"
                + "Its output:  \(background.log)\n"
                + "Follow it:   smartexec runs follow \(run)\n"
                + "Look at it:  smartexec runs show \(run)\n"
                + "Cancel it:   smartexec runs cancel \(run)\n"
        )
    }

    /// Prints a report; its statuses make the exit code.
    func show(_ report: RunReport) throws -> ExitStatus {
        switch global.output {
        case .json: console.print(try ReportPrinter.json(report))
        case .table, .html, .sarif: console.print(ReportPrinter.table(report, console))
        }
        return ExitStatus.worst(
            report.items.map { ExitStatus(itemStatus: $0.status.rawValue) } + [
                ExitStatus(itemStatus: report.status.rawValue)
            ]
        )
    }

    /// What was traded stays traded: a page that cannot be written is a warning.
    func write(_ report: RunReport, to page: String) async throws {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let html = try await ReportPages.html(report, PostgresQueries(pool: database.pool), loaded, console)
        await database.pool.close()
        do {
            try ReportFile.write(html, to: page)
            console.note("Wrote \(page).")
        } catch {
            console.warn("\(error) `smartexec report \(report.run) --output html --file FILE` makes the page again.")
        }
    }

    /// The workflow, when it is valid.
    private func check(_ source: SourceFile, _ loader: WorkflowLoader) throws -> WorkflowBundle {
        let result = loader.compiler.compile(source, resolver: loader.library.resolver(beside: source))
        guard let bundle = result.bundle else {
            throw WorkflowFileError(workflow: source.name, diagnostics: result.diagnostics)
        }
        return bundle
    }

    private func values(for bundle: WorkflowBundle, _ inputs: [String], _ file: String?, agent: String) throws
        -> [String: Value]
    {
        let written = try file.map { path in
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandFailure(.usage, "\(path): the inputs cannot be read. Check that the file exists.")
            }
            return SourceFile(name: path, text: String(decoding: data, as: UTF8.self))
        }
        let parser = InputParser(types: StepCatalog.standard.registry.types)
        var parsed = parser.parse(inputs, file: written, against: bundle.definition)
        // A workflow that asks an agent gets the configured one, unless the caller names another.
        if bundle.definition.input("agent") != nil, parsed.values["agent"] == nil {
            parsed = parser.parse(inputs + ["agent=\(agent)"], file: written, against: bundle.definition)
        }
        let errors = parsed.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty else { throw CommandFailure(.usage, errors.map(\.rendered).joined(separator: "\n\n")) }
        return parsed.values
    }

    /// What a file says about when it runs, and a run by hand does otherwise.
    private func noteOperation(_ bundle: WorkflowBundle) {
        if !bundle.root.schedules.isEmpty {
            console.note("\(bundle.root.name) has a schedule; this run starts now, with the inputs given here.")
        }
    }

    /// An unknown agent, or a decision file with problems, is refused before anything runs.
    private func checkAgent(_ inputs: [String: Value], _ loaded: LoadedConfiguration) throws {
        guard let agent = inputs["agent"]?.textValue else { return }
        do {
            _ = try AgentFactory(loaded).make(agent, inputs["decisions"]?.textValue)
        } catch let failure as StepFailure {
            throw CommandFailure(.usage, failure.message)
        }
    }
}
