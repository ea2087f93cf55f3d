import MarketData
import Synchronization
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@testable import Orchestration

@Suite("The scheduler")
struct SchedulerTests {
    private static func bundle(_ schedules: String, name: String = "t") throws -> WorkflowBundle {
        try ThreeYears.bundle(
            """
            format: 1
            workflow: \(name)
            inputs:
              tickers: { type: list<ticker>, default: [NVDA] }
            schedule:
            \(schedules)
            steps:
              - { id: a, uses: portfolio.snapshot }

            """
        )
    }

    /// A scheduler with what it told and what it was asked for.
    private struct Bench {
        let scheduler: Scheduler
        let told = Told()

        final class Told: Sendable {
            let events = Mutex<[String]>([])
            let requests = Mutex<[Scheduler.Request]>([])
            let answer = Mutex<(@Sendable (Scheduler.Request) throws -> Scheduler.Answer)?>(nil)
        }

        init(_ store: any ScheduleStore) {
            let told = told
            scheduler = Scheduler(
                store: store,
                calendar: { try TradingCalendar.named($0) },
                makeRun: { request in
                    told.requests.withLock { $0.append(request) }
                    if let answer = told.answer.withLock({ $0 }) { return try answer(request) }
                    let record = try RunRecord(
                        of: request.bundle,
                        inputs: request.inputs,
                        account: AccountID(unchecked: "paper"),
                        environment: .paper,
                        market: "m",
                        launch: "{}",
                        at: request.dueAt
                    )
                    return .run(ScheduledRun(record: record, slot: nil))
                },
                tell: { event in
                    let text =
                        switch event {
                        case .ticked(let key, let tick): "\(key) \(tick.outcome.rawValue) \(tick.dueAt)"
                        case .broken(let key, _): "\(key) broken"
                        case .waitsForClock(let key, _): "\(key) waits"
                        }
                    told.events.withLock { $0.append(text) }
                }
            )
        }

        var events: [String] { told.events.withLock { $0 } }
    }

    private static let key = ScheduleKey(workflow: "t", id: "s")

