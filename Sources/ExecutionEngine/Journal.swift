public import Portfolio
public import RiskRules
public import TradingDomain

/// Where an engine's facts and intents become durable.
///
/// Every adapter passes one conformance suite. A failed fence ends the engine without a send.
public protocol Journal: Sendable {
    /// Takes the account for this engine: raises its epoch, so that whoever held it can commit nothing more.
    ///
    /// - Throws: ``JournalError/accountBusy(_:)`` while a living worker holds it.
    func acquire(_ account: AccountID, opening: AccountOpening) async throws -> EngineLease

    /// Everything the account's engine needs to go on: ledger, open parents with events and snapshots, halt.
    func load(_ account: AccountID) async throws -> AccountState

    /// The parent of this id, or else of this step, as it stands; `nil` when it is not recorded. A batch records it.
    ///
    /// - Throws: ``JournalError/recordLost(_:)`` when it is not recorded and has traded.
    func submitted(_ submission: ParentSubmission) async throws -> ParentRecord?

    /// Commits one batch in one transaction: facts always, each intent only while nothing forbids it.
    ///
    /// - Throws: ``JournalError/fenced(_:)`` when the lease was lost, and nothing of the batch is durable.
    func commit(_ batch: EngineBatch, _ lease: EngineLease) async throws -> BatchReceipt

    /// Does what can be done before a batch's turn has come, such as putting it into the journal's own form.
    ///
    /// An engine prepares one batch while the one before is being committed.
    func prepare(_ batch: EngineBatch, _ lease: EngineLease) throws -> PreparedBatch

    /// Reads what may change an account's course while no batch is committed: the kill switch, and the commands to
    /// its open parents that no batch has marked done.
    func controls(_ account: AccountID) async throws -> AccountControls

    /// Parents by id, in the order asked; unknown ids are left out.
    func parents(_ ids: [ParentOrderID]) async throws -> [ParentRecord]

    /// Gives the account back, so that the next engine need not wait for the lease to expire.
    func release(_ lease: EngineLease) async throws
}

extension Journal {
    public func prepare(_ batch: EngineBatch, _ lease: EngineLease) throws -> PreparedBatch {
        PreparedBatch { try await commit(batch, lease) }
    }
}

/// A batch that has only to be committed, once.
public struct PreparedBatch: Sendable {
    private let body: @Sendable () async throws -> BatchReceipt

    public init(_ commit: @escaping @Sendable () async throws -> BatchReceipt) { body = commit }

    /// Commits it as ``Journal/commit(_:_:)`` does.
    public func commit() async throws -> BatchReceipt { try await body() }
}

/// Why the journal did not do as asked.
public enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    case fenced(AccountID)
    /// The journal no longer has what it had confirmed: whoever goes on must read it anew and ask the venue.
    case commitsLost(AccountID)
    /// Trades of a parent are booked, and the parent itself is in no record.
    case recordLost(ParentOrderID)
    case accountBusy(String)
    case outcomeUnknown(String)
    case unavailable(String)

    public var code: String {
        switch self {
        case .fenced: "engine_fenced"
        case .commitsLost: "commits_lost"
        case .recordLost: "record_lost"
        case .accountBusy: "account_busy"
        case .outcomeUnknown: "commit_unknown"
        case .unavailable: "journal_unavailable"
        }
    }

    public var description: String {
        switch self {
        case .fenced(let account):
            "Another worker has taken account \(account). This engine stopped and sent nothing more; "
                + "see `smartexec status` for who holds it."
        case .commitsLost(let account):
            "The database has lost newest commits of account \(account), as in a fail-over to a standby that was behind. "
                + "This engine stopped and sent nothing more; going on compares the account with its venue first."
        case .recordLost(let parent):
            "Order \(parent) has traded, and the database has lost the record of it, as in a fail-over to a standby that was "
                + "behind. It is not worked again; see its trades with `smartexec fills`, and decide anew what is missing."
        case .accountBusy(let message), .outcomeUnknown(let message), .unavailable(let message): message
        }
    }
}

/// How an account begins, when it has no ledger yet.
public struct AccountOpening: Codable, Hashable, Sendable {
    public var cash: Money
    public var at: Timestamp

