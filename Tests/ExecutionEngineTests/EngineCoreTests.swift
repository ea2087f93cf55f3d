import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import Portfolio
import RiskRules
import Testing
import TradingDomain

@Suite("An account's engine")
struct EngineCoreTests {
    private func bench(_ symbols: [Symbol] = [Sample.nvda]) throws -> CoreBench {
        var bench = try CoreBench(try Sample.limits())
        for symbol in symbols { bench.core.apply(.market(Sample.bar(symbol)), at: Sample.open) }
        return bench
    }

    private func ack(_ order: ChildOrder, _ bench: inout CoreBench, at now: Timestamp) {
        let broker = BrokerOrderID(unchecked: "b-\(order.id)")
        bench.core.apply(.broker(.acknowledged(order.id, broker, at: now)), at: now)
    }

    @Test("A submission is admitted, routed, sent, filled and reported")
    func whole() throws {
        var bench = try bench()
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        #expect(order.request.quantity == Quantity(100))
        #expect(bench.batches.first?.intents.map(\.order) == [order])
        ack(order, &bench, at: Sample.at(1))
        let fill = Sample.fill(order, Quantity(100), trade: "t", at: Sample.at(1))
        bench.core.apply(.broker(.filled(fill)), at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        let result = try #require(bench.result("a"))
        #expect(result.state == .filled && result.refusalCode == nil)
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(100))
        #expect(bench.core.portfolio.cash == Sample.money(90_000))
        #expect(bench.core.equity() == Sample.money(100_000))
        #expect(bench.core.nextWake == nil)
        #expect(bench.core.takeBatch(at: Sample.at(2)) == nil)
    }

    @Test("The same submission twice is worked once, also after its end")
    func duplicates() throws {
        var bench = try bench()
        bench.submit(Sample.submission(), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.submit(Sample.submission(), at: Sample.at(1))
        bench.core.apply(
            .broker(.filled(Sample.fill(order, Quantity(100), trade: "t", at: Sample.at(1)))),
            at: Sample.at(1)
        )
        bench.turn(at: Sample.at(1))
        bench.submit(Sample.submission(), at: Sample.at(2))
        bench.turn(at: Sample.at(2))
        #expect(bench.placed.count == 1)
    }

    @Test("Two parents in one symbol keep their fills apart, and a repeated fill counts once")
    func twoParents() throws {
        var bench = try bench()
        bench.submit(Sample.submission("a"), at: Sample.open)
        bench.submit(Sample.submission("b", quantity: 50), at: Sample.open)
        let orders = bench.turn(at: Sample.open).placed
        #expect(orders.map(\.parent) == [Sample.parentID("a"), Sample.parentID("b")])
        for _ in 0..<2 {
            let fill = Sample.fill(orders[1], Quantity(50), trade: "t", at: Sample.at(1))
            bench.core.apply(.broker(.filled(fill)), at: Sample.at(1))
        }
        bench.turn(at: Sample.at(1))
        #expect(bench.result("a") == nil)
        #expect(bench.result("b")?.state == .filled)
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(50))
        #expect(bench.batches.flatMap(\.fills).count == 1)
    }

    @Test("An intent that the journal refuses is not sent, and its quantity is asked for again later")
    func refusedIntent() throws {
        var bench = try bench()
        bench.refuseNext = "ACCOUNT_NOT_RECONCILED"
        bench.submit(Sample.submission(urgency: .high), at: Sample.open)
        #expect(bench.turn(at: Sample.open).isEmpty)
        let wake = try #require(bench.core.nextWake)
        #expect(wake == Sample.at(60))
        let orders = bench.turn(at: wake).placed
        // Twenty were due and twenty were missed: five more with each of the four slices left.
        #expect(orders.map(\.request.quantity) == [Quantity(25)])
        let events = try #require(bench.record("a")).events
        #expect(events.contains { if case .parent(.intentRefused) = $0.event { true } else { false } })
    }

