public import ExecutionEngine
public import TradingDomain
public import Workflows

/// Where runs, their steps, decisions and approvals become durable.
///
/// Every write carries the run's epoch and is refused when another worker has claimed the run since.
public protocol RunStore: Sendable {
    /// Records a new run, ready to be claimed, in a place of its concurrency key when one is free.
    ///
    /// `slot` is what the run counts as; `nil` when any number of its kind may go on.
    ///
    /// - Returns: Whether it may go on, waits its turn, or was not recorded.
    func create(_ run: RunRecord, slot: ConcurrencySlot?) async throws -> RunCreation
    /// Records a new run of which any number may go on and claims it for this worker, in one transaction where the store can.
    ///
    /// - Throws: As ``claim(_:)`` for a run of that id that is there already.
    func begin(_ run: RunRecord) async throws -> ClaimedRun
    /// Claims a run for this worker under a higher epoch, with everything that it has already done.
    ///
    /// - Throws: ``RunStoreError/notFound(_:)``, ``RunStoreError/runBusy(_:)`` while a living worker holds it,
    ///   ``RunStoreError/queued(_:behind:isMoving:)`` while its concurrency key has no place for it, or
    ///   ``RunStoreError/finished(_:_:)``.
    func claim(_ run: RunID) async throws -> ClaimedRun
    /// Makes steps' outcomes durable, all or none; a path that is done already keeps its first outcome.
    func complete(_ steps: [StepRecord], of claim: RunClaim) async throws
    /// Asks that a run start nothing more and cancel what is open; the first request stands.
    func cancel(_ run: RunID, _ cancellation: RunCancellation) async throws
    /// What ``cancel(_:_:)`` was told, by whichever process; `nil` while nobody did.
    func cancellation(of run: RunID) async throws -> RunCancellation?
    /// Ends the run, and makes the outcomes of its last steps durable with it.
    func finish(
        _ claim: RunClaim,
        after steps: [StepRecord],
        status: ItemStatus,
        report: String,
        at time: Timestamp
    ) async throws

    /// The decision that this very step recorded before a crash; asking the agent again could give another.
    func decision(run: RunID, stepPath: String) async throws -> DecisionRecord?
    /// Records a decision unless its idempotency key is taken (I12).
    func record(_ decision: DecisionRecord) async throws -> DecisionReceipt
    /// Stores what became of decisions, for whoever asks again; of those that another run took first, nothing.
    func resolve(_ outcomes: [DecisionOutcome], of claim: RunClaim) async throws

    /// Stores a set of approved orders under its digest.
    func save(_ approval: ApprovalRecord, of claim: RunClaim) async throws
    /// Reads a set of approved orders; `nil` for an unknown digest.
    func approval(_ digest: String) async throws -> ApprovalRecord?

    /// Asks people about a plan; the same plan at the same step is asked once, and another one takes the place of one that
    /// nobody has answered.
    func ask(_ request: ApprovalRequest, of claim: RunClaim) async throws
    /// How everything that a run has asked stands, the oldest first; what is overdue has ended by its `on_timeout`.
    func approvalRequests(of run: RunID) async throws -> [ApprovalStanding]
    /// Lets go of a run that only people's answers keep: the first of them makes it ready.
    ///
    /// - Returns: False when an answer has come meanwhile; the run is then kept.
    func park(_ claim: RunClaim) async throws -> Bool

    /// Keeps what the market did around the run's parents; the first tape of a parent stays.
    func save(_ tapes: [TapeRecord], of claim: RunClaim) async throws
    /// The tapes that were kept of parents, in the order asked; those without one are left out.
    func tapes(_ parents: [ParentOrderID]) async throws -> [TapeRecord]
}

extension RunStore {
    /// Records a new run of which any number may go on.
    public func create(_ run: RunRecord) async throws { _ = try await create(run, slot: nil) }

    public func begin(_ run: RunRecord) async throws -> ClaimedRun {
        try await create(run)
        return try await claim(run.id)
    }

    /// Ends a run whose steps are all durable.
    public func finish(_ claim: RunClaim, status: ItemStatus, report: String, at time: Timestamp) async throws {
        try await finish(claim, after: [], status: status, report: report, at: time)
    }

    /// Makes one step's outcome durable.
    public func complete(_ step: StepRecord, of claim: RunClaim) async throws { try await complete([step], of: claim) }
}

/// Why the store did not do as asked.
public enum RunStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    case notFound(RunID)
    case runBusy(String)
    case finished(RunID, ItemStatus)
    case fenced(RunID)
    /// It waits for others of its concurrency key; `isMoving` tells whether a living worker works one of them.
    case queued(RunID, behind: [RunID], isMoving: Bool)
    /// Not started, since others of its concurrency key go on and `when_full` is `skip`.
    case skipped(workflow: String, key: String, behind: [RunID])

    public var code: String {
        switch self {
        case .notFound: "run_not_found"
        case .runBusy: "run_busy"
        case .finished: "run_finished"
        case .fenced: "run_fenced"
        case .queued: "run_queued"
        case .skipped: "run_skipped"
        }
    }

    public var description: String {
        switch self {
        case .notFound(let run): "There is no run \(run). `smartexec runs list` shows what there is."
        case .runBusy(let message): message
        case .finished(let run, let status):
            "Run \(run) has ended \(status.rawValue); nothing is left to resume or cancel. `smartexec report \(run)` shows it."
        case .fenced(let run):
            "Another worker has taken over run \(run); this one stopped. `smartexec runs show \(run)` tells which."
        case .queued(let run, let others, _):
            "Run \(run) waits its turn behind \(Self.list(others)), which its workflow's `concurrency` counts with it. "
                + "Once that has ended (`smartexec runs resume` goes on with a run that nobody works), "
                + "`smartexec runs resume \(run)` starts it, and so does a worker."
        case .skipped(let workflow, let key, let others):
            "No run of \(workflow) was started: \(Self.list(others)) of the same `concurrency` key '\(key)' "
                + "\(others.count == 1 ? "has" : "have") not ended, and `when_full` is skip. `smartexec runs list` "
                + "shows who works it; `smartexec runs resume` goes on with a run that nobody works."
        }
    }
}

