import ExecutionEngine
import OrderManagement
import Testing
import TradingDomain

@Suite("What only reduces while the account is not reconciled (I13)")
struct ReducingTests {
    @Test("It goes at once, what adds exposure waits")
    func reduces() throws {
        var configuration = Sample.configuration(try Sample.limits())
        configuration.reconciliation = ReconciliationSettings()
        var bench = try CoreBench(configuration)
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        let empty = BrokerAccountReport(venueTime: Sample.open, openOrders: [], fills: [], positions: [:], balances: [])
        bench.core.reconcile(.report(empty), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let bought = try #require(bench.turn(at: Sample.open).placed.first)
        for event in [
            BrokerEvent.acknowledged(bought.id, BrokerOrderID(unchecked: "b"), at: Sample.open),
            .filled(Sample.fill(bought, bought.request.quantity, trade: "t", at: Sample.open)),
        ] { bench.core.apply(.broker(event), at: Sample.open) }
        bench.turn(at: Sample.open)
        bench.core.apply(.disconnected(reason: "EOF"), at: Sample.at(10))
        bench.turn(at: Sample.at(10))

        bench.submit(Sample.submission("b", side: .sell, at: Sample.at(11)), at: Sample.at(11))
        bench.submit(Sample.submission("c", at: Sample.at(11)), at: Sample.at(11))
        let placed = bench.turn(at: Sample.at(11)).placed
        #expect(placed.map(\.parent) == [Sample.parentID("b")])
        #expect(bench.result("b") == nil && bench.result("c") == nil)
    }
}
