import ExecutionEngine
import Synchronization
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@testable import Orchestration

@Suite("A worker of the queue")
struct WorkerTests {
    private func settings(runsMax: Int = 4) -> Worker.Settings {
        var settings = Worker.Settings()
        settings.runsMax = runsMax
        settings.idle = 1...2
        settings.sweepInterval = .milliseconds(5)
        return settings
    }

    private func worker(
        _ queue: MemoryQueue,
        runsMax: Int = 4,
        _ work: @escaping @Sendable (ClaimedRun, RunControl) async throws -> ItemStatus
    ) -> Worker {
        Worker(
            queue: queue,
            open: { _ in ScriptedFloor(queue: queue, body: work) },
            settings: settings(runsMax: runsMax),
            tell: { queue.note($0) }
        )
    }

    @Test("It works everything, up to its limit at a time and one run of an account at a time")
    func limits() async throws {
        let queue = MemoryQueue()
        for number in 0..<12 { queue.add("run-\(number)", account: "account-\(number % 6)") }
        let all = Meter()
        let perAccount = Mutex<[AccountID: Int]>([:])
        let worker = worker(queue, runsMax: 3) { claimed, _ in
            await all.enter()
            let beside = perAccount.withLock { counts in
                counts[claimed.record.account, default: 0] += 1
                return counts[claimed.record.account] ?? 0
            }
            #expect(beside == 1, "\(claimed.record.account)")
            for _ in 0..<20 { await Task.yield() }
            perAccount.withLock { $0[claimed.record.account, default: 1] -= 1 }
            await all.leave()
            return .success
        }
        let running = Task { await worker.run() }
        await queue.wait { $0.ended.count == 12 }
        await worker.drain()
        await running.value
        #expect(await all.most <= 3)
        #expect(await worker.runs.isEmpty)
        #expect(queue.look { $0.isClosed })
    }

    @Test("Runs of one account and launch share a floor, which is closed after the last of them")
    func sharing() async throws {
        let queue = MemoryQueue()
        for number in 0..<6 { queue.add("run-\(number)", account: "a") }
        let (opened, closed, inside) = (Meter(), Meter(), Meter())
        let worker = Worker(
            queue: queue,
            open: { _ in
                await opened.enter()
                return SharedFloor(queue: queue, inside: inside, closed: closed)
            },
            isShared: { _ in true },
            settings: settings(runsMax: 3)
        ) { queue.note($0) }
        let running = Task { await worker.run() }
        await queue.wait { $0.ended.count == 6 }
        await worker.drain()
        await running.value
        #expect(await inside.most == 3, "the limit is the worker's")
        #expect(await opened.total == closed.total)
        #expect(await opened.total < 6)
    }

    @Test("A drain stops what is in hand, gives the account back, then the run, and claims nothing more")
    func drain() async throws {
        let queue = MemoryQueue()
        queue.add("run-1", account: "a")
        let worker = worker(queue, runsMax: 1) { claimed, control in
            while !control.isStopping { await Task.yield() }
            throw RunStopped(run: claimed.record.id, at: claimed.record.startedAt, openOrders: [])
        }
        let running = Task { await worker.run() }
        await queue.wait { state in !state.inHand.isEmpty }
        queue.add("run-2", account: "b")
        await worker.drain()
        await running.value
        #expect(queue.look { $0.log } == ["claim run-1", "close run-1", "put back run-1 after 0"])
    }

