import RiskRules
import Testing
import TradingDomain

@Suite("A basket as a whole")
struct BasketPathTests {
    private func limits(_ sellsFundBuys: Bool = true, gross: Int = 100) throws -> RiskLimits {
        try RiskLimits(
            maxPositionPercent: FixedDecimal(100),
            maxGrossExposurePercent: FixedDecimal(gross),
            sellsFundBuys: sellsFundBuys
        )
    }

    @Test("Sells first: their cash pays the buys, gross stays, net stays")
    func sellsFirst() throws {
        let account = try snapshot(held: 990)
        let orders = [order(.sell, 500, try shares("NVDA")), order(.buy, 490, try shares("KO"))]
        let path = BasketPath(orders, account, try limits())
        #expect(path.violation == nil, "\(path.violation?.message ?? "")")
        let (before, after) = (try usd("99000"), try usd("98000"))
        #expect(path.grossBefore == before && path.grossAfter == after)
        #expect(path.netAfter == (try usd("98000")))
        #expect(path.turnover == (try usd("99000")))
        // It is 1901 once both have filled: 1000 + 50000 less 0.1 %, less 49000 and 0.1 % of it.
        #expect(path.cashLow == (try usd("1000")))
        #expect(path.words.contains("99000 USD to 98000 USD"))
    }

    @Test("Buys first, or sells that nobody waits for, would overdraw the cash: the basket is stopped whole")
    func overdrawn() throws {
        let account = try snapshot(held: 990)
        let (sell, buy) = (order(.sell, 500, try shares("NVDA")), order(.buy, 490, try shares("KO")))
        #expect(BasketPath([buy, sell], account, try limits()).violation?.code == "basket_cash_negative")
        #expect(BasketPath([sell, buy], account, try limits(false)).violation?.code == "basket_cash_negative")
        #expect(BasketPath([buy, sell], account, try limits()).cashLow == (try usd("-48049")))
    }

    @Test("Positions together beyond the limit stop the basket, unless it brings them down")
    func gross() throws {
        let account = try snapshot(held: 500)
        let buys = [order(.buy, 100, try shares("KO")), order(.buy, 100, try shares("BAC"))]
        #expect(BasketPath(buys, account, try limits(gross: 60)).violation?.code == "basket_gross_above_limit")
        #expect(BasketPath(buys, account, try limits(gross: 70)).violation == nil)
        let less = [order(.sell, 100, try shares("NVDA")), order(.buy, 50, try shares("BAC"))]
        #expect(BasketPath(less, account, try limits(gross: 40)).violation == nil)
    }

    @Test("What the rules let through one by one never breaks the whole", arguments: UInt64(0)..<300)
    func agreesWithTheGate(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let account = try snapshot(held: Int.random(in: 0...990, using: &random))
        let names = ["NVDA", "KO", "BAC", "XOM", "IBM"]
        var orders: [ProposedOrder] = []
        for name in names.shuffled(using: &random).prefix(Int.random(in: 1...5, using: &random)) {
            let side: Side = name == "NVDA" && Bool.random(using: &random) ? .sell : .buy
            let cents = Int64.random(in: 5_000...20_000, using: &random)
            let at = name == "NVDA" ? try price("100") : Price(units: cents * 1_000_000)
            orders.append(order(side, Int.random(in: 1...900, using: &random), try shares(name), at: at))
        }
        let limits = try RiskLimits(
            maxPositionPercent: FixedDecimal(100),
            maxGrossExposurePercent: FixedDecimal(Int.random(in: 20...120, using: &random)),
            priceCollarBps: nil,
            sellsFundBuys: Bool.random(using: &random)
        )
        let judgement = RiskGate.evaluate(orders, account, limits)
        let path = BasketPath(judgement.approved, account, limits)
        #expect(path.violation == nil, "seed \(seed): \(path.violation?.message ?? "")")
        #expect(!path.cashLow.isNegative, "seed \(seed)")
    }
}
