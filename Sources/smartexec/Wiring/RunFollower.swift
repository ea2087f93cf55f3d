import ExecutionEngine
import Foundation
import Orchestration
import PostgresStore
import TradingDomain
import Workflows

/// Shows a run that another process works, from what the tables say, until it ends.
struct RunFollower {
    /// Why the following ended.
    enum Ending {
        case ended(RunReport)
        /// Nobody works the run, and no worker lives that would.
        case unworked
        /// The person at the terminal goes on with something else.
        case left
    }

    /// How often the database is asked.
    private static let interval = Duration.milliseconds(250)
    /// Looks between two searches for a worker, while nobody works the run.
    private static let looksPerSearch = 8

    let run: RunID
    let account: AccountID
    let pool: PostgresPool
    let display: ProgressDisplay

    private var controls: PostgresRunControls { PostgresRunControls(pool: pool) }
    private var reader: PostgresQueries { PostgresQueries(pool: pool) }

    /// What to do about a run that nobody works.
    static func unworked(_ run: RunID) -> String {
        "Nobody works run \(run) at the moment. `smartexec runs resume \(run)` goes on with it.\n"
    }

    /// Follows until the run ends, nobody works it, or `goesOn` says no.
    ///
    /// - Throws: The database's errors.
    func follow(while goesOn: () async throws -> Bool) async throws -> Ending {
        var known: [ParentOrderID: ParentOrderRow] = [:]
        var looks = 0
        var asked: Set<String> = []
        while true {
            let standing = try await controls.standing(of: run)
            try await show(&known)
            if standing.status != nil { return .ended(try await report()) }
            if standing.state == "waiting" || looks.isMultiple(of: Self.looksPerSearch) { try await ask(&asked) }
            if standing.holder == nil, standing.state != "waiting", looks.isMultiple(of: Self.looksPerSearch),
                try await controls.workers(serving: account).isEmpty
            {
                return .unworked
            }
            guard try await goesOn() else { return .left }
            looks += 1
            try await Task.sleep(for: Self.interval)
        }
    }

    /// Shows what the run asks people, each plan once.
    private func ask(_ asked: inout Set<String>) async throws {
        for standing in try await PostgresApprovals(pool: pool).list(run: run).reversed()
        where asked.insert("\(standing.stepPath)|\(standing.digest)").inserted {
            ApprovalText.question(standing).forEach(display.say)
        }
    }

    private func report() async throws -> RunReport {
        guard let text = try await reader.run(run)?.report else {
            throw CommandFailure(.incomplete, "Run \(run) has ended without a report.")
        }
        return try JSONDecoder().decode(RunReport.self, from: Data(text.utf8))
    }

    /// Tells the display what changed in the run's orders.
    private func show(_ known: inout [ParentOrderID: ParentOrderRow]) async throws {
        if let now = try await reader.clock(of: account) { display.take(.clock(now)) }
        for row in try await reader.orders(OrderFilter(run: run), limit: 10_000).reversed() where known[row.id] != row {
            known[row.id] = row
            guard let record = try await reader.order(row.id) else { continue }
            // The path without its items: here an order is a line of its own.
            display.take(.parent(ParentProgress(of: record), at: StepPath(row.id.text)))
        }
    }
}
