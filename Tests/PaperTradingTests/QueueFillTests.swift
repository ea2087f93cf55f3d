import ExecutionEngine
import Foundation
import MarketData
import OrderManagement
import PaperTrading
import Testing
import TradingDomain

/// Fills in markets that tell single trades or a deep book.
@Suite("Waiting in the queue")
struct QueueFillTests {
    private func trade(_ cents: Int, _ size: Int, at seconds: Double, _ aggressor: Side? = .sell) -> MarketEvent {
        .trade(
            Trade(
                symbol: Sample.nvda,
                at: Sample.at(seconds),
                price: Sample.price(cents),
                size: Quantity(size),
                aggressor: aggressor
            )
        )
    }

    private func quote(_ bid: Int, _ bidSize: Int, _ ask: Int, _ askSize: Int, at seconds: Double) -> MarketEvent {
        .quote(
            Quote(
                symbol: Sample.nvda,
                at: Sample.at(seconds),
                bid: Sample.price(bid),
                bidSize: Quantity(bidSize),
                ask: Sample.price(ask),
                askSize: Quantity(askSize)
            )
        )
    }

    private func depth(_ bids: [(Int, Int)], _ asks: [(Int, Int)], at seconds: Double) -> MarketEvent {
        func level(_ pair: (Int, Int)) -> BookLevel {
            BookLevel(price: Sample.price(pair.0), size: Quantity(pair.1))
        }
        return .depth(
            BookDepth(
                symbol: Sample.nvda,
                at: Sample.at(seconds),
                levels: BookLevels(bids: bids.map(level), asks: asks.map(level))
            )
        )
    }

    private func limit(_ number: Int, _ quantity: Int, _ cents: Int, side: Side = .buy, post: Bool = false)
        -> ChildOrder
    {
        let order = Sample.order(number, Quantity(quantity), side: side, type: .limit(Sample.price(cents)))
        guard post else { return order }
        var request = order.request
        request.postOnly = true
        return ChildOrder(
            id: order.id,
            parent: order.parent,
            account: order.account,
            instrument: order.instrument,
            side: side,
            request: request,
            requestTime: order.requestTime,
            validFor: order.validFor
        )
    }

    /// A venue whose market has told a trade, with orders that arrived at 0.05 s.
    private func venue(_ orders: [ChildOrder], after events: [MarketEvent]) -> SimulatedVenue {
        var venue = Sample.venue()
        venue.market(trade(10_000, 1, at: -1))
        for event in events { venue.market(event) }
        for order in orders { venue.send(.place(order), at: Sample.open) }
        venue.advance(to: Sample.at(0.05))
        return venue
    }

    private func fills(_ venue: inout SimulatedVenue) -> [String] {
        venue.takeReports(until: Sample.close).fills.map { "\($0.quantity)@\($0.price)" }
    }

    @Test("We are last at our level: trades fill us when what was ahead has traded, in parts and at our price")
    func queue() {
        var venue = venue([limit(1, 50, 9_999)], after: [quote(9_999, 200, 10_001, 300, at: 0)])
        venue.market(trade(9_999, 150, at: 1))
        venue.market(quote(9_999, 50, 10_001, 300, at: 1))
        #expect(fills(&venue).isEmpty)
        venue.market(trade(9_999, 70, at: 2))
        #expect(fills(&venue) == ["20@99.99"])
        venue.market(trade(9_999, 5, at: 3, .buy))
        #expect(fills(&venue).isEmpty, "a buyer does not trade with buyers")
        venue.market(trade(9_998, 100, at: 4))
        #expect(fills(&venue) == ["30@99.99"], "traded beyond our price")
    }

    @Test("The touch alone fills nobody who waits; the other side at our price does, for what we may take of it")
    func touch() {
        var venue = venue([limit(1, 50, 10_000)], after: [quote(9_999, 200, 10_001, 300, at: 0)])
        venue.market(quote(10_000, 80, 10_001, 300, at: 1))
        venue.market(quote(9_998, 80, 9_999, 300, at: 2))
        #expect(fills(&venue) == ["30@100"], "a tenth of 300, and at our own price")
        venue.market(quote(9_998, 80, 10_000, 100, at: 3))
        #expect(fills(&venue) == ["10@100"])
    }

    @Test("Better prices and earlier orders of ours come first, and a trade is given out once")
    func priority() {
        let orders = [limit(1, 10, 9_998), limit(2, 10, 10_000), limit(3, 10, 10_000)]
        var venue = venue(orders, after: [quote(9_998, 20, 10_002, 300, at: 0)])
        venue.market(trade(9_998, 45, at: 1))
        let filled = venue.takeReports(until: Sample.close).fills
        // 20 reach beyond 100.00 first; of 45 at 99.98, 20 are ahead of us there, and 25 less our 20 reach us.
        #expect(filled.map(\.clientOrderID) == [orders[1].id, orders[2].id, orders[0].id])
        #expect(filled.map(\.quantity) == [Quantity(10), Quantity(10), Quantity(5)])
    }

