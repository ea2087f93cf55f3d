import ExecutionEngine
import Orchestration
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@testable import PostgresStore

@Suite("Slots and turns of pools, over all workers")
struct SlotTests {
    private func record(_ number: Int) -> RunRecord {
        RunRecord(
            id: RunID(unchecked: "run-\(number)"),
            workflow: "watchlist",
            definitionHash: "ab12",
            sources: ["watchlist": "format: 1\n"],
            inputs: "{}",
            account: AccountID(unchecked: "account-\(number)"),
            environment: .paper,
            launch: "{}",
            startedAt: JournalSamples.start,
            seed: 1
        )
    }

    private func store(_ fixture: StoreFixture, _ worker: String) async throws -> PostgresRunStore {
        PostgresRunStore(pool: fixture.pool, worker: try await fixture.worker(worker))
    }

    private func claim(_ fixture: StoreFixture, _ number: Int, by worker: String) async throws -> RunClaim {
        let store = try await store(fixture, worker)
        try await store.create(record(number))
        return try await store.claim(record(number).id).claim
    }

    /// Slots that a living run holds, as SQL of our own counts them.
    private func held(_ fixture: StoreFixture) async throws -> Int64 {
        try await fixture.count(
            """
            SELECT count(*) FROM slots JOIN runs ON runs.id = slots.run AND runs.epoch = slots.epoch
            JOIN workers ON workers.id = runs.worker WHERE runs.state = 'running' AND workers.ended_at IS NULL AND lease_until > clock_timestamp()
            """
        )
    }

    @Test("A step takes one slot, keeps it when it asks again, and gives it back")
    func oneSlot() async throws {
        let fixture = try await StoreFixture("slots")
        let store = try await store(fixture, "one")
        let claim = try await claim(fixture, 1, by: "one")
        let (ask, size) = (StepPath("ask[NVDA]/decide"), StepPath("ask[NVDA]/size"))
        let slot = try #require(try await store.take("llm", slots: 1, for: ask, of: claim))
        #expect(slot.place == 1)
        #expect(try await store.take("llm", slots: 1, for: ask, of: claim) == slot, "after a lost answer")
        #expect(try await store.take("llm", slots: 1, for: size, of: claim) == nil)
        #expect(try await store.take("broker", slots: 1, for: size, of: claim)?.place == 1, "another pool")
        #expect(try await store.take("llm", slots: 2, for: size, of: claim)?.place == 2, "the pool has grown")
        try await store.free(slot)
        try await store.free(slot)
        #expect(try await store.take("llm", slots: 1, for: StepPath("c"), of: claim)?.place == 1)
        try await fixture.close()
    }

    @Test("Never more than the pool's size, of however many runs and workers at once")
    func hardCap() async throws {
        let fixture = try await StoreFixture("slots")
        var claims: [(PostgresRunStore, RunClaim)] = []
        for number in 1...12 {
            let worker = "worker \(number % 3)"
            claims.append((try await store(fixture, worker), try await claim(fixture, number, by: worker)))
        }
        let meter = Meter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (store, claim) in claims {
                group.addTask {
                    for step in 0..<8 {
                        var slot: PoolSlot?
                        while slot == nil {
                            slot = try await store.take("llm", slots: 3, for: StepPath("\(step)"), of: claim)
                        }
                        await meter.enter()
                        await Task.yield()
                        await meter.leave()
                        if let slot { try await store.free(slot) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await meter.most <= 3)
        #expect(await meter.total == 96)
        #expect(try await held(fixture) == 0)
        #expect(try await fixture.count("SELECT count(*) FROM slots") == 3)
        try await fixture.close()
    }

    @Test(
        "Whatever a holder dies of, its slot is free: none leaks, and what it still writes is refused",
        arguments: 0..<4
    )
    func noLeak(seed: UInt64) async throws {
        let fixture = try await StoreFixture("slots")
        var random = SeededGenerator(seed: seed)
        let survivor = try await store(fixture, "survivor")
        let mine = try await claim(fixture, 100, by: "survivor")
        for round in 1...6 {
            let name = "worker \(round)"
            let store = try await store(fixture, name)
            let claim = try await claim(fixture, round, by: name)
            for step in 0..<3 {
                #expect(try await store.take("llm", slots: 3, for: StepPath("\(step)"), of: claim) != nil)
            }
            #expect(try await survivor.take("llm", slots: 3, for: StepPath("mine"), of: mine) == nil)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: try await fixture.bury(name)
            case 1: await (try fixture.worker(name)).stop()
            case 2: try await store.finish(claim, status: .failed, report: "{}", at: JournalSamples.start)
            default: _ = try await store.claim(claim.run)
            }
            #expect(try await held(fixture) == 0, "round \(round)")
            if try await fixture.count(
                "SELECT count(*) FROM runs WHERE id = 'run-\(round)' AND epoch = 1 AND state = 'running'"
            ) == 0 {
                await #expect(throws: RunStoreError.fenced(claim.run)) {
                    _ = try await store.take("llm", slots: 3, for: StepPath("late"), of: claim)
                }
            }
            let taken = try #require(try await survivor.take("llm", slots: 3, for: StepPath("mine"), of: mine))
            try await survivor.free(taken)
        }
        try await fixture.close()
    }

    @Test("Turns of a pool with a rate are spaced evenly, whoever asks, and none is saved up")
    func turns() async throws {
        let fixture = try await StoreFixture("slots")
        let (one, two) = (try await store(fixture, "one"), try await store(fixture, "two"))
        struct Turn {
            let wait: Duration
            /// When it comes, by the moments before and after the question.
            let earliest, latest: ContinuousClock.Instant
            let answered: ContinuousClock.Instant
        }
        func turn(_ store: PostgresRunStore) async throws -> Turn {
            let asked = ContinuousClock.now
            let wait = try await store.turn(of: "broker", perSecond: 2)
            let answered = ContinuousClock.now
            return Turn(wait: wait, earliest: asked + wait, latest: answered + wait, answered: answered)
        }
        var turns = [try await turn(one)]
        #expect(turns[0].wait == .zero)
        let spacing = Duration.milliseconds(500)
        for number in 1..<6 {
            let (last, next) = (turns[number - 1], try await turn(number % 2 == 0 ? one : two))
            #expect(next.latest >= last.earliest + spacing, "turn \(number)")
            #expect(next.earliest <= max(last.latest + spacing, next.answered), "turn \(number)")
            turns.append(next)
        }
        try await fixture.sql("UPDATE pools SET next_at = clock_timestamp() - interval '1 hour'")
        let first = try await turn(one)
        #expect(first.wait == .zero)
        #expect(try await turn(two).latest >= first.earliest + spacing)
        try await fixture.close()
    }
}
