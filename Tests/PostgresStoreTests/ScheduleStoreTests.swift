import MarketData
import Orchestration
import Testing
import TradingDomain
import Workflows
import YAMLNodes

@testable import PostgresStore

@Suite("Schedules in PostgreSQL")
struct ScheduleStoreTests {
    private struct Broken: Error {
        let text: String
    }

    private static func bundle(_ schedules: String, steps: String = "{ id: a, uses: portfolio.snapshot }") throws
        -> WorkflowBundle
    {
        let text = "format: 1\nworkflow: t\nschedule:\n\(schedules)\nsteps:\n  - \(steps)\n"
        let result = WorkflowCompiler(registry: StepCatalog.standard.registry)
            .compile(SourceFile(name: "t.yaml", text: text), resolver: { _ in nil })
        guard let bundle = result.bundle else { throw Broken(text: result.diagnostics.rendered) }
        return bundle
    }

    private static func hourly(_ id: String, minute: Int = 0) -> String {
        "  - { id: \(id), cron: \(minute) * * * *, timezone: UTC, late_by: 5m }"
    }

    private static let key = ScheduleKey(workflow: "t", id: "a")

    private static func run(_ bundle: WorkflowBundle, at time: Timestamp) throws -> ScheduledRun {
        let record = try RunRecord(
            of: bundle,
            inputs: [:],
            account: AccountID(unchecked: "paper"),
            environment: .paper,
            market: "m",
            launch: "{}",
            at: time
        )
        return ScheduledRun(record: record, slot: nil)
    }

    private static func scheduler(_ store: any ScheduleStore) -> Scheduler {
        Scheduler(
            store: store,
            calendar: { try TradingCalendar.named($0) },
            makeRun: { .run(try run($0.bundle, at: $0.dueAt)) }
        )
    }

    @Test("Applying adds, changes, updates, leaves alone and removes; pauses stay")
    func applying() async throws {
        let fixture = try await StoreFixture("applying")
        let store = PostgresScheduleStore(pool: fixture.pool)
        let both = try Self.bundle(Self.hourly("a") + "\n" + Self.hourly("b"))
        let first = try await store.apply(both, account: nil, by: "ann")
        #expect(first.formerHash == nil && first.schedules.map(\.kind) == [.added, .added])
        let seen = try await store.board().schedules.map(\.seenUntil)
        let again = try await store.apply(both, account: nil, by: "ann")
        #expect(again.formerHash == both.hash && again.schedules.map(\.kind) == [.unchanged, .unchanged])
        #expect(try await store.board().schedules.map(\.seenUntil) == seen)
        #expect(try await store.pause(Self.key, by: "ann"))
        #expect(try await !store.pause(Self.key, by: "bob"))

        // Other steps: the times go on as they were. Another time: it begins anew.
        let other = try Self.bundle(
            Self.hourly("a") + "\n" + Self.hourly("b", minute: 30),
            steps: "{ id: other, uses: portfolio.snapshot }"
        )
        let changed = try await store.apply(other, account: "paper", by: "ann")
        #expect(changed.schedules.map(\.kind) == [.updated, .changed])
        #expect(changed.schedules.map(\.isPaused) == [true, false])
        var board = try await store.board()
        #expect(board.schedules.map(\.pausedBy) == ["ann", nil])
        #expect(board.schedules.map(\.account) == ["paper", "paper"])
        #expect(board.schedules[0].seenUntil == seen[0] && board.schedules[1].seenUntil > seen[1])
        #expect(try await store.resume(Self.key))
        #expect(try await !store.resume(Self.key))
        board = try await store.board()
        #expect(board.schedules[0].pausedBy == nil && board.schedules[0].seenUntil > seen[0])

        let one = try await store.apply(try Self.bundle(Self.hourly("a")), account: nil, by: "ann")
        #expect(one.schedules.map(\.kind) == [.updated, .removed])
        #expect(try await store.board().schedules.map(\.key.id) == ["a"])
        // What comes back begins anew.
        #expect(try await store.apply(both, account: nil, by: "ann").schedules.map(\.kind) == [.updated, .added])
        let removed = try #require(try await store.remove(workflow: "t"))
        #expect(removed.definitionHash == nil && removed.schedules.map(\.kind) == [.removed, .removed])
        #expect(try await store.board().schedules.isEmpty)
        #expect(try await store.remove(workflow: "t") == nil)
        try await fixture.close()
    }

