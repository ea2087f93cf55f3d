import MarketData
import Testing
import TradingDomain
import Workflows

@testable import Orchestration

@Suite("What becomes of times that have come")
struct TickPlannerTests {
    /// Minutes of 2026-11-20 UTC.
    private static func at(_ minute: Int, _ seconds: Int = 0) throws -> Timestamp {
        try Timestamp(at: "2026-11-20T00:00:00Z") + .seconds(minute * 60 + seconds)
    }

    private static func planner(
        _ cron: String = "*/5 * * * *",
        lateBy: String = "15m",
        missed: String = "skip",
        overlap: String = "skip"
    ) throws -> TickPlanner {
        let text = """
            format: 1
            workflow: t
            schedule:
              - { id: s, cron: "\(cron)", timezone: UTC, late_by: \(lateBy), missed: \(missed), overlap: \(overlap) }
            steps:
              - { id: a, uses: portfolio.snapshot }
            """
        let schedule = try #require(try ThreeYears.bundle(text).root.schedules.first)
        let times = try FireTimes(schedule, around: at(0), calendar: { try TradingCalendar.named($0) })
        return TickPlanner(times)
    }

    private static let run = RunID(unchecked: "0198c0de-0000-7000-8000-000000000001")

    @Test("In time it starts, exactly when it is due and until late_by, and not before")
    func inTime() throws {
        let planner = try Self.planner()
        #expect(try planner.plan(after: Self.at(0), until: Self.at(4, 59)) == nil)
        for second in [0, 59, 900] {
            let plan = try #require(try planner.plan(after: Self.at(4), until: Self.at(5, min(second, 299))))
            #expect(plan.ticks.map(\.outcome) == [.started])
            #expect(try plan.seenUntil == Self.at(5))
        }
        // Just in time, and a nanosecond too late, of a schedule with one time in the hour.
        let hourly = try Self.planner("5 * * * *")
        let last = try #require(try hourly.plan(after: Self.at(4), until: Self.at(20)))
        #expect(last.ticks == [ScheduleTick(dueAt: try Self.at(5), outcome: .started, reason: "15m late")])
        let late = try #require(try hourly.plan(after: Self.at(4), until: Self.at(20) + .nanoseconds(1)))
        #expect(late.ticks.map(\.outcome) == [.missed])
        #expect(late.ticks[0].reason == "found 15m late, late_by is 15m")
        #expect(try late.seenUntil == Self.at(5))
    }

    @Test("Of several the newest starts, and what was missed is one tick")
    func several() throws {
        // Found at 00:32 after 00:00: 00:05 to 00:15 are too late, 00:20 and 00:25 are passed over, 00:30 starts.
        let plan = try #require(try Self.planner().plan(after: Self.at(0), until: Self.at(32)))
        #expect(plan.ticks.map(\.outcome) == [.missed, .missed, .started])
        #expect(plan.ticks.map(\.times) == [3, 2, 1])
        #expect(try plan.ticks.map(\.firstDueAt) == [Self.at(5), Self.at(20), Self.at(30)])
        #expect(try plan.ticks.map(\.dueAt) == [Self.at(15), Self.at(25), Self.at(30)])
        #expect(plan.ticks[1].reason == "a newer time was due as well")
        #expect(try plan.seenUntil == Self.at(30))
    }

    @Test("Runs that queue start for each time in time, one after the other, unless only the latest is wanted")
    func queue() throws {
        let planner = try Self.planner(overlap: "queue")
        var seen = try Self.at(0)
        var started: [Timestamp] = []
        while let plan = planner.plan(after: seen, until: try Self.at(32), unfinished: [Self.run]) {
            started += plan.ticks.filter { $0.outcome == .started }.map(\.dueAt)
            seen = plan.seenUntil
        }
        #expect(try started == [Self.at(20), Self.at(25), Self.at(30)])
        let latest = try Self.planner(missed: "latest", overlap: "queue")
        let plan = try #require(try latest.plan(after: Self.at(0), until: Self.at(32)))
        #expect(plan.ticks.map(\.outcome) == [.missed, .missed, .started])
        // So many wait already that another one would only be later.
        let many = [RunID](repeating: Self.run, count: TickPlanner.mostWaiting)
        let full = try #require(try planner.plan(after: Self.at(29), until: Self.at(30), unfinished: many))
        #expect(full.ticks.map(\.outcome) == [.overlapped])
    }

