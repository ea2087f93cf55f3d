public import ExecutionEngine
public import Orchestration
import Portfolio
import RiskRules
public import TradingDomain
public import Workflows

/// An account that is looked at and not taken: another program may work it meanwhile.
///
/// As a journal it gives the books and the kill switch, and as a run store it looks idempotency keys up; whatever would
/// write is refused. Orders at work are not brought back, since only the engine that holds them knows their state.
public struct AccountObserver: Sendable {
    private let pool: PostgresPool
    private let opening: AccountOpening

    /// An observer over a migrated database; `opening` stands for an account that has no ledger yet.
    public init(pool: PostgresPool, opening: AccountOpening) {
        self.pool = pool
        self.opening = opening
    }

    private func refused(_ what: String) -> JournalError {
        .unavailable("This program only looks at the account and cannot \(what).")
    }
}

extension AccountObserver: Journal {
    public func acquire(_ account: AccountID, opening: AccountOpening) -> EngineLease {
        EngineLease(account: account, epoch: 0, worker: "observer", incarnation: Incarnation(bits: 0))
    }

    public func load(_ account: AccountID) async throws -> AccountState {
        try await pool.transaction(isolation: .repeatableRead) { connection in
            var ledger = try LedgerRows.read(account, on: connection)
            if ledger.isEmpty {
                ledger = [
                    try LedgerEntry(
                        account: account,
                        kind: .openingBalance,
                        reference: "opening",
                        at: opening.at,
                        cashChange: opening.cash
                    )
                ]
            }
            let controls = try PostgresJournal.controls(account, on: connection)
            return AccountState(
                ledger: ledger,
                open: [],
                halt: controls.halt,
                slippages: try SlippageRows.read(account, on: connection),
                safeMode: controls.safeMode,
                clock: try connection.run(file: "last_clock", [.text(account.text)]).first?.time("clock_ns")
            )
        }
    }

    /// The kill switch; commands are for the engine that holds the orders.
    public func controls(_ account: AccountID) async throws -> AccountControls {
        var controls = try await pool.transaction { try PostgresJournal.controls(account, on: $0) }
        controls.commands = []
        return controls
    }

    public func submitted(_ submission: ParentSubmission) throws -> ParentRecord? { throw refused("place an order") }
    public func commit(_ batch: EngineBatch, _ lease: EngineLease) throws -> BatchReceipt {
        throw refused("commit a batch")
    }
    public func parents(_ ids: [ParentOrderID]) -> [ParentRecord] { [] }
    public func release(_ lease: EngineLease) {}
}

extension AccountObserver: RunStore {
    /// Tells whether the decision's key is taken, and takes none.
    public func record(_ decision: DecisionRecord) async throws -> DecisionReceipt {
        let key: [PostgresValue] = [
            .text(decision.key.account.text), .text(decision.key.agent.text), .text(decision.key.key),
        ]
        return try await pool.transaction { connection in
            guard let first = try connection.run(file: "decision_key", key).first else { return .new }
            return try PostgresRunStore.receipt(first, for: decision)
        }
    }

    public func decision(run: RunID, stepPath: String) -> DecisionRecord? { nil }
    public func approval(_ digest: String) -> ApprovalRecord? { nil }
    public func create(_ run: RunRecord, slot: ConcurrencySlot?) throws -> RunCreation { throw refused("start a run") }
    public func claim(_ run: RunID) throws -> ClaimedRun { throw refused("claim a run") }
    public func complete(_ steps: [StepRecord], of claim: RunClaim) throws { throw refused("store a step") }
    public func cancel(_ run: RunID, _ cancellation: RunCancellation) throws { throw refused("cancel a run") }
    public func cancellation(of run: RunID) -> RunCancellation? { nil }
    public func save(_ tapes: [TapeRecord], of claim: RunClaim) throws { throw refused("keep a tape") }
    public func tapes(_ parents: [ParentOrderID]) -> [TapeRecord] { [] }
    public func finish(
        _ claim: RunClaim,
        after steps: [StepRecord],
        status: ItemStatus,
        report: String,
        at time: Timestamp
    ) throws { throw refused("end a run") }
    public func resolve(_ outcomes: [DecisionOutcome], of claim: RunClaim) throws {
        throw refused("resolve a decision")
    }
    public func save(_ approval: ApprovalRecord, of claim: RunClaim) throws { throw refused("store an approval") }
    public func ask(_ request: ApprovalRequest, of claim: RunClaim) throws { throw refused("ask for an approval") }
    public func approvalRequests(of run: RunID) -> [ApprovalStanding] { [] }
    public func park(_ claim: RunClaim) throws -> Bool { throw refused("let go of a run") }
}