    @Test("A plan is recorded whole, for the schedule that it was made for, once")
    func committing() async throws {
        let fixture = try await StoreFixture("committing")
        let store = PostgresScheduleStore(pool: fixture.pool)
        let bundle = try Self.bundle(Self.hourly("a"))
        _ = try await store.apply(bundle, account: nil, by: "ann")
        let schedule = try #require(try await store.board().schedules.first)
        let due = schedule.seenUntil + .seconds(60)
        let run = try Self.run(bundle, at: due)
        let plan = TickPlan(
            ticks: [
                ScheduleTick(
                    dueAt: schedule.seenUntil + .seconds(30),
                    firstDueAt: schedule.seenUntil + .seconds(10),
                    times: 3,
                    outcome: .missed,
                    reason: "late"
                ),
                ScheduleTick(dueAt: due, outcome: .started, run: run.record.id),
            ],
            seenUntil: due
        )
        #expect(try await store.commit(plan, of: schedule, run: run) == plan.ticks)
        // The same call after a lost COMMIT is told what it had done; another one is told no.
        #expect(try await store.commit(plan, of: schedule, run: run) == plan.ticks)
        #expect(try await store.commit(plan, of: schedule, run: try Self.run(bundle, at: due)) == nil)
        #expect(try await fixture.count("SELECT count(*) FROM runs") == 1)
        #expect(try await store.unfinished(of: Self.key) == [run.record.id])
        let rows = try await PostgresQueries(pool: fixture.pool).ticks(of: Self.key)
        #expect(rows.map(\.tick) == plan.ticks.reversed() && rows[0].runState == "ready")

        // A run that stands in the way is cancelled with the next one's record.
        var now = schedule
        now.seenUntil = due
        let next = try Self.run(bundle, at: due)
        let taking = TickPlan(
            ticks: [ScheduleTick(dueAt: due + .seconds(60), outcome: .started, run: next.record.id)],
            cancelled: [run.record.id],
            seenUntil: due + .seconds(60)
        )
        #expect(try await store.commit(taking, of: now, run: next) == taking.ticks)
        #expect(try await fixture.count("SELECT count(*) FROM run_cancellations WHERE run = '\(run.record.id)'") == 1)

        // By hand: a time that has its run keeps it, one that has none gets one.
        let late = plan.ticks[0].dueAt
        let other = try Self.run(bundle, at: due)
        for (time, isStarted) in [(due, false), (late, true), (late, false)] {
            let fresh = try Self.run(bundle, at: due)
            let tick = ScheduleTick(dueAt: time, outcome: .started, run: fresh.record.id, reason: "by hand")
            #expect(try await (store.start(tick, of: now, run: fresh) != nil) == isStarted)
        }
        #expect(try await fixture.count("SELECT count(*) FROM runs WHERE id = '\(other.record.id)'") == 0)
        #expect(try await fixture.count("SELECT count(*) FROM runs") == 3)
        try await fixture.close()
    }

    @Test("Of several schedulers on one database one starts the run of each of 200 times")
    func race() async throws {
        let fixture = try await StoreFixture("race")
        let store = PostgresScheduleStore(pool: fixture.pool)
        let lines = (0..<20).map {
            "  - { id: s\($0), cron: \"* * * * *\", timezone: UTC, late_by: 2h, overlap: queue }"
        }
        _ = try await store.apply(try Self.bundle(lines.joined(separator: "\n")), account: nil, by: "ann")
        try await fixture.sql("UPDATE schedules SET seen_until_ns = seen_until_ns - 600000000000")
        var pools: [PostgresPool] = []
        for _ in 0..<4 { pools.append(try PostgresPool(url: fixture.database.url, size: 2)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for pool in pools {
                let scheduler = Self.scheduler(PostgresScheduleStore(pool: pool))
                // A schedule that another one is just dealing with is left to the next look.
                group.addTask { for _ in 0..<8 { _ = try await scheduler.look() } }
            }
            try await group.waitForAll()
        }
        for pool in pools { await pool.close() }
        let ticks = try await fixture.count("SELECT count(*) FROM schedule_ticks")
        #expect(ticks >= 200)
        #expect(try await fixture.count("SELECT count(*) FROM runs") == ticks)
        #expect(try await fixture.count("SELECT count(DISTINCT run) FROM schedule_ticks") == ticks)
        // Each schedule has every minute from its first to its last.
        let gaps = """
            SELECT count(*) FROM (SELECT count(*) AS times, (max(due_at_ns) - min(due_at_ns)) / 60000000000 + 1 AS minutes
            FROM schedule_ticks GROUP BY schedule) AS each WHERE times <> minutes OR times < 10
            """
        #expect(try await fixture.count(gaps) == 0)
        try await fixture.close()
    }

    @Test("The database's clock decides, and what a wrong one did is mended by resuming")
    func clock() async throws {
        let fixture = try await StoreFixture("clock")
        let store = PostgresScheduleStore(pool: fixture.pool)
        let line = "  - { id: a, cron: \"* * * * *\", timezone: UTC, late_by: 2h, overlap: queue }"
        _ = try await store.apply(try Self.bundle(line), account: nil, by: "ann")
        // As if the clock had been two days ahead for a while.
        try await fixture.sql("UPDATE schedules SET seen_until_ns = seen_until_ns + 172800000000000")
        let scheduler = Self.scheduler(store)
        let look = try await scheduler.look()
        #expect(try #require(look.next.first).time > look.now + .seconds(86_400))
        #expect(try await fixture.count("SELECT count(*) FROM schedule_ticks") == 0)
        _ = try await store.pause(Self.key, by: "ann")
        _ = try await store.resume(Self.key)
        #expect(try #require(try await scheduler.look().next.first).time <= look.now + .seconds(120))
        try await fixture.close()
    }
}
