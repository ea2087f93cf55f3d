import ExecutionEngine
import MarketData
import OrderManagement
import PaperTrading
import Testing
import TradingDomain

@Suite("The simulated venue")
struct SimulatedVenueTests {
    /// Sends at a time, and lets the latency of 50 ms pass twice.
    private func play(_ venue: inout SimulatedVenue, _ orders: [ChildOrder], at now: Timestamp) -> [BrokerEvent] {
        for order in orders { venue.send(.place(order), at: now) }
        venue.advance(to: now + .milliseconds(50))
        return venue.takeReports(until: now + .milliseconds(100))
    }

    @Test("Orders together take at most a tenth of what a quote shows; the next quote brings new size")
    func quoteCap() {
        var venue = Sample.venue()
        venue.market(Sample.quote(9_999, 10_001, size: Quantity(1000), at: Sample.open))
        let orders = [Sample.order(1, Quantity(80)), Sample.order(2, Quantity(80))]
        let first = play(&venue, orders, at: Sample.open)
        #expect(first.fills.map(\.quantity) == [Quantity(80), Quantity(20)])
        venue.market(Sample.quote(9_999, 10_001, size: Quantity(300), at: Sample.at(1)))
        #expect(venue.takeReports(until: Sample.at(2)).fills.map(\.quantity) == [Quantity(30)])
    }

    @Test("A seller's share is the bid's, apart from the buyers'")
    func sides() {
        var venue = Sample.venue()
        venue.market(Sample.quote(9_999, 10_001, size: Quantity(1000), at: Sample.open))
        let orders = [Sample.order(1, Quantity(100)), Sample.order(2, Quantity(100), side: .sell)]
        let fills = play(&venue, orders, at: Sample.open).fills
        #expect(fills.map(\.quantity) == [Quantity(100), Quantity(100)])
        // 100 shares cost half a basis point: 100.01 + 0.005, and 99.99 − 0.005, to the nearest cent above the half.
        #expect(fills.allSatisfy { $0.price.rounded(to: Sample.price(1), for: .buy) == $0.price })
        #expect(fills[0].price >= Sample.price(10_001) && fills[1].price <= Sample.price(9_999))
    }

    @Test("Orders together take at most a tenth of a bar, in the order of their arrival, the tenth one too")
    func barCap() {
        var venue = Sample.venue()
        let orders = (1...12).map { Sample.order($0, Quantity(10)) }
        _ = play(&venue, orders, at: Sample.open)
        venue.market(.bar(Sample.bar(Sample.price(10_000), volume: Quantity(1150), end: Sample.at(60))))
        let fills = venue.takeReports(until: Sample.at(61)).fills
        #expect(fills.map(\.clientOrderID) == orders.map(\.id))
        #expect(fills.map(\.quantity) == [Quantity](repeating: Quantity(10), count: 11) + [Quantity(5)])
    }

    @Test("Nothing fills before it arrived, and a bar's fill is stamped inside the bar")
    func noFillBeforeArrival() throws {
        for early in [0.05, 30, 59.9, 59.9497, 59.95, 60] {
            var venue = Sample.venue()
            let sent = Sample.at(early)
            venue.send(.place(Sample.order(1, Quantity(10), requestTime: sent)), at: sent)
            venue.advance(to: min(sent + .milliseconds(50), Sample.at(60)))
            venue.market(.bar(Sample.bar(Sample.price(10_000), volume: Quantity(1000), end: Sample.at(60))))
            venue.advance(to: sent + .milliseconds(50))
            let fills = venue.takeReports(until: Sample.at(70)).fills
            #expect(fills.isEmpty == (sent + .milliseconds(50) >= Sample.at(60)), "\(early)")
            for fill in fills {
                #expect(fill.tradedAt >= sent + .milliseconds(50) && fill.tradedAt < Sample.at(60), "\(early)")
            }
        }
    }

    @Test("An order that arrives after its receive window never trades")
    func receiveWindow() {
        for (seconds, kind) in [(4.95, "ack"), (4.951, "reject"), (3600.0, "reject")] {
            var venue = Sample.venue()
            let events = play(&venue, [Sample.order(1, Quantity(10))], at: Sample.at(seconds))
            #expect(events.kinds == [kind], "\(seconds)")
        }
    }

    @Test("A second copy of a command trades nothing, whatever became of the first")
    func duplicates() {
        var venue = Sample.venue()
        venue.market(Sample.quote(9_999, 10_001, size: Quantity(1000), at: Sample.open))
        let order = Sample.order(1, Quantity(10))
        #expect(play(&venue, [order, order], at: Sample.open).kinds == ["ack", "fill"])
        #expect(play(&venue, [order], at: Sample.at(1)).isEmpty)
    }

