import ExecutionAlgorithms
import ExecutionEngine
import OrderManagement
import Portfolio
import RiskRules
import Testing
import TradingDomain

@Suite("What people ask of orders that are worked")
struct CommandTests {
    /// A parent of 100 that has one slice of 20 at the venue.
    private func bench() throws -> (CoreBench, ChildOrder) {
        var bench = try CoreBench(try Sample.limits())
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(urgency: .high), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.core.apply(
            .broker(.acknowledged(order.id, BrokerOrderID(unchecked: "b"), at: Sample.open)),
            at: Sample.open
        )
        bench.turn(at: Sample.open)
        return (bench, order)
    }

    private func amend(_ amendment: ParentAmendment, _ bench: inout CoreBench, at now: Timestamp = Sample.at(1)) {
        let command = ParentCommand(
            parent: Sample.parentID("a"),
            kind: .amend,
            reason: "by hand",
            amendment: amendment
        )
        bench.request(command)
        for requested in bench.commands { bench.core.apply(.requested(requested), at: now) }
        bench.turn(at: now)
    }

    private func refusals(_ bench: CoreBench) -> [String] {
        (bench.record("a")?.events ?? []).compactMap { journaled in
            guard case .parent(.amendRefused(let code, _)) = journaled.event else { return nil }
            return code
        }
    }

