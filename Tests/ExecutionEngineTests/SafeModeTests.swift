import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import Portfolio
import QuantMath
import RiskRules
import Synchronization
import Testing
import TradingDomain

/// An algorithm of a user's own that cannot store its state.
private struct Unkept: PlannableAlgorithm {
    struct NoState: Error, CustomStringConvertible { let description = "nothing to encode" }

    static let names = [AlgorithmName(unchecked: "UNKEPT")]

    init() {}
    init(from decoder: any Decoder) throws { throw NoState() }
    func encode(to encoder: any Encoder) throws { throw NoState() }

    static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        AlgorithmPlan(Unkept(), words: "never", end: context.close, deadline: context.close)
    }

    mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        if case .started = event { actions.submit(ChildRequest(quantity: Quantity(1), type: .market, slice: 0)) }
    }
}

/// Asks again at once for whatever was refused, and for nonsense besides.
private struct Stubborn: PlannableAlgorithm {
    static let names = [AlgorithmName(unchecked: "STUBBORN")]

    static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        AlgorithmPlan(Stubborn(), words: "again", end: context.close, deadline: context.close)
    }

    mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        for quantity in [Quantity.zero, Quantity(-5), Quantity(units: 1), Quantity(units: .max)] {
            actions.submit(ChildRequest(quantity: quantity, type: .market, slice: -1))
        }
        actions.cancel(ClientOrderID(unchecked: "nobody's"))
        actions.wake(at: Timestamp(nanoseconds: .min))
        actions.submit(ChildRequest(quantity: Quantity(1), type: .market, slice: 0))
    }
}

/// A journal that fails or refuses what a test tells it to.
private struct HostileJournal: Journal {
    struct Bug: Error, CustomStringConvertible { let description = "row 7 is a fish" }
    enum Malice: Sendable { case failIntents, refuseIntents }

    let memory: MemoryJournal
    let malice: Malice

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

    func commit(_ batch: EngineBatch, _ lease: EngineLease) async throws -> BatchReceipt {
        guard !batch.intents.isEmpty else { return try await memory.commit(batch, lease) }
        if malice == .failIntents { throw Bug() }
        var rest = batch
        rest.intents = []
        var receipt = try await memory.commit(rest, lease)
        for intent in batch.intents {
            receipt.refused[intent.order.id] = IntentRefusal(code: "NO", message: "for no reason")
        }
        return receipt
    }
}

private struct NoBroker: Broker {
    func venueTime() async -> Timestamp { Sample.open }
    func send(_ commands: [BrokerCommand]) async { Issue.record("\(commands) were sent") }
    func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer { .notFound(venueTime: Sample.open) }
    func accountReport(since: Timestamp) async -> AccountReportAnswer { .unavailable(reason: "silent") }
    func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer { .unavailable(reason: "silent") }
    func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer { .unsupported }
}

@Suite("Unexpected errors and safe mode (OP-11)")
struct SafeModeTests {
    private static let nowhere = Sample.open

    private func bench(_ catalog: AlgorithmCatalog = AlgorithmCatalog()) throws -> CoreBench {
        var bench = try CoreBench(Sample.configuration(try Sample.limits()), catalog: catalog)
        for symbol in [Sample.nvda, Sample.aapl] { bench.core.apply(.market(Sample.bar(symbol)), at: Sample.open) }
        return bench
    }

    private func catalog<A: PlannableAlgorithm>(_ type: A.Type) -> AlgorithmCatalog {
        var catalog = AlgorithmCatalog()
        catalog.register(type)
        return catalog
    }

    @Test("Errors are judged by their kind alone")
    func kinds() {
        struct Odd: Error {}
        let cases: [(any Error, ErrorKind, ErrorResponse)] = [
            (JournalError.fenced(Sample.account), .lost, .stopRun),
            (JournalError.accountBusy("x"), .lost, .stopRun),
            (JournalError.outcomeUnknown("x"), .unknown, .stopRun),
            (JournalError.unavailable("x"), .unavailable, .stopRun),
            (FormulaError.notFinite(input: "x"), .refused, .failItem),
            (MarketDataError(code: "no_history", message: "x"), .refused, .failItem),
            (CancellationError(), .unavailable, .stopRun),
            (EngineError.restless(Sample.account, at: Sample.open, turns: 1), .unexpected, .enterSafeMode),
            (Odd(), .unexpected, .enterSafeMode),
        ]
        for (error, kind, response) in cases {
            #expect(ErrorHandler.kind(of: error) == kind, "\(error)")
            #expect(ErrorHandler.response(to: error) == response, "\(error)")
        }
        #expect(ErrorHandler.code(of: Odd()) == "unexpected_error")
        let waits = (1...6).map { ErrorHandler.wait(after: $0, first: .seconds(1)) }
        #expect(waits == [1, 2, 4, 8, 8, 8].map { Duration.seconds($0) }, "BR-5's waits")
    }