    @Test("Quantities off the lot and prices off the tick are rejected")
    func badOrders() {
        var venue = Sample.venue()
        let orders = [
            Sample.order(1, Quantity(units: 150_000_000)), Sample.order(2, .zero), Sample.order(3, Quantity(-1)),
            Sample.order(4, Quantity(1), type: .limit(Price(units: 10_000_500_000))),
        ]
        #expect(play(&venue, orders, at: Sample.open).kinds == ["reject", "reject", "reject", "reject"])
        #expect(
            play(&venue, [Sample.order(5, Quantity(1), requestTime: Sample.close)], at: Sample.close).kinds == [
                "reject"
            ]
        )
    }

    @Test(
        "Time in force: what cannot trade at once ends, rests, or trades all or nothing",
        arguments: [
            (TimeInForce.immediateOrCancel, ["ack", "fill", "expired"]), (.fillOrKill, ["ack", "expired"]),
            (.day, ["ack", "fill"]), (.goodTillCancel, ["ack", "fill"]),
        ]
    )
    func timeInForce(timeInForce: TimeInForce, kinds: [String]) {
        var venue = Sample.venue()
        venue.market(Sample.quote(9_999, 10_001, size: Quantity(100), at: Sample.open))
        let order = Sample.order(1, Quantity(20), timeInForce: timeInForce)
        #expect(play(&venue, [order], at: Sample.open).kinds == kinds)
        venue.advance(to: Sample.close)
        let atClose = venue.takeReports(until: Sample.close + .seconds(1)).kinds
        #expect(atClose == (timeInForce == .day ? ["expired"] : []))
        if timeInForce == .goodTillCancel { #expect(venue.nextEventAt == nil) }
    }

    @Test("An immediate order in a market without data ends with the session")
    func immediateWithoutData() {
        var venue = Sample.venue()
        let order = Sample.order(1, Quantity(20), timeInForce: .immediateOrCancel)
        #expect(play(&venue, [order], at: Sample.open).kinds == ["ack"])
        #expect(venue.nextEventAt == Sample.close)
        venue.advance(to: Sample.close)
        #expect(venue.takeReports(until: Sample.close + .seconds(1)).kinds == ["expired"])
    }

    @Test("A cancel that races a fill says so; both orders of the race are told as they were")
    func cancelRaces() {
        var venue = Sample.venue()
        let order = Sample.order(1, Quantity(10))
        _ = play(&venue, [order], at: Sample.open)
        venue.send(.cancel(order.id, Sample.nvda), at: Sample.at(1))
        venue.market(Sample.quote(9_999, 10_001, size: Quantity(1000), at: Sample.at(1.01)))
        venue.advance(to: Sample.at(1.05))
        #expect(venue.takeReports(until: Sample.at(2)).kinds == ["fill", "cancelRefused"])

        venue = Sample.venue()
        _ = play(&venue, [order], at: Sample.open)
        venue.send(.cancel(order.id, Sample.nvda), at: Sample.at(1))
        venue.advance(to: Sample.at(1.05))
        venue.market(Sample.quote(9_999, 10_001, size: Quantity(1000), at: Sample.at(1.06)))
        #expect(venue.takeReports(until: Sample.at(2)).kinds == ["cancelled"])
    }

    @Test("Asked, the venue tells what it has not yet reported")
    func query() {
        var venue = Sample.venue()
        venue.market(Sample.quote(9_999, 10_001, size: Quantity(1000), at: Sample.open))
        let order = Sample.order(1, Quantity(10))
        venue.send(.place(order), at: Sample.open)
        #expect(venue.query(order.id, at: Sample.open) == .notFound(venueTime: Sample.open))
        venue.advance(to: Sample.at(0.05))
        guard case .known(let events) = venue.query(order.id, at: Sample.at(0.05)) else {
            Issue.record("the venue does not know \(order.id)")
            return
        }
        #expect(events.kinds == ["ack", "fill"])
        #expect(venue.takeReports(until: Sample.at(0.09)).isEmpty)
    }

    @Test("A venue restored from its store goes on exactly as the one that stayed", arguments: UInt64(0)..<40)
    func restore(seed: UInt64) {
        var random = Seeded(seed)
        var stays = Sample.venue { $0.seed = seed }
        var stored: [ClientOrderID: VenueOrder] = [:]
        let forces = TimeInForce.allCases
        for number in 1...14 {
            let order = Sample.order(
                15 - number,
                Quantity(1 + random.below(30)),
                side: random.below(2) == 0 ? .buy : .sell,
                type: random.below(2) == 0 ? .market : .limit(Sample.price(9_995 + random.below(10))),
                timeInForce: forces[random.below(4)]
            )
            stays.send(.place(order), at: Sample.open)
        }
        stays.advance(to: Sample.at(0.05))
        stays.market(.bar(Sample.bar(Sample.price(10_000), volume: Quantity(500), end: Sample.at(60))))
        _ = stays.takeReports(until: Sample.at(61))
        for order in stays.takeChanges() { stored[order.order.id] = order }
        var moves = Sample.venue { $0.seed = seed }
        moves.restore(Array(stored.values))
        for minute in 2...6 {
            let end = Sample.at(Double(60 * minute))
            let event = MarketEvent.bar(
                Sample.bar(Sample.price(9_995 + random.below(10)), volume: Quantity(random.below(900)), end: end)
            )
            stays.market(event)
            moves.market(event)
            stays.advance(to: end)
            moves.advance(to: end)
            let (told, retold) = (
                stays.takeReports(until: end + .seconds(1)), moves.takeReports(until: end + .seconds(1))
            )
            #expect(told == retold, "seed \(seed), minute \(minute)")
        }
        #expect(stays.nextEventAt == moves.nextEventAt)
    }
}
