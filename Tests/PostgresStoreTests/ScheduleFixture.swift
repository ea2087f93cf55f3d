import Orchestration
import TradingDomain
import TradingTestKit
import Workflows

@testable import PostgresStore

/// Schedules in a database of their own.
struct ScheduleFixture: ScheduleStoreHarness {
    private let fixture: StoreFixture
    private let schedules: PostgresScheduleStore

    init(_ fixture: StoreFixture) {
        self.fixture = fixture
        schedules = PostgresScheduleStore(pool: fixture.pool)
    }

    var store: any ScheduleStore { schedules }

    func apply(_ bundle: WorkflowBundle, account: String?) async throws {
        _ = try await schedules.apply(bundle, account: account, by: "test")
    }

    func remove(_ workflow: String) async throws { _ = try await schedules.remove(workflow: workflow) }

    func pause(_ schedule: ScheduleKey, by: String) async throws { _ = try await schedules.pause(schedule, by: by) }

    func end(_ run: RunID) async throws {
        let runs = try await fixture.store("one")
        let claim = try await runs.claim(run).claim
        try await runs.finish(claim, status: .success, report: "{}", at: JournalSamples.start)
    }

    func runs() async throws -> [RunID] { try await ids("SELECT id FROM runs ORDER BY number") }

    func cancelled() async throws -> [RunID] {
        try await ids(
            "SELECT wish.run AS id FROM run_cancellations AS wish JOIN runs ON runs.id = wish.run ORDER BY number"
        )
    }

    func ticks(of schedule: ScheduleKey) async throws -> [ScheduleTick] {
        try await PostgresQueries(pool: fixture.pool).ticks(of: schedule).map(\.tick).reversed()
    }

    private func ids(_ query: String) async throws -> [RunID] {
        try await fixture.sql(query).map { RunID(unchecked: try $0.text("id")) }
    }
}

/// Schedules in memory.
struct MemorySchedules: ScheduleStoreHarness {
    private let memory = MemoryScheduleStore(JournalSamples.start)

    var store: any ScheduleStore { memory }

    func apply(_ bundle: WorkflowBundle, account: String?) async { await memory.apply(bundle, account: account) }

    func remove(_ workflow: String) async {
        for key in await memory.schedules.keys where key.workflow == workflow { await memory.change(key) { $0 = nil } }
    }

    func pause(_ schedule: ScheduleKey, by: String) async { await memory.change(schedule) { $0?.pausedBy = by } }

    func end(_ run: RunID) async { await memory.finish(run) }

    func runs() async -> [RunID] { await memory.runs.map(\.id) }

    func cancelled() async -> [RunID] {
        let wishes = await memory.cancelled
        return await memory.runs.map(\.id).filter(wishes.contains)
    }

    func ticks(of schedule: ScheduleKey) async -> [ScheduleTick] {
        await memory.ticks.filter { $0.key == schedule }.map(\.tick).sorted { $0.dueAt < $1.dueAt }
    }
}
