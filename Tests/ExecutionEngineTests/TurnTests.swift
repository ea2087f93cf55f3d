import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import RiskRules
import Synchronization
import Testing
import TradingDomain

/// What happened at the edges of an engine, in order.
private final class Trace: Sendable {
    private let lines = Mutex<[String]>([])

    func note(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

/// A journal that notes its commits, and can be made to fail one.
private struct TracingJournal: Journal {
    let memory = MemoryJournal()
    let trace: Trace
    var failsWith: JournalError?

    func acquire(_ account: AccountID, opening: AccountOpening) async throws -> EngineLease {
        try await memory.acquire(account, opening: opening)
    }

    func load(_ account: AccountID) async throws -> AccountState { try await memory.load(account) }
    func submitted(_ submission: ParentSubmission) async throws -> ParentRecord? {
        try await memory.submitted(submission)
    }

    func commit(_ batch: EngineBatch, _ lease: EngineLease) async throws -> BatchReceipt {
        if let failsWith {
            trace.note("failed")
            throw failsWith
        }
        let receipt = try await memory.commit(batch, lease)
        for intent in batch.intents where receipt.refused[intent.order.id] == nil {
            trace.note("commit \(intent.order.id)")
        }
        return receipt
    }

    func controls(_ account: AccountID) async throws -> AccountControls { try await memory.controls(account) }
    func parents(_ ids: [ParentOrderID]) async throws -> [ParentRecord] { try await memory.parents(ids) }
    func release(_ lease: EngineLease) async throws { try await memory.release(lease) }
}

private struct TracingBroker: Broker {
    let trace: Trace

    func venueTime() async -> Timestamp { Sample.open }

    func send(_ commands: [BrokerCommand]) async {
        for command in commands {
            switch command {
            case .place(let order): trace.note("send \(order.id)")
            case .replace(let order): trace.note("replace \(order.id)")
            case .cancel(let order, _): trace.note("cancel \(order)")
            }
        }
    }

    func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer { .notFound(venueTime: Sample.open) }
    func accountReport(since: Timestamp) async -> AccountReportAnswer { .unavailable(reason: "silent") }
    func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer { .unavailable(reason: "silent") }
    func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer { .unsupported }
}

/// A broker that takes eight seconds to say that it cannot answer, and keeps the orders that it is sent.
private final class SlowBroker: Broker {
    private let state = Mutex((clock: Sample.open, placed: [ChildOrder]()))

    var placed: [ChildOrder] { state.withLock { $0.placed } }
    func set(_ clock: Timestamp) { state.withLock { $0.clock = clock } }

    func venueTime() async -> Timestamp { state.withLock { $0.clock } }

    func send(_ commands: [BrokerCommand]) async {
        for case .place(let order) in commands { state.withLock { $0.placed.append(order) } }
    }

    func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer {
        state.withLock { $0.clock = $0.clock + .seconds(8) }
        return .unavailable(reason: "slow")
    }

    func accountReport(since: Timestamp) async -> AccountReportAnswer { .unavailable(reason: "silent") }
    func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer { .unavailable(reason: "silent") }
    func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer { .unsupported }
}

@Suite("The engine's loop")
struct TurnTests {
    /// One batch after the other, and each made while the one before is committed: what is promised of both.
    private static let modes: [Int?] = [nil, 1, 2, 256]

    private func engine(
        _ journal: any Journal,
        _ trace: Trace,
        inputsPerBatch: Int? = nil,
        broker: (any Broker)? = nil
    ) async throws -> SmartExecutionEngine {
        var configuration = Sample.configuration(try Sample.limits())
        configuration.inputsPerBatch = inputsPerBatch
        return try await SmartExecutionEngine(
            account: Sample.account,
            opening: AccountOpening(cash: Sample.money(100_000), at: Sample.open),
            configuration: configuration,
            router: OrderRouting(hours: Hours(), forecast: FlatForecast()),
            journal: journal,
            broker: broker ?? TracingBroker(trace: trace)
        )
    }

    @Test("No command leaves before its intent is committed (I2)", arguments: modes)
    func commitFirst(_ inputsPerBatch: Int?) async throws {
        let trace = Trace()
        let engine = try await engine(TracingJournal(trace: trace), trace, inputsPerBatch: inputsPerBatch)
        await engine.enqueue([.market(Sample.bar(Sample.nvda))])
        for letter in ["a", "b", "c"] {
            _ = try await engine.submit(Sample.submission(letter, quantity: 50, urgency: .high))
        }
        for second in stride(from: 0, through: 300, by: 30) { try await engine.turn(at: Sample.at(second)) }
        let lines = trace.all
        let sent = lines.filter { $0.hasPrefix("send") }
        #expect(sent.count == 15 && Set(sent).count == 15)
        for (index, line) in lines.enumerated() where line.hasPrefix("send") {
            let commit = lines.firstIndex(of: "commit" + line.dropFirst(4))
            #expect(commit.map { $0 < index } == true, "\(line)")
        }
    }

    @Test("A fenced engine sends nothing, then or later (I11)", arguments: modes)
    func fenced(_ inputsPerBatch: Int?) async throws {
        let trace = Trace()
        let journal = TracingJournal(trace: trace, failsWith: .fenced(Sample.account))
        let engine = try await engine(journal, trace, inputsPerBatch: inputsPerBatch)
        await engine.enqueue([.market(Sample.bar(Sample.nvda))])
        for letter in ["a", "b", "c"] {
            _ = try await engine.submit(Sample.submission(letter, quantity: 50, urgency: .high))
        }
        for second in [0, 60, 120] {
            await #expect(throws: JournalError.fenced(Sample.account)) { try await engine.turn(at: Sample.at(second)) }
        }
        #expect(trace.all == ["failed"], "and it does not even try again")
    }

    @Test("An account that another engine took is fenced off", arguments: modes)
    func takenOver(_ inputsPerBatch: Int?) async throws {
        let trace = Trace()
        let journal = TracingJournal(trace: trace)
        let first = try await engine(journal, trace, inputsPerBatch: inputsPerBatch)
        let second = try await engine(journal, trace, inputsPerBatch: inputsPerBatch)
        for engine in [first, second] { await engine.enqueue([.market(Sample.bar(Sample.nvda))]) }
        _ = try await first.submit(Sample.submission("a"))
        await #expect(throws: JournalError.self) { try await first.turn(at: Sample.open) }
        _ = try await second.submit(Sample.submission("a"))
        try await second.turn(at: Sample.open)
        #expect(trace.all.filter { $0.hasPrefix("send") }.count == 1)
    }

    @Test("New orders of the first turn after a takeover are not blocked by what is cleared up in it")
    func reconciledFirst() async throws {
        let trace = Trace()
        let journal = TracingJournal(trace: trace)
        let first = try await engine(journal, trace)
        await first.enqueue([.market(Sample.bar(Sample.nvda))])
        _ = try await first.submit(Sample.submission("a", quantity: 100, urgency: .high))
        try await first.turn(at: Sample.open)
        let second = try await engine(journal, trace)
        await second.observe([Sample.bar(Sample.nvda)], at: Sample.at(1))
        _ = try await second.submit(Sample.submission("b", quantity: 100))
        try await second.turn(at: Sample.at(1))
        #expect(trace.all.filter { $0.hasPrefix("send sx-bbbb") }.count == 1)
    }

    @Test("An order behind a slow answer of the venue is stamped with the time after it: it is not late already")
    func slowAnswers() async throws {
        let broker = SlowBroker()
        let engine = try await engine(MemoryJournal(), Trace(), inputsPerBatch: 256, broker: broker)
        await engine.enqueue([.market(Sample.bar(Sample.nvda))])
        _ = try await engine.submit(Sample.submission("a", quantity: 50))
        try await engine.turn(at: Sample.open)
        let first = try #require(broker.placed.first)
        await engine.enqueue([.broker(.unknown(first.id, reason: "no answer"))])
        try await engine.turn(at: Sample.at(1))
        broker.set(Sample.at(60))
        _ = try await engine.submit(Sample.submission("b", quantity: 50))
        try await engine.turn(at: Sample.at(60))
        let second = try #require(broker.placed.first { $0.parent == Sample.parentID("b") })
        #expect(second.requestTime == Sample.at(68))
        // Time does not go back with a turn that begins by an older look at the clock.
        _ = try await engine.submit(Sample.submission("c", quantity: 50))
        try await engine.turn(at: Sample.at(61))
        let third = try #require(broker.placed.first { $0.parent == Sample.parentID("c") })
        #expect(third.requestTime >= Sample.at(68))
    }

    @Test("Beside a wall clock the next batch is made while one is committed, and commits and sends keep their order")
    func overlap() async throws {
        let trace = Trace()
        let journal = HoldingJournal(trace: trace)
        let engine = try await engine(journal, trace, inputsPerBatch: 1)
        await engine.enqueue([.market(Sample.bar(Sample.nvda))])
        for letter in ["a", "b", "c"] { _ = try await engine.submit(Sample.submission(letter, quantity: 50)) }
        try await engine.turn(at: Sample.open)
        let lines = trace.all.map { String($0.prefix(9)) }
        // The first commit waited for the second batch: made one after the other, they would never end.
        #expect(lines.prefix(3) == ["made 1", "made 2", "commit 1"])
        #expect(lines.filter { $0.hasPrefix("commit") } == ["commit 1", "commit 2", "commit 3"])
        #expect(lines.filter { $0.hasPrefix("send") } == ["send sx-a", "send sx-b", "send sx-c"])
        for (number, letter) in ["a", "b", "c"].enumerated() {
            let commit = try #require(lines.firstIndex(of: "commit \(number + 1)"))
            #expect(try #require(lines.firstIndex(of: "send sx-\(letter)")) > commit)
        }
    }

    @Test("What was made behind a commit that failed is not committed, and nothing of it leaves", arguments: 1...3)
    func failedBefore(_ failing: Int) async throws {
        let trace = Trace()
        let journal = HoldingJournal(trace: trace, fails: Int64(failing))
        let engine = try await engine(journal, trace, inputsPerBatch: 1)
        await engine.enqueue([.market(Sample.bar(Sample.nvda))])
        for letter in ["a", "b", "c"] { _ = try await engine.submit(Sample.submission(letter, quantity: 50)) }
        let unknown = JournalError.outcomeUnknown("test")
        for second in 0..<2 {
            await #expect(throws: unknown) { try await engine.turn(at: Sample.at(second)) }
        }
        let lines = trace.all
        #expect(lines.filter { $0.hasPrefix("commit") }.count == failing - 1)
        #expect(lines.filter { $0.hasPrefix("send") }.count <= failing - 1)
    }

    @Test("Intents that a halt refuses are not sent, nor are cancels of them that were made meanwhile (I6)")
    func refusedMeanwhile() async throws {
        let trace = Trace()
        let journal = HoldingJournal(trace: trace)
        let engine = try await engine(journal, trace, inputsPerBatch: 1)
        await engine.enqueue([.market(Sample.bar(Sample.nvda))])
        _ = try await engine.submit(Sample.submission("a", quantity: 50))
        await engine.enqueue([
            .command(ParentCommand(parent: Sample.parentID("a"), kind: .cancel, reason: "made behind the intent"))
        ])
        await journal.memory.ground.move(.activated(Sample.halt))
        try await engine.turn(at: Sample.open)
        #expect(trace.all.contains("made 2"))
        #expect(!trace.all.contains { $0.hasPrefix("send") || $0.hasPrefix("cancel") })
        let record = try #require(try await journal.parents([Sample.parentID("a")]).first)
        #expect(record.state == .cancelled && record.filled == .zero)
    }
}

/// A journal whose first commit waits until a second batch is made, if ever one was to be; it can fail one.
private final class HoldingJournal: Journal {
    private struct State {
        var made = 0
        var waiting: CheckedContinuation<Void, Never>?
    }

    let memory = MemoryJournal()
    private let trace: Trace
    private let fails: Int64?
    private let state = Mutex(State())

    init(trace: Trace, fails: Int64? = nil) {
        self.trace = trace
        self.fails = fails
    }

    func prepare(_ batch: EngineBatch, _ lease: EngineLease) throws -> PreparedBatch {
        trace.note("made \(batch.sequence)")
        let waiting = state.withLock { state in
            state.made += 1
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
        return PreparedBatch { [self] in try await commit(batch, lease) }
    }

    func commit(_ batch: EngineBatch, _ lease: EngineLease) async throws -> BatchReceipt {
        if batch.sequence == 1 {
            await withCheckedContinuation { continuation in
                let isMade = state.withLock { state in
                    if state.made < 2 { state.waiting = continuation }
                    return state.made >= 2
                }
                if isMade { continuation.resume() }
            }
        }
        if batch.sequence == fails { throw JournalError.outcomeUnknown("test") }
        let receipt = try await memory.commit(batch, lease)
        trace.note("commit \(batch.sequence)")
        return receipt
    }

    func acquire(_ account: AccountID, opening: AccountOpening) async throws -> EngineLease {
        try await memory.acquire(account, opening: opening)
    }

    func load(_ account: AccountID) async throws -> AccountState { try await memory.load(account) }
    func submitted(_ submission: ParentSubmission) async throws -> ParentRecord? {
        try await memory.submitted(submission)
    }
    func controls(_ account: AccountID) async throws -> AccountControls { try await memory.controls(account) }
    func parents(_ ids: [ParentOrderID]) async throws -> [ParentRecord] { try await memory.parents(ids) }
    func release(_ lease: EngineLease) async throws { try await memory.release(lease) }
}
