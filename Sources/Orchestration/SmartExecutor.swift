public import ExecutionAnalytics
import ExecutionEngine
import Foundation
import Portfolio
public import RiskRules
import Synchronization
import MarketData
public import TradingDomain
public import Workflows
public import YAMLNodes

/// The orchestrator (SX-1…SX-3): every way in starts a run of a workflow.
///
/// `processTicker` is a run of `process-ticker`, `processBatch` one of `watchlist`; state is in the stores, and a run
/// survives the death of its process (``resume(_:)``).
public final class SmartExecutor: Sendable {
    /// How often a run that waits its turn looks again.
    private static let queueCheck = Duration.milliseconds(200)

    private let desk: Desk
    private let catalog: StepCatalog
    private let library: @Sendable (String) -> SourceFile?
    private let launch: String
    /// Items of the runs of this executor, for ``getSummary()``.
    private let history = Mutex<[ItemReport]>([])
    private let control: RunControl
    private let compiled = CompiledWorkflows()
    private let parksForPeople: Bool
    /// What this process counts and measures; metrics of your own go into it as well (AN-6).
    public let metrics: PerformanceMetricsCollector
    private let progress: @Sendable (WorkflowRunner.Progress) -> Void

    /// An executor on a desk.
    ///
    /// `library` finds workflow files by name, and `launch` tells how market and clock were chosen, which is stored with
    /// each run for ``resume(_:)``. Through `control` its runs are stopped or cancelled, into `metrics` its executions count.
    /// With `parksForPeople` a run that nothing but approvals keep is let go of (``RunParked``), else it waits here.
    public init(
        desk: Desk,
        catalog: StepCatalog = .standard,
        library: @escaping @Sendable (String) -> SourceFile?,
        launch: String = "{}",
        control: RunControl = RunControl(),
        parksForPeople: Bool = false,
        metrics: PerformanceMetricsCollector = PerformanceMetricsCollector(),
        progress: @escaping @Sendable (WorkflowRunner.Progress) -> Void = { _ in }
    ) {
        self.desk = desk
        self.catalog = catalog
        self.library = library
        self.launch = launch
        self.control = control
        self.parksForPeople = parksForPeople
        self.metrics = metrics
        self.progress = progress
    }

    // MARK: SX

    /// Decides, sizes, checks, executes and reports one ticker.
    ///
    /// `context` holds regime, vix and the like; the caller's `urgency` wins over regime and decision (DI-6); without an
    /// `agent` the built-in `momentum` serves.
    ///
    /// - Throws: ``WorkflowFileError`` when the workflow does not validate, and the stores' errors.
    public func processTicker(
        _ ticker: Symbol,
        context: [String: String] = [:],
        urgency: Urgency? = nil,
        agent: String? = nil
    ) async throws -> ItemReport {
        var inputs: [String: Value] = ["ticker": .ticker(ticker)]
        if let urgency { inputs["urgency"] = .text(urgency.rawValue) }
        if let agent { inputs["agent"] = .text(agent) }
        if !context.isEmpty {
            let fields = context.sorted { $0.key < $1.key }.map { ($0.key, Value.text($0.value)) }
            inputs["context"] = .record(Value.Record("market_context", fields))
        }
        let report = try await run("process-ticker", inputs: inputs)
        return report.items.first
            ?? ItemReport(ticker: ticker.text, status: report.status, message: report.message ?? "")
    }

    /// Processes a watchlist, a few at a time, to one item per ticker in input order; one bad ticker never stops the rest.
    ///
    /// - Throws: As `processTicker(_:context:urgency:agent:)`.
    public func processBatch(
        _ tickers: [Symbol],
        urgency: Urgency? = nil,
        maxConcurrent: Int = 3
    ) async throws -> [ItemReport] {
        var inputs: [String: Value] = [
            "tickers": .list(tickers.map { .ticker($0) }),
            "max_concurrent": .int(Int64(maxConcurrent)),
        ]
        if let urgency { inputs["urgency"] = .text(urgency.rawValue) }
        return try await run("watchlist", inputs: inputs).items
    }