    @Test("A trade whose taker is not told counts only inside the best prices")
    func unknownTaker() {
        var venue = venue([limit(1, 10, 9_999)], after: [quote(9_999, 20, 10_001, 300, at: 0)])
        venue.market(trade(9_990, 500, at: 1, nil))
        #expect(fills(&venue).isEmpty, "printed late, or agreed elsewhere")
        venue.market(trade(9_999, 25, at: 2, nil))
        #expect(fills(&venue) == ["5@99.99"])
    }

    @Test("A deep book is walked level by level; what was taken is missing until the level grows")
    func deep() {
        let book = depth([(9_999, 10)], [(10_001, 10), (10_002, 20), (10_005, 50)], at: 0)
        var venue = venue([Sample.order(1, Quantity(25)), limit(2, 20, 10_002)], after: [book])
        #expect(fills(&venue) == ["10@100.01", "15@100.02", "5@100.02"])
        venue.market(depth([(9_999, 10)], [(10_002, 20), (10_005, 50)], at: 1))
        #expect(fills(&venue).isEmpty)
        venue.market(depth([(9_999, 10)], [(10_002, 27), (10_005, 50)], at: 2))
        #expect(fills(&venue) == ["7@100.02"])
        venue.market(trade(10_001, 3, at: 3))
        #expect(fills(&venue) == ["3@100.02"], "the rest of it bids above the market")
    }

    @Test("Deeper levels tell the queue too; a level that is not shown tells nothing until it is")
    func deepQueue() {
        let book = depth([(9_999, 10), (9_997, 40)], [(10_001, 10)], at: 0)
        var venue = venue([limit(1, 5, 9_998), limit(2, 5, 9_990)], after: [book])
        venue.market(trade(9_998, 2, at: 1))
        #expect(fills(&venue) == ["2@99.98"], "nobody was at 99.98")
        venue.market(trade(9_990, 100, at: 2))
        #expect(fills(&venue) == ["3@99.98"], "what rests at 99.90 is not known")
        venue.market(depth([(9_990, 30)], [(10_001, 10)], at: 3))
        venue.market(trade(9_990, 34, at: 4))
        #expect(fills(&venue) == ["4@99.9"])
    }

    @Test("A fill-or-kill order takes a deep book whole or not at all")
    func fillOrKill() {
        let book = depth([(9_999, 10)], [(10_001, 10), (10_002, 20)], at: 0)
        let orders = [
            Sample.order(1, Quantity(31), timeInForce: .fillOrKill),
            Sample.order(2, Quantity(30), timeInForce: .fillOrKill),
        ]
        var venue = venue(orders, after: [book])
        #expect(venue.takeReports(until: Sample.close).kinds == ["ack", "expired", "ack", "fill", "fill"])
    }

    @Test("Our own orders never trade with each other: the one that rests expires")
    func selfTrade() {
        let book = depth([(9_999, 10)], [(10_005, 10)], at: 0)
        let orders = [limit(1, 5, 10_001, side: .sell), limit(2, 5, 10_003, side: .sell), limit(3, 5, 10_002)]
        var venue = venue(orders, after: [book])
        let events = venue.takeReports(until: Sample.close)
        #expect(events.kinds == ["ack", "ack", "ack", "expired"])
        #expect(events.last == .expired(orders[0].id, executed: .zero))
    }

    @Test("Post-only looks at the deep book, too")
    func postOnly() {
        let book = depth([(9_999, 10)], [(10_001, 10)], at: 0)
        var venue = venue([limit(1, 5, 10_001, post: true), limit(2, 5, 10_000, post: true)], after: [book])
        #expect(venue.takeReports(until: Sample.close).kinds == ["reject", "ack"])
    }

