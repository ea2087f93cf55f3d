import Foundation
import ExecutionEngine
import Logging
import MarketData
import Orchestration
import PostgresStore
import TradingDomain
import Workflows
import YAMLNodes

/// Runs a workflow from the command line: opens the floor, runs, prints, gives an exit code.
struct RunSession {
    let global: GlobalOptions
    let request: LaunchRequest
    let console: Console
    /// Where the report goes as a page, besides the output.
    var page: String?

    /// Runs `workflow` with `inputs` as written on the command line.
    func run(_ workflow: String, inputs: [String]) async throws -> ExitStatus {
        if let page { try ReportFile.check(page) }
        let loaded = try global.load(console)
        let files = WorkflowFiles(directory: loaded.configuration.workflows.directory)
        let source = try files.named(workflow)
        let resolver = files.resolver(beside: source)
        let values = try check(source, resolver, inputs, agent: loaded.configuration.agent)
        try checkAgent(values, loaded)
        let floor = try await TradingFloor.open(loaded, request, console)
        return try await finish(floor) { executor in
            try await executor.run(source, inputs: values)
        } library: {
            resolver($0)
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
        return try await finish(floor) { executor in
            try await executor.resume(run)
        } library: { _ in
            nil
        }
    }

    private func finish(
        _ floor: TradingFloor,
        _ body: (SmartExecutor) async throws -> RunReport,
        library: @escaping @Sendable (String) -> SourceFile?
    ) async throws -> ExitStatus {
        let line = ProgressLine(console)
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
        if global.output == .table, !global.quiet { console.print(floor.headline) }
        if floor.launch.isGenerated, global.output == .table, !global.quiet {
            console.note(
                "The market is generated: prices are invented and mean nothing; --data replays real ones. Each run takes the "
                    + "account's next session, and --session \(floor.market.session.date) asks for this one again."
            )
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let executor = SmartExecutor(
            desk: floor.desk,
            library: library,
            launch: String(decoding: try encoder.encode(floor.launch), as: UTF8.self),
            progress: { progress in
                log.debug("Run went on", metadata: ["event": "\(progress)"])
                if let text = progress.text { line.update(text) }
            }
        )
        let report: RunReport
        do {
            report = try await body(executor)
        } catch {
            line.clear()
            await floor.close()
            throw error
        }
        line.clear()
        await floor.close()
        switch global.output {
        case .json: console.print(try ReportPrinter.json(report))
        case .table, .html: console.print(ReportPrinter.table(report, console))
        }
        if let page { try await write(report, to: page) }
        return ExitStatus.worst(
            report.items.map { ExitStatus(itemStatus: $0.status.rawValue) } + [
                ExitStatus(itemStatus: report.status.rawValue)
            ]
        )
    }

    /// What was traded stays traded: a page that cannot be written is a warning.
    private func write(_ report: RunReport, to page: String) async throws {
        let database = try await Database.open(try global.load(console), console)
        let html = try await ReportPages.html(report, PostgresQueries(pool: database.pool))
        await database.pool.close()
        do {
            try ReportFile.write(html, to: page)
            console.note("Wrote \(page).")
        } catch {
            console.warn("\(error) `smartexec report \(report.run) --output html --file FILE` makes the page again.")
        }
    }

    private func check(
        _ source: SourceFile,
        _ resolver: (String) -> SourceFile?,
        _ inputs: [String],
        agent: String
    ) throws -> [String: Value] {
        let result = WorkflowCompiler(registry: StepCatalog.standard.registry).compile(source, resolver: resolver)
        guard let bundle = result.bundle else {
            throw WorkflowFileError(workflow: source.name, diagnostics: result.diagnostics)
        }
        // A workflow that asks an agent gets the configured one, unless the caller names another.
        let asksAgent = bundle.definition.input("agent") != nil && !inputs.contains { $0.hasPrefix("agent=") }
        let arguments = inputs + (asksAgent ? ["agent=\(agent)"] : [])
        let parsed = InputParser(types: StepCatalog.standard.registry.types).parse(
            arguments,
            against: bundle.definition
        )
        let errors = parsed.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty else { throw CommandFailure(.usage, errors.map(\.rendered).joined(separator: "\n\n")) }
        return parsed.values
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

extension WorkflowRunner.Progress {
    /// One line for people; `nil` for what does not matter to them.
    var text: String? {
        switch self {
        case .event(.itemStarted(_, let key)): "\(key): started"
        case .event(.itemFinished(_, let key, let result)): "\(key): \(result.status.rawValue)"
        case .event, .parent: nil
        }
    }
}
