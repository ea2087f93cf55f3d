import ExecutionAlgorithms
import ExecutionEngine
import OrderManagement
import Portfolio
import RiskRules
import Testing
import TradingDomain

@Suite("A halt's flatten (RM-3, I6)")
struct FlatteningTests {
    private static let broker = BrokerOrderID(unchecked: "b")
    private static let halt = Halt(
        id: HaltID(unchecked: "h"),
        reason: "drill",
        by: "test",
        since: Sample.open,
        flattens: true
    )

    /// A reconciled engine that holds 100, halted at 1 s; proven with the poll at 8 s.
    private func halted(_ halt: Halt = Self.halt, marketMost: Quantity? = nil) throws -> CoreBench {
        var configuration = Sample.configuration(try Sample.limits())
        configuration.instrument = { Instrument(symbol: $0, marketMost: marketMost) }
        configuration.reconciliation = ReconciliationSettings()
        var bench = try CoreBench(configuration)
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        bench.core.reconcile(.report(report(0, at: 0)), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        fill(&bench, order, 100, "1", at: 0)
        bench.halt = .active(halt)
        bench.core.apply(halt: bench.halt, at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        bench.sent = []
        for second in 1...7 { poll(&bench, 100, at: second) }
        #expect(kinds(bench) == [.acknowledged], "nothing is closed before the proof")
        #expect(bench.placed.isEmpty)
        return bench
    }

    private func fill(_ bench: inout CoreBench, _ order: ChildOrder, _ quantity: Int, _ trade: String, at second: Int) {
        let now = Sample.at(second)
        bench.core.apply(.broker(.acknowledged(order.id, Self.broker, at: now)), at: now)
        bench.core.apply(
            .broker(.filled(Sample.fill(order, Quantity(quantity), trade: trade, at: now))),
            at: now
        )
        bench.turn(at: now)
    }

    private func report(_ held: Int, at second: Int, open: [VenueOpenOrder] = []) -> BrokerAccountReport {
        let positions = held == 0 ? [:] : [Sample.nvda: Quantity(held)]
        return BrokerAccountReport(venueTime: Sample.at(second), openOrders: open, positions: positions)
    }

    /// The venue shows `held`; what the engine gives because of that is submitted, as the engine's loop does.
    private func poll(_ bench: inout CoreBench, _ held: Int, at second: Int, open: [VenueOpenOrder] = []) {
        let now = Sample.at(second)
        if bench.core.dueCancelAll != nil { bench.core.cancelledAll(.accepted, .unsupported, at: now) }
        bench.core.reconcile(.report(report(held, at: second, open: open)), at: now)
        for submission in bench.core.takeFlattening() { bench.submit(submission, at: now) }
        bench.turn(at: now)
    }

    private func kinds(_ bench: CoreBench) -> [HaltStep.Kind] {
        bench.batches.flatMap(\.halting).map(\.kind).filter { $0 != .polled && $0 != .cancelled }
    }

    @Test("With the proof a position is closed by one reduce-only market order, and the venue's report ends it")
    func closes() throws {
        var bench = try halted()
        poll(&bench, 100, at: 8)
        let order = try #require(bench.placed.first)
        #expect(bench.placed.count == 1 && order.side == .sell && order.request.quantity == Quantity(100))
        #expect(order.request.type == .market && order.request.isReduceOnly)
        let intent = try #require(bench.batches.flatMap(\.intents).last)
        #expect(intent.flattens == Self.halt.id && !intent.opensExposure)
        // While it is on its way nothing else is given, whatever the venue shows.
        for second in 9...40 { poll(&bench, 100, at: second) }
        #expect(bench.placed.count == 1)
        fill(&bench, order, 100, "2", at: 41)
        poll(&bench, 0, at: 42)
        #expect(kinds(bench) == [.acknowledged, .proven, .flattening, .flat])
        #expect(!bench.core.isProvingHalt && bench.core.portfolio.openPositions.isEmpty)
        // Everything else stays refused.
        bench.submit(Sample.submission("b"), at: Sample.at(43))
        bench.turn(at: Sample.at(43))
        #expect(bench.placed.count == 1 && bench.result("b")?.state == .refused)
    }

    @Test("A venue that shows the position late is not sold to twice")
    func late() throws {
        var bench = try halted()
        poll(&bench, 100, at: 8)
        fill(&bench, try #require(bench.placed.first), 100, "2", at: 8)
        poll(&bench, 100, at: 9)
        poll(&bench, 0, at: 10)
        #expect(bench.placed.count == 1 && kinds(bench).last == .flat)
    }

    @Test("Limits and a safe mode are about getting in: they hold no flatten back")
    func limits() throws {
        var bench = try halted()
        bench.core.apply(.disconnected(reason: "cut"), at: Sample.at(7))
        bench.core.apply(.unexpected(code: "x", message: "y"), at: Sample.at(7))
        bench.turn(at: Sample.at(7))
        #expect(bench.core.safeMode != nil && !bench.core.isReconciled)
        poll(&bench, 100, at: 8)
        #expect(bench.placed.count == 1)
    }

    @Test("Whoever takes the account over proves it anew, and closes only what is left then")
    func takenOver() throws {
        var bench = try halted()
        poll(&bench, 100, at: 8)
        let order = try #require(bench.placed.first)
        bench.takeOver(at: Sample.at(12))
        bench.core.apply(.market(Sample.bar(Sample.nvda, at: Sample.at(12))), at: Sample.at(12))
        let question = try #require(bench.core.dueQuestions(at: Sample.at(12)).first { $0.order == order.id })
        let story: [BrokerEvent] = [
            .acknowledged(order.id, Self.broker, at: Sample.at(11)),
            .filled(Sample.fill(order, Quantity(60), trade: "2", at: Sample.at(11))),
            .expired(order.id, executed: Quantity(60)),
        ]
        bench.core.answered(question, .known(story), at: Sample.at(12))
        bench.sent = []
        for second in 12...30 where bench.placed.isEmpty { poll(&bench, 40, at: second) }
        let rest = try #require(bench.placed.first)
        #expect(rest.request.quantity == Quantity(40) && rest.parent != order.parent)
        #expect(kinds(bench).suffix(3) == [.acknowledged, .proven, .flattening])
        fill(&bench, rest, 40, "3", at: 31)
        poll(&bench, 0, at: 32)
        #expect(kinds(bench).last == .flat && bench.core.portfolio.openPositions.isEmpty)
    }

    @Test("One that was asked for and not admitted when its engine died is never worked")
    func unadmitted() throws {
        var bench = try halted()
        bench.core.reconcile(.report(report(100, at: 8)), at: Sample.at(8))
        let submission = try #require(bench.core.takeFlattening().first)
        bench.record(submission)
        bench.takeOver(at: Sample.at(9))
        bench.turn(at: Sample.at(9))
        #expect(bench.placed.isEmpty && bench.core.results[submission.id]?.refusalCode == "FLATTEN_OVERTAKEN")
    }

    @Test("When the halt ends its flatten does, also with the next engine", arguments: [false, true])
    func deactivated(isTakenOver: Bool) throws {
        var bench = try halted()
        poll(&bench, 100, at: 8)
        let order = try #require(bench.placed.first)
        bench.core.apply(.broker(.acknowledged(order.id, Self.broker, at: Sample.at(8))), at: Sample.at(8))
        bench.turn(at: Sample.at(8))
        bench.halt = .inactive
        if isTakenOver {
            bench.takeOver(at: Sample.at(9))
            for question in bench.core.dueQuestions(at: Sample.at(9)) {
                let story: [BrokerEvent] = [.acknowledged(order.id, Self.broker, at: Sample.at(8))]
                bench.core.answered(question, .known(story), at: Sample.at(9))
            }
        } else {
            bench.core.apply(halt: .inactive, at: Sample.at(9))
        }
        bench.turn(at: Sample.at(9))
        bench.core.apply(.broker(.cancelled(order.id, executed: .zero)), at: Sample.at(9))
        bench.turn(at: Sample.at(9))
        #expect(bench.core.results[order.parent]?.state == .cancelled)
        // What the engine before has sent is not counted by the one that took over.
        #expect(bench.placed.count == (isTakenOver ? 0 : 1), "nothing takes its place")
    }

    @Test("An order that does not close is followed by others, and then a person is called, with the reason")
    func givesUp() throws {
        var bench = try halted()
        for second in 8...120 {
            poll(&bench, 100, at: second)
            for order in bench.placed.suffix(1) where !bench.core.isFinal(order) {
                bench.core.apply(
                    .broker(.rejected(order.id, code: "HALTED", message: "the symbol is halted")),
                    at: Sample.at(second)
                )
                bench.turn(at: Sample.at(second))
            }
        }
        #expect(kinds(bench).count { $0 == .flattening } == 4)
        let last = try #require(bench.batches.flatMap(\.halting).last)
        #expect(last.kind == .unflattened && last.note.contains("100 NVDA"), "\(last.note)")
        #expect(bench.alerts.contains("flatten_incomplete") && !bench.core.isProvingHalt)
    }

    @Test(
        "More than the venue takes in one market order is closed by several, none larger than that and no more in all"
    )
    func pieces() throws {
        var bench = try halted(marketMost: Quantity(30))
        poll(&bench, 100, at: 8)
        #expect(bench.placed.map(\.request.quantity) == [30, 30, 30, 10].map { Quantity($0) })
        #expect(bench.placed.allSatisfy { $0.side == .sell && $0.request.isReduceOnly && $0.request.type == .market })
        #expect(Set(bench.placed.map(\.parent)).count == 4)
        for (number, order) in bench.placed.enumerated() {
            // While one of them is on its way nothing else is given.
            poll(&bench, 100 - 30 * number, at: 9 + number)
            fill(&bench, order, number < 3 ? 30 : 10, "p\(number)", at: 9 + number)
        }
        poll(&bench, 0, at: 30)
        #expect(bench.placed.count == 4 && kinds(bench) == [.acknowledged, .proven, .flattening, .flat])
        #expect(bench.core.portfolio.openPositions.isEmpty)
    }

    @Test("A position of very many such orders is closed by several rounds of them")
    func manyPieces() throws {
        var bench = try halted(marketMost: Quantity(3))
        var (held, answered) = (100, 0)
        for second in 8...600 where bench.core.isProvingHalt {
            poll(&bench, held, at: second)
            while answered < bench.placed.count {
                let order = bench.placed[answered]
                answered += 1
                let quantity = Int(order.request.quantity.units / Quantity(1).units)
                fill(&bench, order, quantity, "m\(answered)", at: second)
                held -= quantity
            }
        }
        #expect(held == 0 && bench.placed.count == 34 && kinds(bench).last == .flat)
        #expect(kinds(bench).count { $0 == .flattening } == 4)
    }

    @Test("Rounds go on for as long as each closes something, however little")
    func progress() throws {
        var bench = try halted()
        var (held, answered) = (100, 0)
        var met: Set<ParentOrderID> = []
        for second in 8...1200 where bench.core.isProvingHalt {
            poll(&bench, held, at: second)
            while answered < bench.placed.count {
                let (order, now) = (bench.placed[answered], Sample.at(second))
                answered += 1
                guard met.insert(order.parent).inserted else {
                    bench.core.apply(.broker(.rejected(order.id, code: "THIN", message: "no book")), at: now)
                    bench.turn(at: now)
                    continue
                }
                // Of each round's order a little is filled, and what is tried again is refused.
                fill(&bench, order, 10, "g\(answered)", at: second)
                held -= 10
                guard order.request.quantity > Quantity(10) else { continue }
                bench.core.apply(.broker(.expired(order.id, executed: Quantity(10))), at: now)
                bench.turn(at: now)
            }
        }
        #expect(held == 0 && kinds(bench).last == .flat, "\(held) is left, \(kinds(bench))")
        #expect(kinds(bench).count { $0 == .flattening } == 10)
    }

    @Test("A position that cannot be ordered is named with its reason, and closed once it has a price")
    func noPrice() throws {
        var bench = try halted()
        let other = try #require(Symbol("KO"))
        let positions = [Sample.nvda: Quantity(100), other: Quantity(-5)]
        let report = BrokerAccountReport(venueTime: Sample.at(8), openOrders: [], positions: positions)
        bench.core.reconcile(.report(report), at: Sample.at(8))
        let given = bench.core.takeFlattening()
        #expect(given.map(\.order.symbol) == [Sample.nvda])
        for submission in given { bench.submit(submission, at: Sample.at(8)) }
        bench.turn(at: Sample.at(8))
        let note = try #require(bench.batches.flatMap(\.halting).last?.note)
        #expect(note.contains("-5 KO: it has no price here"), "\(note)")
        #expect(bench.core.unpricedSymbols == [other])

        fill(&bench, try #require(bench.placed.first), 100, "2", at: 9)
        bench.core.apply(.market(Sample.bar(other, at: Sample.at(9))), at: Sample.at(9))
        #expect(bench.core.unpricedSymbols.isEmpty)
        let later = BrokerAccountReport(venueTime: Sample.at(40), openOrders: [], positions: [other: Quantity(-5)])
        bench.core.reconcile(.report(later), at: Sample.at(40))
        let last = try #require(bench.core.takeFlattening().first?.order)
        #expect(last.symbol == other && last.side == .buy && last.quantity == Quantity(5))
    }

    @Test("An order that appears between them is cancelled, and the proof begins anew")
    func stranger() throws {
        var bench = try halted()
        poll(&bench, 100, at: 8)
        fill(&bench, try #require(bench.placed.first), 50, "2", at: 9)
        let first = try #require(bench.placed.first)
        bench.core.apply(.broker(.expired(first.id, executed: Quantity(50))), at: Sample.at(9))
        for order in bench.placed.dropFirst() {
            bench.core.apply(.broker(.rejected(order.id, code: "X", message: "no")), at: Sample.at(9))
        }
        bench.turn(at: Sample.at(9))
        while let order = bench.placed.last, !bench.core.isFinal(order) {
            bench.core.apply(.broker(.rejected(order.id, code: "X", message: "no")), at: Sample.at(9))
            bench.turn(at: Sample.at(9))
        }
        let count = bench.placed.count
        let open = VenueOpenOrder(
            clientID: ClientOrderID(unchecked: "web_1"),
            brokerID: Self.broker,
            symbol: Sample.nvda,
            side: .buy,
            quantity: Quantity(1),
            executed: .zero,
            limit: nil,
            placedAt: Sample.at(9)
        )
        poll(&bench, 50, at: 10, open: [open])
        #expect(bench.core.dueCancelAll == [Sample.nvda])
        for second in 11...17 { poll(&bench, 50, at: second) }
        #expect(bench.placed.count == count, "7 s after the last are not over")
        poll(&bench, 50, at: 18)
        #expect(bench.placed.count == count + 1 && bench.placed.last?.request.quantity == Quantity(50))
        #expect(kinds(bench) == [.acknowledged, .proven, .flattening, .proven, .flattening])
    }

    @Test("A halt without it leaves positions; asked for later, they are closed")
    func later() throws {
        var bench = try halted(Sample.halt)
        for second in 8...20 { poll(&bench, 100, at: second) }
        #expect(bench.placed.isEmpty && kinds(bench) == [.acknowledged, .proven] && !bench.core.isProvingHalt)
        let asked = Halt(
            id: Sample.halt.id,
            reason: Sample.halt.reason,
            by: Sample.halt.by,
            since: Sample.halt.since,
            flattens: true
        )
        bench.halt = .active(asked)
        bench.core.apply(halt: bench.halt, at: Sample.at(21))
        #expect(bench.core.isProvingHalt)
        poll(&bench, 100, at: 21)
        #expect(bench.placed.count == 1)
    }
}

extension EngineCore {
    /// Whether an order's parent has ended.
    fileprivate func isFinal(_ order: ChildOrder) -> Bool { results[order.parent] != nil }
}