    @Test("A run that cannot be worked is tried again, ever later, and then given up with its reason")
    func poison() async throws {
        let queue = MemoryQueue()
        queue.add("run-1", account: "a")
        let worker = worker(queue) { _, _ in throw StepFailure("no_data", "the folder is gone") }
        let running = Task { await worker.run() }
        await queue.wait { $0.given != nil }
        await worker.drain()
        await running.value
        let waits = queue.look { $0.log.filter { $0.hasPrefix("put back") } }
        #expect(waits == [2, 4, 8, 16, 32, 60, 60].map { "put back run-1 after \($0)" })
        let given = queue.look { $0.given }
        #expect(given?.code == "no_data")
        #expect(
            given?.reason.contains("8 attempts in vain") == true && given?.reason.contains("the folder is gone") == true
        )
    }

    @Test("A run that kills its workers is given up before it is opened again")
    func deadly() async throws {
        let queue = MemoryQueue()
        queue.add("run-1", account: "a", failures: 8)
        let worker = worker(queue) { _, _ in
            Issue.record("opened")
            return .success
        }
        let running = Task { await worker.run() }
        await queue.wait { $0.given != nil }
        await worker.drain()
        await running.value
        #expect(queue.look { $0.given?.code } == "worker_died")
    }

    @Test("A run that may kill its worker is begun when no other is young, and nothing is begun beside it")
    func alone() async throws {
        let queue = MemoryQueue()
        queue.add("run-1", account: "a")
        queue.add("run-2", account: "b", failures: 4)
        queue.add("run-3", account: "c", failures: 3)
        let worker = worker(queue, runsMax: 3) { claimed, _ in
            let run = claimed.record.id.text
            // The two that are no suspects wait for each other, so both were in hand at once.
            let others: Set<RunID> = run == "run-2" ? [] : [RunID(unchecked: "run-1"), RunID(unchecked: "run-3")]
            while !others.isSubset(of: queue.look { Set($0.inHand.keys).union($0.ended) }) { await Task.yield() }
            let beside = queue.look { $0.inHand.keys.map(\.text).sorted() }
            queue.change { $0.log.append("work \(run) of \(beside.joined(separator: " "))") }
            if run == "run-2" {
                queue.add("run-4", account: "d")
                // Between two sweeps it looks for work.
                let sweeps = queue.look { $0.sweeps }
                while queue.look({ $0.sweeps }) < sweeps + 2 { await Task.yield() }
            }
            return .success
        }
        let running = Task { await worker.run() }
        await queue.wait { $0.ended.count == 4 }
        await worker.drain()
        await running.value
        let claims = queue.look { $0.log.filter { $0.hasPrefix("claim") } }
        #expect(claims == ["claim run-1", "claim run-3", "claim run-2", "claim run-4"])
        #expect(queue.look { $0.log.contains("work run-2 of run-2") })
    }

    struct Interruption: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let error: any Error
        let log: String?
    }

    @Test(
        "What is no fault of the run counts nothing; what another worker has is left alone",
        arguments: [
            Interruption(
                testDescription: "the account is held elsewhere",
                error: JournalError.accountBusy("by a command"),
                log: "put back run-1 after 1"
            ),
            Interruption(
                testDescription: "the database is gone",
                error: InterruptedRun(run: RunID(unchecked: "run-1"), cause: JournalError.unavailable("no answer")),
                log: "put back run-1 after 1"
            ),
            Interruption(
                testDescription: "fenced in the middle",
                error: InterruptedRun(
                    run: RunID(unchecked: "run-1"),
                    cause: JournalError.fenced(AccountID(unchecked: "a"))
                ),
                // Without effect unless the run was left to this worker.
                log: "put back run-1 after 1"
            ),
            Interruption(
                testDescription: "the database lost commits",
                error: InterruptedRun(
                    run: RunID(unchecked: "run-1"),
                    cause: JournalError.commitsLost(AccountID(unchecked: "a"))
                ),
                log: "put back run-1 after 1"
            ),
            Interruption(
                testDescription: "the run was taken over",
                error: RunStoreError.fenced(RunID(unchecked: "run-1")),
                log: nil
            ),
        ]
    )
    func interruptions(_ test: Interruption) async throws {
        let queue = MemoryQueue()
        queue.add("run-1", account: "a")
        let worker = worker(queue) { _, _ in throw test.error }
        let running = Task { await worker.run() }
        await queue.wait {
            $0.inHand.isEmpty && $0.log.contains("close run-1") && (test.log == nil || $0.log.count > 2)
        }
        await worker.drain()
        await running.value
        let log = queue.look { Array($0.log.prefix(3)) }
        #expect(log == ["claim run-1", "close run-1"] + (test.log.map { [$0] } ?? []))
        #expect(queue.look { $0.given } == nil)
    }
}

/// A floor that does what the test says.
private struct ScriptedFloor: RunFloor {
    let queue: MemoryQueue
    let body: @Sendable (ClaimedRun, RunControl) async throws -> ItemStatus

