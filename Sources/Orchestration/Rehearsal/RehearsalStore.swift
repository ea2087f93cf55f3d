import ExecutionEngine
import Synchronization
import TradingDomain
import Workflows

/// What a dry run's steps store and find again: in memory, over stores that are only read.
///
/// Approvals and rehearsed orders live here until the dry run ends. Whether a decision was executed before is looked up
/// in the store behind, which must take nothing.
final class RehearsalStore: RunStore, Journal {
    private struct Memory {
        var approvals: [String: ApprovalRecord] = [:]
        var parents: [ParentOrderID: ParentRecord] = [:]
        var decisions: [DecisionKey: DecisionRecord] = [:]
    }

    private let runs: any RunStore
    private let books: any Journal
    private let memory = Mutex(Memory())

    init(over desk: Desk) {
        runs = desk.store
        books = desk.journal
    }

    /// Keeps what a rehearsed order came to, for the steps behind it.
    func keep(_ record: ParentRecord) { memory.withLock { $0.parents[record.submission.id] = record } }

    // MARK: Runs

    func create(_ run: RunRecord, slot: ConcurrencySlot?) -> RunCreation { .created }
    func claim(_ run: RunID) throws -> ClaimedRun { throw RunStoreError.notFound(run) }
    func complete(_ steps: [StepRecord], of claim: RunClaim) {}
    func cancel(_ run: RunID, _ cancellation: RunCancellation) {}
    func cancellation(of run: RunID) -> RunCancellation? { nil }
    func finish(
        _ claim: RunClaim,
        after steps: [StepRecord],
        status: ItemStatus,
        report: String,
        at time: Timestamp
    ) {}
    func resolve(_ outcomes: [DecisionOutcome], of claim: RunClaim) {}
    func ask(_ request: ApprovalRequest, of claim: RunClaim) {}
    func approvalRequests(of run: RunID) -> [ApprovalStanding] { [] }
    func park(_ claim: RunClaim) -> Bool { false }
    func save(_ tapes: [TapeRecord], of claim: RunClaim) {}
    func tapes(_ parents: [ParentOrderID]) -> [TapeRecord] { [] }

    func decision(run: RunID, stepPath: String) -> DecisionRecord? {
        memory.withLock { memory in memory.decisions.values.first { $0.run == run && $0.stepPath == stepPath } }
    }

    func record(_ decision: DecisionRecord) async throws -> DecisionReceipt {
        let receipt = try await runs.record(decision)
        guard case .new = receipt else { return receipt }
        let first = memory.withLock { memory in
            let first = memory.decisions[decision.key]
            memory.decisions[decision.key] = first ?? decision
            return first
        }
        guard let first, first.stepPath != decision.stepPath else { return .new }
        guard first.economicHash == decision.economicHash else {
            return .conflict(firstRun: first.run, decision: first.decision, outcome: nil)
        }
        return .duplicate(firstRun: first.run, decision: first.decision, outcome: nil)
    }

    func save(_ approval: ApprovalRecord, of claim: RunClaim) {
        memory.withLock { $0.approvals[approval.digest] = approval }
    }

    func approval(_ digest: String) -> ApprovalRecord? { memory.withLock { $0.approvals[digest] } }

    // MARK: Journal

    func parents(_ ids: [ParentOrderID]) async throws -> [ParentRecord] {
        let known = memory.withLock { memory in ids.compactMap { memory.parents[$0] } }
        let names = Set(known.map(\.submission.id))
        let others = try await books.parents(ids.filter { !names.contains($0) })
        let all = Dictionary((known + others).map { ($0.submission.id, $0) }, uniquingKeysWith: { first, _ in first })
        return ids.compactMap { all[$0] }
    }

    func acquire(_ account: AccountID, opening: AccountOpening) async throws -> EngineLease {
        try await books.acquire(account, opening: opening)
    }
    func load(_ account: AccountID) async throws -> AccountState { try await books.load(account) }
    func controls(_ account: AccountID) async throws -> AccountControls { try await books.controls(account) }
    func submitted(_ submission: ParentSubmission) throws -> ParentRecord? { throw Self.refused("place an order") }
    func commit(_ batch: EngineBatch, _ lease: EngineLease) throws -> BatchReceipt { throw Self.refused("commit") }
    func release(_ lease: EngineLease) {}

    private static func refused(_ what: String) -> JournalError {
        .unavailable("A dry run does not \(what); this is a fault of the program.")
    }
}