    @Test("A time starts one run with the schedule's inputs, and the next time is told")
    func starts() async throws {
        let store = MemoryScheduleStore(try Timestamp(at: "2026-11-20T14:59:00Z"))
        await store.apply(
            try Self.bundle(
                "  - { id: s, cron: 0 10 * * *, timezone: America/New_York, late_by: 5m, with: { tickers: [AAPL] } }"
            )
        )
        let bench = Bench(store)
        var look = try await bench.scheduler.look()
        #expect(
            look.next.map { "\($0.schedule) \($0.time) \($0.local)" } == [
                "t/s 2026-11-20T15:00:00Z 2026-11-20 10:00 -05:00"
            ]
        )
        await store.move(to: try Timestamp(at: "2026-11-20T15:00:00Z"))
        look = try await bench.scheduler.look()
        _ = try await bench.scheduler.look()
        #expect(bench.events == ["t/s started 2026-11-20T15:00:00Z"])
        #expect("\(look.next[0].time)" == "2026-11-21T15:00:00Z")
        let runs = await store.runs
        #expect(runs.count == 1 && runs.first?.inputs.contains("AAPL") == true)
        #expect(await store.ticks.first?.tick.run == runs.first?.id)
    }

    @Test("Many schedulers beside each other start one run for each time", arguments: UInt64(0)..<5)
    func many(seed: UInt64) async throws {
        let store = MemoryScheduleStore(try Timestamp(at: "2026-11-20T00:00:30Z"))
        let lines = (0..<10).map {
            "  - { id: s\($0), cron: \"*/\(1 + $0 % 3) * * * *\", timezone: UTC, late_by: 5m, overlap: queue }"
        }
        await store.apply(try Self.bundle(lines.joined(separator: "\n")))
        let benches = (0..<4).map { _ in Bench(store) }
        for minute in 1...20 {
            await store.move(to: try Timestamp(at: "2026-11-20T00:00:30Z") + .seconds(60 * minute))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for bench in benches { group.addTask { _ = try await bench.scheduler.look() } }
                try await group.waitForAll()
            }
        }
        let ticks = await store.ticks.map { "\($0.key) \($0.tick.dueAt)" }
        // Of the minutes 1 to 20: four schedules fire at each, three at every second, three at every third.
        #expect(ticks.count == 128)
        #expect(Set(ticks).count == ticks.count)
        #expect(await store.runs.count == ticks.count)
        #expect(benches.flatMap(\.events).count == ticks.count)
    }

    @Test("What changes between the look and the record is seen by the next look: paused, removed, another definition")
    func changes() async throws {
        let before = try Timestamp(at: "2026-11-20T09:59:00Z")
        let due = try Timestamp(at: "2026-11-20T10:00:05Z")
        let line = "  - { id: s, cron: 0 * * * *, timezone: UTC, late_by: 5m }"
        let changed = try Self.bundle("  - { id: s, cron: 30 * * * *, timezone: UTC, late_by: 5m }")
        let cases: [(String, @Sendable (isolated MemoryScheduleStore) -> Void, [String])] = [
            ("paused", { $0.change(Self.key) { $0?.pausedBy = "ann" } }, ["t/s paused 2026-11-20T10:00:00Z"]),
            ("removed", { $0.change(Self.key) { $0 = nil } }, []),
            ("another definition", { $0.apply(changed) }, []),
        ]
        for (name, change, expected) in cases {
            let store = MemoryScheduleStore(before)
            await store.apply(try Self.bundle(line))
            await store.move(to: due)
            await store.interfere(change)
            let bench = Bench(store)
            for _ in 0..<3 { _ = try await bench.scheduler.look() }
            #expect(bench.events == expected, "\(name)")
            #expect(await store.runs.isEmpty, "\(name)")
        }
    }

    @Test("A schedule that is removed leaves its run alone, and a run that has ended makes room")
    func overlap() async throws {
        let store = MemoryScheduleStore(try Timestamp(at: "2026-11-20T09:59:00Z"))
        await store.apply(try Self.bundle("  - { id: s, cron: 0 * * * *, timezone: UTC, late_by: 5m }"))
        let bench = Bench(store)
        for hour in 10...12 {
            await store.move(to: try Timestamp(at: "2026-11-20T\(hour):00:01Z"))
            _ = try await bench.scheduler.look()
            if hour == 11, let run = await store.runs.first?.id { await store.finish(run) }
        }
        #expect(
            bench.events == [
                "t/s started 2026-11-20T10:00:00Z", "t/s overlapped 2026-11-20T11:00:00Z",
                "t/s started 2026-11-20T12:00:00Z",
            ]
        )
        #expect(await store.cancelled.isEmpty)
        await store.change(Self.key) { $0 = nil }
        let look = try await bench.scheduler.look()
        #expect(look.next.isEmpty)
        #expect(await store.runs.count == 2)
        #expect(await store.cancelled.isEmpty)
    }

    @Test("A run that cannot be made is a refused time with the reason; trouble of the surroundings is tried again")
    func refusals() async throws {
        struct Gone: Error {}
        let store = MemoryScheduleStore(try Timestamp(at: "2026-11-20T09:59:00Z"))
        await store.apply(
            try Self.bundle("  - { id: s, cron: 0 * * * *, timezone: UTC, late_by: 5m, overlap: cancel_running }")
        )
        let bench = Bench(store)
        await store.move(to: try Timestamp(at: "2026-11-20T10:00:01Z"))
        bench.told.answer.withLock { $0 = { _ in throw Gone() } }
        await #expect(throws: Gone.self) { try await bench.scheduler.look() }
        #expect(await store.ticks.isEmpty)
        bench.told.answer.withLock { $0 = { _ in .refused("no such account") } }
        _ = try await bench.scheduler.look()
        let tick = try #require(await store.ticks.first?.tick)
        #expect(tick.outcome == .refused && tick.reason == "no such account" && tick.run == nil)
        #expect(await store.ticks.count == 1)
        #expect(await store.cancelled.isEmpty)
    }

    @Test("Clocks that go back fire nothing twice, and a long way back is told once")
    func clockBack() async throws {
        let store = MemoryScheduleStore(try Timestamp(at: "2026-11-20T09:59:00Z"))
        await store.apply(try Self.bundle("  - { id: s, cron: 0 * * * *, timezone: UTC, late_by: 5m, overlap: queue }"))
        let bench = Bench(store)
        for time in ["10:00:01", "09:59:58", "10:00:02", "08:30:00", "08:31:00", "10:59:59", "11:00:00"] {
            await store.move(to: try Timestamp(at: "2026-11-20T\(time)Z"))
            let look = try await bench.scheduler.look()
            #expect(look.next.count == 1 && look.next[0].time > look.now)
        }
        #expect(
            bench.events == [
                "t/s started 2026-11-20T10:00:00Z", "t/s waits", "t/s started 2026-11-20T11:00:00Z",
            ]
        )
    }

    @Test("A definition that no longer compiles stops its own schedule only, and is told once")
    func broken() async throws {
        let store = MemoryScheduleStore(try Timestamp(at: "2026-11-20T09:59:00Z"))
        await store.apply(try Self.bundle("  - { id: s, cron: 0 * * * *, timezone: UTC, late_by: 5m }"))
        await store.spoil(ScheduleKey(workflow: "old", id: "x"))
        let bench = Bench(store)
        for second in 0..<3 {
            await store.move(to: try Timestamp(at: "2026-11-20T10:00:00Z") + .seconds(second))
            _ = try await bench.scheduler.look()
        }
        #expect(bench.events == ["old/x broken", "t/s started 2026-11-20T10:00:00Z"])
    }
}