    @Test("A larger order goes through risk again and reserves more; a smaller one gives back")
    func quantity() throws {
        var (bench, _) = try bench()
        let before = bench.core.riskSnapshot(at: Sample.at(1)).reservedCash
        amend(ParentAmendment(quantity: Quantity(300)), &bench)
        #expect(refusals(bench).isEmpty && bench.commands.isEmpty)
        #expect(bench.record("a")?.admission?.parent.quantity == Quantity(300))
        let held = bench.core.riskSnapshot(at: Sample.at(1)).reservedCash
        #expect(held == before + before + before)
        #expect(bench.record("a")?.admission?.reservation.cash == held)
        amend(ParentAmendment(quantity: Quantity(50)), &bench, at: Sample.at(2))
        #expect(bench.record("a")?.admission?.parent.quantity == Quantity(50))
        #expect(
            bench.core.riskSnapshot(at: Sample.at(2)).reservedCash
                + bench.core.riskSnapshot(at: Sample.at(2)).reservedCash == before
        )
        bench.takeOver(at: Sample.at(3))
        #expect(bench.core.riskSnapshot(at: Sample.at(3)).openOrders(Sample.nvda).buys == Quantity(50))
    }

    @Test(
        "What the account, its collar or the session does not allow is refused with a code, and nothing changes",
        arguments: [
            (ParentAmendment(quantity: Quantity(100_000)), "position_above_limit"),
            (ParentAmendment(limitPrice: Sample.price(10_600)), "LIMIT_OUTSIDE_COLLAR"),
            (ParentAmendment(endTime: Sample.close + .seconds(1)), "AFTER_CLOSE"),
            (ParentAmendment(endTime: Sample.open), "PAST_END"), (ParentAmendment(), "EMPTY_AMENDMENT"),
        ]
    )
    func refused(amendment: ParentAmendment, code: String) throws {
        var (bench, _) = try bench()
        let before = try #require(bench.record("a")?.admission)
        amend(amendment, &bench)
        #expect(refusals(bench).map { $0.lowercased() } == [code.lowercased()])
        #expect(bench.record("a")?.admission == before && bench.commands.isEmpty)
    }

    @Test("Under a halt nothing grows")
    func halted() throws {
        var (bench, _) = try bench()
        bench.core.apply(halt: .active(Sample.halt), at: Sample.at(1))
        amend(ParentAmendment(quantity: Quantity(200)), &bench)
        #expect(refusals(bench) == ["NOT_WORKING"], "it is being cancelled")
    }

    @Test("A limit and an end inside their bounds hold from then on, also after a takeover")
    func limitAndEnd() throws {
        var (bench, order) = try bench()
        let amendment = ParentAmendment(limitPrice: Sample.price(10_100), endTime: Sample.at(90))
        amend(amendment, &bench)
        bench.takeOver(at: Sample.at(2))
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.at(2))
        for question in bench.core.dueQuestions(at: Sample.at(2)) {
            bench.core.answered(
                question,
                .known([.acknowledged(order.id, BrokerOrderID(unchecked: "b"), at: Sample.open)]),
                at: Sample.at(2)
            )
        }
        bench.turn(at: Sample.at(2))
        let next = try #require(bench.turn(at: Sample.at(60)).placed.first)
        #expect(next.request.type == .limit(Sample.price(10_100)))
        let commands = bench.turn(at: Sample.at(90))
        #expect(commands.cancelled.contains(order.id), "it ends at its new end")
    }

    @Test("A lost child is settled by an operator, and its parent ends with what is booked")
    func resolve() throws {
        var (bench, order) = try bench()
        bench.core.apply(.broker(.unknown(order.id, reason: "timeout")), at: Sample.at(1))
        for question in bench.core.dueQuestions(at: Sample.at(2)) {
            bench.core.answered(question, .notFound(venueTime: Sample.at(60)), at: Sample.at(60))
        }
        bench.turn(at: Sample.at(60))
        #expect(bench.alerts == ["order_unknown", "order_lost"])
        let resolution = ChildResolution(child: order.id, executed: Quantity(7), price: Sample.price(10_000))
        bench.request(
            ParentCommand(parent: order.parent, kind: .resolve, reason: "statement", resolution: resolution)
        )
        for requested in bench.commands { bench.core.apply(.requested(requested), at: Sample.at(120)) }
        bench.turn(at: Sample.at(120))
        #expect(bench.result("a")?.state == .cancelled)
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(7))
        #expect(bench.core.portfolio.cash == Sample.money(100_000 - 700))
        #expect(bench.core.dueQuestions(at: Sample.at(3600)).isEmpty)
        #expect(bench.alerts == ["order_unknown", "order_lost"])
    }

    @Test("An order of which nobody knows what became is told once, with what stays reserved for it")
    func unknown() throws {
        var (bench, order) = try bench()
        for reason in ["timeout", "timeout", "connection lost"] {
            bench.core.apply(.broker(.unknown(order.id, reason: reason)), at: Sample.at(1))
        }
        bench.turn(at: Sample.at(1))
        let alert = try #require(bench.batches.flatMap(\.alerts).first)
        #expect(bench.alerts == ["order_unknown"] && alert.level == .warning && alert.parent == order.parent)
        for word in ["\(order.id)", "BUY 20 NVDA", "timeout", "20 stays reserved"] {
            #expect(alert.message.contains(word), "\(alert.message)")
        }
    }

    @Test("What is not unknown is not resolved by hand")
    func resolveRefused() throws {
        var (bench, order) = try bench()
        let resolution = ChildResolution(child: order.id, executed: .zero, price: nil)
        bench.core.apply(
            .command(ParentCommand(parent: order.parent, kind: .resolve, reason: "r", resolution: resolution)),
            at: Sample.at(1)
        )
        bench.turn(at: Sample.at(1))
        #expect(bench.alerts == ["resolution_refused"])
    }

    @Test("An order that nobody answers is asked about once no copy of it can arrive any more")
    func silence() throws {
        var bench = try CoreBench(try Sample.limits())
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        let bound = order.requestTime + order.validFor + .seconds(2)
        #expect(bench.core.nextWake == bound + .milliseconds(1))
        let due = bench.core.dueQuestions(at: bound + .milliseconds(1))
        #expect(due.map(\.order) == [order.id])
        let fill = Sample.fill(order, Quantity(100), trade: "t", at: Sample.at(1))
        for question in due {
            bench.core.answered(
                question,
                .known([.acknowledged(order.id, BrokerOrderID(unchecked: "b"), at: Sample.open), .filled(fill)]),
                at: Sample.at(8)
            )
        }
        bench.turn(at: Sample.at(8))
        #expect(bench.result("a")?.state == .filled, "its reports had been lost")
    }

    @Test("A cancel that is not answered is asked about, and sent again while the venue still works the order")
    func silentCancel() throws {
        var (bench, order) = try bench()
        bench.request(.cancel, "a")
        for requested in bench.commands { bench.core.apply(.requested(requested), at: Sample.at(1)) }
        #expect(bench.turn(at: Sample.at(1)).cancelled == [order.id])
        let due = bench.core.dueQuestions(at: Sample.at(6))
        #expect(due.map(\.order) == [order.id])
        let ack = BrokerEvent.acknowledged(order.id, BrokerOrderID(unchecked: "b"), at: Sample.open)
        for question in due { bench.core.answered(question, .known([ack]), at: Sample.at(6)) }
        #expect(bench.turn(at: Sample.at(6)).cancelled.contains(order.id))
    }
}
