import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import RiskRules
import Testing
import TradingDomain

/// A broker that takes everything and says nothing.
private struct SilentBroker: Broker {
    func venueTime() async -> Timestamp { Sample.open }
    func send(_ commands: [BrokerCommand]) async {}
    func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer { .notFound(venueTime: Sample.open) }
    func accountReport(since: Timestamp) async -> AccountReportAnswer { .unavailable(reason: "silent") }
    func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer { .unavailable(reason: "silent") }
    func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer { .unsupported }
}

@Suite("Notices of an engine")
struct NotifierTests {
    private func engine(_ journal: any Journal, account: AccountID = Sample.account) async throws
        -> SmartExecutionEngine
    {
        let engine = try await SmartExecutionEngine(
            account: account,
            opening: AccountOpening(cash: Sample.money(100_000), at: Sample.open),
            configuration: Sample.configuration(try Sample.limits()),
            router: OrderRouting(hours: Hours(), forecast: FlatForecast()),
            journal: journal,
            broker: SilentBroker()
        )
        await engine.enqueue([.market(Sample.bar(Sample.nvda))])
        return engine
    }

    /// Everything that was told, after the subscription's end.
    private func all(_ events: ExecutionEvents) async -> [ExecutionEvent] {
        events.stop()
        var all: [ExecutionEvent] = []
        for await event in events { all.append(event) }
        return all
    }

    private func order(_ event: ExecutionEvent) -> JournaledEvent? {
        if case .order(let journaled) = event.kind { journaled } else { nil }
    }

    @Test("What is told is what the journal holds, each parent's events in order, each once")
    func sameAsJournal() async throws {
        let ground = MemoryJournal.Ground()
        let engine = try await engine(MemoryJournal(ground))
        let events = engine.notifier.subscribe()
        for letter in ["a", "b"] {
            _ = try await engine.submit(Sample.submission(letter, quantity: 50, urgency: .high))
        }
        _ = try await engine.submit(Sample.submission("c", Sample.aapl))
        for second in stride(from: 0, through: 240, by: 60) { try await engine.turn(at: Sample.at(second)) }
        let told = await all(events)
        #expect(told.map(\.number) == Array(1...Int64(told.count)))
        #expect(told.allSatisfy { $0.account == Sample.account })
        for letter in ["a", "b", "c"] {
            let id = Sample.parentID(letter)
            let journal = try await MemoryJournal(ground).parents([id])[0].events
            #expect(told.compactMap(order).filter { $0.parent == id } == journal, "\(letter)")
            #expect(!journal.isEmpty)
        }
        #expect(events.dropped == 0)
        #expect(!engine.notifier.isListening)
    }

    @Test("Nothing is told of a batch that did not become durable")
    func durableFirst() async throws {
        let ground = MemoryJournal.Ground()
        let first = try await engine(MemoryJournal(ground, worker: "one"))
        let events = first.notifier.subscribe()
        await ground.bury("one")
        _ = try await engine(MemoryJournal(ground, worker: "two"))
        _ = try await first.submit(Sample.submission())
        await #expect(throws: JournalError.self) { try await first.turn(at: Sample.open) }
        #expect(await all(events).isEmpty)
    }

    @Test("A subscriber that is too slow loses the oldest, knows how many, and holds up nobody")
    func slow() async throws {
        let ground = MemoryJournal.Ground()
        let engine = try await engine(MemoryJournal(ground))
        let slow = engine.notifier.subscribe(buffer: 3)
        let fast = engine.notifier.subscribe()
        _ = try await engine.submit(Sample.submission(quantity: 50, urgency: .high))
        for second in stride(from: 0, through: 240, by: 60) { try await engine.turn(at: Sample.at(second)) }
        let (kept, everything) = (await all(slow), await all(fast))
        #expect(kept == Array(everything.suffix(3)))
        #expect(slow.dropped == everything.count - 3 && slow.dropped > 0)
    }

    @Test("The kill switch is told once when it begins and once when it ends")
    func halts() async throws {
        let ground = MemoryJournal.Ground()
        let engine = try await engine(MemoryJournal(ground))
        let events = engine.notifier.subscribe(to: Sample.account)
        let others = engine.notifier.subscribe(to: AccountID(unchecked: "other"))
        await ground.move(.activated(Sample.halt))
        for second in 0..<3 { try await engine.checkControls(at: Sample.at(second)) }
        _ = try await engine.submit(Sample.submission())
        try await engine.turn(at: Sample.at(3))
        await ground.move(.deactivated(Sample.halt.id, reason: "done", by: "test", at: Sample.at(4)))
        for second in 4..<6 { try await engine.checkControls(at: Sample.at(second)) }
        let kinds = await all(events).map(\.kind)
        #expect(kinds.filter { $0 == .halted(Sample.halt) }.count == 1)
        #expect(kinds.filter { $0 == .haltEnded(Sample.halt.id) }.count == 1)
        #expect(kinds.first == .halted(Sample.halt) && kinds.last == .haltEnded(Sample.halt.id))
        #expect(await all(others).isEmpty)
    }

    @Test("Several readers at once each get everything in order; a reader that goes away is forgotten")
    func manyReaders() async throws {
        let ground = MemoryJournal.Ground()
        let engine = try await engine(MemoryJournal(ground))
        let notifier = engine.notifier
        let reading = (0..<4).map { _ in
            let events = notifier.subscribe()
            return Task {
                var numbers: [Int64] = []
                for await event in events { numbers.append(event.number) }
                return numbers
            }
        }
        let gone = Task { for await _ in notifier.subscribe() {} }
        gone.cancel()
        await gone.value
        _ = try await engine.submit(Sample.submission(quantity: 50, urgency: .high))
        for second in stride(from: 0, through: 240, by: 60) { try await engine.turn(at: Sample.at(second)) }
        notifier.finish()
        var counts: Set<[Int64]> = []
        for task in reading { counts.insert(await task.value) }
        let numbers = try #require(counts.first)
        #expect(counts.count == 1 && numbers == Array(1...Int64(numbers.count)))
        #expect(!notifier.isListening)
        var late = notifier.subscribe().makeAsyncIterator()
        #expect(await late.next() == nil, "after the end there is nothing to wait for")
    }
}
