import Synchronization
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@testable import Orchestration

@Suite("Pools that share their slots with other processes")
struct PoolSlotTests {
    private let claim = RunClaim(run: RunID(unchecked: "run"), epoch: 1)

    @Test("A step holds a slot while it executes, and gives it back whatever it ends with")
    func holds() async throws {
        let store = MemorySlots(free: 2)
        let gates = PoolGates(["llm": .init(slots: 2)], shared: store)
        let meter = Meter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask {
                    do {
                        try await gates.within("llm", for: StepPath("s\(number)"), of: claim) {
                            await meter.enter()
                            await Task.yield()
                            await meter.leave()
                            if number.isMultiple(of: 3) { throw StepFailure("odd", "failed") }
                        }
                    } catch is StepFailure {}
                }
            }
            try await group.waitForAll()
        }
        #expect(await meter.most <= 2 && store.most <= 2)
        #expect(await meter.total == 10)
        #expect(store.isAllFree)
    }

    @Test("A step that waits for a slot ends when its run is stopped or cancelled, and when it is timed out")
    func waits() async throws {
        let gates = PoolGates(["llm": .init(slots: 1)], shared: MemorySlots(free: 0))
        let control = RunControl()
        control.stop()
        await #expect(throws: CancellationError.self) {
            try await gates.within("llm", for: StepPath("a"), of: claim, control: control) {}
        }
        let cancelled = RunControl()
        cancelled.cancel(RunCancellation(by: "ada"))
        let failure = await #expect(throws: StepFailure.self) {
            try await gates.within("llm", for: StepPath("a"), of: claim, control: cancelled) {}
        }
        #expect(failure?.code == "cancelled")
        let late = Task { try await gates.within("llm", for: StepPath("a"), of: claim) {} }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
    }

    @Test("A step that is cut off while it executes gives its slot back")
    func cutOff() async throws {
        let store = MemorySlots(free: 1)
        let gates = PoolGates(["llm": .init(slots: 1, perSecond: 1)], shared: store)
        let started = AsyncStream<Void>.makeStream()
        let task = Task {
            try await gates.within("llm", for: StepPath("a"), of: claim) {
                started.continuation.yield()
                try await Task.sleep(for: .seconds(60))
            }
        }
        for await _ in started.stream { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(store.isAllFree)
    }
}

/// Slots that refuse to work for a cancelled task, as a database does.
private final class MemorySlots: SlotStore {
    private struct State {
        let all: Int
        var held: Set<StepPath> = []
        var most = 0
    }

    private let state: Mutex<State>

    init(free: Int) { state = Mutex(State(all: free)) }

    var most: Int { state.withLock { $0.most } }
    var isAllFree: Bool { state.withLock { $0.held.isEmpty } }

    func take(_ pool: String, slots: Int, for step: StepPath, of claim: RunClaim) async throws -> PoolSlot? {
        try Task.checkCancellation()
        return state.withLock { state in
            guard state.held.count < state.all else { return nil }
            state.held.insert(step)
            state.most = max(state.most, state.held.count)
            return PoolSlot(pool: pool, place: state.held.count, step: step, claim: claim)
        }
    }

    func free(_ slot: PoolSlot) async throws {
        try Task.checkCancellation()
        state.withLock { _ = $0.held.remove(slot.step) }
    }

    func turn(of pool: String, perSecond: Int) async throws -> Duration { .zero }
}
