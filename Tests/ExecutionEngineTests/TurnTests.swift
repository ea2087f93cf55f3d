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
    func submit(_ submission: ParentSubmission) async throws -> ParentRecord { try await memory.submit(submission) }

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
        for case .place(let order) in commands { trace.note("send \(order.id)") }
    }

    func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer { .notFound(venueTime: Sample.open) }
}

@Suite("The engine's loop")
struct TurnTests {
    private func engine(_ journal: any Journal, _ trace: Trace) async throws -> SmartExecutionEngine {
        try await SmartExecutionEngine(
            account: Sample.account,
            opening: AccountOpening(cash: Sample.money(100_000), at: Sample.open),
            configuration: Sample.configuration(try Sample.limits()),
            router: OrderRouting(hours: Hours(), forecast: FlatForecast()),
            journal: journal,
            broker: TracingBroker(trace: trace)
        )
    }

    @Test("No command leaves before its intent is committed (I2)")
    func commitFirst() async throws {
        let trace = Trace()
        let engine = try await engine(TracingJournal(trace: trace), trace)
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

    @Test("A fenced engine sends nothing, then or later (I11)")
    func fenced() async throws {
        let trace = Trace()
        let journal = TracingJournal(trace: trace, failsWith: .fenced(Sample.account))
        let engine = try await engine(journal, trace)
        await engine.enqueue([.market(Sample.bar(Sample.nvda))])
        _ = try await engine.submit(Sample.submission(urgency: .high))
        for second in [0, 60, 120] {
            await #expect(throws: JournalError.fenced(Sample.account)) { try await engine.turn(at: Sample.at(second)) }
        }
        #expect(trace.all == ["failed"], "and it does not even try again")
    }

    @Test("An account that another engine took is fenced off")
    func takenOver() async throws {
        let trace = Trace()
        let journal = TracingJournal(trace: trace)
        let first = try await engine(journal, trace)
        let second = try await engine(journal, trace)
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
}
