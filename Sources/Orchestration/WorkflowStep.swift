public import ExecutionEngine
public import TradingAgents
public import TradingDomain
public import Workflows

/// One step type: its signature for the validator, and what it does.
///
/// A new step type is one file in `Steps/` and one line in ``StepCatalog``.
public protocol WorkflowStep: Sendable {
    var signature: StepSignature { get }

    /// Does the step. Called again after a crash when its outcome had not been stored.
    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult
}

/// What a step may look at besides its inputs.
public struct StepContext: Sendable {
    public let desk: Desk
    public let run: RunRecord
    public let claim: RunClaim
    /// Business time when the step began.
    public let now: Timestamp
    /// What risk let through and people approved so far.
    public let approvals: RunApprovals
    private let noted: @Sendable () -> [ParentOrderID]
    private let control: RunControl

    /// Makes a context; `parents` is asked only by steps that want to know.
    public init(
        desk: Desk,
        run: RunRecord,
        claim: RunClaim,
        now: Timestamp,
        parents: @escaping @Sendable () -> [ParentOrderID] = { [] },
        approvals: RunApprovals = RunApprovals(),
        control: RunControl = RunControl()
    ) {
        self.desk = desk
        self.run = run
        self.claim = claim
        self.now = now
        noted = parents
        self.approvals = approvals
        self.control = control
    }

    /// The parent orders of the run so far.
    public var parents: [ParentOrderID] { noted() }

    /// Ends a step that has been waiting when its run is asked to stop or to end early, here or by another process.
    ///
    /// - Throws: `CancellationError` for a stop, ``StepFailure`` with code `cancelled` for a cancel, and the store's errors.
    public func checkWishes() async throws {
        if control.isStopping { throw CancellationError() }
        let wish = if let own = control.cancellation { own } else { try await desk.store.cancellation(of: run.id) }
        if let wish { throw StepFailure("cancelled", wish.text) }
    }
}

/// What a step came to.
public enum StepResult: Sendable {
    /// Done now.
    case done(StepOutcome, notes: [ItemNote])
    /// A parent order was asked for; the step is done when it is final.
    case work(ParentSubmission)
    /// The step is done when business time has reached this; its output is that time as `at`.
    case wait(until: Timestamp)
    /// People are asked; the step is done when one of them answers.
    case ask(ApprovalQuestion)
}

/// What a step adds to the report of its item.
public enum ItemNote: Codable, Hashable, Sendable {
    /// An agent decided about a ticker.
    case decision(Symbol, id: DecisionID, key: String, agent: AgentID, action: String, checks: [IntakeCheck])
    /// The ticker ended without an order, or an order was refused.
    case ended(Symbol, status: ItemStatus, code: String, message: String)
    /// A parent order works the ticker.
    case parent(Symbol, ParentOrderID)
    /// The same decision was executed before; the first outcome as the item it was.
    case repeated(Symbol, decision: DecisionID, run: RunID, outcome: ItemReport?)
    /// Something a person should know, such as a size that was cut.
    case remark(Symbol, String)
    /// A rebalance was planned; its report is made when the run ends.
    case rebalance(PlannedRebalance)
    /// A planned order was cut to the cash and the prices that there were when its turn came.
    case cut(Symbol, from: Quantity, to: Quantity, message: String)
}

/// A step's outcome as it is stored, with what it adds to the report.
public struct StoredOutcome: Codable, Sendable {
    public let outcome: StepOutcome
    public let notes: [ItemNote]

    /// Reads ``StepRecord/outcome``.
    ///
    /// - Throws: A decoding error when the text is of another version.
    public init(json: String) throws { self = try StoredJSON.decode(StoredOutcome.self, json) }

    init(outcome: StepOutcome, notes: [ItemNote]) {
        self.outcome = outcome
        self.notes = notes
    }
}

/// Why a step could not do its work: the item FAILED.
public struct StepFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let code: String
    public let message: String

    public init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