    /// As ``processTicker(_:context:urgency:agent:)``, for a ticker as text; what is no ticker is REJECTED.
    public func processTicker(
        _ ticker: String,
        context: [String: String] = [:],
        urgency: Urgency? = nil,
        agent: String? = nil
    ) async throws -> ItemReport {
        guard let symbol = Symbol(ticker) else { return Self.noTicker(ticker) }
        return try await processTicker(symbol, context: context, urgency: urgency, agent: agent)
    }

    /// As ``processBatch(_:urgency:maxConcurrent:)``, for tickers as text; what is no ticker is REJECTED in its place.
    public func processBatch(
        _ tickers: [String],
        urgency: Urgency? = nil,
        maxConcurrent: Int = 3
    ) async throws -> [ItemReport] {
        let symbols = tickers.compactMap { Symbol($0) }
        var items =
            symbols.isEmpty ? [] : try await processBatch(symbols, urgency: urgency, maxConcurrent: maxConcurrent)
        for (index, ticker) in tickers.enumerated() where Symbol(ticker) == nil {
            items.insert(Self.noTicker(ticker), at: min(index, items.count))
        }
        return items
    }

    private static func noTicker(_ text: String) -> ItemReport {
        ItemReport(
            ticker: text,
            status: .rejected,
            message: "'\(text)' is no ticker: 1 to 24 of A-Z, 0-9 and . ^ / = _ -"
        )
    }

    /// Totals over the executions of this executor, with the account as it is now.
    public func getSummary() async throws -> ExecutorSummary {
        let portfolio = await desk.engine.portfolio
        return ExecutorSummary(
            executions: RunSummary(history.withLock { $0 }),
            cash: portfolio.cash,
            equity: await desk.engine.equity,
            positions: portfolio.openPositions,
            realized: portfolio.realized,
            unrealized: try portfolio.unrealized(await desk.engine.marks),
            killSwitch: await desk.engine.halt
        )
    }

    // MARK: Runs

    /// Runs a workflow of the library.
    public func run(_ workflow: String, inputs: [String: Value]) async throws -> RunReport {
        guard let source = library(workflow) else { throw WorkflowFileError(workflow: workflow, diagnostics: []) }
        return try await run(source, inputs: inputs)
    }

    /// Runs a workflow from its file.
    ///
    /// - Throws: ``WorkflowFileError``; the stores' errors while nothing has begun; ``InterruptedRun`` from then on.
    public func run(_ source: SourceFile, inputs: [String: Value]) async throws -> RunReport {
        let bundle = try compile(source, library)
        let slot = try bundle.concurrencySlot(for: inputs)
        let record = try RunRecord(
            of: bundle,
            inputs: inputs,
            account: desk.account,
            environment: desk.environment,
            market: desk.market.fingerprint,
            launch: launch,
            at: await desk.clock.now()
        )
        guard let slot else { return try await work(try await desk.store.begin(record), bundle, inputs) }
        if case .skipped(let others) = try await desk.store.create(record, slot: slot) {
            throw RunStoreError.skipped(workflow: record.workflow, key: slot.key, behind: others)
        }
        return try await work(try await claim(record.id), bundle, inputs)
    }

    /// Goes on with a run that was interrupted, from what it had made durable, by the definitions it was started with.
    ///
    /// - Throws: ``RunStoreError`` when the run is not there, has ended, or is held by a living worker;
    ///   ``InterruptedRun`` when it was stopped again.
    public func resume(_ run: RunID) async throws -> RunReport {
        try await goOn(try await claim(run))
    }

