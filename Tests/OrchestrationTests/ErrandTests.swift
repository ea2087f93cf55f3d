import Foundation
import Synchronization
import Testing
import TradingAgents
import TradingDomain
import TradingTestKit

/// Questions that workers ask for each other, with all workers in this process.
@Suite("Questions to agents, over several workers")
struct ErrandTests {
    private static let run = RunID(unchecked: "0198c0de-0000-7000-8000-000000000001")
    private static let asOf = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    /// Who was asked what, and when asking is let on.
    private final class Scene: Sendable {
        private struct State {
            var asked: [String: [String]] = [:]
            var isOpen: Set<String> = []
            var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
            var cancelled = 0
        }

        private let state = Mutex(State())

        /// Workers that asked about each symbol, in order.
        var asked: [String: [String]] { state.withLock { $0.asked } }
        var cancelled: Int { state.withLock { $0.cancelled } }

        /// Lets a worker's agents answer from now on.
        func open(_ worker: String) {
            let waiting = state.withLock { state in
                state.isOpen.insert(worker)
                return state.waiting.removeValue(forKey: worker) ?? []
            }
            for continuation in waiting { continuation.resume() }
        }

        /// An agent of a worker: answers HOLD with the worker's name, once that is let on.
        func agent(_ worker: String) -> ScriptedHelper {
            ScriptedHelper { request in
                self.state.withLock { $0.asked[request.symbols[0].text, default: []].append(worker) }
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in
                        let isOpen = self.state.withLock { state in
                            guard !state.isOpen.contains(worker) else { return true }
                            state.waiting[worker, default: []].append(continuation)
                            return false
                        }
                        if isOpen { continuation.resume() }
                    }
                } onCancel: {
                    self.state.withLock { $0.cancelled += 1 }
                    self.open(worker)
                }
                return [.document(Array(#"{"action":"HOLD","reasoning":"\#(worker)"}"#.utf8))]
            }
        }
    }

    private struct ScriptedHelper: TradingAgent {
        let descriptor = AgentDescriptor(id: AgentID(unchecked: "scripted"))
        let answer: @Sendable (DecisionRequest) async throws -> [AgentReply]
        func decide(_ request: DecisionRequest) async throws -> [AgentReply] { try await answer(request) }
    }

    private let ground = MemoryErrandBoard.Ground()
    private let scene = Scene()

    /// The runtime of the run's holder, with so many places, and the epoch that it holds the run at.
    private func holder(places: Int) async -> (runtime: AgentRuntime, epoch: Int64) {
        await ground.enter("holder")
        let runtime = AgentRuntime(maximumConcurrent: places, now: { Self.asOf })
        await runtime.share(on: MemoryErrandBoard(ground, worker: "holder"))
        return (runtime, await ground.hold(Self.run, by: "holder"))
    }

    private func helper(_ name: String, fingerprint: String = "f1", capacity: Int = 2) async -> ErrandRunner {
        await ground.enter(name)
        return ErrandRunner(
            board: MemoryErrandBoard(ground, worker: name),
            runtime: AgentRuntime(now: { Self.asOf }),
            names: [AgentID(unchecked: "scripted")],
            find: { [scene] _ in ErrandRunner.Helper(agent: scene.agent(name), fingerprint: fingerprint) },
            capacity: capacity,
            load: AgentLoad()
        )
    }

