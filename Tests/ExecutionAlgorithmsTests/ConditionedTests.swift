import ExecutionAlgorithms
import Testing
import TradingDomain

private let child = ClientOrderID(unchecked: "sx-aaaaaaaaaaaaaaaa-0000-1")
private let until = Bench.start + .seconds(600)
private func second(_ seconds: Int) -> Timestamp { Bench.start + .seconds(seconds) }

@Suite("What binds any algorithm: start, cap on volume, would-price, last call, smallest child")
struct ConditionedTests {
    /// Ten slices of 10, one a minute.
    private func twap(_ change: (inout OrderConditions) -> Void) throws -> Conditioned<TimeWeighted> {
        var conditions = OrderConditions(start: Bench.start, end: until)
        change(&conditions)
        return Conditioned(
            try TimeWeighted(
                quantity: Quantity(100),
                lot: Quantity(1),
                start: conditions.start,
                duration: until - conditions.start,
                slices: 10
            ),
            conditions
        )
    }

    @Test("Nothing is sent before its start; what was changed before is told then")
    func start() throws {
        var bench = Bench(Quantity(100))
        var order = try twap { $0.start = second(100) }
        let waiting = bench.tell(.started, &order, at: Bench.start)
        #expect(waiting.requests.isEmpty && waiting.wake == second(100))
        let change = ParentAmendment(quantity: Quantity(55))
        bench.amend(change)
        #expect(bench.tell(.amended(change), &order, at: second(5)).requests.isEmpty)
        #expect(bench.tell(.resumed, &order, at: second(50)).wake == second(100))
        #expect(order.interests.isEmpty)
        #expect(bench.tell(.timer, &order, at: second(100)).asked == Quantity(10))
        // 45 are left for nine slices.
        #expect(bench.tell(.timer, &order, at: second(150)).asked == Quantity(5))
    }

    @Test("The cap keeps back what the volume does not carry, and the next volume lets it go")
    func cap() throws {
        var bench = Bench(Quantity(100))
        bench.market = .book(99, 100, volume: 5000)
        var order = try twap { $0.maxParticipationPercent = FixedDecimal(10) }
        #expect(bench.tell(.started, &order, at: Bench.start).requests.isEmpty)
        #expect(order.interests == .trades)
        bench.market = .book(99, 100, volume: 5040)
        #expect(bench.tell(.trade, &order, at: second(1)).asked == Quantity(4))
        bench.fill(Quantity(4))
        bench.market = .book(99, 100, volume: 5045)
        #expect(bench.tell(.trade, &order, at: second(2)).requests.isEmpty)
        // The next slice joins what is kept back: 16 of which 10 % of 5200 − 5000 less 4 may go.
        bench.market = .book(99, 100, volume: 5150)
        #expect(bench.tell(.timer, &order, at: second(60)).asked == Quantity(11))
        bench.market = .book(99, 100, volume: 9000)
        #expect(bench.tell(.trade, &order, at: second(61)).asked == Quantity(5))
    }

    @Test("Under `skip` what the cap keeps back is given up")
    func capWithSkip() throws {
        var bench = Bench(Quantity(100))
        bench.market = .book(99, 100, volume: 0)
        var order = Conditioned(
            try TimeWeighted(
                quantity: Quantity(100),
                lot: Quantity(1),
                start: Bench.start,
                duration: .seconds(600),
                slices: 10,
                catchUp: .skip
            ),
            OrderConditions(
                start: Bench.start,
                end: until,
                maxParticipationPercent: FixedDecimal(10),
                skipsKeptBack: true
            )
        )
        _ = bench.tell(.started, &order, at: Bench.start)
        bench.market = .book(99, 100, volume: 1000)
        #expect(bench.tell(.trade, &order, at: second(1)).requests.isEmpty)
        #expect(bench.tell(.timer, &order, at: second(60)).asked == Quantity(10))
    }

