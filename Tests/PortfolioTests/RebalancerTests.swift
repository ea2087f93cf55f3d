import Portfolio
import Testing
import TradingDomain

@Suite("Rebalancing")
struct RebalancerTests {
    private func targets(
        _ scope: TargetWeights.Scope,
        _ weights: [String: String],
        closes: [String]? = nil
    ) throws -> TargetWeights {
        var targets = TargetWeights(
            scope: scope,
            weights: try weights.sorted { $0.key < $1.key }.map {
                TargetWeights.Weight(symbol: try symbol($0.key), weightPercent: try decimal($0.value))
            }
        )
        targets.closes = try closes?.map { try symbol($0) }
        return targets
    }

    private func targets(_ weights: [String: String], closes: [String]? = nil) throws -> TargetWeights {
        try targets(.listed, weights, closes: closes)
    }

    /// A book of whole shares: name → (held, price), with `cash` beside it.
    private func book(_ names: [String: (Int, String)], cash: String) throws -> RebalanceBook {
        var (held, prices, instruments): ([Symbol: Quantity], [Symbol: Price], [Symbol: Instrument]) = ([:], [:], [:])
        var equity = try usd(cash)
        for (name, (count, at)) in names {
            let stock = try shares(name)
            held[stock.symbol] = Quantity(count)
            prices[stock.symbol] = try price(at)
            instruments[stock.symbol] = stock
            equity += stock.notional(try price(at), Quantity(count))
        }
        return RebalanceBook(
            equity: equity,
            cash: try usd(cash),
            held: held,
            prices: prices,
            instruments: instruments
        )
    }

    private func words(_ orders: [ProposedOrder]) -> [String] {
        orders.map { "\($0.side) \($0.quantity) \($0.symbol)" }
    }

    @Test("The contract's example: sells, then buys, cash left over")
    func sixtyForty() throws {
        let book = try book(["SPY": (50, "500"), "AGG": (500, "100"), "TSLA": (40, "250")], cash: "15000")
        var targets = try targets(.full, ["SPY": "60", "AGG": "35"], closes: ["TSLA"])
        targets.cashPercent = FixedDecimal(5)
        targets.driftBandPercent = FixedDecimal(1)
        targets.maxTurnoverPercent = FixedDecimal(40)
        let plan = try Rebalancer().plan(targets, book)
        #expect(words(plan.orders) == ["SELL 150 AGG", "SELL 40 TSLA", "BUY 70 SPY"])
        #expect(plan.buyFactor == FixedDecimal(1))
        #expect(plan.turnoverPercent == FixedDecimal(60))
        #expect(plan.needsApproval)
    }

    @Test("What is inside the band, too small or at its target is left alone, and told")
    func leftAlone() throws {
        let book = try book(["A": (100, "100"), "B": (99, "100"), "C": (0, "900"), "D": (10, "100")], cash: "79100")
        var targets = try targets(.listed, ["A": "10", "B": "10", "C": "0.5", "D": "1.45"])
        targets.driftBandPercent = try decimal("0.1")
        targets.minTradeNotional = FixedDecimal(500)
        let plan = try Rebalancer().plan(targets, book)
        #expect(plan.orders.isEmpty)
        #expect(plan.lines.map(\.outcome) == [.atTarget, .inBand, .belowOneLot, .belowMinimum])
        #expect(plan.lines.map(\.delta.units) == [0, 10_000_000_000, 50_000_000_000, 45_000_000_000])
    }

    @Test("A closed name is closed within the band too")
    func closedInBand() throws {
        let book = try book(["A": (5, "100")], cash: "99500")
        var targets = try targets(.listed, ["A": "0"])
        targets.driftBandPercent = FixedDecimal(1)
        #expect(words(try Rebalancer().plan(targets, book).orders) == ["SELL 5 A"])
    }

    @Test("All of the equity in targets: the buys shrink by one factor, so that fees are paid")
    func fees() throws {
        let book = try book(["A": (0, "10"), "B": (0, "20"), "C": (0, "0.5")], cash: "100000")
        let plan = try Rebalancer().plan(try targets(["A": "50", "B": "30", "C": "20"]), book)
        #expect(words(plan.buys) == ["BUY 4995 A", "BUY 1498 B", "BUY 39960 C"])
        #expect(plan.buyFactor < FixedDecimal(1))
        #expect(plan.notes.count == 1)
        let spent = plan.buys.reduce(Money.zero(.usd)) { $0 + $1.notional }
        #expect(spent + spent.percent(try decimal("0.1")) <= book.cash)
    }

    @Test("Cash that never came: buys are fitted again, small ones fall away")
    func resize() throws {
        let rebalancer = Rebalancer(config: try RebalanceConfig(minTradeNotional: FixedDecimal(100)))
        let plan = try rebalancer.plan(
            try targets(["A": "50", "B": "1"]),
            try book(["A": (0, "10"), "B": (0, "20")], cash: "20000")
        )
        #expect(words(plan.buys) == ["BUY 1000 A", "BUY 10 B"])
        let fitted = rebalancer.resizeBuys(plan.buys, cash: try usd("5105.1"))
        #expect(words(fitted.orders) == ["BUY 500 A", "BUY 5 B"])
        let poor = rebalancer.resizeBuys(plan.buys, cash: try usd("2000"))
        #expect(words(poor.orders) == ["BUY 195 A"])
        #expect(poor.dropped == ["B-BUY"])
        #expect(rebalancer.resizeBuys(plan.buys, cash: try usd("-1")).orders.isEmpty)
        let plenty = rebalancer.resizeBuys(plan.buys, cash: try usd("20000"))
        #expect(plenty.orders == plan.buys)
        #expect(plenty.note == nil)
    }