    func work(_ claimed: ClaimedRun, control: RunControl) async throws -> RunReport {
        let run = claimed.record.id
        do {
            let status = try await body(claimed, control)
            queue.change { $0.ended.append(run) }
            return RunReport(
                run: run,
                workflow: "w",
                status: status,
                account: claimed.record.account,
                market: "",
                startedAt: claimed.record.startedAt,
                endedAt: claimed.record.startedAt,
                items: []
            )
        } catch {
            queue.change { $0.closing = run }
            throw error
        }
    }

    func close() async { queue.change { state in if let run = state.closing { state.log.append("close \(run)") } } }
}

/// A floor on which a run ends once three are on it, or nobody else is to come.
private struct SharedFloor: RunFloor {
    let queue: MemoryQueue
    let inside: Meter
    let closed: Meter

    func work(_ claimed: ClaimedRun, control: RunControl) async throws -> RunReport {
        await inside.enter()
        while await inside.most < 3 { await Task.yield() }
        await inside.leave()
        queue.change { $0.ended.append(claimed.record.id) }
        return RunReport(
            run: claimed.record.id,
            workflow: "w",
            status: .success,
            account: claimed.record.account,
            market: "",
            startedAt: claimed.record.startedAt,
            endedAt: claimed.record.startedAt,
            items: []
        )
    }

    func close() async { await closed.enter() }
}

/// A queue in memory, whose waits are over at once.
private final class MemoryQueue: RunQueue {
    struct State {
        var ready: [(record: RunRecord, failures: Int)] = []
        var inHand: [RunID: (record: RunRecord, failures: Int)] = [:]
        var ended: [RunID] = []
        var log: [String] = []
        var given: (code: String, reason: String)?
        var closing: RunID?
        var isClosed = false
        var sweeps = 0
    }

    private let state = Mutex(State())

    func look<Result: Sendable>(_ body: (State) -> Result) -> Result { state.withLock { body($0) } }
    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    /// Waits until the state is as the test wants it; the suite's time limit ends a wait in vain.
    func wait(until holds: (State) -> Bool) async {
        while !state.withLock({ holds($0) }) { await Task.yield() }
    }

    func add(_ run: String, account: String, failures: Int = 0) {
        let record = RunRecord(
            id: RunID(unchecked: run),
            workflow: "w",
            definitionHash: "h",
            sources: [:],
            inputs: "{}",
            account: AccountID(unchecked: account),
            environment: .backtest,
            launch: "{}",
            startedAt: Timestamp(nanoseconds: 0),
            seed: 1
        )
        change { $0.ready.append((record, failures)) }
    }

    func note(_ event: Worker.Event) {
        if case .ended(let run, _) = event { change { $0.inHand[run] = nil } }
        if case .lost(let run) = event { change { $0.inHand[run] = nil } }
    }

    func sweep() async -> [RunID] {
        change { $0.sweeps += 1 }
        return []
    }

    func claimNext(beside accounts: [AccountID: String?], failuresBelow limit: Int?) async -> WaitingRun? {
        state.withLock { state in
            let index = state.ready.firstIndex { run in
                (accounts[run.record.account].map { $0 == run.record.launch } ?? true)
                    && limit.map { run.failures < $0 } ?? true
            }
            guard let index else {
                return nil
            }
            let next = state.ready.remove(at: index)
            state.inHand[next.record.id] = next
            state.log.append("claim \(next.record.id)")
            let claim = RunClaim(run: next.record.id, epoch: 1)
            return WaitingRun(claimed: ClaimedRun(claim: claim, record: next.record, done: []), failures: next.failures)
        }
    }

    func putBack(_ claim: RunClaim, after wait: Duration, isFailure: Bool) async {
        change { state in
            state.log.append("put back \(claim.run) after \(Int(wait / .seconds(1)))")
            guard let held = state.inHand.removeValue(forKey: claim.run) else { return }
            state.ready.append((held.record, isFailure ? held.failures + 1 : 0))
        }
    }

    func fail(_ claimed: ClaimedRun, code: String, reason: String) async {
        change { state in
            state.inHand[claimed.record.id] = nil
            state.given = (code, reason)
        }
    }

    func close() async { change { $0.isClosed = true } }
    func leave() async {}
}
