import ExecutionAlgorithms
import MarketData
import OrderManagement
import RiskRules
import Testing
import TradingDomain

@testable import ExecutionEngine

/// Buys one share for each quote, and after every second one waits for a trade before it looks at quotes again.
private struct QuoteBuyer: ExecutionAlgorithm {
    private var quotes = 0

    var interests: Interests { quotes < 2 ? .quotes : .trades }

    mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        switch event {
        case .quote:
            quotes += 1
            actions.submit(ChildRequest(quantity: Quantity(1)))
        case .trade:
            quotes = 0
        default: break
        }
    }
}

extension QuoteBuyer: PlannableAlgorithm {
    static var names: [AlgorithmName] { [AlgorithmName(unchecked: "QUOTE_BUYER")] }

    static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        AlgorithmPlan(QuoteBuyer(), words: "one a quote", end: context.close, deadline: context.close)
    }
}

@Suite("Who is called for market data")
struct SubscriptionsTests {
    private static let kinds: [Interests] = [[], .quotes, .trades, [.quotes, .trades]]

    @Test("After any changes the lists are what a look at every parent would give", arguments: UInt64(0)..<30)
    func model(seed: UInt64) {
        var random = Seeded(state: seed)
        var subscriptions = Subscriptions()
        var wishes = [Interests](repeating: [], count: 25)
        for step in 0..<300 {
            let parent = Int.random(in: 0..<25, using: &random)
            wishes[parent] = Self.kinds[Int.random(in: 0..<4, using: &random)]
            subscriptions.set(wishes[parent], of: parent, on: parent % 3)
            for instrument in 0..<4 {
                let here = wishes.indices.filter { $0 % 3 == instrument }
                let quotes = here.filter { wishes[$0].contains(.quotes) }
                let trades = here.filter { wishes[$0].contains(.trades) }
                #expect(subscriptions.wantingQuotes(of: instrument) == quotes, "seed \(seed), step \(step)")
                #expect(subscriptions.wantingTrades(of: instrument) == trades, "seed \(seed), step \(step)")
            }
            #expect(wishes.indices.allSatisfy { subscriptions.interests(of: $0) == wishes[$0] })
        }
    }

    @Test("An algorithm is called for its own symbol, while it wants to be, in the order of parents")
    func engine() throws {
        var core = try core(["a", "b", "c"], on: [Sample.nvda, Sample.aapl, Sample.nvda])
        let (a, b, c) = (Sample.parentID("a"), Sample.parentID("b"), Sample.parentID("c"))
        #expect(bought(quote(Sample.nvda), &core) == [a, c])
        #expect(bought(Sample.bar(Sample.nvda), &core).isEmpty, "nobody wants trades yet")
        #expect(bought(quote(Sample.nvda), &core) == [a, c])
        #expect(bought(quote(Sample.nvda), &core).isEmpty, "both wait for a trade")
        #expect(bought(quote(Sample.aapl), &core) == [b])
        #expect(bought(Sample.bar(Sample.nvda), &core).isEmpty)
        #expect(bought(quote(Sample.nvda), &core) == [a, c])
        core.command(ParentCommand(parent: a, kind: .pause, reason: "test"), at: Sample.at(2))
        #expect(bought(quote(Sample.nvda), &core) == [c], "a paused parent is not called")
    }

    private func quote(_ symbol: Symbol) -> MarketEvent {
        .quote(
            Quote(
                symbol: symbol,
                at: Sample.at(1),
                bid: Sample.price(9_999),
                bidSize: Quantity(100),
                ask: Sample.price(10_001),
                askSize: Quantity(100)
            )
        )
    }

    /// The parents of the children that an event made.
    private func bought(_ event: MarketEvent, _ core: inout EngineCore) -> [ParentOrderID] {
        core.apply(.market(event), at: Sample.at(1))
        var parents: [ParentOrderID] = []
        while let batch = core.takeBatch(at: Sample.at(1)) {
            parents += batch.intents.map(\.order.parent)
            _ = core.settle(BatchReceipt(halt: .inactive), at: Sample.at(1))
        }
        return parents
    }

    /// An engine that has taken over parents of ``QuoteBuyer``, admitted as TWAPs, before it saw any market data.
    private func core(_ letters: [String], on symbols: [Symbol]) throws -> EngineCore {
        var catalog = AlgorithmCatalog()
        catalog.register(QuoteBuyer.self)
        var bench = try CoreBench(try Sample.limits())
        var open: [ParentRecord] = []
        for (letter, symbol) in zip(letters, symbols) {
            bench.core.apply(.market(Sample.bar(symbol)), at: Sample.open)
            bench.submit(Sample.submission(letter, symbol, urgency: .high), at: Sample.open)
            bench.refuseNext = "TEST"
            bench.turn(at: Sample.open)
            var record = try #require(bench.record(letter))
            record.snapshot = try catalog.snapshot(QuoteBuyer())
            open.append(record)
        }
        var core = EngineCore(
            configuration: Sample.configuration(try Sample.limits()),
            router: OrderRouting(hours: Hours(), forecast: FlatForecast()),
            catalog: catalog,
            lease: EngineLease(account: Sample.account, epoch: 2, worker: "w", incarnation: Incarnation(bits: 2)),
            state: AccountState(ledger: [], open: open, halt: .inactive, clock: nil),
            at: Sample.open
        )
        core.resumeRestored(at: Sample.at(1))
        return core
    }
}
