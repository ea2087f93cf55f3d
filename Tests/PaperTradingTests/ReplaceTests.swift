import ExecutionEngine
import MarketData
import OrderManagement
import PaperTrading
import Testing
import TradingDomain

@Suite("Replacing at the simulated venue")
struct ReplaceTests {
    private static let limit = OrderType.limit(Sample.price(9_990))

    private func heir(_ number: Int, of old: ChildOrder, _ total: Int, _ type: OrderType = limit) -> ChildOrder {
        ChildOrder(
            id: ClientOrderID(parent: old.parent, incarnation: Incarnation(bits: 1), sequence: number),
            parent: old.parent,
            account: old.account,
            instrument: old.instrument,
            side: old.side,
            request: ChildRequest(quantity: Quantity(total), type: type),
            requestTime: old.requestTime,
            validFor: old.validFor,
            replaces: old.id
        )
    }

    /// A venue where `orders` rest at 99.90 below the market.
    private func resting(_ orders: [ChildOrder]) -> SimulatedVenue {
        var venue = Sample.venue()
        venue.market(Sample.quote(9_990, 10_010, size: Quantity(1000), at: Sample.open))
        for order in orders { venue.send(.place(order), at: Sample.open) }
        venue.advance(to: Sample.at(0.05))
        _ = venue.takeReports(until: Sample.at(0.1))
        return venue
    }

    private func replace(_ order: ChildOrder, _ venue: inout SimulatedVenue) -> [BrokerEvent] {
        venue.send(.replace(order), at: Sample.at(1))
        venue.advance(to: Sample.at(1.05))
        return venue.takeReports(until: Sample.at(1.1))
    }

    @Test("One step: the new order works in the place of the old one, for the total less what that had executed")
    func total() throws {
        let old = Sample.order(1, Quantity(80), type: Self.limit)
        var venue = resting([old])
        // A tenth of 300 trades at the limit.
        venue.market(Sample.quote(9_980, 9_990, size: Quantity(300), at: Sample.at(0.5)))
        _ = venue.takeReports(until: Sample.at(0.9))
        venue.market(Sample.quote(9_990, 10_010, size: Quantity(1000), at: Sample.at(0.9)))
        let new = heir(2, of: old, 100)
        let told = replace(new, &venue)
        guard case .replaced(old.id, new.id, _, Quantity(30), _) = told.first else {
            Issue.record("\(told)")
            return
        }
        venue.market(Sample.quote(9_980, 9_990, size: Quantity(5000), at: Sample.at(2)))
        let fills = venue.takeReports(until: Sample.at(3)).fills
        #expect(fills.map(\.clientOrderID) == [new.id] && fills.map(\.quantity) == [Quantity(70)])
        #expect(venue.query(old.id, at: Sample.at(3)) != .notFound(venueTime: Sample.at(3)))
        guard case .known(let story) = venue.query(new.id, at: Sample.at(3)) else { return }
        #expect(story.first == told.first && story.count == 2)
    }

    @Test(
        "It keeps its place in the queue when only the size goes down, and goes to the end otherwise",
        arguments: [(60, 9_990, [2, 3]), (120, 9_990, [3, 2]), (60, 9_991, [3, 2])]
    )
    func priority(total: Int, cents: Int, order expected: [Int]) throws {
        let (old, other) = (
            Sample.order(1, Quantity(80), type: Self.limit), Sample.order(3, Quantity(60), type: Self.limit)
        )
        var venue = resting([old, other])
        _ = replace(heir(2, of: old, total, .limit(Sample.price(cents))), &venue)
        venue.market(Sample.quote(9_980, 9_990, size: Quantity(10_000), at: Sample.at(2)))
        let fills = venue.takeReports(until: Sample.at(3)).fills
        #expect(fills.compactMap { $0.clientOrderID.parts?.sequence } == expected)
    }

    @Test("What has ended, traded that much, or is not known is not replaced, and the old one stays as it is")
    func refused() throws {
        let old = Sample.order(1, Quantity(80), type: Self.limit)
        var venue = resting([old])
        let stranger = heir(9, of: Sample.order(8, Quantity(10)), 20)
        #expect(replace(stranger, &venue).kinds == ["reject"])
        venue.market(Sample.quote(9_980, 9_990, size: Quantity(300), at: Sample.at(1.2)))
        _ = venue.takeReports(until: Sample.at(1.4))
        venue.market(Sample.quote(9_990, 10_010, size: Quantity(1000), at: Sample.at(1.4)))
        #expect(replace(heir(4, of: old, 30), &venue).kinds == ["reject"], "30 have traded")
        venue.send(.cancel(old.id, Sample.nvda), at: Sample.at(2))
        venue.advance(to: Sample.at(2.1))
        #expect(venue.takeReports(until: Sample.at(3)).kinds == ["cancelled"], "it still worked")
        #expect(replace(heir(5, of: old, 90), &venue).kinds == ["reject"])
    }
}
