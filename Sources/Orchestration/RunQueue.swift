public import ExecutionEngine
public import TradingDomain
import Workflows

/// Runs that wait for a worker, as one worker sees them.
///
/// All waits and leases go by the database's clock.
public protocol RunQueue: Sendable {
    /// Takes from workers that have died what they held: their runs are ready again under a higher epoch, and their accounts
    /// are free.
    ///
    /// - Returns: The runs.
    func sweep() async throws -> [RunID]
    /// Claims the oldest ready run whose account nobody else holds; `nil` when there is none.
    ///
    /// Of `accounts`, which this worker is busy with, it takes only runs with that launch, and none where there is none. With
    /// `limit`, runs that were worked in vain so often or more in a row are left for later.
    func claimNext(beside accounts: [AccountID: String?], failuresBelow limit: Int?) async throws -> WaitingRun?
    /// Makes a run ready again for whoever comes after `wait`; harmless when another worker has claimed it since.
    ///
    /// A failure counts as one time in vain; anything else begins the count anew.
    func putBack(_ claim: RunClaim, after wait: Duration, isFailure: Bool) async throws
    /// Ends a run that cannot be worked: FAILED, with the reason in its report and an alert, its open orders asked to cancel.
    func fail(_ claimed: ClaimedRun, code: String, reason: String) async throws
    /// Claims nothing more; commands that look for a worker pass this one by.
    func close() async throws
    /// Gives back at once whatever this worker still holds; whoever writes for it afterwards is refused.
    func leave() async throws
}

extension RunQueue {
    /// Claims the oldest ready run, however often it was worked in vain.
    public func claimNext(beside accounts: [AccountID: String?]) async throws -> WaitingRun? {
        try await claimNext(beside: accounts, failuresBelow: nil)
    }
}

/// A run that a worker has claimed from the queue.
public struct WaitingRun: Sendable {
    public let claimed: ClaimedRun
    /// How often in a row it was worked in vain.
    public let failures: Int

    public init(claimed: ClaimedRun, failures: Int) {
        self.claimed = claimed
        self.failures = failures
    }
}

/// What a worker works one run on: an account with its engine, market and clock.
public protocol RunFloor: Sendable {
    /// Works a claimed run to its end, or to where `control` stops it.
    func work(_ claimed: ClaimedRun, control: RunControl) async throws -> RunReport
    /// Gives the account back.
    func close() async
}

extension RunReport {
    /// The report of a run that nobody can work: what its steps noted before counts.
    ///
    /// - Parameters:
    ///   - claimed: The run.
    ///   - parents: Its orders, as far as they are known.
    ///   - reason: Why it ends here.
    public init(failing claimed: ClaimedRun, _ parents: [ParentRecord], reason: String) {
        let record = claimed.record
        // A step that an older program wrote and this one cannot read adds nothing.
        let notes = claimed.done.flatMap { (try? StoredOutcome(json: $0.outcome))?.notes ?? [] }
        self.init(
            run: record.id,
            workflow: record.workflow,
            status: .failed,
            account: record.account,
            market: "",
            startedAt: record.startedAt,
            endedAt: claimed.done.map(\.doneAt).max() ?? record.startedAt,
            items: ReportBuilder(parents).items(notes),
            message: reason
        )
    }
}