    /// Works a run that its worker has claimed.
    ///
    /// - Throws: As ``resume(_:)``.
    public func goOn(_ claimed: ClaimedRun) async throws -> RunReport {
        let record = claimed.record
        let root = record.workflow
        func pinned(_ name: String) -> SourceFile? {
            record.sources[name].map { SourceFile(name: "\(name).yaml (of run \(record.id))", text: $0) }
        }
        guard let source = pinned(root) else { throw WorkflowFileError(workflow: root, diagnostics: []) }
        let bundle = try compile(source, pinned)
        let inputs = try StoredJSON.decode([String: Value].self, record.inputs)
        return try await work(claimed, bundle, inputs)
    }

    /// Claims a run, waiting its turn while others of its concurrency key are being worked.
    private func claim(_ run: RunID) async throws -> ClaimedRun {
        while true {
            do {
                return try await desk.store.claim(run)
            } catch RunStoreError.queued(_, _, isMoving: true) {
                guard !control.isStopping else {
                    throw RunStopped(run: run, at: await desk.clock.now(), openOrders: [])
                }
                try await Task.sleep(for: Self.queueCheck)
            }
        }
    }

    private func work(_ claimed: ClaimedRun, _ bundle: WorkflowBundle, _ inputs: [String: Value]) async throws
        -> RunReport
    {
        let runner = WorkflowRunner(
            desk: desk,
            catalog: catalog,
            control: control,
            parksForPeople: parksForPeople,
            progress: progress
        )
        let report: RunReport
        do {
            report = try await runner.run(claimed, bundle, inputs: inputs)
        } catch let error as RunStoreError {
            throw error  // The run is somebody else's now.
        } catch let stopped as RunStopped {
            throw stopped  // As it was asked to.
        } catch let parked as RunParked {
            throw parked  // It waits for people.
        } catch is CancellationError where control.isStopping {
            // It stopped waiting for a slot.
            throw RunStopped(run: claimed.record.id, at: await desk.clock.now(), openOrders: [])
        } catch {
            throw InterruptedRun(run: claimed.record.id, cause: error)
        }
        history.withLock { $0 += report.items }
        for item in report.items { metrics.record(item) }
        return report
    }

    private func compile(_ source: SourceFile, _ resolver: (String) -> SourceFile?) throws -> WorkflowBundle {
        try compiled.workflow(source, resolver) {
            let result = WorkflowCompiler(registry: catalog.registry).compile(source, resolver: resolver)
            guard let bundle = result.bundle else {
                throw WorkflowFileError(workflow: source.name, diagnostics: result.diagnostics)
            }
            return bundle
        }
    }
}

/// What an executor has done, and what its account is worth (SX-3).
public struct ExecutorSummary: Sendable {
    public let executions: RunSummary
    public let cash: Money
    public let equity: Money
    public let positions: [Position]
    public let realized: Money
    public let unrealized: Money
    public let killSwitch: HaltState
}

/// A workflow that does not validate, or is not there.
public struct WorkflowFileError: Error, Sendable, CustomStringConvertible {
    public let workflow: String
    public let diagnostics: [Diagnostic]

    public init(workflow: String, diagnostics: [Diagnostic]) {
        self.workflow = workflow
        self.diagnostics = diagnostics
    }

    public var code: String { diagnostics.isEmpty ? "workflow_not_found" : "workflow_invalid" }

    public var description: String {
        guard !diagnostics.isEmpty else {
            return "There is no workflow '\(workflow)'. Look in the workflows folder, or give a file's path."
        }
        return diagnostics.map(\.rendered).joined(separator: "\n\n")
    }
}

/// Time-ordered UUIDs (RFC 9562, version 7): milliseconds, then random bits.
enum UUIDv7 {
    static func make(at time: Timestamp) -> String {
        var bytes = withUnsafeBytes(of: UUID().uuid) { Array($0) }
        let milliseconds = UInt64(max(0, time.nanoseconds / 1_000_000))
        for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * UInt64(index))) }
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let cuts = [0, 8, 12, 16, 20, 32].map { hex.index(hex.startIndex, offsetBy: $0) }
        return zip(cuts, cuts.dropFirst()).map { String(hex[$0..<$1]) }.joined(separator: "-")
    }
}
