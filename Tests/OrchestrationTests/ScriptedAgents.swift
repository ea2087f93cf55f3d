import ExecutionEngine
import Orchestration
import PaperTrading
import Synchronization
import TradingAgents
import TradingDomain
import TradingTestKit
import Workflows

/// An agent that says what the test wrote, and remembers how often it was asked.
final class ScriptedAgent: TradingAgent {
    enum Answer: Sendable {
        case buy(percent: String, Urgency? = nil)
        case sellAll
        case hold
        case noView
        case throwsError
        /// Answers never; ends when it is cancelled.
        case never
        case document(String)
    }

    let descriptor: AgentDescriptor
    private let answers: [Symbol: Answer]
    private let fallback: Answer
    private let asked = Mutex<[Symbol: Int]>([:])

    init(_ fallback: Answer = .buy(percent: "5"), _ answers: [Symbol: Answer] = [:], id: String = "momentum") {
        descriptor = AgentDescriptor(id: AgentID(unchecked: id), isDeterministic: true)
        self.answers = answers
        self.fallback = fallback
    }

    /// How often it was asked about each symbol.
    var questions: [Symbol: Int] { asked.withLock { $0 } }

    func decide(_ request: DecisionRequest) async throws -> [AgentReply] {
        var replies: [AgentReply] = []
        for symbol in request.symbols {
            asked.withLock { $0[symbol, default: 0] += 1 }
            replies.append(try await reply(symbol, request))
        }
        return replies
    }

    private func reply(_ symbol: Symbol, _ request: DecisionRequest) async throws -> AgentReply {
        var draft = DecisionDraft(symbol: symbol, action: .hold, rationale: "scripted")
        draft.idempotencyKey = "scripted:\(symbol):\(request.slot ?? "none")"
        switch answers[symbol] ?? fallback {
        case .buy(let percent, let urgency):
            draft.action = .buy
            draft.size = .deltaPercentOfEquity(decimal(percent))
            draft.urgency = urgency
        case .sellAll:
            draft.action = .sell
            draft.size = .all
        case .hold: break
        case .noView: return .abstain(.noView, symbols: [symbol], "nothing to say")
        case .throwsError: throw AgentFailure(.modelError, "the model broke")
        case .never:
            let (forever, _) = AsyncStream.makeStream(of: Never.self)
            for await _ in forever {}
            throw AgentFailure(.timeout, "cancelled")
        case .document(let text): return .document(Array(text.utf8), key: draft.idempotencyKey)
        }
        return .decision(draft)
    }
}

/// A clock that does something of the test's when time has moved so many times.
final class WatchedClock: TradingClock {
    /// What a test throws to end a process in the middle of a run.
    ///
    /// To the run it looks like a database that is gone, which fails no item.
    struct Crash: ClassifiedError {
        let code = "crash"
        let kind = ErrorKind.unavailable
    }

    private let driver: PaperDriver
    private let at: Int
    private let act: @Sendable () async throws -> Void
    private let count = Mutex(0)

    init(_ driver: PaperDriver, after count: Int, _ act: @escaping @Sendable () async throws -> Void) {
        self.driver = driver
        at = count
        self.act = act
    }

    func now() async -> Timestamp { driver.instant }
    func watch(_ symbols: [Symbol]) async throws { try await driver.watch(symbols) }
    func settle() async throws { try await driver.settle() }

    func advance() async throws -> Bool {
        try await noteAdvance()
        return try await driver.advance()
    }

    func advance(to time: Timestamp) async throws -> Bool {
        try await noteAdvance()
        return try await driver.advance(to: time)
    }

    private func noteAdvance() async throws {
        let number = count.withLock { count in
            count += 1
            return count
        }
        if number == at { try await act() }
    }
}

/// A store whose process dies at one of its writes, before or after it is durable.
final class DyingStore: RunStore {
    private let store: MemoryRunStore
    private let at: Int
    private let isDurable: Bool
    private let writes = Mutex(0)

    init(_ store: MemoryRunStore, at write: Int, isDurable: Bool) {
        self.store = store
        at = write
        self.isDurable = isDurable
    }

    private func write<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        let number = writes.withLock { writes in
            writes += 1
            return writes
        }
        guard number <= at else { throw WatchedClock.Crash() }
        guard number == at else { return try await body() }
        if isDurable { _ = try await body() }
        throw WatchedClock.Crash()
    }

    func create(_ run: RunRecord, slot: ConcurrencySlot?) async throws -> RunCreation {
        try await store.create(run, slot: slot)
    }
    func claim(_ run: RunID) async throws -> ClaimedRun { try await store.claim(run) }
    func complete(_ steps: [StepRecord], of claim: RunClaim) async throws {
        try await write { try await store.complete(steps, of: claim) }
    }
    func finish(
        _ claim: RunClaim,
        after steps: [StepRecord],
        status: ItemStatus,
        report: String,
        at time: Timestamp
    ) async throws {
        try await write { try await store.finish(claim, after: steps, status: status, report: report, at: time) }
    }
    func cancel(_ run: RunID, _ cancellation: RunCancellation) async throws {
        try await write { try await store.cancel(run, cancellation) }
    }
    func cancellation(of run: RunID) async throws -> RunCancellation? { try await store.cancellation(of: run) }
    func decision(run: RunID, stepPath: String) async throws -> DecisionRecord? {
        try await store.decision(run: run, stepPath: stepPath)
    }
    func record(_ decision: DecisionRecord) async throws -> DecisionReceipt {
        try await write { try await store.record(decision) }
    }
    func resolve(_ outcomes: [DecisionOutcome], of claim: RunClaim) async throws {
        try await write { try await store.resolve(outcomes, of: claim) }
    }
    func save(_ approval: ApprovalRecord, of claim: RunClaim) async throws {
        try await write { try await store.save(approval, of: claim) }
    }
    func approval(_ digest: String) async throws -> ApprovalRecord? { try await store.approval(digest) }
    func ask(_ request: ApprovalRequest, of claim: RunClaim) async throws {
        try await write { try await store.ask(request, of: claim) }
    }
    func approvalRequests(of run: RunID) async throws -> [ApprovalStanding] {
        try await store.approvalRequests(of: run)
    }
    func park(_ claim: RunClaim) async throws -> Bool { try await write { try await store.park(claim) } }
    func save(_ tapes: [TapeRecord], of claim: RunClaim) async throws {
        try await write { try await store.save(tapes, of: claim) }
    }
    func tapes(_ parents: [ParentOrderID]) async throws -> [TapeRecord] { try await store.tapes(parents) }
}