    @Test("Orders on their way count towards the target, but only what is held is sold")
    func working() throws {
        var book = try book(["A": (10, "100")], cash: "9000")
        book.working = [try symbol("A"): Quantity(5)]
        #expect(words(try Rebalancer().plan(try targets(["A": "20"]), book).orders) == ["BUY 5 A"])
        #expect(words(try Rebalancer().plan(try targets(["A": "0"]), book).orders) == ["SELL 10 A"])
        book.working = [try symbol("A"): Quantity(-4)]
        #expect(words(try Rebalancer().plan(try targets(["A": "0"]), book).orders) == ["SELL 6 A"])
    }

    @Test("Shorts need to be enabled and may cross zero")
    func shorts() throws {
        let book = try book(["A": (10, "100")], cash: "9000")
        #expect(throws: RebalanceRefusal.shortDisabled([try symbol("A")])) {
            try Rebalancer().plan(try targets(["A": "-10"]), book)
        }
        let rebalancer = Rebalancer(config: try RebalanceConfig(allowShort: true))
        #expect(words(try rebalancer.plan(try targets(["A": "-10"]), book).orders) == ["SELL 20 A"])
    }

    @Test("Refusals are of the whole decision, each with its code")
    func refusals() throws {
        let book = try book(["A": (10, "100"), "B": (5, "100")], cash: "1000")
        func code(_ targets: TargetWeights, _ book: RebalanceBook) -> String? {
            do {
                _ = try Rebalancer().plan(targets, book)
                return nil
            } catch {
                #expect(!error.description.isEmpty)
                return error.code
            }
        }
        #expect(code(try targets(.full, ["A": "100"]), book) == "UNLISTED_HOLDINGS")
        #expect(code(try targets(.full, ["A": "100"], closes: ["B"]), book) == nil)
        #expect(code(try targets(.full, ["A": "100", "B": "0"]), book) == nil)
        #expect(code(try targets(.full, ["A": "100"], closes: ["B", "C"]), book) == "UNLISTED_HOLDINGS")
        #expect(code(try targets(["A": "60", "B": "40.01"]), book) == "WEIGHTS_EXCEED_GROSS")
        #expect(code(try targets(["A": "60"], closes: ["A"]), book) == "WEIGHT_OF_CLOSED")
        #expect(code(try targets(["ZZZ": "1"]), book) == "SYMBOL_UNKNOWN")
        var cash = try targets(["A": "60"])
        cash.cashPercent = FixedDecimal(39)
        #expect(code(cash, book) == "CASH_WEIGHT")
        cash.cashPercent = try decimal("39.99")
        #expect(code(cash, book) == nil)
        var twice = try targets(["A": "1"])
        twice.weights.append(twice.weights[0])
        #expect(code(twice, book) == "DUPLICATE_SYMBOL")
        var unpriced = book
        unpriced.prices[try symbol("A")] = .zero
        #expect(code(try targets(["A": "1"]), unpriced) == "NO_PRICE")
        #expect(code(try targets(["B": "1"]), unpriced) == nil)
        var broke = book
        broke.equity = .zero(.usd)
        #expect(code(try targets(["A": "1"]), broke) == "EQUITY")
    }

    @Test("No plan passes a target, overdraws the cash or trades twice", arguments: UInt64(0)..<200)
    func properties(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var names: [String: (Int, String)] = [:]
        var weights: [String: String] = [:]
        for name in ["A", "B", "C", "D", "E"] {
            let cents = Int.random(in: 1...50_000, using: &random)
            let at = FixedDecimal(units: Int128(cents) * 1_000_000).description
            names[name] = (Int.random(in: 0...200, using: &random), at)
            weights[name] = String(Int.random(in: 0...20, using: &random))
        }
        let book = try book(names, cash: String(Int.random(in: 1...50_000, using: &random)))
        let rebalancer = Rebalancer()
        let plan = try rebalancer.plan(try targets(.full, weights), book)
        var after = book
        for order in plan.orders {
            let line = try #require(plan.lines.first { $0.symbol == order.symbol })
            let distance = line.delta.isNegative ? -line.delta : line.delta
            #expect(order.notional <= distance, "seed \(seed): \(order.key) passes its target")
            #expect((order.side == .sell) == line.delta.isNegative, "seed \(seed)")
            let change = order.side == .buy ? order.quantity : -order.quantity
            after.held[order.symbol] = (after.held[order.symbol] ?? .zero) + change
            after.cash += order.side == .buy ? -order.notional : order.notional
            after.cash -= order.notional.percent(try decimal("0.1"))
        }
        #expect(!after.cash.isNegative, "seed \(seed)")
        #expect(after.held.values.allSatisfy { $0 >= .zero }, "seed \(seed)")
        #expect(Set(plan.orders.map(\.symbol)).count == plan.orders.count, "seed \(seed)")
        let again = try rebalancer.plan(try targets(.full, weights), after)
        #expect(again.sells.isEmpty, "seed \(seed): selling twice")
    }
}