    @Test(
        "What risk refuses never becomes a child",
        arguments: [(Side.sell, 100, "no_short"), (.buy, 100_000, "cash")]
    )
    func riskRefusal(side: Side, quantity: Int, rule: String) throws {
        var bench = try CoreBench(try RiskLimits(maxPositionPercent: FixedDecimal(100), shrinkToFit: false))
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(side: side, quantity: quantity), at: Sample.open)
        #expect(bench.turn(at: Sample.open).isEmpty)
        let result = try #require(bench.result("a"))
        #expect(result.state == .refused)
        #expect(result.refusalCode != nil)
        #expect(result.checks.contains { $0.isBlock })
    }

    @Test("Reservations of open parents count against the next")
    func reservations() throws {
        var bench = try CoreBench(try RiskLimits(maxPositionPercent: FixedDecimal(100), shrinkToFit: false))
        for symbol in [Sample.nvda, Sample.aapl] { bench.core.apply(.market(Sample.bar(symbol)), at: Sample.open) }
        bench.submit(Sample.submission("a", Sample.nvda, quantity: 600), at: Sample.open)
        bench.submit(Sample.submission("b", Sample.aapl, quantity: 600), at: Sample.open)
        #expect(bench.turn(at: Sample.open).placed.map(\.parent) == [Sample.parentID("a")])
        #expect(bench.result("b")?.state == .refused)
    }

    @Test("Without a price nothing is admitted")
    func noPrice() throws {
        var bench = try bench()
        bench.submit(Sample.submission("a", Sample.aapl), at: Sample.open)
        bench.turn(at: Sample.open)
        #expect(bench.result("a")?.refusalCode == "NO_PRICE")
    }

    @Test("The kill switch cancels everything open, and nothing is placed from then on")
    func killSwitch() throws {
        var bench = try bench([Sample.nvda, Sample.aapl])
        bench.submit(Sample.submission("a", Sample.nvda, quantity: 100, urgency: .high), at: Sample.open)
        bench.submit(Sample.submission("b", Sample.aapl, quantity: 100), at: Sample.open)
        let orders = bench.turn(at: Sample.open).placed
        #expect(orders.count == 2)
        for order in orders { ack(order, &bench, at: Sample.at(1)) }
        bench.halt = .active(Sample.halt)
        let commands = bench.turn(at: Sample.at(1))
        #expect(commands.placed.isEmpty)
        #expect(Set(commands.cancelled) == Set(orders.map(\.id)))
        for order in orders { bench.core.apply(.broker(.cancelled(order.id, executed: .zero)), at: Sample.at(2)) }
        bench.submit(Sample.submission("c"), at: Sample.at(2))
        for second in stride(from: 2, to: 700, by: 30) {
            #expect(bench.turn(at: Sample.at(second)).placed.isEmpty)
        }
        for letter in ["a", "b"] { #expect(bench.result(letter)?.refusalCode == "KILL_SWITCH", "\(letter)") }
        #expect(bench.result("c")?.refusalCode == "kill_switch_active")
        #expect(bench.result("a")?.reason.contains("drill") == true)
    }

    @Test("An engine that takes over during a halt cancels what it finds open")
    func takeoverDuringHalt() throws {
        var bench = try bench()
        bench.submit(Sample.submission(urgency: .high), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.halt = .active(Sample.halt)
        bench.takeOver(at: Sample.at(5))
        let commands = bench.turn(at: Sample.at(5))
        #expect(commands.cancelled.contains(order.id))
        #expect(commands.placed.isEmpty)
        bench.core.apply(.broker(.cancelled(order.id, executed: .zero)), at: Sample.at(6))
        bench.turn(at: Sample.at(6))
        #expect(bench.result("a")?.refusalCode == "KILL_SWITCH")
    }

    @Test("A cancel by a person reaches the child; one that comes before admission stops the parent")
    func commands() throws {
        var bench = try bench()
        bench.submit(Sample.submission("a"), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        ack(order, &bench, at: Sample.at(1))
        for letter in ["a", "b"] { bench.request(.cancel, letter) }
        #expect(bench.turn(at: Sample.at(1)).cancelled == [order.id])
        #expect(bench.commands.map(\.number) == [2], "what has caused nothing yet is not done")
        bench.submit(Sample.submission("b"), at: Sample.at(2))
        #expect(bench.turn(at: Sample.at(2)).placed.isEmpty)
        #expect(bench.result("b")?.refusalCode == "CANCELLED")
        #expect(bench.commands.isEmpty)
    }

    @Test("A command is done in the batch that holds what it caused, also when that is nothing")
    func doneWithConsequence() throws {
        var bench = try bench()
        bench.submit(Sample.submission("a", urgency: .high), at: Sample.open)
        bench.turn(at: Sample.open)
        let batches = bench.batches.count
        for kind in [ParentCommand.Kind.pause, .pause] { bench.request(kind, "a") }
        for requested in bench.commands { bench.core.apply(.requested(requested), at: Sample.at(1)) }
        bench.turn(at: Sample.at(1))
        #expect(bench.batches.dropFirst(batches).map(\.done) == [[1, 2]])
        #expect(bench.batches.last?.events.map(\.event) == [.parent(.paused(reason: "by hand"))])
    }

    @Test("A fill of an order that nobody knows is booked once, with an alert")
    func unattributed() throws {
        var bench = try bench()
        bench.submit(Sample.submission("a"), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        let foreign = ChildOrder(
            id: ClientOrderID(parent: Sample.parentID("z"), incarnation: Incarnation(bits: 1), sequence: 1),
            parent: Sample.parentID("z"),
            account: Sample.account,
            instrument: order.instrument,
            side: .buy,
            request: order.request,
            requestTime: Sample.open,
            validFor: .seconds(5)
        )
        let fill = Sample.fill(foreign, Quantity(7), trade: "t", at: Sample.at(1))
        for _ in 0..<2 {
            bench.core.apply(.broker(.filled(fill)), at: Sample.at(1))
            bench.turn(at: Sample.at(1))
        }
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(7))
        #expect(bench.alerts == ["unattributed_fill"])
        #expect(bench.batches.flatMap(\.ledger).count == 1)
        bench.takeOver(at: Sample.at(2))
        bench.core.apply(.broker(.filled(fill)), at: Sample.at(2))
        bench.turn(at: Sample.at(2))
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(7), "again after a takeover")
    }

    @Test("A fill of a lost child of a known parent counts in that parent")
    func lostChild() throws {
        var bench = try bench()
        bench.submit(Sample.submission("a", quantity: 100), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        let lost = ChildOrder(
            id: ClientOrderID(parent: order.parent, incarnation: Incarnation(bits: 9), sequence: 1),
            parent: order.parent,
            account: Sample.account,
            instrument: order.instrument,
            side: .buy,
            request: order.request,
            requestTime: Sample.open,
            validFor: .seconds(5)
        )
        bench.core.apply(
            .broker(.filled(Sample.fill(lost, Quantity(30), trade: "t", at: Sample.at(1)))),
            at: Sample.at(1)
        )
        let commands = bench.turn(at: Sample.at(1))
        // 100 are open and 30 more came: that is too much, so the open child is cancelled.
        #expect(commands.cancelled == [order.id])
        #expect(bench.alerts.contains("overfilled") && bench.alerts.contains("unattributed_fill"))
        bench.core.apply(.broker(.cancelled(order.id, executed: .zero)), at: Sample.at(2))
        bench.turn(at: Sample.at(2))
        #expect(bench.result("a")?.state == .partiallyFilled)
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(30))
    }

    @Test("The day's loss counts from the first prices of the day")
    func dayStart() throws {
        var bench = try bench()
        bench.submit(Sample.submission("a", quantity: 500), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.core.apply(
            .broker(.filled(Sample.fill(order, Quantity(500), trade: "t", at: Sample.at(1)))),
            at: Sample.at(1)
        )
        bench.core.apply(.market(Sample.bar(Sample.nvda, 9_000, at: Sample.at(60))), at: Sample.at(60))
        bench.turn(at: Sample.at(60))
        #expect(bench.core.dayStartEquity() == Sample.money(100_000))
        #expect(bench.core.equity() == Sample.money(95_000))
        bench.submit(Sample.submission("b", quantity: 10), at: Sample.at(61))
        bench.turn(at: Sample.at(61))
        #expect(bench.result("b")?.state == .refused, "a loss of 5 % is above the limit of 2 %")
    }

    @Test("Timers of one instant fire in the order in which the parents came")
    func timersAtOnce() throws {
        var bench = try bench([Sample.nvda])
        let letters = ["h", "c", "f", "a", "g", "b"]
        for letter in letters {
            bench.submit(Sample.submission(letter, quantity: 20, urgency: .high), at: Sample.open)
        }
        let placed = bench.turn(at: Sample.open).placed
        #expect(placed.map(\.parent) == letters.map(Sample.parentID))
        for order in placed { ack(order, &bench, at: Sample.open) }
        #expect(bench.core.nextWake == Sample.at(60))
        #expect(bench.turn(at: Sample.at(60)).placed.map(\.parent) == letters.map(Sample.parentID))
    }
}
