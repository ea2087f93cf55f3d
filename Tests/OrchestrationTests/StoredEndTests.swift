import ExecutionEngine
import Orchestration
import RiskRules
import Synchronization
import Testing
import TradingDomain
import Workflows

@Suite("A step ends by what is stored of its order")
struct StoredEndTests {
    @Test("An end that the engine knows and nobody can read yet is waited for")
    func lateCommit() async throws {
        let ground = Ground()
        let journals = Mutex<[LateJournal]>([])
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent()
        plan.wrapJournal = { journal in
            let late = LateJournal(journal)
            journals.withLock { $0.append(late) }
            return late
        }
        let floor = try await Floor.open(plan, on: ground)
        let report = try await SmartExecutor(desk: floor.desk, library: Shipped.workflow).run(
            "watchlist",
            inputs: [
                "tickers": .list(symbols("AAPL KO").map { .ticker($0) }), "urgency": .text("HIGH"),
                "max_concurrent": .int(2),
            ]
        )
        #expect(report.items.map(\.status) == [.success, .success])
        #expect(report.status == .success)
        #expect(journals.withLock { $0.map(\.heldBack) } == [2])
    }
}

/// A journal whose readers learn of an order's end one reading late, as while its batch is being committed.
private final class LateJournal: Journal {
    private let base: MemoryJournal
    private let seen = Mutex<Set<ParentOrderID>>([])

    init(_ base: MemoryJournal) { self.base = base }

    /// Orders whose end was told late.
    var heldBack: Int { seen.withLock(\.count) }

    func parents(_ ids: [ParentOrderID]) async throws -> [ParentRecord] {
        try await base.parents(ids).map { record in
            guard record.state.isFinal, seen.withLock({ $0.insert(record.submission.id).inserted }) else {
                return record
            }
            var early = record
            (early.state, early.result) = (.working, nil)
            return early
        }
    }

    func acquire(_ account: AccountID, opening: AccountOpening) async throws -> EngineLease {
        try await base.acquire(account, opening: opening)
    }

    func load(_ account: AccountID) async throws -> AccountState { try await base.load(account) }
    func submitted(_ submission: ParentSubmission) async throws -> ParentRecord? {
        try await base.submitted(submission)
    }
    func commit(_ batch: EngineBatch, _ lease: EngineLease) async throws -> BatchReceipt {
        try await base.commit(batch, lease)
    }
    func controls(_ account: AccountID) async throws -> AccountControls { try await base.controls(account) }
    func release(_ lease: EngineLease) async throws { try await base.release(lease) }
}
