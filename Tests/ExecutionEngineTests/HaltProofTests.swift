import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import RiskRules
import Testing
import TradingDomain

@Suite("A halt and its proof (RM-3)")
struct HaltProofTests {
    private static let broker = BrokerOrderID(unchecked: "b")

    /// A reconciled engine with one child at the venue, that has just been halted.
    private func halted() throws -> (CoreBench, ChildOrder) {
        var configuration = Sample.configuration(try Sample.limits())
        configuration.reconciliation = ReconciliationSettings()
        var bench = try CoreBench(configuration)
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.core.reconcile(.report(report(at: 0)), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.core.apply(.broker(.acknowledged(order.id, Self.broker, at: Sample.open)), at: Sample.open)
        bench.turn(at: Sample.open)
        bench.halt = .active(Sample.halt)
        bench.core.apply(halt: bench.halt, at: Sample.at(1))
        return (bench, order)
    }

    private func report(at second: Int, open: [ClientOrderID] = []) -> BrokerAccountReport {
        let orders = open.map { id in
            VenueOpenOrder(
                clientID: id,
                brokerID: Self.broker,
                symbol: Sample.nvda,
                side: .buy,
                quantity: Quantity(100),
                executed: .zero,
                limit: nil,
                placedAt: Sample.open
            )
        }
        return BrokerAccountReport(venueTime: Sample.at(second), openOrders: orders, positions: [:])
    }

    private func kinds(_ bench: CoreBench) -> [HaltStep.Kind] { bench.batches.flatMap(\.halting).map(\.kind) }

    @Test("Acknowledged at once, cancelled at the venue, and proven by two polls that are validity + 2 s apart")
    func proof() throws {
        var (bench, order) = try halted()
        #expect(bench.core.dueCancelAll == [Sample.nvda])
        bench.core.cancelledAll(.accepted, .armed(until: Sample.at(11)), at: Sample.at(1))
        #expect(bench.core.dueCancelAll == nil)
        #expect(bench.turn(at: Sample.at(1)).cancelled == [order.id])
        #expect(kinds(bench) == [.cancelled, .armed, .acknowledged])
        bench.core.reconcile(.report(report(at: 2, open: [order.id])), at: Sample.at(2))
        #expect(bench.core.dueCancelAll == [Sample.nvda], "what a poll lists is cancelled again")
        bench.core.cancelledAll(.accepted, .unsupported, at: Sample.at(2))
        bench.core.apply(.broker(.cancelled(order.id, executed: .zero)), at: Sample.at(2))
        bench.turn(at: Sample.at(2))
        // The child is final from here on; 5 s of validity and 2 s have to pass between two empty polls.
        for second in 3...9 {
            #expect(bench.core.dueReport(at: Sample.at(second)) != nil, "a poll at \(second) s")
            bench.core.reconcile(.report(report(at: second)), at: Sample.at(second))
            bench.turn(at: Sample.at(second))
        }
        #expect(!kinds(bench).contains(.proven))
        bench.core.reconcile(.report(report(at: 10)), at: Sample.at(10))
        bench.turn(at: Sample.at(10))
        let proof = try #require(bench.batches.flatMap(\.halting).last)
        #expect(proof.kind == .proven && proof.halt == Sample.halt.id && proof.venueTime == Sample.at(10))
        #expect(kinds(bench).filter { $0 == .polled }.count == 3, "polls that change nothing leave no row")
        #expect(bench.core.dueReport(at: Sample.at(11)) == nil, "and then it rests")
    }

    @Test("Without proof of an order's end there is none, however often the venue lists nothing")
    func unproven() throws {
        var (bench, _) = try halted()
        bench.core.cancelledAll(.accepted, .unsupported, at: Sample.at(1))
        for second in 1...30 {
            bench.core.reconcile(.report(report(at: second)), at: Sample.at(second))
            bench.turn(at: Sample.at(second))
        }
        #expect(!kinds(bench).contains(.proven))
    }

    @Test("An order that appears between two polls starts the proof anew")
    func again() throws {
        var (bench, order) = try halted()
        bench.core.apply(.broker(.cancelled(order.id, executed: .zero)), at: Sample.at(1))
        bench.core.cancelledAll(.accepted, .unsupported, at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        let stranger = ClientOrderID(unchecked: "web_1")
        for second in 2...13 {
            let open = second == 6 ? [stranger] : []
            bench.core.reconcile(.report(report(at: second, open: open)), at: Sample.at(second))
            if bench.core.dueCancelAll != nil {
                bench.core.cancelledAll(.accepted, .unsupported, at: Sample.at(second))
            }
            bench.turn(at: Sample.at(second))
        }
        #expect(!kinds(bench).contains(.proven), "7 s after the second 7 are not over")
        bench.core.reconcile(.report(report(at: 14)), at: Sample.at(14))
        bench.turn(at: Sample.at(14))
        #expect(kinds(bench).contains(.proven))
    }

    @Test("A venue that cannot be asked proves nothing, and is told of once")
    func unreachable() throws {
        var (bench, _) = try halted()
        for second in 1...5 {
            #expect(bench.core.dueCancelAll != nil, "asked again with each poll")
            bench.core.cancelledAll(.unavailable(reason: "down"), .unavailable(reason: "down"), at: Sample.at(second))
            #expect(bench.core.dueCancelAll == nil, "and not twice in one turn")
            bench.core.reconcile(.unavailable(reason: "down"), at: Sample.at(second))
            bench.turn(at: Sample.at(second))
        }
        #expect(kinds(bench) == [.cancelled, .acknowledged])
    }

    @Test("What was committed before the halt and had not left never leaves")
    func unsent() throws {
        var configuration = Sample.configuration(try Sample.limits())
        configuration.reconciliation = ReconciliationSettings()
        var bench = try CoreBench(configuration)
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.core.reconcile(.report(report(at: 0)), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let batch = bench.core.takeBatch(at: Sample.open)
        #expect(batch?.intents.count == 1)
        bench.core.apply(halt: .active(Sample.halt), at: Sample.at(1))
        #expect(bench.core.settle(BatchReceipt(halt: .active(Sample.halt)), at: Sample.at(1)).placed.isEmpty)
        bench.halt = .active(Sample.halt)
        bench.turn(at: Sample.at(1))
        #expect(bench.core.results[Sample.parentID("a")]?.state == .cancelled)
        #expect(kinds(bench).contains(.acknowledged))
    }

    @Test("Whoever takes a halted account proves it anew; a halt that has ended is proven no more")
    func survives() throws {
        var (bench, order) = try halted()
        bench.takeOver(at: Sample.at(3))
        #expect(bench.core.dueCancelAll?.contains(Sample.nvda) == true)
        bench.core.cancelledAll(.accepted, .unsupported, at: Sample.at(3))
        for question in bench.core.dueQuestions(at: Sample.at(3)) {
            let story: [BrokerEvent] = [
                .acknowledged(order.id, Self.broker, at: Sample.open), .cancelled(order.id, executed: .zero),
            ]
            bench.core.answered(question, .known(story), at: Sample.at(3))
        }
        for second in 3...11 {
            bench.core.reconcile(.report(report(at: second)), at: Sample.at(second))
            bench.turn(at: Sample.at(second))
        }
        #expect(kinds(bench).last == .proven)
        bench.core.apply(halt: .inactive, at: Sample.at(12))
        bench.core.apply(halt: .active(Sample.halt), at: Sample.at(13))
        bench.core.apply(halt: .inactive, at: Sample.at(13))
        #expect(bench.core.dueCancelAll == nil)
    }
}
