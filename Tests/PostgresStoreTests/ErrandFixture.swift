import ExecutionEngine
import Orchestration
import TradingAgents
import TradingDomain
import TradingTestKit

@testable import PostgresStore

/// Errands in a database of their own.
struct ErrandFixture: ErrandBoardHarness {
    private let fixture: StoreFixture

    init(_ fixture: StoreFixture) { self.fixture = fixture }

    func board(_ name: String) async throws -> any ErrandBoard {
        let worker = try await fixture.worker(name)
        try await fixture.sql("UPDATE workers SET serves = '{paper}' WHERE id = '\(worker.id)'")
        return PostgresErrandBoard(pool: fixture.pool, worker: worker)
    }

    func hold(_ run: RunID, by name: String) async throws -> Int64 {
        let store = try await fixture.store(name)
        let record = RunRecord(
            id: run,
            workflow: "watchlist",
            definitionHash: "ab12",
            sources: ["watchlist": "format: 1\n"],
            inputs: "{}",
            account: AccountID(unchecked: "paper@generated-7"),
            environment: .backtest,
            launch: "{}",
            startedAt: JournalSamples.start,
            seed: 1
        )
        return try await store.begin(record).claim.epoch
    }

    func cancel(_ run: RunID) async throws {
        try await fixture.store("one").cancel(run, RunCancellation(by: "test"))
    }

    func bury(_ name: String) async throws {
        try await fixture.bury(name)
        _ = try await PostgresRunQueue(pool: fixture.pool, worker: fixture.worker("sweeper")).sweep()
    }
}

/// Errands in memory.
struct MemoryErrands: ErrandBoardHarness {
    private let ground = MemoryErrandBoard.Ground()

    func board(_ worker: String) async throws -> any ErrandBoard {
        await ground.enter(worker)
        return MemoryErrandBoard(ground, worker: worker)
    }

    func hold(_ run: RunID, by worker: String) async -> Int64 { await ground.hold(run, by: worker) }
    func cancel(_ run: RunID) async { await ground.cancel(run) }
    func bury(_ worker: String) async { await ground.bury(worker) }
}
