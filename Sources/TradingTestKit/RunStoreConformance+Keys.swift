import ExecutionEngine
import Orchestration
import TradingDomain
import Workflows

extension RunStoreConformance {
    private static func slot(
        _ key: String = "core",
        limit: Int = 1,
        _ policy: ConcurrencyDefinition.FullPolicy = .queue
    ) -> ConcurrencySlot {
        ConcurrencySlot(key: key, limit: limit, whenFull: policy)
    }

    static func queue(_ harness: Harness) async throws {
        let (one, two) = (try await harness.store("one"), try await harness.store("two"))
        let (first, second) = (run(1), run(2))
        try expect(try await one.create(first, slot: slot()), equals: .created, "the first of a key")
        try expect(try await one.create(first, slot: slot()), equals: .created, "the same again, after a lost answer")
        _ = try await one.claim(first.id)
        try expect(try await two.create(second, slot: slot()), equals: .queued(behind: [first.id]), "the second")
        try expect(try await two.create(second, slot: slot()), equals: .queued(behind: [first.id]), "the second again")
        let other = try await two.create(run(3), slot: slot("another key"))
        try expect(other, equals: .created, "another key is not full")
        let waits = try await expectError(RunStoreError.self, "claiming what waits its turn") {
            _ = try await two.claim(second.id)
        }
        try expect(waits, equals: .queued(second.id, behind: [first.id], isMoving: true), "while a living worker works")
        try await harness.bury("one")
        let still = try await expectError(RunStoreError.self, "while the first has not ended") {
            _ = try await two.claim(second.id)
        }
        try expect(
            still,
            equals: .queued(second.id, behind: [first.id], isMoving: false),
            "a dead worker frees no place"
        )
        let again = try await two.claim(first.id).claim
        try await two.finish(again, status: .success, report: "{}", at: JournalSamples.start)
        _ = try await two.claim(second.id)
    }

    static func skipAndReplace(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        let (first, second, third) = (run(1), run(2), run(3))
        _ = try await store.create(first, slot: slot(.skip))
        let skipped = try await store.create(second, slot: slot(.skip))
        try expect(skipped, equals: .skipped(behind: [first.id]), "a key that is full")
        let unknown = try await expectError(RunStoreError.self, "claiming what was skipped") {
            _ = try await store.claim(second.id)
        }
        try expect(unknown, equals: .notFound(second.id), "a skipped run is not recorded")
        let replaced = try await store.create(third, slot: slot(.cancel_oldest))
        try expect(replaced, equals: .queued(behind: [first.id]), "the newest waits for the oldest to end")
        try expect(
            try await store.cancellation(of: first.id),
            equals: .replaced(by: third.id),
            "the oldest is asked to end"
        )
        let claim = try await store.claim(first.id).claim
        try await store.finish(claim, status: .failed, report: "{}", at: JournalSamples.start)
        _ = try await store.claim(third.id)
    }

    /// What waits and was cancelled needs no place: whoever claims it only winds it down.
    static func cancelledInQueue(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        _ = try await store.create(run(1), slot: slot())
        _ = try await store.claim(run(1).id)
        _ = try await store.create(run(2), slot: slot())
        try await store.cancel(run(2).id, RunCancellation(by: "ada"))
        let claim = try await store.claim(run(2).id).claim
        try await store.finish(claim, status: .failed, report: "{}", at: JournalSamples.start)
    }

    /// Sixteen runs at once under a limit of three: never a fourth, and every one gets its turn.
    static func hardCap(_ harness: Harness) async throws {
        let store = try await harness.store("one")
        let limit = 3
        let meter = Meter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...16 {
                group.addTask {
                    _ = try await store.create(run(number), slot: slot(limit: limit))
                    while true {
                        do {
                            let claim = try await store.claim(run(number).id).claim
                            await meter.enter()
                            await Task.yield()
                            await meter.leave()
                            try await store.finish(claim, status: .success, report: "{}", at: JournalSamples.start)
                            return
                        } catch RunStoreError.queued(_, let others, _) {
                            try expect(others.count <= limit, "\(others.count) of \(limit) hold a place")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let most = await meter.most
        try expect((1...limit).contains(most), "at most \(limit) at a time, found \(most)")
        try expect(await meter.total, equals: 16, "how many went on")
    }

    private static func slot(_ policy: ConcurrencyDefinition.FullPolicy) -> ConcurrencySlot {
        slot("core", limit: 1, policy)
    }
}

/// Counts who is inside, for hard caps.
public actor Meter {
    private var inside = 0
    public private(set) var most = 0
    public private(set) var total = 0

    public init() {}

    public func enter() {
        inside += 1
        total += 1
        most = max(most, inside)
    }

    public func leave() { inside -= 1 }
}
