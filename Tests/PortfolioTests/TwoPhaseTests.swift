import Portfolio
import Testing
import TradingDomain

/// A book of random names: shares, fractional crypto lots and contracts, long and short, with targets for some.
private struct RandomBook {
    let book: RebalanceBook
    let targets: TargetWeights
    let bounds: RebalanceBounds
    let config: RebalanceConfig

    init(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let allowsShort = Bool.random(using: &random)
        var (held, prices, instruments): ([Symbol: Quantity], [Symbol: Price], [Symbol: Instrument]) = ([:], [:], [:])
        var equity = Money(units: Int128(Int.random(in: 0...5_000_000, using: &random)) * 1_000_000, .usd)
        let cash = equity
        var weights: [TargetWeights.Weight] = []
        var room = 100
        for index in 0..<Int.random(in: 1...12, using: &random) {
            let symbol = try symbol("N\(index)")
            // Whole shares, crypto down to 10⁻⁸, and contracts of ten.
            let lot = Quantity(units: [100_000_000, 1, 1_000][index % 3])
            let multiplier = FixedDecimal([1, 1, 10][index % 3])
            let instrument = Instrument(symbol: symbol, lot: lot, contractMultiplier: multiplier)
            let price = Price(units: Int64.random(in: 1_000_000...50_000_000_000, using: &random))
            // Up to 10,000 USD of each.
            let most = Int64(Int128(100_000_000_000) * 1_000_000_000 / Int128(price.units))
            var quantity = Quantity(units: Int64.random(in: 0...most, using: &random)).rounded(toLot: lot)
            if allowsShort, Bool.random(using: &random) { quantity = -quantity }
            (held[symbol], prices[symbol], instruments[symbol]) = (quantity, price, instrument)
            equity += instrument.notional(price, quantity)
            let percent = Int.random(in: 0...max(room / 2, 0), using: &random)
            room -= percent
            let isShort = allowsShort && Int.random(in: 0..<4, using: &random) == 0
            guard Int.random(in: 0..<5, using: &random) > 0 else { continue }
            weights.append(.init(symbol: symbol, weightPercent: FixedDecimal(isShort ? -percent : percent)))
        }
        book = RebalanceBook(equity: equity, cash: cash, held: held, prices: prices, instruments: instruments)
        var targets = TargetWeights(scope: .listed, weights: weights)
        targets.driftBandPercent = FixedDecimal(Int.random(in: 0...3, using: &random))
        self.targets = targets
        bounds = RebalanceBounds(
            sellsFundBuys: Bool.random(using: &random),
            turnoverPercentMax: Bool.random(using: &random)
                ? FixedDecimal(Int.random(in: 0...80, using: &random)) : nil,
            cashReservePercent: FixedDecimal(Int.random(in: 0...10, using: &random))
        )
        config = try RebalanceConfig(
            allowShort: allowsShort,
            minTradeNotional: FixedDecimal(Int.random(in: 0...50, using: &random))
        )
    }
}

@Suite("Two-phase rebalance, planned")
struct TwoPhaseTests {
    @Test(
        "No name past its target, cash never negative on the way, turnover within its cap",
        arguments: UInt64(0)..<400
    )
    func properties(seed: UInt64) throws {
        let random = try RandomBook(seed: seed)
        guard random.book.equity.units > 0 else { return }
        let book = random.book
        let plan = try Rebalancer(config: random.config).plan(random.targets, book, bounds: random.bounds)
        var cash = book.cash
        let reserve = book.equity.percent(random.bounds.cashReservePercent)
        for order in plan.orders {
            let line = try #require(plan.lines.first { $0.symbol == order.symbol })
            #expect(order.quantity > .zero && order.quantity.rounded(toLot: order.instrument.lot) == order.quantity)
            #expect(line.planned == (order.side == .buy ? order.quantity : -order.quantity), "seed \(seed)")
            #expect((order.side == .sell) == line.delta.isNegative, "seed \(seed): \(order.key) goes the wrong way")
            if line.targetPercent == .zero {
                #expect(order.quantity <= line.held.magnitude, "seed \(seed): \(order.key) passes zero")
            } else {
                let distance = line.delta.isNegative ? -line.delta : line.delta
                #expect(order.notional <= distance, "seed \(seed): \(order.key) passes its target")
            }
            let fees = order.notional.percent(random.config.feeReservePercent)
            if order.side == .sell {
                guard random.bounds.sellsFundBuys else { continue }
                let held = max(book.held[order.symbol] ?? .zero, .zero)
                let value = order.instrument.notional(order.referencePrice, min(order.quantity, held))
                cash += value - value.percent(random.config.feeReservePercent)
            } else {
                cash -= order.notional + fees
                #expect(cash >= reserve, "seed \(seed): \(order.key) leaves \(cash)")
                #expect(!cash.isNegative, "seed \(seed)")
            }
        }
        if let percent = random.bounds.turnoverPercentMax {
            let traded = plan.orders.reduce(Money.zero(.usd)) { $0 + $1.notional }
            #expect(traded <= book.equity.percent(percent), "seed \(seed): \(traded)")
        }
        #expect(Set(plan.orders.map(\.symbol)).count == plan.orders.count, "seed \(seed)")
        #expect(plan.lines.filter { $0.planned.isZero }.allSatisfy { $0.outcome != .trade }, "seed \(seed)")
        #expect(plan.lines.filter { !$0.planned.isZero }.allSatisfy { $0.outcome == .trade }, "seed \(seed)")
    }

