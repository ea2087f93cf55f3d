import ExecutionEngine
import RiskRules
import Synchronization
import TradingDomain

/// The journal under test, with a stopwatch on its commits.
final class MeasuringJournal: Journal {
    private let journal: any Journal
    private let latencies = Mutex<[Duration]>([])

    init(_ journal: any Journal) { self.journal = journal }

    /// How long each commit took, shortest first.
    var sortedLatencies: [Duration] { latencies.withLock { $0.sorted() } }

    func commit(_ batch: EngineBatch, _ lease: EngineLease) async throws -> BatchReceipt {
        let start = ContinuousClock.now
        let receipt = try await journal.commit(batch, lease)
        let elapsed = ContinuousClock.now - start
        latencies.withLock { $0.append(elapsed) }
        return receipt
    }

    func acquire(_ account: AccountID, opening: AccountOpening) async throws -> EngineLease {
        try await journal.acquire(account, opening: opening)
    }

    func load(_ account: AccountID) async throws -> AccountState { try await journal.load(account) }
    func submit(_ submission: ParentSubmission) async throws -> ParentRecord { try await journal.submit(submission) }
    func controls(_ account: AccountID) async throws -> AccountControls { try await journal.controls(account) }
    func parents(_ ids: [ParentOrderID]) async throws -> [ParentRecord] { try await journal.parents(ids) }
    func release(_ lease: EngineLease) async throws { try await journal.release(lease) }
}