    @Test("A run that goes on: skip starts nothing, cancel_running makes room")
    func overlap() throws {
        let skipped = try #require(
            try Self.planner().plan(after: Self.at(4), until: Self.at(5), unfinished: [Self.run])
        )
        #expect(skipped.ticks.map(\.outcome) == [.overlapped] && skipped.cancelled.isEmpty)
        #expect(skipped.ticks[0].reason.contains(Self.run.text))
        let planner = try Self.planner(overlap: "cancel_running")
        let taken = try #require(try planner.plan(after: Self.at(4), until: Self.at(5), unfinished: [Self.run]))
        #expect(taken.ticks.map(\.outcome) == [.started] && taken.cancelled == [Self.run])
        // Too late is too late: nothing is cancelled for a run that does not start.
        let late = try #require(
            try Self.planner("5 * * * *", overlap: "cancel_running")
                .plan(after: Self.at(4), until: Self.at(40), unfinished: [Self.run])
        )
        #expect(late.ticks.map(\.outcome) == [.missed] && late.cancelled.isEmpty)
    }

    @Test("After a year without anybody there is one tick for what was missed, and one run at most")
    func yearOff() throws {
        for overlap in ["skip", "queue", "cancel_running"] {
            let planner = try Self.planner("* * * * *", overlap: overlap)
            let now = try Self.at(0, 30) + .seconds(365 * 86_400)
            let plan = try #require(planner.plan(after: try Self.at(0), until: now))
            #expect(plan.ticks.count <= 3)
            #expect(plan.ticks[0].outcome == .missed && plan.ticks[0].times > TickPlanner.mostCounted)
            #expect(plan.ticks[0].reason.hasSuffix("more are not counted"))
            // The last of them is the last that is too late, though not all were counted.
            #expect(plan.ticks[0].dueAt == now - .seconds(15 * 60 + 30))
            #expect(plan.ticks.count { $0.outcome == .started } == 1)
            #expect(plan.seenUntil <= now && plan.seenUntil > now - .seconds(15 * 60 + 60))
        }
    }

    @Test("A paused schedule starts nothing, and says so for all in a row")
    func paused() throws {
        let plan = try #require(try Self.planner().plan(after: Self.at(0), until: Self.at(32), pausedBy: "ann"))
        #expect(plan.ticks.map(\.outcome) == [.paused] && plan.ticks[0].times == 6)
        #expect(plan.ticks[0].reason == "paused by ann")
        #expect(try plan.seenUntil == Self.at(30))
    }

    @Test("Whatever the clock does, no time is dealt with twice and none is passed over", arguments: UInt64(0)..<60)
    func clocks(seed: UInt64) throws {
        var random = Draws(seed: seed)
        let overlap = ["skip", "queue", "cancel_running"][random.below(3)]
        let missed = ["skip", "latest"][random.below(2)]
        let planner = try Self.planner(
            "*/3 * * * *",
            lateBy: "\(1 + random.below(30))m",
            missed: missed,
            overlap: overlap
        )
        var (seen, now) = (try Self.at(0), try Self.at(0))
        let start = seen
        var counted = 0
        var starts: [Timestamp] = []
        for _ in 0..<60 {
            // Mostly forwards, sometimes far, sometimes back.
            let step = random.below(10) == 0 ? -random.below(1200) : random.below(random.below(5) == 0 ? 20_000 : 300)
            now = max(start, now + .seconds(step))
            let isPaused = random.below(8) == 0
            while let plan = planner.plan(after: seen, until: now, pausedBy: isPaused ? "ann" : nil) {
                for tick in plan.ticks {
                    #expect(tick.firstDueAt > seen && tick.dueAt <= now && tick.firstDueAt <= tick.dueAt)
                    seen = tick.dueAt
                    counted += tick.times
                    if tick.outcome == .started { starts.append(tick.dueAt) }
                }
                #expect(plan.seenUntil == seen)
            }
        }
        #expect(Set(starts).count == starts.count)
        // Every third minute until the last one dealt with, once.
        #expect(counted == Int((seen - start).components.seconds) / 180)
    }

    /// Numbers from a seed.
    private struct Draws {
        var state: UInt64

        init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

        mutating func below(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
    }
}