    @Test("At the would-price all that is left is taken at once; when it is gone the schedule goes on")
    func wouldPrice() throws {
        var bench = Bench(Quantity(100))
        bench.market = .book(99, 100)
        var order = try twap { $0.wouldPrice = price(98) }
        #expect(bench.tell(.started, &order, at: Bench.start).asked == Quantity(10))
        bench.market = .book(97, 98, at: second(5))
        let reached = bench.tell(.quote, &order, at: second(5))
        #expect(reached.cancelsOpen)
        #expect(reached.requests.isEmpty || reached.asked <= Quantity(90))
        bench.lose()
        let taken = bench.tell(.childClosed(child, .cancelled), &order, at: second(6)).requests + reached.requests
        #expect(taken.map(\.type) == [.limit(price(98))])
        #expect(taken.map(\.timeInForce) == [.immediateOrCancel])
        #expect(taken.map(\.quantity) == [Quantity(100)])
        bench.fill(Quantity(70))
        bench.lose()
        bench.market = .book(99, 100, at: second(7))
        #expect(bench.tell(.childClosed(child, .expired), &order, at: second(7)).requests.isEmpty)
        // 30 are left, of which the second slice takes its part.
        let next = bench.tell(.timer, &order, at: second(60))
        #expect(next.asked > .zero && next.asked <= Quantity(20))
    }

    @Test("A crossed or empty book is no price", arguments: [MarketSeen.book(101, 97), nil])
    func crossed(market: MarketSeen?) throws {
        var bench = Bench(Quantity(100))
        var order = try twap { $0.wouldPrice = price(98) }
        _ = bench.tell(.started, &order, at: Bench.start)
        bench.market = market
        let seen = bench.tell(.quote, &order, at: second(1))
        #expect(seen.requests.isEmpty && !seen.cancelsOpen)
        var aggressive = Aggressive(until: until)
        #expect(bench.tell(.started, &aggressive, at: second(2)).requests.isEmpty)
    }

    @Test("At the last call everything open is withdrawn and everything left goes out")
    func lastCall() throws {
        var bench = Bench(Quantity(10))
        bench.market = .book(99, 100)
        var order = Conditioned(
            LimitOrder(price: price(90), until: until),
            OrderConditions(start: Bench.start, end: until, mustComplete: true)
        )
        let first = bench.tell(.started, &order, at: Bench.start)
        #expect(first.wake == second(540))
        let call = bench.tell(.timer, &order, at: second(540))
        #expect(call.cancelsOpen && call.requests.isEmpty)
        bench.fill(Quantity(3))
        bench.lose()
        let rest = bench.tell(.childClosed(child, .cancelled), &order, at: second(541)).requests
        #expect(rest.map(\.quantity) == [Quantity(7)])
        #expect(rest.map(\.type) == [.market])
        bench.fill(Quantity(7))
        #expect(bench.tell(.filled(child, Quantity(7)), &order, at: second(542)).ends == "filled")
    }

    @Test("A child below the smallest is not sent; the algorithm looks again")
    func smallest() {
        var bench = Bench(Quantity(100))
        bench.market = .book(99, 100, size: 40)
        var order = Conditioned(
            LiquidityAware(until: until),
            OrderConditions(start: Bench.start, end: until, minimumChild: Quantity(5))
        )
        #expect(bench.tell(.started, &order, at: Bench.start).requests.isEmpty)
        bench.market = .book(99, 100, size: 80)
        #expect(bench.tell(.timer, &order, at: second(5)).asked == Quantity(8))
    }

    @Test("Nothing is sent from here while paused")
    func paused() throws {
        var bench = Bench(Quantity(100))
        bench.market = .book(99, 100, volume: 0)
        var order = try twap {
            $0.maxParticipationPercent = FixedDecimal(10)
            $0.wouldPrice = price(98)
        }
        _ = bench.tell(.started, &order, at: Bench.start)
        _ = bench.tell(.paused, &order, at: second(1))
        bench.market = .book(97, 98, volume: 5000, at: second(2))
        let change = ParentAmendment(quantity: Quantity(50))
        bench.amend(change)
        #expect(bench.tell(.amended(change), &order, at: second(2)).requests.isEmpty)
        #expect(bench.tell(.resumed, &order, at: second(3)).asked == Quantity(50))
    }
}
