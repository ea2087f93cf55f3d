import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import Portfolio
import RiskRules
import Testing
import TradingDomain

@Suite("Reconciliation with the venue (OM-6, I13)")
struct ReconciliationTests {
    private func bench() throws -> CoreBench {
        var configuration = Sample.configuration(try Sample.limits())
        configuration.reconciliation = ReconciliationSettings()
        var bench = try CoreBench(configuration)
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        return bench
    }

    /// An engine that is reconciled and has one child of 100 at the venue.
    private func working() throws -> (CoreBench, ChildOrder) {
        var bench = try bench()
        bench.core.reconcile(.report(report(at: 0)), at: Sample.open)
        bench.submit(Sample.submission(), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        bench.core.apply(.broker(.acknowledged(order.id, Self.broker, at: Sample.open)), at: Sample.open)
        bench.turn(at: Sample.open)
        return (bench, order)
    }

    private static let broker = BrokerOrderID(unchecked: "b")

    private func report(
        at second: Int,
        open: [VenueOpenOrder] = [],
        fills: [Fill] = [],
        nvda: Int = 0,
        balances: [Money] = [],
        payments: [VenuePayment] = []
    ) -> BrokerAccountReport {
        BrokerAccountReport(
            venueTime: Sample.at(second),
            openOrders: open,
            fills: fills.map { VenueFill($0, brokerID: Self.broker) },
            positions: nvda == 0 ? [:] : [Sample.nvda: Quantity(nvda)],
            balances: balances,
            payments: payments
        )
    }

    private func open(_ id: ClientOrderID, _ quantity: Quantity = Quantity(100), executed: Int = 0) -> VenueOpenOrder {
        VenueOpenOrder(
            clientID: id,
            brokerID: Self.broker,
            symbol: Sample.nvda,
            side: .buy,
            quantity: quantity,
            executed: Quantity(executed),
            limit: Sample.price(10_000),
            placedAt: Sample.open
        )
    }

    private func foreign(_ id: String, _ quantity: Int, trade: String, side: Side = .buy) -> Fill {
        let price = Sample.price(10_000)
        let notional = Instrument(symbol: Sample.nvda).notional(price, Quantity(quantity))
        return Fill(
            account: Sample.account,
            symbol: Sample.nvda,
            tradeID: TradeID(unchecked: trade),
            clientOrderID: ClientOrderID(unchecked: id),
            side: side,
            quantity: Quantity(quantity),
            price: price,
            notional: notional,
            commission: .zero(.usd),
            tradedAt: Sample.at(1)
        )
    }

    private func findings(_ bench: CoreBench) -> [ReconciliationFinding.Kind] {
        bench.batches.compactMap(\.reconciliation).flatMap(\.findings).map(\.kind)
    }

    // MARK: I13

    @Test("Until its account is reconciled an order waits, then it goes")
    func waits() throws {
        var bench = try bench()
        #expect(bench.core.dueReport(at: Sample.open) == Sample.open && !bench.core.isReconciled)
        bench.submit(Sample.submission(), at: Sample.open)
        #expect(bench.turn(at: Sample.open).isEmpty && bench.result("a") == nil)
        bench.core.reconcile(.unavailable(reason: "down"), at: Sample.open)
        #expect(bench.turn(at: Sample.open).isEmpty)
        #expect(bench.alerts == ["account_unreconciled"])
        #expect(bench.core.nextWake == Sample.at(1) && bench.core.dueReport(at: Sample.at(1)) != nil)
        bench.core.reconcile(.report(report(at: 1)), at: Sample.at(1))
        #expect(bench.turn(at: Sample.at(1)).placed.count == 1)
        let states = bench.batches.compactMap(\.reconciliation).map(\.state.isReconciled)
        #expect(states == [false, true])
    }

    @Test("An order that has waited long enough is refused by the rule")
    func refused() throws {
        var bench = try bench()
        bench.submit(Sample.submission(), at: Sample.open)
        bench.turn(at: Sample.at(59))
        #expect(bench.result("a") == nil)
        bench.turn(at: Sample.at(60))
        #expect(bench.result("a")?.refusalCode == "account_not_reconciled")
    }

    @Test("An order that waits can be cancelled")
    func cancelled() throws {
        var bench = try bench()
        bench.submit(Sample.submission(), at: Sample.open)
        bench.turn(at: Sample.at(1))
        bench.request(.cancel, "a")
        bench.core.apply(
            .command(ParentCommand(parent: Sample.parentID("a"), kind: .cancel, reason: "no")),
            at: Sample.at(2)
        )
        bench.turn(at: Sample.at(2))
        #expect(bench.result("a")?.refusalCode == "CANCELLED")
    }

    @Test("A lost connection holds back what adds exposure until the venue has told everything")
    func reconnected() throws {
        var bench = try bench()
        bench.core.reconcile(.report(report(at: 0)), at: Sample.open)
        bench.submit(Sample.submission(urgency: .high), at: Sample.open)
        let first = try #require(bench.turn(at: Sample.open).placed.first)
        for event in [
            BrokerEvent.acknowledged(first.id, Self.broker, at: Sample.open),
            .filled(Sample.fill(first, first.request.quantity, trade: "t", at: Sample.open)),
        ] { bench.core.apply(.broker(event), at: Sample.open) }
        bench.turn(at: Sample.open)
        let held = Int(first.request.quantity.units / 100_000_000)
        bench.core.apply(.disconnected(reason: "EOF"), at: Sample.at(10))
        bench.core.apply(.disconnected(reason: "connection refused"), at: Sample.at(11))
        for second in stride(from: 20, through: 190, by: 10) {
            // That the books are equal now says nothing of the next fill.
            #expect(bench.core.dueReport(at: Sample.at(second)) != nil, "at \(second) s")
            bench.core.reconcile(.report(report(at: second, nvda: held)), at: Sample.at(second))
            #expect(bench.turn(at: Sample.at(second)).placed.isEmpty, "at \(second) s")
        }
        bench.core.apply(.connected, at: Sample.at(195))
        #expect(bench.turn(at: Sample.at(195)).placed.isEmpty)
        #expect(bench.alerts.count { $0 == "account_unreconciled" } == 2, "\(bench.alerts)")
        bench.core.reconcile(.report(report(at: 200, nvda: held)), at: Sample.at(200))
        for second in stride(from: 200, through: 299, by: 10) { bench.turn(at: Sample.at(second)) }
        #expect(bench.placed.count > 1)
        let resumed = bench.record("a")?.events.contains {
            $0.event == .parent(.resumed(reason: "the account is reconciled"))
        }
        #expect(resumed == true)
    }

    @Test("Three comparisons that fail unreconcile an account, one does not")
    func unreachable() throws {
        var (bench, _) = try working()
        for (failure, isReconciled) in [(1, true), (2, true), (3, false)] {
            bench.core.reconcile(.unavailable(reason: "timeout"), at: Sample.at(failure))
            #expect(bench.core.isReconciled == isReconciled, "after \(failure)")
        }
        bench.turn(at: Sample.at(3))
        #expect(bench.alerts.contains("account_unreconciled"))
    }

    // MARK: Fills and orders

    @Test("A trade that nobody told is booked once, by its id")
    func missingFill() throws {
        var (bench, order) = try working()
        let fill = Sample.fill(order, Quantity(40), trade: "t", at: Sample.at(1))
        for second in [60, 120] {
            let now = Sample.at(second)
            bench.core.reconcile(
                .report(report(at: second, open: [open(order.id, executed: 40)], fills: [fill], nvda: 40)),
                at: now
            )
            bench.core.apply(.broker(.filled(fill)), at: now)
            bench.turn(at: now)
        }
        #expect(bench.batches.flatMap(\.fills).count == 1)
        #expect(bench.core.session(of: Sample.parentID("a"))?.progress.filled == Quantity(40))
        #expect(bench.core.isReconciled && findings(bench) == [.missingFill])
    }

    @Test("An order that a fail-over forgot and that has ended is one of what has traded", arguments: [false, true])
    func tradedUnrecorded(isToldFirst: Bool) throws {
        var (bench, order) = try working()
        bench.spoil("a") { record in
            record.events.removeAll { if case .child = $0.event { true } else { false } }
        }
        bench.takeOver(at: Sample.at(10))
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.at(10))
        let fills = ["t", "u"].map { Sample.fill(order, Quantity(15), trade: $0, at: Sample.at(1)) }
        if isToldFirst {
            for fill in fills { bench.core.apply(.broker(.filled(fill)), at: Sample.at(10)) }
        }
        bench.core.reconcile(.report(report(at: 10, fills: fills, nvda: 30)), at: Sample.at(10))
        bench.turn(at: Sample.at(10))
        #expect(bench.core.isReconciled)
        bench.core.reconcile(.report(report(at: 60, fills: fills, nvda: 30)), at: Sample.at(60))
        bench.turn(at: Sample.at(60))
        #expect(!bench.sent.contains(.cancel(order.id, order.instrument.symbol)), "there is nothing to cancel")
        #expect(bench.batches.flatMap(\.found).map(\.id) == [order.id], "found once")
        #expect(bench.batches.flatMap(\.found).map(\.request.quantity) == [Quantity(30)])
        let session = try #require(bench.core.session(of: Sample.parentID("a")))
        #expect(session.children[order.id]?.life == .filled && session.children[order.id]?.filled == Quantity(30))
        #expect(session.progress.filled + session.progress.open <= Quantity(100))
        #expect(bench.alerts.count { $0 == "unrecorded_order" } == 1)
    }

