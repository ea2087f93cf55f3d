import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import Portfolio
import RiskRules
import Testing
import TradingDomain

@Suite("Taking an account over")
struct TakeoverTests {
    /// A parent whose child was committed and sent, and whose engine then died.
    private func afterCrash(
        acknowledged: Bool = false,
        urgency: Urgency = .critical
    ) throws -> (CoreBench, ChildOrder) {
        var bench = try CoreBench(try Sample.limits())
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(urgency: urgency), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        if acknowledged {
            let broker = BrokerOrderID(unchecked: "b")
            bench.core.apply(.broker(.acknowledged(order.id, broker, at: Sample.at(1))), at: Sample.at(1))
            bench.turn(at: Sample.at(1))
        }
        bench.takeOver(at: Sample.at(3))
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.at(3))
        return (bench, order)
    }

    private func ask(_ bench: inout CoreBench, at now: Timestamp, _ answer: BrokerAnswer) -> [ClientOrderID] {
        let questions = bench.core.dueQuestions(at: now)
        for question in questions { bench.core.answered(question, answer, at: now) }
        return questions.map(\.order)
    }

    @Test("An intent that may have left is asked about, never sent again")
    func asked() throws {
        var (bench, order) = try afterCrash()
        #expect(ask(&bench, at: Sample.at(3), .unavailable(reason: "down")) == [order.id])
        #expect(bench.turn(at: Sample.at(3)).isEmpty)
        #expect(bench.core.dueQuestions(at: Sample.at(3)).isEmpty)
        #expect(bench.core.nextWake == Sample.at(4))
    }

    @Test("Not found counts as not placed only after request time, validity and 2 s")
    func notFound() throws {
        var (bench, order) = try afterCrash()
        let bound = order.requestTime + order.validFor + .seconds(2)
        #expect(ask(&bench, at: Sample.at(3), .notFound(venueTime: Sample.at(3))) == [order.id])
        #expect(bench.turn(at: Sample.at(3)).isEmpty)
        #expect(bench.core.nextWake == bound + .milliseconds(1))
        _ = ask(&bench, at: bound + .milliseconds(1), .notFound(venueTime: bound))
        #expect(bench.turn(at: bound + .milliseconds(1)).isEmpty, "the venue's own clock decides")
        let next = try #require(bench.core.nextWake)
        #expect(next > bound + .milliseconds(1), "and time goes on while it is behind")
        _ = ask(&bench, at: next, .notFound(venueTime: bound + .nanoseconds(1)))
        #expect(bench.turn(at: next).placed.isEmpty)
        // It is tried again a second later, under an id of its own.
        #expect(bench.core.nextWake == next + .seconds(1))
        let placed = bench.turn(at: next + .seconds(1)).placed
        #expect(placed.map(\.request.quantity) == [Quantity(100)])
        #expect(placed.first?.id != order.id && placed.first?.retryOf == order.id)
    }

    @Test("What the venue knows is adopted, with its fills")
    func known() throws {
        var (bench, order) = try afterCrash()
        let events: [BrokerEvent] = [
            .acknowledged(order.id, BrokerOrderID(unchecked: "b"), at: Sample.at(1)),
            .filled(Sample.fill(order, Quantity(100), trade: "t", at: Sample.at(2))),
        ]
        _ = ask(&bench, at: Sample.at(3), .known(events))
        #expect(bench.turn(at: Sample.at(3)).isEmpty)
        #expect(bench.result("a")?.state == .filled)
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(100))
    }

    @Test("An answer that settles nothing is asked for again")
    func emptyAnswer() throws {
        var (bench, order) = try afterCrash()
        _ = ask(&bench, at: Sample.at(3), .known([]))
        bench.turn(at: Sample.at(3))
        #expect(bench.core.nextWake == Sample.at(4))
        #expect(bench.core.dueQuestions(at: Sample.at(4)).map(\.order) == [order.id])
    }

    @Test("Acknowledged once and not known now is lost: reserved, alerted, and its parent stops")
    func lost() throws {
        var (bench, _) = try afterCrash(acknowledged: true)
        _ = ask(&bench, at: Sample.at(60), .notFound(venueTime: Sample.at(60)))
        let commands = bench.turn(at: Sample.at(60))
        #expect(commands.placed.isEmpty)
        #expect(bench.alerts == ["order_lost"])
        #expect(bench.result("a") == nil)
        #expect(bench.core.riskSnapshot(at: Sample.at(60)).reservedCash > .zero(.usd))
        for second in [120, 600, 3600] { #expect(bench.turn(at: Sample.at(second)).placed.isEmpty) }
    }

    @Test("What has filled is lost too when the venue forgets it, though no acknowledgement was seen")
    func lostAfterFill() throws {
        var bench = try CoreBench(try Sample.limits())
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.core.apply(
            .broker(.filled(Sample.fill(order, Quantity(40), trade: "t", at: Sample.at(1)))),
            at: Sample.at(1)
        )
        bench.turn(at: Sample.at(1))
        bench.takeOver(at: Sample.at(3))
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.at(3))
        _ = ask(&bench, at: Sample.at(60), .notFound(venueTime: Sample.at(60)))
        #expect(bench.turn(at: Sample.at(60)).placed.isEmpty)
        #expect(bench.alerts == ["order_lost"])
        #expect(bench.core.dueQuestions(at: Sample.at(61)).isEmpty)
    }

    @Test("A venue that counts more than it has reported is asked for the missing fills, also after a takeover")
    func missingFills() throws {
        var bench = try CoreBench(try Sample.limits())
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.core.apply(.broker(.expired(order.id, executed: Quantity(100))), at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        #expect(bench.result("a") == nil)
        #expect(bench.core.dueQuestions(at: Sample.at(1)).isEmpty, "the report is most likely on its way")
        #expect(bench.core.dueQuestions(at: Sample.at(2)).map(\.order) == [order.id])
        bench.takeOver(at: Sample.at(3))
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.at(3))
        let fill = Sample.fill(order, Quantity(100), trade: "t", at: Sample.at(1))
        #expect(ask(&bench, at: Sample.at(3), .known([.filled(fill)])) == [order.id])
        bench.turn(at: Sample.at(3))
        #expect(bench.result("a")?.state == .filled)
    }

    @Test("A schedule goes on after a takeover without dumping what it missed")
    func schedule() throws {
        var (bench, order) = try afterCrash(acknowledged: true, urgency: .high)
        #expect(order.request.quantity == Quantity(20))
        let events: [BrokerEvent] = [
            .acknowledged(order.id, BrokerOrderID(unchecked: "b"), at: Sample.at(1)),
            .filled(Sample.fill(order, Quantity(20), trade: "t", at: Sample.at(2))),
        ]
        _ = ask(&bench, at: Sample.at(190), .known(events))
        let placed = bench.turn(at: Sample.at(190)).placed
        // Slices 2 and 3 were missed and 4 is due: 40 over two slices are 20 more.
        #expect(placed.map(\.request.quantity) == [Quantity(40)])
    }

    @Test("What somebody had paused stays paused, and still ends at its deadline")
    func paused() throws {
        var bench = try CoreBench(try Sample.limits())
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(urgency: .high), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.request(.pause, "a")
        bench.core.apply(.broker(.expired(order.id, executed: .zero)), at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        bench.takeOver(at: Sample.at(3))
        #expect(bench.turn(at: Sample.at(3)).placed.isEmpty)
        #expect(bench.turn(at: Sample.at(120)).placed.isEmpty)
        let deadline = try #require(bench.core.nextWake)
        bench.turn(at: deadline)
        #expect(bench.result("a")?.state == .unfilled)
    }

    @Test("A cancel that an engine had read and not committed reaches the next one, before anything resumes")
    func commandSurvives() throws {
        var bench = try CoreBench(try Sample.limits())
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(urgency: .high), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.request(.cancel, "a")
        for requested in bench.commands { bench.core.apply(.requested(requested), at: Sample.at(1)) }
        bench.takeOver(at: Sample.at(190))
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.at(190))
        _ = ask(&bench, at: Sample.at(190), .notFound(venueTime: Sample.at(190)))
        let left = bench.turn(at: Sample.at(190))
        #expect(left.placed.isEmpty, "slices that are due are not sent once a cancel was asked for: \(order.id)")
        #expect(bench.result("a")?.state == .cancelled)
        #expect(bench.commands.isEmpty)
    }

    @Test("Commands that were done in part are applied again in order and end the same")
    func appliedAgain() throws {
        var bench = try CoreBench(try Sample.limits())
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(urgency: .high), at: Sample.open)
        bench.turn(at: Sample.open)
        let pause = RequestedCommand(
            number: 1,
            command: ParentCommand(parent: Sample.parentID("a"), kind: .pause, reason: "wait")
        )
        bench.core.apply(.requested(pause), at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        // The batch is durable in this test; a command told again after a takeover must change nothing.
        for kind in [ParentCommand.Kind.pause, .resume, .pause] { bench.request(kind, "a") }
        bench.takeOver(at: Sample.at(2))
        bench.turn(at: Sample.at(2))
        #expect(bench.record("a")?.state == .paused)
        #expect(bench.commands.isEmpty)
    }

    @Test("What was submitted and not admitted waits for a price, then is admitted")
    func unadmitted() throws {
        var bench = try CoreBench(try Sample.limits())
        // An engine that waited for its account to be reconciled leaves such a parent.
        bench.record(Sample.submission())
        bench.takeOver(at: Sample.at(3))
        bench.turn(at: Sample.at(3))
        #expect(bench.result("a") == nil)
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.at(4))
        #expect(bench.turn(at: Sample.at(4)).placed.count == 1)
        #expect(bench.turn(at: Sample.at(5)).isEmpty)
    }

    @Test("A snapshot that cannot be read stops the parent and cancels its children")
    func undecodable() throws {
        var bench = try CoreBench(try Sample.limits())
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.spoilSnapshot("a")
        bench.takeOver(at: Sample.at(3))
        let commands = bench.turn(at: Sample.at(3))
        #expect(commands.cancelled == [order.id])
        #expect(commands.placed.isEmpty)
        #expect(bench.alerts.contains("snapshot_undecodable"))
    }
}