    /// The same market and orders; one venue dies between any two events and comes back from what it had stored.
    @Test("A restart in the middle of a queue keeps the place in it", arguments: UInt64(0)..<60)
    func restart(seed: UInt64) throws {
        var random = Seeded(seed)
        let isDeep = random.below(2) == 0
        var stays = Sample.venue()
        var moves = Sample.venue()
        var stored: [ClientOrderID: Data] = [:]
        var past: [MarketEvent] = []
        var number = 0
        for step in 1...120 {
            let time = Double(step)
            var events: [MarketEvent] = []
            let (bid, ask) = (9_996 + random.below(4), 10_001 + random.below(3))
            switch random.below(3) {
            case 0 where isDeep:
                events.append(
                    depth(
                        (0..<4).map { (bid - $0, 1 + random.below(60)) },
                        (0..<4).map { (ask + $0, 1 + random.below(60)) },
                        at: time
                    )
                )
            case 0, 1: events.append(quote(bid, 1 + random.below(60), ask, 1 + random.below(60), at: time))
            default:
                let isSale = random.below(2) == 0
                events.append(
                    trade(isSale ? bid : ask, 1 + random.below(80), at: time, isSale ? .sell : .buy)
                )
            }
            var orders: [ChildOrder] = []
            if random.below(4) == 0 {
                number += 1
                // Passive, so that nothing is taken: what was taken of a level is offered again after a restart.
                let side: Side = random.below(2) == 0 ? .buy : .sell
                orders.append(
                    limit(
                        number,
                        1 + random.below(40),
                        side == .buy ? 9_993 + random.below(3) : 10_004 + random.below(3),
                        side: side
                    )
                )
            }
            func play(_ venue: inout SimulatedVenue) -> ([BrokerEvent], [VenueOrder]) {
                for event in events { venue.market(event) }
                for order in orders {
                    venue.send(.place(Sample.renewed(order, at: Sample.at(time))), at: Sample.at(time))
                }
                venue.advance(to: Sample.at(time + 0.1))
                return (venue.takeReports(until: Sample.at(time + 0.3)), venue.takeChanges())
            }
            let (told, _) = play(&stays)
            let (retold, changes) = play(&moves)
            #expect(told == retold, "seed \(seed), step \(step)")
            guard told == retold else { return }
            for order in changes { stored[order.order.id] = try JSONEncoder().encode(order) }
            past += events
            if random.below(10) == 0 {
                moves = Sample.venue()
                moves.restore(try stored.values.map { try JSONDecoder().decode(VenueOrder.self, from: $0) })
                moves.show(past)
                moves.advance(to: Sample.at(time + 0.1))
            }
        }
    }
}

@Suite("Latency")
struct LatencyTests {
    private func id(_ number: Int) -> ClientOrderID { Sample.order(number, Quantity(1)).id }

    @Test(
        "Times stay between their bounds, are the same for the same order, and differ between orders",
        arguments: [
            LatencyModel.fixed(5), .uniform(least: 10, most: 90),
            .logNormal(median: 1_000_000, spread: 0.5, least: 200_000, most: 9_000_000),
        ]
    )
    func bounds(model: LatencyModel) throws {
        let times = (0..<2000).map { model.nanoseconds(seed: 3, order: id($0 + 1), event: 0) }
        #expect(times == (0..<2000).map { model.nanoseconds(seed: 3, order: id($0 + 1), event: 0) })
        switch model {
        case .fixed(let time): #expect(Set(times) == [time])
        case .uniform(let least, let most):
            #expect(times.allSatisfy { $0 >= least && $0 < most } && Set(times).count > 70)
            let mean = times.reduce(0, +) / Int64(times.count)
            #expect(abs(mean - 50) <= 2)
        case .logNormal(let median, _, let least, let most):
            #expect(times.allSatisfy { $0 >= least && $0 <= most })
            let sorted = times.sorted()
            #expect(abs(sorted[1000] - median) < median / 10)
            // One standard deviation above: e^0.5 = 1.65 times the median has 84 % below it.
            let below = times.count { Double($0) < 1.6487 * Double(median) }
            #expect(abs(below - 1683) < 60, "\(below)")
            #expect(times != (0..<2000).map { model.nanoseconds(seed: 4, order: id($0 + 1), event: 0) })
        }
        let copy = try JSONDecoder().decode(LatencyModel.self, from: JSONEncoder().encode(model))
        #expect(copy == model)
    }

    @Test("Commands and reports have times of their own, and nothing overtakes", arguments: UInt64(0)..<100)
    func inOrder(seed: UInt64) {
        var venue = Sample.venue {
            $0.seed = seed
            $0.commandLatency = .uniform(least: 1_000_000, most: 900_000_000)
            $0.reportLatency = .logNormal(median: 50_000_000, spread: 1, least: 1_000_000, most: 2_000_000_000)
        }
        venue.market(Sample.quote(9_999, 10_001, size: Quantity(100_000), at: Sample.open))
        let orders = (1...8).map { Sample.order($0, Quantity(10)) }
        for order in orders { venue.send(.place(order), at: Sample.open) }
        venue.send(.cancel(orders[7].id, Sample.nvda), at: Sample.open)
        var told: [BrokerEvent] = []
        while let next = venue.nextEventAt, next < Sample.at(60) {
            venue.advance(to: next)
            told += venue.takeReports(until: next)
        }
        #expect(told.kinds == orders.flatMap { _ in ["ack", "fill"] } + ["cancelRefused"], "seed \(seed)")
        #expect(told.fills.map(\.clientOrderID) == orders.map(\.id))
        #expect(told.fills.allSatisfy { $0.tradedAt > Sample.open && $0.tradedAt <= Sample.at(0.9) })
    }

    @Test("A model without the newer fields is read as before")
    func oldModels() throws {
        let text =
            #"{"participationPercent":"10","commissionRate":"0.00015","latencyNanoseconds":50000000,"#
            + #""assumedSpreadBps":"1","seed":7}"#
        #expect(try JSONDecoder().decode(FillModel.self, from: Data(text.utf8)) == FillModel(seed: 7))
    }
}
