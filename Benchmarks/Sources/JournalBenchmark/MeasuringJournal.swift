import ExecutionEngine
import RiskRules
import Synchronization
import TradingDomain

/// The journal under test, with a stopwatch on its commits.
final class MeasuringJournal: Journal {
    private let journal: any Journal
    private let latencies = Latencies()

    init(_ journal: any Journal) { self.journal = journal }

    /// How long each commit took, shortest first.
    var sortedLatencies: [Duration] { latencies.sorted }

    func commit(_ batch: EngineBatch, _ lease: EngineLease) async throws -> BatchReceipt {
        try await prepare(batch, lease).commit()
    }

    func prepare(_ batch: EngineBatch, _ lease: EngineLease) throws -> PreparedBatch {
        let prepared = try journal.prepare(batch, lease)
        return PreparedBatch { [latencies] in
            let start = ContinuousClock.now
            let receipt = try await prepared.commit()
            latencies.append(ContinuousClock.now - start)
            return receipt
        }
    }

    func acquire(_ account: AccountID, opening: AccountOpening) async throws -> EngineLease {
        try await journal.acquire(account, opening: opening)
    }

    func load(_ account: AccountID) async throws -> AccountState { try await journal.load(account) }
    func submitted(_ submission: ParentSubmission) async throws -> ParentRecord? {
        try await journal.submitted(submission)
    }
    func controls(_ account: AccountID) async throws -> AccountControls { try await journal.controls(account) }
    func parents(_ ids: [ParentOrderID]) async throws -> [ParentRecord] { try await journal.parents(ids) }
    func release(_ lease: EngineLease) async throws { try await journal.release(lease) }
}

/// Durations of commits, which end on any thread.
private final class Latencies: Sendable {
    private let all = Mutex<[Duration]>([])

    func append(_ latency: Duration) { all.withLock { $0.append(latency) } }
    var sorted: [Duration] { all.withLock { $0.sorted() } }
}
