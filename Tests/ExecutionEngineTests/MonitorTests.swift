import ExecutionAnalytics
import ExecutionEngine
import OrderManagement
import RiskRules
import Testing
import TradingDomain

@Suite("Quality alerts of an engine")
struct MonitorTests {
    /// A fill at a price of its own.
    private func fill(_ order: ChildOrder, _ quantity: Int, cents: Int, trade: String, at seconds: Int) -> Fill {
        let base = Sample.fill(order, Quantity(quantity), trade: trade, at: Sample.at(seconds))
        let price = Sample.price(cents)
        return Fill(
            account: base.account,
            symbol: base.symbol,
            tradeID: base.tradeID,
            clientOrderID: base.clientOrderID,
            side: base.side,
            quantity: base.quantity,
            price: price,
            notional: order.instrument.notional(price, base.quantity),
            commission: base.commission,
            tradedAt: base.tradedAt
        )
    }

    private func quality(_ bench: CoreBench) -> [EngineAlert] {
        bench.batches.flatMap(\.alerts).filter { $0.code.hasPrefix("execution_") }
    }

    private func working() throws -> (CoreBench, ChildOrder) {
        var bench = try CoreBench(try Sample.limits())
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        let broker = BrokerOrderID(unchecked: "b")
        bench.core.apply(.broker(.acknowledged(order.id, broker, at: Sample.at(1))), at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        return (bench, order)
    }

    @Test("Slippage above its threshold is alerted with the fill that brings it there, once, with the parent")
    func slippage() throws {
        var (bench, order) = try working()
        for (index, cents) in [10_010, 10_090, 10_200].enumerated() {
            let fill = fill(order, index == 2 ? 60 : 20, cents: cents, trade: "t\(index)", at: 1)
            bench.core.apply(.broker(.filled(fill)), at: Sample.at(1))
            bench.turn(at: Sample.at(1))
            #expect(quality(bench).map(\.code).count { $0 == "execution_slippage" } == min(index, 1))
        }
        let alert = try #require(quality(bench).first)
        #expect(alert.parent == order.parent && alert.at == Sample.at(1))
        #expect(alert.message.contains("50.00 bps"), "\(alert.message)")
        #expect(bench.result("a")?.state == .filled)
        // 140 bps in all: the shortfall is its own kind, and the slippage is not said again.
        #expect(quality(bench).map(\.code) == ["execution_slippage", "execution_shortfall"])
    }

    @Test("After a takeover the fills of before still count")
    func takeover() throws {
        var (bench, order) = try working()
        let before = fill(order, 50, cents: 10_020, trade: "t0", at: 1)
        bench.core.apply(.broker(.filled(before)), at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        #expect(quality(bench).isEmpty)
        bench.takeOver(at: Sample.at(2))
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.at(2))
        let after = fill(order, 50, cents: 10_040, trade: "t1", at: 2)
        bench.core.apply(.broker(.filled(after)), at: Sample.at(2))
        bench.turn(at: Sample.at(2))
        #expect(bench.result("a")?.state == .filled)
        let alert = try #require(quality(bench).first)
        #expect(alert.code == "execution_slippage" && alert.message.contains("30.00 bps"), "\(alert.message)")
    }

    @Test("An execution within its thresholds alerts nothing, and neither does one that somebody cancelled")
    func calm() throws {
        var (bench, order) = try working()
        let good = fill(order, 100, cents: 10_010, trade: "t", at: 1)
        bench.core.apply(.broker(.filled(good)), at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        #expect(bench.result("a")?.state == .filled && quality(bench).isEmpty)

        var (other, _) = try working()
        other.core.apply(
            .command(ParentCommand(parent: Sample.parentID("a"), kind: .cancel, reason: "by hand")),
            at: Sample.at(2)
        )
        let child = try #require(other.turn(at: Sample.at(2)).cancelled.first)
        other.core.apply(.broker(.cancelled(child, executed: .zero)), at: Sample.at(3))
        other.turn(at: Sample.at(3))
        #expect(other.result("a")?.state == .cancelled && quality(other).isEmpty)
    }
}