    @Test("Resized buys never grow, fit the cash exactly and are the same however often", arguments: UInt64(0)..<200)
    func resizing(seed: UInt64) throws {
        let random = try RandomBook(seed: seed)
        guard random.book.equity.units > 0 else { return }
        var generator = SeededGenerator(seed: seed &+ 1_000_000)
        let rebalancer = Rebalancer(config: random.config)
        let buys = try rebalancer.plan(random.targets, random.book).buys
        let cash = Money(units: Int128(Int.random(in: 0...2_000_000, using: &generator)) * 1_000_000, .usd)
        var prices: [Symbol: Price] = [:]
        for buy in buys {
            let moved = Int128(buy.referencePrice.units) * Int128(Int.random(in: 80...120, using: &generator)) / 100
            prices[buy.symbol] = Price(units: max(Int64(moved), 1))
        }
        let fitted = rebalancer.resizeBuys(buys, cash: cash, at: prices)
        #expect(fitted.orders.count + fitted.dropped.count == buys.count, "seed \(seed)")
        var spent = Money.zero(.usd)
        for order in fitted.orders {
            let before = try #require(buys.first { $0.key == order.key })
            #expect(order.quantity <= before.quantity && order.referencePrice == prices[order.symbol], "seed \(seed)")
            if order.referencePrice > before.referencePrice { #expect(order.notional <= before.notional) }
            spent += order.notional + order.notional.percent(random.config.feeReservePercent)
        }
        #expect(spent <= cash, "seed \(seed): \(spent) of \(cash)")
        #expect(rebalancer.resizeBuys(buys, cash: cash, at: prices) == fitted)
    }

    private func buy(_ name: String, _ count: Int, _ at: String, side: Side = .buy) throws -> ProposedOrder {
        ProposedOrder(
            instrument: try shares(name),
            side: side,
            quantity: Quantity(count),
            referencePrice: try price(at),
            urgency: .medium,
            urgencySource: "test",
            note: ""
        )
    }

    @Test("Prices that rose between the phases make buys smaller, prices that fell leave them")
    func prices() throws {
        let orders = [try buy("A", 100, "10"), try buy("B", 100, "10"), try buy("C", 3, "10")]
        let now = [
            try symbol("A"): try price("12.5"), try symbol("B"): try price("8"), try symbol("C"): try price("40"),
        ]
        let fitted = Rebalancer().resizeBuys(orders, cash: try usd("100000"), at: now)
        #expect(fitted.orders.map { "\($0.quantity) \($0.symbol) \($0.referencePrice)" } == ["80 A 12.5", "100 B 8"])
        #expect(fitted.dropped == ["C-BUY"])
        #expect(fitted.factor == FixedDecimal(1))
    }

    @Test("The cap cuts exits last and all else by one factor")
    func cap() throws {
        let orders = [
            try buy("OUT", 100, "10", side: .sell), try buy("LESS", 100, "20", side: .sell), try buy("MORE", 300, "10"),
        ]
        func fitted(_ percent: String) throws -> CappedOrders {
            TurnoverCap(percent: try decimal(percent), of: try usd("10000"))
                .fit(orders, exits: ["OUT-SELL"]) { _ in .zero(.usd) }
        }
        #expect(try fitted("60").orders == orders)
        #expect(try fitted("60").note == nil)
        // 1000 leaves; what is left of 3500 is half of 5000.
        #expect(try fitted("35").orders.map(\.quantity) == [Quantity(100), Quantity(50), Quantity(150)])
        #expect(try fitted("35").factor == decimal("0.5"))
        #expect(try fitted("10").orders.map(\.key) == ["OUT-SELL"])
        #expect(try fitted("10").dropped == ["LESS-SELL", "MORE-BUY"])
        #expect(try fitted("5").orders.map(\.quantity) == [Quantity(50)])
        #expect(try fitted("0").orders.isEmpty)
    }

    @Test("Without waiting for sells the buys get the cash of now; a reserve is left alone")
    func phases() throws {
        let stock = (a: try shares("A"), b: try shares("B"))
        let book = RebalanceBook(
            equity: try usd("20000"),
            cash: try usd("1001"),
            held: [stock.a.symbol: Quantity(1899)],
            prices: [stock.a.symbol: try price("10"), stock.b.symbol: try price("10")],
            instruments: [stock.a.symbol: stock.a, stock.b.symbol: stock.b]
        )
        let targets = TargetWeights(
            scope: .listed,
            weights: [
                .init(symbol: stock.a.symbol, weightPercent: FixedDecimal(50)),
                .init(symbol: stock.b.symbol, weightPercent: FixedDecimal(50)),
            ]
        )
        func buys(_ bounds: RebalanceBounds) throws -> [Quantity] {
            try Rebalancer().plan(targets, book, bounds: bounds).buys.map(\.quantity)
        }
        #expect(try buys(RebalanceBounds()) == [Quantity(997)])
        #expect(try buys(RebalanceBounds(sellsFundBuys: false)) == [Quantity(100)])
        #expect(try buys(RebalanceBounds(cashReservePercent: FixedDecimal(10))) == [Quantity(797)])
    }
}

@Suite("Sizes as parts of a basket")
struct BasketSizerTests {
    private func order(_ name: String, _ count: Int, _ at: String) throws -> ProposedOrder {
        ProposedOrder(
            instrument: try shares(name),
            side: .buy,
            quantity: Quantity(count),
            referencePrice: try price(at),
            urgency: .medium,
            urgencySource: "test",
            note: ""
        )
    }

