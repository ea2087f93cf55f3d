import ArgumentParser
import ExecutionEngine
import Orchestration
import PostgresStore
import TradingDomain
import Workflows

/// `smartexec runs logs`.
struct RunLogs: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what happened in a run, in order: steps, orders, fills, alerts.",
        discussion: "Times are the run's own, which is the market's time."
    )

    /// How often the database is asked while following.
    private static let interval = Duration.milliseconds(500)

    @OptionGroup var global: GlobalOptions

    @Flag(help: "Go on until the run has ended; then --output json gives one line an entry.")
    var follow = false

    @Argument(help: "The run's id.")
    var run: String

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        do {
            try await show(PostgresQueries(pool: database.pool), console)
            await database.pool.close()
        } catch {
            await database.pool.close()
            throw error
        }
        return .success
    }

    private func show(_ reader: PostgresQueries, _ console: Console) async throws {
        let id = RunID(unchecked: run)
        var known: Set<RunLog.Entry> = []
        while true {
            guard let detail = try await reader.run(id) else { throw RunStoreError.notFound(id) }
            let entries = try await RunLog.read(detail, reader)
            if global.output == .json, !follow { return console.print(try Listing.json(entries)) }
            for entry in entries where known.insert(entry).inserted {
                console.print(global.output == .json ? try Listing.line(entry) : entry.text)
            }
            guard follow, detail.run.state != "finished" else { return }
            try await Task.sleep(for: Self.interval)
        }
    }
}

/// What happened in a run, from the facts that are stored of it.
enum RunLog {
    struct Entry: Encodable, Hashable {
        /// Business time.
        let at: Timestamp
        /// `run`, `step`, `order`, `fill` or `alert`.
        let kind: String
        /// The step's path, the order or the fill.
        let subject: String
        let message: String

        var text: String { "\(at)  \(kind.padding(6))  \(subject)  \(message)" }
    }

    /// Most rows of each kind: more is for `smartexec fills` and for SQL.
    private static let rowsMax = 100_000

    /// The entries, the oldest first.
    static func read(_ detail: RunDetail, _ reader: PostgresQueries) async throws -> [Entry] {
        let run = detail.run
        let orders = try await reader.orders(OrderFilter(run: run.id), limit: rowsMax)
        let fills = try await reader.fills(FillFilter(run: run.id), limit: rowsMax)
        let alerts = try await reader.alerts(run.account, limit: rowsMax)
        let ids = Set(orders.map(\.id))
        var entries = [
            Entry(
                at: run.startedAt,
                kind: "run",
                subject: run.id.text,
                message: "\(run.workflow) begins on account \(run.account)"
            )
        ]
        for step in detail.steps { entries += try Self.entries(of: step, askedBy: detail.askedBy[step.path]) }
        for order in orders.reversed() { entries += Self.entries(of: order) }
        for row in fills {
            let fill = row.fill
            entries.append(
                Entry(
                    at: fill.tradedAt,
                    kind: "fill",
                    subject: row.parent?.text ?? "",
                    message: "\(fill.side.rawValue) \(fill.quantity) \(fill.symbol) at \(fill.price)"
                )
            )
        }
        for alert in alerts.reversed() where alert.parent.map(ids.contains) ?? alert.message.contains(run.id.text) {
            entries.append(
                Entry(
                    at: alert.at,
                    kind: "alert",
                    subject: alert.parent?.text ?? "",
                    message: "\(alert.level.rawValue) \(alert.code): \(alert.message)"
                )
            )
        }
        // Stable: what happened at one time stays in the order of its kind.
        var sorted = entries.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(
            \.element
        )
        if let end = run.endedAt, let status = run.status {
            sorted.append(Entry(at: end, kind: "run", subject: run.id.text, message: "ended \(status.rawValue)"))
        }
        return sorted
    }

    private static func entries(of step: StepRecord, askedBy: String?) throws -> [Entry] {
        let stored = try StoredOutcome(json: step.outcome)
        let asker = askedBy.map { ", asked by \($0)" } ?? ""
        let message = "\(step.uses): \(stored.outcome.words)\(asker)"
        var entries = [Entry(at: step.doneAt, kind: "step", subject: step.path, message: message)]
        for case .remark(let symbol, let text) in stored.notes {
            entries.append(Entry(at: step.doneAt, kind: "note", subject: step.path, message: "\(symbol): \(text)"))
        }
        return entries
    }

    private static func entries(of order: ParentOrderRow) -> [Entry] {
        var entries = [
            Entry(
                at: order.submittedAt,
                kind: "order",
                subject: order.id.text,
                message:
                    "\(order.side.rawValue) \(order.quantity) \(order.symbol) \(order.urgency.rawValue), asked for by "
                    + (order.stepPath ?? "hand")
            )
        ]
        if let end = order.endedAt {
            entries.append(
                Entry(
                    at: end,
                    kind: "order",
                    subject: order.id.text,
                    message: "\(order.state.rawValue), \(order.filled) of \(order.quantity) filled"
                )
            )
        }
        return entries
    }
}

extension StepOutcome {
    /// What became of the step, for people.
    var words: String {
        switch self {
        case .success(_, let status, let note):
            [status?.rawValue ?? "done", note].compactMap { $0 }.joined(separator: ": ")
        case .failed(let code, let message): "FAILED \(code): \(message)"
        case .ended(let status, let note): "\(status.rawValue): \(note)"
        }
    }
}

extension String {
    /// The text with blanks behind it to a width.
    fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
