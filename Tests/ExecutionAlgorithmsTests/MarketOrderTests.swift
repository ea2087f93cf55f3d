import ExecutionAlgorithms
import Testing
import TradingDomain

@Suite("MARKET")
struct MarketOrderTests {
    private let child = ClientOrderID(unchecked: "sx")

    @Test("Everything goes out at once, and the fill ends it")
    func atOnce() {
        var (bench, order) = (Bench(Quantity(100)), MarketOrder())
        #expect(bench.tell(.started, &order, at: Bench.start).asked == Quantity(100))
        bench.fill(Quantity(60))
        #expect(bench.tell(.filled(child, Quantity(60)), &order, at: Bench.start).isEmpty)
        bench.fill(Quantity(40))
        #expect(bench.tell(.filled(child, Quantity(40)), &order, at: Bench.start).ends == "filled")
    }

    @Test("Four children at most")
    func attempts() {
        var (bench, order) = (Bench(Quantity(100)), MarketOrder())
        var actions = bench.tell(.started, &order, at: Bench.start)
        for attempt in 1...4 {
            #expect(actions.asked == Quantity(100), "attempt \(attempt)")
            bench.lose()
            actions = bench.tell(.childClosed(child, .rejected), &order, at: Bench.start)
        }
        #expect(actions.asked == .zero)
        #expect(actions.ends == "not filled after 4 attempts")
    }

    @Test("An unknown child holds the rest back after a takeover")
    func resumedWithOpenChild() {
        var (bench, order) = (Bench(Quantity(100)), MarketOrder())
        _ = bench.tell(.started, &order, at: Bench.start)
        #expect(bench.tell(.resumed, &order, at: Bench.minute(1)).isEmpty)
    }

    @Test("Refused with nothing open, it ends")
    func refused() {
        var (bench, order) = (Bench(Quantity(100)), MarketOrder())
        _ = bench.tell(.started, &order, at: Bench.start)
        bench.lose()
        #expect(bench.tell(.refused(code: "KILL_SWITCH"), &order, at: Bench.start).ends == "refused")
    }
}
