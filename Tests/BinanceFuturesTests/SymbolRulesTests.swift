import Foundation
import Testing
import TradingDomain

@testable import BinanceFutures

@Suite("What the venue takes of a symbol")
struct SymbolRulesTests {
    @Test("Filters are read exactly; symbols of a kind unknown to us are left out")
    func reading() throws {
        let exchange = try JSONDecoder().decode(WireExchange.self, from: Data(Samples.exchangeInfo.utf8))
        let rules = exchange.symbols.elements.compactMap(SymbolRules.init)
        #expect(rules.map(\.symbol.text) == ["BTCUSDT", "OLDUSDT"])
        #expect(rules.first == (try Samples.rules()))
        #expect(rules.last?.isTrading == false)
        let instrument = try #require(rules.first?.instrument)
        #expect(instrument.tick == (try Samples.price("0.1")))
        #expect(instrument.lot == (try Samples.quantity("0.001")))
        #expect(instrument.calendar == "24/7" && instrument.currency == .usdt)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var side = Side.buy
        var quantity = "0.01"
        var limit: String? = "95000"
        var mark: String? = "95000"
        var reduceOnly = false
        let expected: String
        var testDescription: String { "\(side) \(quantity) at \(limit ?? "market"), mark \(mark ?? "-"): \(expected)" }
    }

    @Test(
        "Orders go to the grids, or are refused by us and not by the venue",
        arguments: [
            Case(expected: "0.01@95000"),
            Case(quantity: "0.0109", limit: "95000.17", expected: "0.01@95000.1"),
            Case(side: .sell, limit: "95000.11", expected: "0.01@95000.2"),
            Case(quantity: "0.0009", expected: "quantity_below_least"),
            Case(quantity: "1000.001", mark: nil, expected: "quantity_above_most"),
            Case(quantity: "121", limit: nil, expected: "quantity_above_most"),
            Case(quantity: "120", limit: nil, expected: "120@market"),
            Case(quantity: "120", limit: nil, mark: nil, expected: "120@market"),
            Case(limit: "556.7", mark: nil, expected: "price_out_of_range"),
            Case(limit: "4529764.1", mark: nil, expected: "price_out_of_range"),
            // The band (99750 and 90250) is against the mark price, on the side that could hurt alone; a limit beyond it,
            // or so near to its edge that the mark price may pass it on the way, is drawn in.
            Case(limit: "99650.2", expected: "0.01@99650.2"),
            Case(limit: "99650.3", expected: "0.01@99650.2"),
            Case(limit: "99750", expected: "0.01@99650.2"),
            Case(limit: "99750.1", expected: "0.01@99650.2"),
            Case(limit: "5000.1", expected: "0.01@5000.1"),
            Case(side: .sell, limit: "90340.3", expected: "0.01@90340.3"),
            Case(side: .sell, limit: "90250", expected: "0.01@90340.3"),
            Case(side: .sell, limit: "90249.9", expected: "0.01@90340.3"),
            Case(side: .sell, limit: "190000", expected: "0.01@190000"),
            Case(limit: "99750.1", mark: nil, expected: "0.01@99750.1"),
            Case(quantity: "0.001", limit: "49999.9", expected: "notional_below_least"),
            Case(quantity: "0.001", limit: "50000", expected: "0.001@50000"),
            Case(quantity: "0.001", limit: "49999.9", reduceOnly: true, expected: "0.001@49999.9"),
            Case(quantity: "0.001", limit: nil, mark: "49999", expected: "notional_below_least"),
        ]
    )
    func preparing(_ it: Case) throws {
        let order = try Samples.child(1, it.side, it.quantity, limit: it.limit)
        let result: String
        do {
            let mark = try it.mark.map { try Samples.price($0) }
            let made = try Samples.rules().prepare(order, mark: mark, reduceOnly: it.reduceOnly)
            result = "\(made.quantity)@\(made.price.map { "\($0)" } ?? "market")"
        } catch let refusal as OrderRefusal {
            #expect(!refusal.description.isEmpty)
            result = refusal.code
        }
        #expect(result == it.expected)
    }

    @Test(
        "Times in force",
        arguments: [
            (TimeInForce.day, false, "GTC"), (.goodTillCancel, false, "GTC"), (.day, true, "GTX"),
            (.immediateOrCancel, false, "IOC"), (.fillOrKill, false, "FOK"),
        ]
    )
    func timeInForce(_ time: TimeInForce, _ postOnly: Bool, _ expected: String) throws {
        let order = try Samples.child(1, limit: "95000", time, postOnly: postOnly)
        let made = try Samples.rules().prepare(order, mark: nil, prevention: .expireTaker)
        #expect(made.timeInForce?.rawValue == expected)
        // The venue knows no self-trade prevention for these two.
        #expect((made.selfTradePrevention == nil) == ["GTX", "FOK"].contains(expected))
        #expect(made.requestTime == order.requestTime && made.validFor == order.validFor)
    }

    /// The venue's own arithmetic, written down once more from its documentation.
    private func wouldPass(_ order: FuturesOrder, _ rules: SymbolRules, mark: Price?) -> Bool {
        let lots = order.price == nil ? rules.marketLots : rules.limitLots
        guard order.quantity.units % lots.step.units == 0, order.quantity >= lots.least, order.quantity <= lots.most
        else { return false }
        if let price = order.price {
            guard price >= rules.priceLeast, price <= rules.priceMost,
                (price.units - rules.priceLeast.units) % rules.tick.units == 0
            else { return false }
            if let mark {
                let value = Int128(price.units) * Int128(FixedDecimal.scale)
                if order.side == .buy, value > Int128(mark.units) * rules.multiplierUp.units { return false }
                if order.side == .sell, value < Int128(mark.units) * rules.multiplierDown.units { return false }
            }
        }
        guard let valued = order.price ?? mark else { return true }
        return Int128(valued.units) * Int128(order.quantity.units)
            >= rules.minimumNotional.units * Int128(FixedDecimal.scale)
    }

    @Test("Whatever is asked, nothing is sent that a filter would refuse", arguments: UInt64(0)..<300)
    func neverRefused(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let rules = try Samples.rules()
        var sent = 0
        for number in 1...20 {
            let price = Price(units: Int64.random(in: 40_000_000_000...20_000_000_000_000, using: &random))
            let quantity = Quantity(units: Int64.random(in: 1...30_000_000_000, using: &random))
            let mark =
                Bool.random(using: &random)
                ? Price(units: Int64.random(in: 5_000_000_000_000...12_000_000_000_000, using: &random)) : nil
            let order = try Samples.child(
                number,
                Bool.random(using: &random) ? .buy : .sell,
                "\(quantity)",
                limit: Int.random(in: 0..<5, using: &random) == 0 ? nil : "\(price)"
            )
            guard let made = try? rules.prepare(order, mark: mark) else { continue }
            sent += 1
            #expect(wouldPass(made, rules, mark: mark), "\(made), mark \(String(describing: mark))")
            // Never more than was asked for, never at a worse price.
            #expect(made.quantity <= order.request.quantity)
            if let price = made.price, let asked = order.request.type.limitPrice {
                #expect(order.side == .buy ? price <= asked : price >= asked)
            }
        }
        #expect(sent > 0)
    }
}