    @Test("Equal money, or money against volatility; nothing is spent that was not asked for")
    func methods() throws {
        let orders = [try order("A", 100, "10"), try order("B", 30, "100"), try order("C", 1, "2000")]
        let most = try usd("100000")
        let equal = BasketSizer(.equal).sized(orders, largest: most, volatilities: [:])
        // 6000 in three parts of 2000.
        #expect(equal.orders.map(\.quantity) == [Quantity(200), Quantity(20), Quantity(1)])
        let volatilities = [try symbol("A"): 0.01, try symbol("B"): 0.02]
        let inverse = BasketSizer(.inverseVolatility).sized(orders, largest: most, volatilities: volatilities)
        // C is not known; A gets twice what B gets, of 6000.
        #expect(inverse.orders.map(\.quantity) == [Quantity(400), Quantity(20)])
        #expect(inverse.dropped.map(\.symbol.text) == ["C"])
        let bounded = BasketSizer(.inverseVolatility).sized(
            orders,
            largest: try usd("1000"),
            volatilities: volatilities
        )
        #expect(bounded.orders.map(\.quantity) == [Quantity(100), Quantity(10)])
    }

    @Test("However odd the numbers, the parts are worth at most the whole", arguments: UInt64(0)..<100)
    func sums(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var orders: [ProposedOrder] = []
        var volatilities: [Symbol: Double] = [:]
        for index in 0..<Int.random(in: 1...20, using: &random) {
            let cents = Int.random(in: 1...100_000, using: &random)
            let at = FixedDecimal(units: Int128(cents) * 1_000_000).description
            orders.append(try order("N\(index)", Int.random(in: 1...1000, using: &random), at))
            volatilities[try symbol("N\(index)")] = Double.random(in: 0.000001...0.5, using: &random)
        }
        let asked = orders.reduce(Money.zero(.usd)) { $0 + $1.notional }
        for method in BasketMethod.allCases {
            let sized = BasketSizer(method).sized(orders, largest: asked, volatilities: volatilities)
            #expect(sized.orders.reduce(Money.zero(.usd)) { $0 + $1.notional } <= asked, "seed \(seed)")
            #expect(sized.orders.count + sized.dropped.count == orders.count, "seed \(seed)")
        }
    }
}