    public init(cash: Money, at: Timestamp) {
        self.cash = cash
        self.at = at
    }
}

/// An engine's right to write for an account.
public struct EngineLease: Hashable, Sendable {
    public let account: AccountID
    public let epoch: Int64
    public let worker: String
    public let incarnation: Incarnation

    public init(account: AccountID, epoch: Int64, worker: String, incarnation: Incarnation) {
        self.account = account
        self.epoch = epoch
        self.worker = worker
        self.incarnation = incarnation
    }
}

/// What a takeover reads.
public struct AccountState: Sendable {
    /// Every ledger entry of the account, oldest first.
    public var ledger: [LedgerEntry]
    /// Parents that are not final, in the order they were submitted.
    public var open: [ParentRecord]
    public var halt: HaltState
    /// Commands to open parents that no batch has marked done, in the order they were requested.
    public var commands: [RequestedCommand]
    /// The newest slippage records, oldest first; at most as many as the limit learns from.
    public var slippages: [SlippageRecord]
    /// Set while the account may only reduce its exposure.
    public var safeMode: SafeMode?
    /// Business time of the last batch; `nil` for a new account.
    public var clock: Timestamp?
    /// How the account stands with its venue; `nil` before the first comparison.
    public var reconciliation: ReconciliationState?

    public init(
        ledger: [LedgerEntry],
        open: [ParentRecord],
        halt: HaltState,
        commands: [RequestedCommand] = [],
        slippages: [SlippageRecord] = [],
        safeMode: SafeMode? = nil,
        clock: Timestamp?,
        reconciliation: ReconciliationState? = nil
    ) {
        self.ledger = ledger
        self.open = open
        self.halt = halt
        self.commands = commands
        self.slippages = slippages
        self.safeMode = safeMode
        self.clock = clock
        self.reconciliation = reconciliation
    }
}

/// What others may have changed about an account since its engine last looked.
public struct AccountControls: Hashable, Sendable {
    public var halt: HaltState
    /// Commands to open parents that no batch has marked done, in the order they were requested.
    public var commands: [RequestedCommand]
    /// Set while the account may only reduce its exposure.
    public var safeMode: SafeMode?
    /// The newest request to compare the account with its venue that no batch has marked done.
    public var request: ReconciliationRequest?

    public init(
        halt: HaltState,
        commands: [RequestedCommand] = [],
        safeMode: SafeMode? = nil,
        request: ReconciliationRequest? = nil
    ) {
        self.halt = halt
        self.commands = commands
        self.safeMode = safeMode
        self.request = request
    }
}

/// A child order to be committed before it is sent.
public struct Intent: Hashable, Sendable {
    public let order: ChildOrder
    public let event: JournaledEvent
    /// Whether it may bring a position farther from flat: then it is for reconciled accounts only (I13).
    public let opensExposure: Bool
    /// The halt whose flatten it is part of: that halt lets it pass (I6).
    public let flattens: HaltID?

    public init(order: ChildOrder, event: JournaledEvent, opensExposure: Bool = true, flattens: HaltID? = nil) {
        self.order = order
        self.event = event
        self.opensExposure = opensExposure
        self.flattens = flattens
    }
}

/// One turn of the engine's loop: what happened, and what it wants to send.
public struct EngineBatch: Sendable {
    /// From 1 within a lease; with account and epoch it names the batch, so that a lost COMMIT can be repeated.
    public var sequence: Int64
    /// The batch that must be durable before this one; `nil` for none, as for the first of a lease.
    public var follows: Int64?
    /// Business time at the end of the batch.
    public var clock: Timestamp
    /// Parents that are recorded with it, in the order in which they were asked for; one whose id is known stays as it is.
    public var submissions: [ParentSubmission] = []
    public var events: [JournaledEvent] = []
    public var fills: [Fill] = []
    public var ledger: [LedgerEntry] = []
    public var parents: [ParentUpdate] = []
    /// Children whose state changed, as they are now.
    public var children: [ChildUpdate] = []
    public var positions: [Position] = []
    public var alerts: [EngineAlert] = []
    public var intents: [Intent] = []
    /// Commands whose consequences are in this batch, or that had none: with it they are done and never told again.
    public var done: [RequestedCommand.Number] = []
    /// Realised slippage of the parents that ended.
    public var slippages: [SlippageRecord] = []
    /// Puts the account into safe mode, unless it is in one.
    public var safeMode: SafeMode?
    /// How the account stands with its venue from this batch on, its own intents included.
    public var reconciliation: ReconciliationRecord?
    /// Requests for a comparison that are done with it.
    public var requests: [Int64] = []
    /// Orders of ours that were found at the venue and in no record: facts, whatever forbids intents.
    public var found: [ChildOrder] = []
    /// What was done about a halt.
    public var halting: [HaltStep] = []

