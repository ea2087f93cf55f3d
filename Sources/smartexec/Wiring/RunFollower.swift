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
    /// How long the database may be away, and a worker that has not reached it.
    let patience: Duration

    /// The waiting is done here, where it is told.
    private var controls: PostgresRunControls {
        PostgresRunControls(pool: pool, patience: Backoff(attempts: 1, total: .zero))
    }
    private var reader: PostgresQueries { PostgresQueries(pool: pool) }

    /// What to do about a run that nobody works.
    static func unworked(_ run: RunID) -> String {
        "Nobody works run \(run) at the moment. `smartexec runs resume \(run)` goes on with it.\n"
    }

    /// What has been seen and told so far.
    private struct Sight {
        var orders: [ParentOrderID: ParentOrderRow] = [:]
        var asked: Set<String> = []
        var looks = 0
        /// Since when no worker under a lease is there, while one may come back.
        var unattendedSince: ContinuousClock.Instant?
    }

    /// Follows until the run ends, nobody works it, or the person goes on with something else.
    ///
    /// A database that goes away is waited for. After its fail-over the workers' leases are as old as the last commit that
    /// the standby had, until the workers reach it: they are waited for, too.
    ///
    /// - Parameters:
    ///   - isLeft: Whether somebody wants to follow no longer.
    ///   - work: Done after each look; it may fail with the database, and is then done again.
    /// - Returns: Why it ended.
    /// - Throws: The database's errors once it was away for too long, and ``CommandFailure`` for a run that it has forgotten.
    func follow(until isLeft: () -> Bool, doing work: () async throws -> Void = {}) async throws -> Ending {
        var sight = Sight()
        var outage = DatabaseOutage(of: pool, patience: .outage(of: patience))
        while true {
            do {
                if let ending = try await look(&sight) { return ending }
                try await work()
                outage.end()
            } catch RunStoreError.notFound {
                throw forgotten
            } catch {
                guard !isLeft() else { return .left }
                try await outage.sitOut(error) { display.say(Database.waiting(patience, $0)) }
                continue
            }
            guard !isLeft() else { return .left }
            try await Task.sleep(for: Self.interval)
        }
    }

    /// Looks once.
    ///
    /// - Returns: Why there is nothing more to see; `nil` while there is.
    private func look(_ sight: inout Sight) async throws -> Ending? {
        let standing = try await controls.standing(of: run)
        try await show(&sight.orders)
        if standing.status != nil { return .ended(try await report()) }
        let isSearch = sight.looks.isMultiple(of: Self.looksPerSearch)
        if standing.state == "waiting" || isSearch { try await ask(&sight.asked) }
        if standing.holder != nil || standing.state == "waiting" {
            sight.unattendedSince = nil
        } else if isSearch, try await !isAttended(&sight) {
            return .unworked
        }
        sight.looks += 1
        return nil
    }

    /// Whether a worker is there that takes the run, or may come back in time.
    private func isAttended(_ sight: inout Sight) async throws -> Bool {
        let workers = try await controls.workers(serving: account, patiently: true)
        guard let late = workers.first, !workers.contains(where: \.isLeased) else {
            sight.unattendedSince = nil
            return !workers.isEmpty
        }
        let now = ContinuousClock.now
        guard let since = sight.unattendedSince else {
            sight.unattendedSince = now
            display.say("\(late.name), has not renewed its lease in time. It is waited for, up to \(patience).")
            return true
        }
        return now - since < patience
    }

    private var forgotten: CommandFailure {
        CommandFailure(
            .incomplete,
            "The database no longer knows run \(run): it has lost newest commits, as a fail-over to a standby that is behind "
                + "does. What the run had traded is taken over from the venue as external with the account's next run or "
                + "`smartexec reconcile`; look at `smartexec positions` before you start it again."
        )
    }

    /// Shows what the run asks people, each plan once.
    private func ask(_ asked: inout Set<String>) async throws {
        let waiting = try await PostgresApprovals(pool: pool).list(run: run).reversed()
        for standing in waiting where asked.insert("\(standing.stepPath)|\(standing.digest)").inserted {
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
            if let record = try await reader.order(row.id) {
                // The path without its items: here an order is a line of its own.
                display.take(.parent(ParentProgress(of: record), at: StepPath(row.id.text)))
            }
            // After it was shown: a look that fails in between is made again.
            known[row.id] = row
        }
    }
}
