import ExecutionEngine
import Orchestration
import RiskRules
import Synchronization
import TradingDomain
import TradingTestKit

@testable import PostgresStore

/// A migrated database of its own, with workers by name.
final class StoreFixture: JournalHarness, RunStoreHarness {
    let database: TestDatabase
    let pool: PostgresPool
    private let workers = Mutex<[String: PostgresWorker]>([:])

    init(_ suite: String) async throws {
        await Self.gate.enter()
        do {
            database = try await TestDatabase.make(suite)
            pool = try PostgresPool(url: database.url, size: 4)
        } catch {
            // An object that was never whole is not deinitialised.
            Self.gate.leave()
            throw error
        }
    }

    deinit { Self.gate.leave() }

    /// A server takes a hundred connections by default, and all tests start together.
    private static let gate = Gate(places: 5)

    func worker(_ name: String) async throws -> PostgresWorker {
        if let known = workers.withLock({ $0[name] }) { return known }
        let worker = try await PostgresWorker.start(url: database.url, program: "test \(name)")
        workers.withLock { $0[name] = worker }
        return worker
    }

    func journal(_ worker: String) async throws -> any Journal { try await postgresJournal(worker) }

    func postgresJournal(_ worker: String = "one") async throws -> PostgresJournal {
        PostgresJournal(pool: pool, worker: try await self.worker(worker))
    }

    func store(_ worker: String) async throws -> any RunStore {
        PostgresRunStore(pool: pool, worker: try await self.worker(worker))
    }

    func bury(_ name: String) async throws {
        let worker = try await worker(name)
        await worker.abandon()
        try await sql(
            "UPDATE workers SET lease_until = clock_timestamp() - interval '1 second' WHERE id = '\(worker.id)'"
        )
    }

    var killSwitch: PostgresKillSwitch { PostgresKillSwitch(pool: pool) }

    func activateHalt(_ reason: String) async throws { try await killSwitch.activate(reason: reason, by: "test") }
    func flattenHalt() async throws -> Halt {
        let outcome = try await killSwitch.activate(reason: "again", by: "test", flattens: true)
        guard case .alreadyActive(let halt) = outcome else { throw JournalError.unavailable("no halt is on") }
        return halt
    }
    func deactivateHalt() async throws { try await killSwitch.deactivate(reason: "test is over", by: "test") }

    func request(_ command: ParentCommand) async throws {
        _ = try await postgresJournal().request(command, by: "test")
    }

    /// Runs statements; returns the last one's rows.
    @discardableResult
    func sql(_ script: String) async throws -> PostgresResult {
        try await pool.withConnection { try await $0.execute(script) }
    }

    func count(_ query: String) async throws -> Int64 { try await sql(query).single().int64(at: 0) }

    /// Ends the workers and drops the database; forgetting this leaves both to the next test run.
    func close() async throws {
        for worker in workers.withLock({ Array($0.values) }) { await worker.stop() }
        await pool.close()
        try await database.drop()
    }
}

/// Lets so many in at a time, in the order of asking.
private final class Gate: Sendable {
    private struct State {
        var places: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(places: Int) { state = Mutex(State(places: places)) }

    func enter() async {
        await withCheckedContinuation { continuation in
            let isIn = state.withLock { state in
                guard state.places > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.places -= 1
                return true
            }
            if isIn { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.places += 1
            return nil
        }
        next?.resume()
    }
}

/// Journals and run stores in memory.
final class MemoryFixture: JournalHarness, RunStoreHarness {
    private let ground = MemoryJournal.Ground()
    private let runs = MemoryRunStore.Ground()

    func journal(_ worker: String) -> any Journal { MemoryJournal(ground, worker: worker) }
    func store(_ worker: String) -> any RunStore { MemoryRunStore(runs, worker: worker) }

    func bury(_ worker: String) async {
        await ground.bury(worker)
        await runs.bury(worker)
    }

    func activateHalt(_ reason: String) async {
        let id = HaltID(unchecked: "halt")
        await ground.move(.activated(Halt(id: id, reason: reason, by: "test", since: JournalSamples.start)))
    }

    func flattenHalt() async throws -> Halt {
        guard let on = await ground.halt.halt else { throw JournalError.unavailable("no halt is on") }
        let halt = Halt(id: on.id, reason: on.reason, by: on.by, since: on.since, flattens: true)
        await ground.move(.activated(halt))
        return halt
    }

    func deactivateHalt() async {
        let id = HaltID(unchecked: "halt")
        await ground.move(.deactivated(id, reason: "test is over", by: "test", at: JournalSamples.start))
    }

    func request(_ command: ParentCommand) async { await ground.request(command) }
}