    public init(sequence: Int64, clock: Timestamp) {
        self.sequence = sequence
        self.clock = clock
    }

    public var isEmpty: Bool {
        submissions.isEmpty && events.isEmpty && fills.isEmpty && ledger.isEmpty && parents.isEmpty && alerts.isEmpty
            && intents.isEmpty && done.isEmpty && slippages.isEmpty && safeMode == nil && reconciliation == nil
            && requests.isEmpty && found.isEmpty && halting.isEmpty
    }
}

/// What became of a batch.
public struct BatchReceipt: Sendable {
    /// Intents that were not accepted; everything else of the batch is durable.
    public var refused: [ClientOrderID: IntentRefusal]
    /// The kill switch as the batch's transaction saw it.
    public var halt: HaltState
    /// Commands to open parents that neither this batch nor an earlier one has marked done.
    public var commands: [RequestedCommand]
    /// The safe mode as the batch's transaction saw it, the batch's own among it.
    public var safeMode: SafeMode?

    public init(
        refused: [ClientOrderID: IntentRefusal] = [:],
        halt: HaltState,
        commands: [RequestedCommand] = [],
        safeMode: SafeMode? = nil
    ) {
        self.refused = refused
        self.halt = halt
        self.commands = commands
        self.safeMode = safeMode
    }
}

/// Why an intent was not accepted.
public struct IntentRefusal: Codable, Hashable, Sendable {
    public let code: String
    public let message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

extension IntentRefusal {
    /// Why a journal does not accept an intent; `nil` when nothing forbids it.
    ///
    /// - Parameters:
    ///   - intent: What is to be sent.
    ///   - halt: The kill switch as the transaction sees it (I6).
    ///   - isReconciled: Whether the account is known to equal its venue (I13).
    public init?(of intent: Intent, halt: HaltState, isReconciled: Bool) {
        if let active = halt.halt, !halt.allows(.place(flatteningFor: intent.flattens)) {
            self.init(code: "KILL_SWITCH", message: KillSwitch.blockedMessage(active))
        } else if intent.opensExposure, !isReconciled {
            self.init(
                code: "NOT_RECONCILED",
                message:
                    "The account is not reconciled with its venue, so nothing adds exposure; see `smartexec reconcile show`."
            )
        } else {
            return nil
        }
    }
}

/// A command as the journal holds it.
///
/// Its engine reads it until a batch has marked it done: whoever dies in between leaves it to the next engine. Applied
/// twice, in order, it does no more than once.
public struct RequestedCommand: Hashable, Sendable {
    /// The journal's number of the command.
    public typealias Number = Int64

    public let number: Number
    public let command: ParentCommand

    public init(number: Number, command: ParentCommand) {
        self.number = number
        self.command = command
    }
}

/// A request to a parent that is being worked, written by whoever wants it and read by its engine.
public struct ParentCommand: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable { case cancel, pause, resume, amend, resolve }

    public let parent: ParentOrderID
    public let kind: Kind
    public let reason: String
    /// What is to change; set for `amend`.
    public let amendment: ParentAmendment?
    /// What became of a child that nobody proves; set for `resolve`.
    public let resolution: ChildResolution?

    public init(
        parent: ParentOrderID,
        kind: Kind,
        reason: String,
        amendment: ParentAmendment? = nil,
        resolution: ChildResolution? = nil
    ) {
        self.parent = parent
        self.kind = kind
        self.reason = reason
        self.amendment = amendment
        self.resolution = resolution
    }
}