    @Test(
        "What nobody foresaw lets the account only reduce: what adds exposure is cancelled and refused, what reduces goes on"
    )
    func reducing() throws {
        var bench = try bench()
        bench.submit(Sample.submission("a", quantity: 100), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.core.apply(
            .broker(.filled(Sample.fill(order, Quantity(100), trade: "t", at: Sample.at(1)))),
            at: Sample.at(1)
        )
        bench.submit(Sample.submission("b", Sample.aapl, quantity: 50, urgency: .high), at: Sample.at(1))
        bench.submit(Sample.submission("c", side: .sell, quantity: 50, urgency: .high), at: Sample.at(1))
        let placed = bench.turn(at: Sample.at(1)).placed
        #expect(placed.count == 2)
        bench.core.apply(.unexpected(code: "unexpected_error", message: "row 7 is a fish"), at: Sample.at(2))
        let commands = bench.turn(at: Sample.at(2))
        #expect(commands.cancelled == placed.filter { $0.side == .buy }.map(\.id))
        #expect(bench.safeMode?.code == "unexpected_error" && bench.safeMode == bench.core.safeMode)
        #expect(bench.alerts == ["unexpected_error"])
        #expect(bench.batches.flatMap(\.alerts).map(\.level) == [.critical])

        bench.submit(Sample.submission("d", quantity: 10), at: Sample.at(3))
        bench.submit(Sample.submission("e", side: .sell, quantity: 10), at: Sample.at(3))
        #expect(bench.turn(at: Sample.at(3)).placed.map(\.side) == [.sell])
        let refused = try #require(bench.result("d"))
        #expect(refused.refusalCode == "account_reducing" && refused.reason.contains("row 7 is a fish"))
        #expect(refused.reason.contains("smartexec risk safe-mode leave"))

        // It outlives the engine, and the next one cancels what adds exposure.
        bench.takeOver(at: Sample.at(4))
        for symbol in [Sample.nvda, Sample.aapl] {
            bench.core.apply(.market(Sample.bar(symbol, at: Sample.at(4))), at: Sample.at(4))
        }
        bench.submit(Sample.submission("f", quantity: 10), at: Sample.at(4))
        bench.turn(at: Sample.at(4))
        #expect(bench.core.safeMode?.code == "unexpected_error")
        let verdicts = try #require(bench.result("f")).checks
        #expect(verdicts.contains { $0.rule == "safe_mode" && $0.isBlock }, "beside the account that is not reconciled")

        // A person ends it.
        bench.safeMode = nil
        bench.core.apply(.market(Sample.bar(Sample.nvda, at: Sample.at(5))), at: Sample.at(5))
        bench.submit(Sample.submission("g", side: .sell, quantity: 1), at: Sample.at(5))
        bench.turn(at: Sample.at(5))
        #expect(bench.core.safeMode == nil)
        bench.submit(Sample.submission("h", Sample.aapl, quantity: 10), at: Sample.at(6))
        #expect(bench.turn(at: Sample.at(6)).placed.map(\.side) == [.buy])
    }

    @Test("The first reason stands, each alert is stored once, and what is not committed yet cannot have been ended")
    func onceEach() throws {
        var bench = try bench()
        for _ in 0..<3 {
            bench.core.apply(.unexpected(code: "one", message: "same"), at: Sample.open)
            bench.core.apply(.unexpected(code: "two", message: "other"), at: Sample.open)
        }
        bench.turn(at: Sample.open)
        #expect(bench.safeMode?.code == "one")
        #expect(bench.alerts == ["one", "two"])
        #expect(bench.batches.compactMap(\.safeMode).count == 1)
    }

    /// A report that cannot be true of `order`.
    private static func lies(_ order: ChildOrder) -> [(String, BrokerEvent)] {
        let price = Sample.price(10_000)
        func fill(
            account: AccountID = Sample.account,
            symbol: Symbol = Sample.nvda,
            side: Side = .buy,
            quantity: Quantity = Quantity(10),
            price: Price = price,
            value: Money? = nil,
            fee: Money = .zero(.usd)
        ) -> BrokerEvent {
            let whole = Money(units: 100_000_000_000, .usd)
            return .filled(
                Fill(
                    account: account,
                    symbol: symbol,
                    tradeID: TradeID(unchecked: "lie"),
                    clientOrderID: order.id,
                    side: side,
                    quantity: quantity,
                    price: price,
                    notional: value ?? whole,
                    commission: fee,
                    tradedAt: Sample.at(1)
                )
            )
        }
        return [
            ("nothing", fill(quantity: .zero)), ("less than nothing", fill(quantity: Quantity(-10))),
            ("all there is", fill(quantity: Quantity(units: .max))), ("no price", fill(price: .zero)),
            ("a negative price", fill(price: Price(units: -5))), ("another side", fill(side: .sell)),
            ("another instrument", fill(symbol: Sample.aapl)),
            ("another account", fill(account: AccountID(unchecked: "else"))),
            ("another value", fill(value: Money(units: 1, .usd))),
            ("won", fill(value: Money(units: 100_000_000_000, Currency(rawValue: "KRW") ?? .usd))),
            ("a fee in won", fill(fee: Money(units: 1, Currency(rawValue: "KRW") ?? .usd))),
            ("less than nothing executed", .cancelled(order.id, executed: Quantity(-1))),
            ("everything executed", .expired(order.id, executed: Quantity(units: .max))),
        ]
    }

    @Test("A broker that lies books nothing and crashes nothing; the account goes into safe mode", arguments: 0..<13)
    func lies(index: Int) throws {
        var bench = try bench()
        bench.submit(Sample.submission(quantity: 100), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        let (name, event) = Self.lies(order)[index]
        for _ in 0..<2 { bench.core.apply(.broker(event), at: Sample.at(1)) }
        let commands = bench.turn(at: Sample.at(1))
        #expect(bench.alerts == ["broker_contradiction"], "\(name)")
        #expect(bench.core.portfolio.openPositions.isEmpty && bench.batches.allSatisfy(\.fills.isEmpty), "\(name)")
        #expect(bench.safeMode?.code == "broker_contradiction", "\(name)")
        #expect(commands.cancelled == [order.id], "\(name)")
        // The truth still counts.
        bench.core.apply(
            .broker(.filled(Sample.fill(order, Quantity(30), trade: "t", at: Sample.at(2)))),
            at: Sample.at(2)
        )
        bench.core.apply(.broker(.cancelled(order.id, executed: Quantity(30))), at: Sample.at(2))
        bench.turn(at: Sample.at(2))
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(30))
        #expect(bench.result("a")?.state == .cancelled)
    }

    @Test("A journal that refuses what it was not asked is not believed")
    func strangeReceipt() throws {
        var bench = try bench()
        bench.strangers = [ClientOrderID(parent: Sample.parentID("z"), incarnation: Incarnation(bits: 1), sequence: 1)]
        bench.submit(Sample.submission(), at: Sample.open)
        #expect(bench.turn(at: Sample.open).placed.count == 1, "what it accepted is sent")
        #expect(bench.alerts == ["journal_contradiction"])
        #expect(bench.safeMode?.code == "journal_contradiction")
    }

    @Test("A stored parent that contradicts itself is not worked, and the others are", arguments: 0..<3)
    func strangeRecord(index: Int) throws {
        var bench = try bench()
        for letter in ["a", "b"] {
            bench.submit(Sample.submission(letter, quantity: 50, urgency: .high), at: Sample.open)
        }
        let placed = bench.turn(at: Sample.open).placed
        let other = try #require(bench.record("b"))
        bench.spoil("a") { record in
            switch index {
            case 0: record.admission = other.admission
            case 1: record.events += other.events
            default: record.admission = nil
            }
        }
        bench.takeOver(at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        #expect(bench.alerts.contains("journal_contradiction"))
        #expect(bench.safeMode?.code == "journal_contradiction")
        #expect(bench.core.dueQuestions(at: Sample.at(1)).map(\.order) == placed.suffix(1).map(\.id))
    }

    @Test("A parent whose algorithm cannot store its state is ended, not carried on in the dark")
    func unkept() throws {
        var bench = try bench(catalog(Unkept.self))
        let choice = AlgorithmChoice.explicit(Unkept.names[0], AlgorithmParameters())
        bench.submit(Sample.submission(quantity: 10, choice: choice), at: Sample.open)
        let commands = bench.turn(at: Sample.open)
        #expect(commands.cancelled == commands.placed.map(\.id) && commands.placed.count == 1)
        #expect(bench.alerts == ["snapshot_unencodable"])
        bench.core.apply(.broker(.cancelled(commands.placed[0].id, executed: .zero)), at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        #expect(bench.result("a")?.state == .cancelled)
        #expect(bench.alerts == ["snapshot_unencodable"], "told once")
    }

    private func engine(
        _ ground: MemoryJournal.Ground,
        _ malice: HostileJournal.Malice,
        _ catalog: AlgorithmCatalog
    ) async throws -> SmartExecutionEngine {
        let engine = try await SmartExecutionEngine(
            account: Sample.account,
            opening: AccountOpening(cash: Sample.money(100_000), at: Sample.open),
            configuration: Sample.configuration(try Sample.limits()),
            router: OrderRouting(hours: Hours(), forecast: FlatForecast(), catalog: catalog),
            catalog: catalog,
            journal: HostileJournal(memory: MemoryJournal(ground), malice: malice),
            broker: NoBroker()
        )
        await engine.enqueue([.market(Sample.bar(Sample.nvda))])
        return engine
    }

    @Test("An algorithm that asks for nonsense without end stops its engine, with the account in safe mode")
    func stubborn() async throws {
        let ground = MemoryJournal.Ground()
        let engine = try await engine(ground, .refuseIntents, catalog(Stubborn.self))
        let choice = AlgorithmChoice.explicit(Stubborn.names[0], AlgorithmParameters())
        _ = try await engine.submit(Sample.submission(quantity: 10, choice: choice))
        let error = await #expect(throws: EngineError.self) { try await engine.turn(at: Sample.open) }
        #expect(error?.code == "engine_restless")
        let state = try await MemoryJournal(ground).load(Sample.account)
        #expect(state.safeMode?.code == "engine_restless")
        let alerts = await ground.alerts
        #expect(alerts.count < 20, "a repeated alert is stored once")
        await #expect(throws: EngineError.self, "it does nothing more") { try await engine.turn(at: Sample.at(1)) }
    }

    @Test("A journal that fails in a way nobody foresaw ends the engine; its last word is the safe mode")
    func brokenJournal() async throws {
        let ground = MemoryJournal.Ground()
        let engine = try await engine(ground, .failIntents, AlgorithmCatalog())
        _ = try await engine.submit(Sample.submission())
        await #expect(throws: HostileJournal.Bug.self) { try await engine.turn(at: Sample.open) }
        let state = try await MemoryJournal(ground).load(Sample.account)
        #expect(state.safeMode?.code == "unexpected_error")
        #expect(state.safeMode?.reason.contains("row 7 is a fish") == true)
        #expect(await ground.alerts.map(\.code) == ["unexpected_error"])
        #expect(await ground.intents.isEmpty)
    }

    @Test(
        "An error that somebody met while using the engine is told and puts the account into safe mode; others do not"
    )
    func reported() async throws {
        let ground = MemoryJournal.Ground()
        let engine = try await engine(ground, .refuseIntents, AlgorithmCatalog())
        let events = engine.notifier.subscribe()
        await engine.report(JournalError.unavailable("away"))
        try await engine.turn(at: Sample.open)
        #expect(await engine.safeMode == nil)
        await engine.report(HostileJournal.Bug())
        try await engine.turn(at: Sample.at(1))
        #expect(await engine.safeMode?.code == "unexpected_error")
        await ground.leaveSafeMode(Sample.account)
        try await engine.checkControls(at: Sample.at(2))
        #expect(await engine.safeMode == nil)
        events.stop()
        var told: [String] = []
        for await event in events {
            switch event.kind {
            case .alert(let alert): told.append(alert.code)
            case .safeModeEntered(let mode): told.append("entered \(mode.code)")
            case .safeModeLeft: told.append("left")
            case .order, .halted, .haltEnded: told.append("other")
            }
        }
        #expect(told == ["unexpected_error", "entered unexpected_error", "left"])
    }
}