    private func symbols(_ count: Int) throws -> [Symbol] {
        try (0..<count).map { try #require(Symbol("T\(Character(UnicodeScalar(UInt8(65 + $0))))")) }
    }

    private func ask(_ holder: (runtime: AgentRuntime, epoch: Int64), _ symbol: Symbol) async -> AgentExchange {
        let request = DecisionRequest(
            requestID: "req-\(symbol)",
            symbols: [symbol],
            asOf: Self.asOf,
            deadline: Self.asOf + .seconds(600),
            environment: .paper
        )
        let origin = AgentErrand.Origin(
            run: Self.run,
            epoch: holder.epoch,
            account: AccountID(unchecked: "paper"),
            path: "each[\(symbol)]/decide",
            fingerprint: "f1"
        )
        return await holder.runtime.ask(
            scene.agent("holder"),
            request,
            timeout: BuiltProgram.patience,
            origin: origin
        )
    }

    /// Asks about so many symbols at once, beside helpers and what else goes on.
    private func askAll(
        _ count: Int,
        _ holder: (runtime: AgentRuntime, epoch: Int64),
        _ helpers: [ErrandRunner],
        meanwhile: @escaping @Sendable () async throws -> Void
    ) async throws -> [AgentExchange] {
        let symbols = try symbols(count)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for helper in helpers { group.addTask { await helper.run() } }
            group.addTask { try await meanwhile() }
            let exchanges = await withTaskGroup(of: AgentExchange.self) { group in
                for symbol in symbols { group.addTask { await ask(holder, symbol) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for helper in helpers { await helper.drain() }
            try await group.waitForAll()
            return exchanges
        }
    }

    /// Lets time pass until something holds.
    private static func wait(until holds: @Sendable () async -> Bool) async throws {
        let end = ContinuousClock.now + BuiltProgram.patience
        while await !holds() {
            try #require(ContinuousClock.now < end, "it never came to hold")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("What finds no place here is asked by other workers, each question once, and its answer says by whom")
    func shared() async throws {
        let holder = await holder(places: 1)
        let helpers = [await helper("ada"), await helper("bob")]
        let exchanges = try await askAll(6, holder, helpers) { [scene] in
            // One is asked here and holds its place, two at each helper: the sixth has to wait.
            try await Self.wait { scene.asked.count == 5 }
            for name in ["ada", "bob", "holder"] { scene.open(name) }
        }
        #expect(scene.asked.count == 6)
        #expect(scene.asked.values.allSatisfy { $0.count == 1 }, "\(scene.asked)")
        for exchange in exchanges {
            let symbol = try #require(exchange.decisions[0].trade?.symbol)
            let who = scene.asked[symbol.text]?.first
            #expect(exchange.decisions[0].rationale == who)
            #expect(exchange.askedBy == (who == "holder" ? nil : who))
        }
        #expect(Set(scene.asked.values.map { $0[0] }) == ["holder", "ada", "bob"])
        try await Self.wait { [ground] in await ground.count == 0 }
    }

    @Test("Without a helper, or with one whose agent is another, everything is asked here, in order")
    func alone() async throws {
        let holder = await holder(places: 2)
        scene.open("holder")
        let exchanges = try await askAll(9, holder, [await helper("ada", fingerprint: "f2")]) {}
        #expect(exchanges.allSatisfy { $0.askedBy == nil && $0.decisions[0].trade?.action == .hold })
        #expect(scene.asked.values.allSatisfy { $0 == ["holder"] } && scene.asked.count == 9, "\(scene.asked)")
    }

    @Test("What lies on the board is asked here as soon as there is a place")
    func takenBack() async throws {
        let holder = await holder(places: 1)
        let exchanges = try await askAll(5, holder, [await helper("ada", capacity: 1)]) { [scene, ground] in
            // One here and one at the helper, which never gets on; the other three have been offered.
            try await Self.wait { await ground.count == 4 && scene.asked.count == 2 }
            scene.open("holder")
            try await Self.wait { scene.asked.values.flatMap(\.self).count { $0 == "holder" } == 4 }
            scene.open("ada")
        }
        #expect(exchanges.count { $0.askedBy == "ada" } == 1)
        #expect(scene.asked.values.allSatisfy { $0.count == 1 }, "\(scene.asked)")
    }

    @Test("A helper that dies delays its questions, and what it says afterwards counts no more")
    func helperDies() async throws {
        let holder = await holder(places: 1)
        let exchanges = try await askAll(4, holder, [await helper("ada", capacity: 3)]) { [scene, ground] in
            try await Self.wait { scene.asked.count == 4 }
            await ground.bury("ada")
            scene.open("holder")
            try await Self.wait { scene.asked.values.allSatisfy { $0.last == "holder" } }
            scene.open("ada")
        }
        #expect(exchanges.allSatisfy { $0.askedBy == nil && $0.decisions[0].rationale == "holder" })
        #expect(scene.asked.values.count { $0 == ["ada", "holder"] } == 3, "\(scene.asked)")
    }

    @Test("A step that is cut off ends its question, wherever it is asked")
    func cutOff() async throws {
        let holder = await holder(places: 1)
        let ada = await helper("ada")
        let (first, second) = (try symbols(2)[0], try symbols(2)[1])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await ada.run() }
            let here = Task { await ask(holder, first) }
            try await Self.wait { [scene] in scene.asked[first.text] != nil }
            let there = Task { await ask(holder, second) }
            try await Self.wait { [scene] in scene.asked[second.text] == ["ada"] }
            there.cancel()
            guard case .abstain(let abstention) = await there.value.decisions[0].body else {
                Issue.record("a cancelled question has a decision")
                return
            }
            #expect(abstention.code == .timeout)
            try await Self.wait { [scene] in scene.cancelled == 1 }
            try await Self.wait { [ground] in await ground.count == 0 }
            #expect(scene.asked[second.text] == ["ada"])
            scene.open("holder")
            #expect(await here.value.decisions[0].trade?.action == .hold)
            await ada.drain()
            try await group.waitForAll()
        }
    }

    @Test("Of a run that is to end early nothing is asked elsewhere any more, and nobody waits for it")
    func cancelledRun() async throws {
        let holder = await holder(places: 1)
        let exchanges = try await askAll(4, holder, [await helper("ada", capacity: 1)]) { [scene, ground] in
            try await Self.wait { await ground.count == 3 && scene.asked.count == 2 }
            await ground.cancel(Self.run)
            try await Self.wait { scene.cancelled == 1 }
            scene.open("holder")
        }
        #expect(exchanges.count { $0.decisions[0].trade?.action == .hold } == 1)
        #expect(exchanges.count { $0.decisions[0].actionName == "ABSTAIN" && $0.isCancelled } == 3)
        #expect(scene.asked.count == 2)
        // It was the run that ended, not the agent that failed.
        let next = await ask(holder, try #require(Symbol("NEXT")))
        #expect(!next.breakerIsOpen && !next.isCancelled && next.decisions[0].trade?.action == .hold)
    }

    @Test("An agent that fails at a helper without a word is asked elsewhere, and left alone there for a while")
    func failsThere() async throws {
        let holder = await holder(places: 1)
        await ground.enter("ada")
        let asked = Mutex(0)
        let ada = ErrandRunner(
            board: MemoryErrandBoard(ground, worker: "ada"),
            runtime: AgentRuntime(now: { Self.asOf }),
            names: [AgentID(unchecked: "scripted")],
            find: { _ in
                let agent = ScriptedHelper { _ in
                    asked.withLock { $0 += 1 }
                    throw AgentFailure(.modelError, "exit status 127")
                }
                return ErrandRunner.Helper(agent: agent, fingerprint: "f1")
            },
            capacity: 1,
            load: AgentLoad()
        )
        let exchanges = try await askAll(5, holder, [ada]) { [scene] in
            try await Self.wait { asked.withLock { $0 } == 1 }
            scene.open("holder")
        }
        #expect(exchanges.allSatisfy { $0.askedBy == nil && $0.decisions[0].trade?.action == .hold })
        #expect(asked.withLock { $0 } == 1)
    }

    @Test("What the board gave to a worker that never heard of it is asked by others")
    func replyLost() async throws {
        let holder = await holder(places: 1)
        await ground.enter("ada")
        let cuts = Countdown(1)
        let ada = ErrandRunner(
            board: DeafErrandBoard(board: MemoryErrandBoard(ground, worker: "ada"), cuts: cuts),
            runtime: AgentRuntime(now: { Self.asOf }),
            names: [AgentID(unchecked: "scripted")],
            find: { [scene] _ in ErrandRunner.Helper(agent: scene.agent("ada"), fingerprint: "f1") },
            capacity: 2,
            load: AgentLoad()
        )
        scene.open("ada")
        let exchanges = try await askAll(3, holder, [ada]) { [scene] in
            try await Self.wait { scene.asked.count == 3 }
            scene.open("holder")
        }
        #expect(cuts.left == 0 && exchanges.count { $0.askedBy == "ada" } == 2)
        #expect(scene.asked.values.allSatisfy { $0.count == 1 }, "\(scene.asked)")
    }

    @Test("A helper that cannot ask leaves the question to others, and does not take it again")
    func givenBack() async throws {
        struct NoProgram: Error {}
        let holder = await holder(places: 1)
        await ground.enter("ada")
        let given = Mutex(0)
        let ada = ErrandRunner(
            board: MemoryErrandBoard(ground, worker: "ada"),
            runtime: AgentRuntime(now: { Self.asOf }),
            names: [AgentID(unchecked: "scripted")],
            find: { _ in ErrandRunner.Helper(agent: ScriptedHelper { _ in throw NoProgram() }, fingerprint: "f1") },
            capacity: 2,
            load: AgentLoad(),
            tell: { if case .gaveBack = $0 { given.withLock { $0 += 1 } } }
        )
        let exchanges = try await askAll(4, holder, [ada]) { [scene] in
            try await Self.wait { given.withLock { $0 } == 3 }
            scene.open("holder")
        }
        #expect(exchanges.allSatisfy { $0.askedBy == nil && $0.decisions[0].trade?.action == .hold })
        #expect(given.withLock { $0 } == 3)
    }

    @Test("A helper has less room while its process asks for runs of its own")
    func load() async throws {
        let load = AgentLoad()
        let own = AgentRuntime(maximumConcurrent: 4, load: load, now: { Self.asOf })
        let symbol = try symbols(1)[0]
        let request = DecisionRequest(
            requestID: "req",
            symbols: [symbol],
            asOf: Self.asOf,
            deadline: Self.asOf,
            environment: .paper
        )
        let question = Task { await own.ask(scene.agent("own"), request, timeout: BuiltProgram.patience) }
        try await Self.wait { load.current == 1 }
        scene.open("own")
        _ = await question.value
        #expect(load.current == 0)
    }

    @Test("An answer is written as JSON and reads back, bytes and all; drafts of agents in a process do not travel")
    func answers() throws {
        for content: AgentAnswer.Content in [
            .replies([.document([0, 0xFF, 34]), .document([], key: "k"), .abstain(.noView, symbols: [], "why")]),
            .failed(AgentFailure(.unparseable, "not JSON")), .unasked("no program"), .replies([]),
        ] {
            let answer = AgentAnswer(
                content,
                reply: [1, 0],
                errorTail: [0xC3],
                ending: "HTTP 200",
                duration: .seconds(3)
            )
            let again = try JSONDecoder().decode(AgentAnswer.self, from: JSONEncoder().encode(answer))
            #expect(again == answer)
        }
        let draft = DecisionDraft(symbol: try symbols(1)[0], action: .hold, rationale: "")
        #expect(throws: EncodingError.self) { try JSONEncoder().encode(AgentAnswer(.replies([.decision(draft)]))) }
        let broken = Data(#"{"replies":[{"message":"?"}],"reply":"","log":"","ms":0}"#.utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(AgentAnswer.self, from: broken) }
    }
}