    @Test("A parent that has traded and is in no record is refused, whoever asks for it again")
    func recordLost() async throws {
        var bench = try bench()
        bench.core.apply(.forgotten(Sample.submission()), at: Sample.open)
        #expect(bench.turn(at: Sample.open).isEmpty)
        #expect(bench.result("a")?.refusalCode == "RECORD_LOST")
        bench.core.apply(.recorded(Sample.submission()), at: Sample.at(1))
        #expect(bench.turn(at: Sample.at(1)).isEmpty)
    }

    @Test("An order that a fail-over forgot counts for its parent before that may send again")
    func unrecorded() throws {
        var (bench, order) = try working()
        // The commit of the intent was lost with the primary: no event, no child.
        bench.spoil("a") { record in
            record.events.removeAll { if case .child = $0.event { true } else { false } }
        }
        bench.takeOver(at: Sample.at(10))
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.at(10))
        let fill = Sample.fill(order, Quantity(30), trade: "t", at: Sample.at(1))
        bench.core.reconcile(
            .report(report(at: 10, open: [open(order.id, executed: 30)], fills: [fill], nvda: 30)),
            at: Sample.at(10)
        )
        let commands = bench.turn(at: Sample.at(10))
        #expect(commands.placed.isEmpty && commands.cancelled == [order.id])
        let progress = try #require(bench.core.session(of: Sample.parentID("a"))?.progress)
        #expect(progress.filled == Quantity(30) && progress.open == Quantity(70))
        #expect(bench.batches.flatMap(\.found).map(\.id) == [order.id])
        #expect(bench.alerts.contains("unrecorded_order") && findings(bench).contains(.unrecordedOrder))
        bench.core.apply(.broker(.cancelled(order.id, executed: Quantity(30))), at: Sample.at(11))
        let placed = bench.turn(at: Sample.at(11)).placed
        #expect(placed.reduce(Quantity.zero) { $0 + $1.request.quantity } <= Quantity(70))
        let after = try #require(bench.core.session(of: Sample.parentID("a"))?.progress)
        #expect(after.filled + after.open <= Quantity(100))
    }

    @Test("A trade told before its forgotten order was found counts once")
    func strangerFirst() throws {
        var (bench, order) = try working()
        bench.spoil("a") { record in
            record.events.removeAll { if case .child = $0.event { true } else { false } }
        }
        bench.takeOver(at: Sample.at(10))
        let fill = Sample.fill(order, Quantity(30), trade: "t", at: Sample.at(1))
        bench.core.apply(.broker(.filled(fill)), at: Sample.at(10))
        bench.core.reconcile(
            .report(report(at: 10, open: [open(order.id, executed: 30)], fills: [fill], nvda: 30)),
            at: Sample.at(10)
        )
        bench.core.apply(.broker(.filled(fill)), at: Sample.at(10))
        bench.turn(at: Sample.at(10))
        #expect(bench.core.session(of: Sample.parentID("a"))?.progress.filled == Quantity(30))
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(30))
    }

    @Test("An order that has ended here and works there is cancelled, and the account waits until it is gone")
    func openAtVenue() throws {
        var (bench, order) = try working()
        bench.core.apply(.broker(.cancelled(order.id, executed: .zero)), at: Sample.at(1))
        bench.turn(at: Sample.at(1))
        bench.core.reconcile(.report(report(at: 60, open: [open(order.id)])), at: Sample.at(60))
        #expect(bench.turn(at: Sample.at(60)).cancelled == [order.id])
        #expect(bench.core.isReconciled, "once may be chance")
        bench.core.reconcile(.report(report(at: 61, open: [open(order.id)])), at: Sample.at(61))
        #expect(!bench.core.isReconciled)
        bench.core.reconcile(.report(report(at: 62)), at: Sample.at(62))
        #expect(bench.core.isReconciled)
    }

    @Test("An order that works here and not there is asked about")
    func endedAtVenue() throws {
        var (bench, order) = try working()
        #expect(bench.core.dueQuestions(at: Sample.at(60)).isEmpty)
        bench.core.reconcile(.report(report(at: 60)), at: Sample.at(60))
        #expect(bench.core.dueQuestions(at: Sample.at(60)).map(\.order) == [order.id])
    }

    @Test("An order without a parent that works is cancelled at the venue")
    func orphan() throws {
        var bench = try bench()
        let id = ClientOrderID(parent: Sample.parentID("z"), incarnation: Incarnation(bits: 3), sequence: 1)
        bench.core.reconcile(.report(report(at: 0, open: [open(id)])), at: Sample.open)
        #expect(bench.turn(at: Sample.open).cancelled == [id])
        #expect(!bench.core.isReconciled && bench.core.nextWake == Sample.at(1))
    }

    // MARK: Others

    @Test(
        "Trades that are not ours are booked and told, a liquidation as one",
        arguments: [("web_1", "external_fill"), ("autoclose-17", "liquidation"), ("adl_autoclose", "liquidation")]
    )
    func external(_ id: String, _ code: String) throws {
        var bench = try bench()
        let fill = foreign(id, 7, trade: "x")
        for second in [0, 60] {
            bench.core.reconcile(.report(report(at: second, fills: [fill], nvda: 7)), at: Sample.at(second))
            bench.turn(at: Sample.at(second))
        }
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(7))
        #expect(bench.core.isReconciled && bench.alerts == [code])
        #expect(findings(bench).count == 1)
    }

    @Test("An order of somebody else is told once and left alone")
    func externalOrder() throws {
        var bench = try bench()
        for second in [0, 60, 120] {
            let report = report(at: second, open: [open(ClientOrderID(unchecked: "web_1"))])
            bench.core.reconcile(.report(report), at: Sample.at(second))
            #expect(bench.turn(at: Sample.at(second)).isEmpty)
        }
        #expect(bench.core.isReconciled && bench.alerts == ["external_order"])
        #expect(bench.batches.compactMap(\.reconciliation).filter(\.isNotable).count == 1)
    }

    @Test("Funding and transfers are booked once, and explain the balance")
    func payments() throws {
        var bench = try bench()
        let funding = VenuePayment(
            kind: .funding,
            reference: "f1",
            amount: Sample.money(-3),
            symbol: Sample.nvda,
            at: Sample.at(1)
        )
        for second in [2, 62] {
            bench.core.reconcile(
                .report(report(at: second, balances: [Sample.money(99_997)], payments: [funding])),
                at: Sample.at(second)
            )
            bench.turn(at: Sample.at(second))
        }
        #expect(bench.core.portfolio.cash == Sample.money(99_997) && bench.core.isReconciled)
        #expect(bench.core.portfolio.funding == Sample.money(-3))
    }

    // MARK: Holdings

    @Test("A position that no trade explains unreconciles the account when it is seen twice")
    func positionDiffers() throws {
        var (bench, order) = try working()
        bench.core.reconcile(.report(report(at: 60, open: [open(order.id)], nvda: 5)), at: Sample.at(60))
        bench.turn(at: Sample.at(60))
        #expect(bench.core.isReconciled, "a trade may have come between two parts of the answer")
        bench.core.reconcile(.report(report(at: 61, open: [open(order.id)], nvda: 5)), at: Sample.at(61))
        bench.turn(at: Sample.at(61))
        #expect(!bench.core.isReconciled && bench.alerts.contains("account_unreconciled"))
        let state = try #require(bench.core.reconciliationState)
        #expect(state.reason == "The position in NVDA is 0 by our books and 5 at the venue.")
    }

    @Test("A person takes the venue's position and balance over; both are booked with the reason")
    func adopt() throws {
        var bench = try bench()
        let told = report(at: 0, nvda: 5, balances: [Sample.money(100_100)])
        bench.core.reconcile(.report(told), at: Sample.open)
        bench.turn(at: Sample.open)
        #expect(!bench.core.isReconciled)
        let request = ReconciliationRequest(number: 4, adopts: true, reason: "moved by hand", by: "kim")
        for _ in 0..<2 { bench.core.apply(.reconciliation(request), at: Sample.at(5)) }
        #expect(bench.core.dueReport(at: Sample.at(5)) != nil)
        bench.core.reconcile(.report(told), at: Sample.at(5))
        bench.turn(at: Sample.at(5))
        #expect(bench.core.isReconciled)
        #expect(bench.core.portfolio.position(Sample.nvda).quantity == Quantity(5))
        // Five at 100 were paid for, and the wallet has 100 more than before.
        #expect(bench.core.portfolio.cash == Sample.money(99_600))
        let entries = bench.batches.flatMap(\.ledger)
        #expect(entries.map(\.kind) == [.adjustment, .adjustment])
        #expect(entries.allSatisfy { $0.note == "moved by hand (by kim)" })
        #expect(bench.batches.flatMap(\.requests) == [4])
    }

    @Test("Balances may differ by what rounding makes", arguments: [(100_009, true), (100_011, false)])
    func tolerance(_ venue: Int, _ isReconciled: Bool) throws {
        var bench = try bench()
        bench.core.reconcile(.report(report(at: 0, balances: [Sample.money(venue)])), at: Sample.open)
        #expect(bench.core.isReconciled == isReconciled)
    }
}
