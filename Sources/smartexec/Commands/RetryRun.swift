import ArgumentParser
import Foundation
import Orchestration
import PostgresStore
import TradingDomain
import Workflows
import YAMLNodes

/// `smartexec runs retry`.
struct RetryRun: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Start a new run of what failed in one that has ended.",
        discussion: """
            The new run has the definition and the inputs of the old one; of a list of tickers it takes those that FAILED or \
            ABSTAINed without an order. What had an order is never repeated. A replayed session is traded again where the \
            account stands; on the generated market it is the account's next one.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "Go by another clock: virtual, real or a multiple such as 60x.")
    var clock: String?

    @Flag(help: "Start the run and leave it to a worker, or to a process in the background.")
    var detach = false

    @Argument(help: "The run's id.")
    var run: String

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let reader = PostgresQueries(pool: database.pool)
        let id = RunID(unchecked: run)
        let detail = try await reader.run(id)
        let record = try await reader.runRecord(id)
        let orders = try await reader.orders(OrderFilter(run: id), limit: 100_000)
        await database.pool.close()
        guard let detail, let record else { throw RunStoreError.notFound(id) }
        guard let text = detail.report else {
            throw CommandFailure(.usage, "Run \(id) has not ended. `smartexec runs resume \(id)` goes on with it.")
        }
        let report = try JSONDecoder().decode(RunReport.self, from: Data(text.utf8))
        let retry = RunRetry(report: report, traded: Set(orders.map(\.symbol)))
        let inputs = try retry.inputs(
            try JSONDecoder().decode([String: Value].self, from: Data(record.inputs.utf8))
        )
        let launch = try Launch(stored: record.launch)
        var session = RunSession(
            global: global,
            request: LaunchRequest(like: launch, clock: clock),
            console: console
        )
        session.isDetached = detach
        let new = NewRun(pinned: record, inputs: inputs, bundle: try WorkflowLoader(loaded).pinned(record))
        return try await session.start(new, loaded)
    }
}

/// What a retry of a run that has ended does again.
struct RunRetry {
    /// Statuses that another try may change: a BLOCKED or REJECTED item was judged, and a HOLD is an answer.
    private static let open: Set<ItemStatus> = [.failed, .abstain]

    let report: RunReport
    /// The tickers that a step of the run asked an order for, whatever its report says.
    let traded: Set<Symbol>

    /// The inputs of the new run.
    ///
    /// - Throws: ``CommandFailure`` when nothing is left to retry, or when what traded cannot be told from what did not.
    func inputs(_ inputs: [String: Value]) throws -> [String: Value] {
        let run = report.run
        guard report.status == .failed || report.status == .partial || report.items.contains(where: isOpen) else {
            throw CommandFailure(.usage, "Run \(run) has ended \(report.status.rawValue); nothing in it failed.")
        }
        let lists = inputs.filter { Self.tickers($0.value) != nil }
        if lists.count == 1, let (name, value) = lists.first, let tickers = Self.tickers(value) {
            let failed = Set(report.items.filter(isOpen).map(\.ticker))
            let seen = Set(report.items.map(\.ticker))
            // One that the run never came to has no row.
            let again = tickers.filter { ticker in
                !traded.contains(ticker) && (failed.contains(ticker.text) || !seen.contains(ticker.text))
            }
            guard !again.isEmpty else {
                throw CommandFailure(
                    .usage,
                    "Nothing to retry in run \(run): every ticker that failed had an order, and an order is never repeated."
                )
            }
            var inputs = inputs
            inputs[name] = .list(again.map { .ticker($0) })
            return inputs
        }
        guard traded.isEmpty else {
            throw CommandFailure(
                .usage,
                "Run \(run) had orders, and its inputs do not tell which of its work they were for; retrying it could trade "
                    + "twice. `smartexec report \(run)` shows them; `smartexec run \(report.workflow)` starts anew."
            )
        }
        return inputs
    }

    private func isOpen(_ item: ItemReport) -> Bool { item.parentOrder == nil && Self.open.contains(item.status) }

    private static func tickers(_ value: Value) -> [Symbol]? {
        guard case .list(let values) = value, !values.isEmpty else { return nil }
        let tickers = values.compactMap(\.tickerValue)
        return tickers.count == values.count ? tickers : nil
    }
}

extension NewRun {
    /// A run by the definition that another one is pinned to.
    init(pinned record: RunRecord, inputs: [String: Value], bundle: WorkflowBundle) {
        self.init(
            source: SourceFile(
                name: "\(record.workflow).yaml (of run \(record.id))",
                text: record.sources[record.workflow] ?? ""
            ),
            bundle: bundle,
            inputs: inputs
        )
    }
}

extension WorkflowLoader {
    /// The definition that a run is pinned to.
    ///
    /// - Throws: `WorkflowFileError` when this program does not take it any more.
    func pinned(_ record: RunRecord) throws -> WorkflowBundle {
        func source(_ name: String) -> SourceFile? {
            record.sources[name].map { SourceFile(name: "\(name).yaml (of run \(record.id))", text: $0) }
        }
        guard let root = source(record.workflow) else {
            throw WorkflowFileError(workflow: record.workflow, diagnostics: [])
        }
        let result = compiler.compile(root, resolver: source)
        guard let bundle = result.bundle else {
            throw WorkflowFileError(workflow: record.workflow, diagnostics: result.diagnostics)
        }
        return bundle
    }
}