extension RunStoreError {
    /// A few runs by name.
    private static func list(_ runs: [RunID]) -> String {
        let named = runs.prefix(3).map(\.text).joined(separator: ", ")
        let more = runs.count > 3 ? " and \(runs.count - 3) more" : ""
        return (runs.count == 1 ? "run " : "runs ") + named + more
    }
}

extension RunStoreError: ClassifiedError {
    public var kind: ErrorKind { .lost }
}

/// The right to write for a run.
public struct RunClaim: Hashable, Sendable {
    public let run: RunID
    public let epoch: Int64

    public init(run: RunID, epoch: Int64) {
        self.run = run
        self.epoch = epoch
    }
}

/// A claimed run with what it has done so far.
public struct ClaimedRun: Sendable {
    public let claim: RunClaim
    public let record: RunRecord
    /// In the order in which they were done.
    public let done: [StepRecord]
    /// It was created by this claim, so nobody can have asked anything of it before.
    public let isNew: Bool

    public init(claim: RunClaim, record: RunRecord, done: [StepRecord], isNew: Bool = false) {
        self.claim = claim
        self.record = record
        self.done = done
        self.isNew = isNew
    }
}

/// One finished step of a run.
public struct StepRecord: Codable, Hashable, Sendable {
    /// Durable path, such as `each[NVDA]/process/decide`.
    public let path: String
    public let uses: String
    /// `pure`, `read`, `order` or `notify`.
    public let effect: String
    /// The step's outcome as JSON.
    public let outcome: String
    /// Business time.
    public let startedAt: Timestamp
    public let doneAt: Timestamp

    public init(
        path: String,
        uses: String,
        effect: String,
        outcome: String,
        startedAt: Timestamp,
        doneAt: Timestamp
    ) {
        self.path = path
        self.uses = uses
        self.effect = effect
        self.outcome = outcome
        self.startedAt = startedAt
        self.doneAt = doneAt
    }
}

/// What makes two decisions one: account namespace, authenticated agent, idempotency key (I12).
public struct DecisionKey: Codable, Hashable, Sendable {
    public let account: AccountID
    public let agent: AgentID
    public let key: String

    public init(account: AccountID, agent: AgentID, key: String) {
        self.account = account
        self.agent = agent
        self.key = key
    }
}

/// What became of a decision.
public struct DecisionOutcome: Hashable, Sendable {
    public let key: DecisionKey
    /// The item's report as JSON.
    public let outcome: String

    public init(key: DecisionKey, outcome: String) {
        self.key = key
        self.outcome = outcome
    }
}

/// A decision with everything that explains it.
public struct DecisionRecord: Codable, Hashable, Sendable {
    public var key: DecisionKey
    public var decision: DecisionID
    /// SHA-256 of the economic fields.
    public var economicHash: String
    public var symbol: Symbol?
    public var kind: String
    /// The stored envelope as canonical JSON.
    public var envelope: String
    /// What was sent to the agent, its raw answer and what it wrote to stderr.
    public var request: String
    public var reply: String
    public var log: String
    /// The agent had failed too often in a row when it was asked: a step that runs again after a crash judges by this.
    public var breakerIsOpen: Bool
    /// The worker that asked the agent in place of the run's own; `nil` when that did it itself.
    public var askedBy: String?
    public var run: RunID
    public var stepPath: String
    public var decidedAt: Timestamp

    public init(
        key: DecisionKey,
        decision: DecisionID,
        economicHash: String,
        symbol: Symbol?,
        kind: String,
        envelope: String,
        request: String,
        reply: String,
        log: String,
        breakerIsOpen: Bool = false,
        askedBy: String? = nil,
        run: RunID,
        stepPath: String,
        decidedAt: Timestamp
    ) {
        self.key = key
        self.decision = decision
        self.economicHash = economicHash
        self.symbol = symbol
        self.kind = kind
        self.envelope = envelope
        self.request = request
        self.reply = reply
        self.log = log
        self.breakerIsOpen = breakerIsOpen
        self.askedBy = askedBy
        self.run = run
        self.stepPath = stepPath
        self.decidedAt = decidedAt
    }
}

/// Whether a decision is new.
public enum DecisionReceipt: Hashable, Sendable {
    /// Recorded now, or by this very step before a crash.
    case new
    /// The same decision was recorded before; `outcome` is what became of it, once it is known.
    case duplicate(firstRun: RunID, decision: DecisionID, outcome: String?)
    /// The key is taken by a decision with other economic content; the first stands, with what became of it.
    case conflict(firstRun: RunID, decision: DecisionID, outcome: String?)
}

/// A set of orders that passed `risk.check`.
public struct ApprovalRecord: Codable, Hashable, Sendable {
    /// SHA-256 over the orders.
    public var digest: String
    public var run: RunID
    public var stepPath: String
    /// The approved orders by their key.
    public var orders: [ProposedOrder]
    /// Business time after which `execute.*` refuses them.
    public var expiresAt: Timestamp

    public init(digest: String, run: RunID, stepPath: String, orders: [ProposedOrder], expiresAt: Timestamp) {
        self.digest = digest
        self.run = run
        self.stepPath = stepPath
        self.orders = orders
        self.expiresAt = expiresAt
    }
}
