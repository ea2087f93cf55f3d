import Foundation
import Portfolio
import Testing
import TradingDomain

@Suite("Position sizing")
struct SizingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let action: TradeIntent.Action
        let size: SizeBasis?
        var held = 0
        var buys = 0
        var sells = 0
        var cash: Int?
        /// `BUY 50`, or a code.
        let result: String
        var adjustments: [SizingCode] = []
        var testDescription: String { "\(action.rawValue) \(size?.name ?? "-") held \(held) → \(result)" }
    }

    private static let five = SizeBasis.deltaPercentOfEquity(FixedDecimal(5))
    private static func target(_ percent: Int) -> SizeBasis { .targetPercentOfEquity(FixedDecimal(percent)) }

    @Test(
        "Every basis, at 100000 USD of equity and a price of 100",
        arguments: [
            Row(action: .buy, size: five, result: "BUY 50"),
            Row(action: .buy, size: five, held: 50, result: "BUY 50"),
            Row(action: .buy, size: .deltaPercentOfEquity(.zero), result: "BELOW_ONE_LOT"),
            Row(action: .buy, size: .deltaPercentOfEquity(FixedDecimal(-5)), result: "SIZE_RANGE"),
            Row(
                action: .buy,
                size: .deltaPercentOfEquity(FixedDecimal(150)),
                result: "BUY 1000",
                adjustments: [.percentCapped]
            ),
            Row(action: .buy, size: target(5), result: "BUY 50"),
            Row(action: .buy, size: target(5), held: 30, result: "BUY 20"),
            Row(action: .buy, size: target(5), held: 30, buys: 20, result: "ALREADY_AT_TARGET"),
            Row(action: .buy, size: target(5), held: 60, result: "ALREADY_AT_TARGET"),
            Row(action: .buy, size: .notional(FixedDecimal(1999)), result: "BUY 19"),
            Row(action: .buy, size: .notional(FixedDecimal(99)), result: "BELOW_ONE_LOT"),
            Row(action: .buy, size: .notional(.zero), result: "SIZE_RANGE"),
            Row(action: .buy, size: .shares(Quantity(7)), result: "BUY 7"),
            Row(
                action: .buy,
                size: .shares(Quantity(units: 750_000_000)),
                result: "BUY 7",
                adjustments: [.roundedToLot]
            ),
            Row(action: .buy, size: .all, result: "SIZE_BASIS"),
            Row(action: .buy, size: .percentOfPosition(FixedDecimal(50)), held: 10, result: "SIZE_BASIS"),
            Row(action: .buy, size: nil, result: "SIZE_MISSING"),
            Row(action: .buy, size: five, held: -10, result: "CROSSES_ZERO"),
            // 1000 with 0.1 % kept for fees pays for 9 shares of 100.
            Row(action: .buy, size: five, cash: 1000, result: "BUY 9", adjustments: [.cashLimit]),
            Row(action: .buy, size: five, cash: 5005, result: "BUY 50"),
            Row(action: .buy, size: five, cash: 100, result: "INSUFFICIENT_CASH"),
            Row(action: .buy, size: five, cash: -100, result: "INSUFFICIENT_CASH"),
            Row(action: .sell, size: five, held: 80, cash: 0, result: "SELL 50"),
            Row(action: .sell, size: five, held: 30, result: "SELL 30", adjustments: [.cappedAtHeld]),
            Row(action: .sell, size: five, held: 80, sells: 60, result: "SELL 20", adjustments: [.cappedAtHeld]),
            Row(action: .sell, size: five, held: 80, sells: 80, result: "ALREADY_WORKING"),
            Row(action: .sell, size: five, result: "NOTHING_TO_SELL"),
            Row(action: .sell, size: five, held: -5, result: "NOTHING_TO_SELL"),
            Row(action: .sell, size: target(5), held: 80, result: "SELL 30"),
            Row(action: .sell, size: target(5), held: 80, sells: 10, result: "SELL 20"),
            Row(action: .sell, size: target(5), held: 80, sells: 30, result: "ALREADY_AT_TARGET"),
            Row(action: .sell, size: target(5), held: 40, result: "ALREADY_AT_TARGET"),
            Row(action: .sell, size: .percentOfPosition(FixedDecimal(50)), held: 30, result: "SELL 15"),
            Row(
                action: .sell,
                size: .percentOfPosition(FixedDecimal(50)),
                held: 31,
                result: "SELL 15",
                adjustments: [.roundedToLot]
            ),
            Row(action: .sell, size: .percentOfPosition(FixedDecimal(101)), held: 30, result: "SIZE_RANGE"),
            Row(action: .sell, size: .all, held: 30, result: "SELL 30"),
            Row(action: .sell, size: .all, held: 30, sells: 10, result: "SELL 20", adjustments: [.cappedAtHeld]),
            Row(action: .short, size: five, result: "SHORT_DISABLED"),
            Row(action: .cover, size: .all, held: -30, cash: 0, result: "BUY 30"),
            Row(action: .cover, size: .shares(Quantity(40)), held: -30, result: "BUY 30", adjustments: [.cappedAtHeld]),
            Row(action: .cover, size: .all, held: 5, result: "NOTHING_TO_COVER"),
            Row(action: .close, size: nil, held: 30, result: "SELL 30"),
            Row(action: .close, size: nil, held: -30, result: "BUY 30"),
            Row(action: .close, size: nil, result: "NOTHING_TO_CLOSE"),
            Row(action: .hold, size: nil, held: 3, result: "HOLD"),
        ]
    )
    func bases(_ row: Row) throws {
        let stock = try shares("NVDA")
        let context = SizingContext(
            instrument: stock,
            equity: try usd("100000"),
            price: try price("100"),
            held: Quantity(row.held),
            workingBuys: Quantity(row.buys),
            workingSells: Quantity(row.sells),
            cashAvailable: try row.cash.map { try usd("\($0)") }
        )
        let result = PositionSizer().size(
            TradeIntent(symbol: stock.symbol, action: row.action, size: row.size),
            context
        )
        switch result {
        case .order(let order, let adjustments):
            #expect("\(order.side) \(order.quantity)" == row.result)
            #expect(adjustments.map(\.code) == row.adjustments)
            for adjustment in adjustments { #expect(order.note.contains(adjustment.message)) }
        case .noAction(let code, let message), .refused(let code, let message):
            #expect(code.rawValue == row.result)
            #expect(!message.isEmpty)
        }
    }

    @Test("Shorts, when enabled")
    func shorts() throws {
        let stock = try shares("NVDA")
        let sizer = PositionSizer(config: try SizingConfig(allowShort: true))
        var context = SizingContext(instrument: stock, equity: try usd("100000"), price: try price("100"))
        let trade = TradeIntent(symbol: stock.symbol, action: .short, size: Self.target(5))
        #expect(sizer.size(trade, context).order?.quantity == Quantity(50))
        #expect(sizer.size(trade, context).order?.side == .sell)
        context.held = Quantity(-20)
        #expect(sizer.size(trade, context).order?.quantity == Quantity(30))
        context.held = Quantity(1)
        #expect(sizer.size(trade, context).code == .crossesZero)
    }

    @Test("A target is never passed, for lots and fractions")
    func targets() throws {
        let coin = Instrument(
            symbol: try symbol("BTC/USDT"),
            currency: .usdt,
            assetClass: .crypto,
            lot: try quantity("0.001")
        )
        var context = SizingContext(
            instrument: coin,
            equity: try Money(parsing: "10000", .usdt),
            price: try price("63512.7"),
            held: try quantity("0.01")
        )
        let buy = TradeIntent(symbol: coin.symbol, action: .buy, size: Self.target(10))
        // 1000 USDT are 0.01574…; 0.005 more is the most whole lots that do not pass it.
        #expect(PositionSizer().size(buy, context).order?.quantity == (try quantity("0.005")))
        context.held = try quantity("0.02")
        let sell = TradeIntent(symbol: coin.symbol, action: .sell, size: Self.target(10))
        #expect(PositionSizer().size(sell, context).order?.quantity == (try quantity("0.004")))
        context.held = try quantity("0.016")
        #expect(PositionSizer().size(sell, context).code == .alreadyAtTarget)
        #expect(PositionSizer().size(buy, context).code == .alreadyAtTarget)
    }

    @Test("SE-1 by the reference values, in exact decimals")
    func seedSizes() throws {
        let stock = try shares("NVDA")
        let cases = try golden("seed_formulas.json")
        let sizes = try #require(cases.first { $0["id"] as? String == "order-size" })
        let rows = try #require((sizes["inputs"] as? [String: Any])?["rows"] as? [[String: Double]])
        let expected = try #require((sizes["expected"] as? [String: Any])?["shares_exact_decimal"] as? [Int])
        try #require(rows.count == expected.count)
        for (row, count) in zip(rows, expected) {
            let size = try PositionSizer.shares(
                equity: Money(parsing: text(row["portfolio"]), .usd),
                percent: decimal(text(row["pct"])),
                price: price(text(row["price"])),
                instrument: stock
            )
            #expect(size == Quantity(count), "\(row)")
        }
        let refused = try #require(cases.first { $0["id"] as? String == "order-size-refuse" })
        let bad = try #require((refused["inputs"] as? [String: Any])?["rows"] as? [[String: Double]])
        for row in bad {
            let equity = try Money(parsing: text(row["portfolio"]), .usd)
            let (percent, at) = (try decimal(text(row["pct"])), try price(text(row["price"])))
            #expect(throws: SizingRefusal.self, "\(row)") {
                try PositionSizer.shares(equity: equity, percent: percent, price: at, instrument: stock)
            }
        }
        #expect(bad.count == 3)
    }

    /// The shortest decimal of a double that was written in plain decimals.
    private func text(_ value: Double?) throws -> String {
        let text = "\(try #require(value))"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    @Test("SE-1 against whole-number arithmetic", arguments: UInt64(0)..<300)
    func seedProperty(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        // Cents and hundredths of a percent keep the independent product within 64 bits.
        let cents = Int64.random(in: 0...10_000_000_00, using: &random)
        let hundredths = Int64.random(in: 0...200_00, using: &random)
        let priceCents = Int64.random(in: 1...5_000_00, using: &random)
        let lot = Int64.random(in: 1...20, using: &random)
        let size = try PositionSizer.shares(
            equity: Money(units: Int128(cents) * 1_000_000, .usd),
            percent: FixedDecimal(units: Int128(hundredths) * 1_000_000),
            price: Price(units: priceCents * 1_000_000),
            instrument: shares("NVDA", lot: Quantity(Int(lot)))
        )
        let whole = cents * hundredths / (10_000 * priceCents)
        #expect(size == Quantity(Int(whole / lot * lot)), "seed \(seed)")
    }

    @Test("Tiny prices and multipliers are sized exactly, absurd ones are refused")
    func extremes() throws {
        let token = Instrument(symbol: try symbol("PEPE"), contractMultiplier: try decimal("0.4"))
        let tiny = try price("0.00000001")
        #expect(token.quantity(for: try usd("1"), at: tiny) == Quantity(250_000_000))
        let size = try PositionSizer.shares(
            equity: usd("100"),
            percent: FixedDecimal(1),
            price: tiny,
            instrument: token
        )
        #expect(size == Quantity(250_000_000))
        #expect(throws: SizingRefusal.self) {
            try PositionSizer.shares(
                equity: usd("100000000000000"),
                percent: FixedDecimal(100),
                price: tiny,
                instrument: token
            )
        }
        #expect(token.quantity(for: try usd("100000000000000"), at: tiny).units > 0)
    }

    @Test("Minimums, currencies and prices that cannot be sized")
    func refusals() throws {
        let stock = Instrument(symbol: try symbol("NVDA"), minimumNotional: try usd("600"))
        var context = SizingContext(instrument: stock, equity: try usd("10000"), price: try price("100"))
        let trade = TradeIntent(symbol: stock.symbol, action: .buy, size: Self.five)
        #expect(PositionSizer().size(trade, context).code == .belowMinimum)
        context.equity = try Money(parsing: "10000", .krw)
        #expect(PositionSizer().size(trade, context).code == .currency)
        context.equity = try usd("-1")
        #expect(PositionSizer().size(trade, context).code == .equity)
        for bad in ["0", "-5"] {
            context.price = try price(bad)
            #expect(PositionSizer().size(trade, context).code == .noPrice)
        }
    }

    @Test("The decision's limit price comes along, on the tick grid and no worse")
    func limitPrice() throws {
        let stock = try shares("NVDA")
        var trade = TradeIntent(symbol: stock.symbol, action: .buy, size: Self.five)
        trade.limits = TradeIntent.Limits()
        trade.limits?.limitPrice = try price("101.239")
        let context = SizingContext(instrument: stock, equity: try usd("100000"), price: try price("100"))
        #expect(PositionSizer().size(trade, context).order?.limitPrice == (try price("101.23")))
    }

    @Test("Bounds that make no sense are refused, also when decoded")
    func bounds() throws {
        #expect(throws: PortfolioConfigError.self) { try SizingConfig(maximumPercent: .zero) }
        #expect(throws: PortfolioConfigError.self) { try RebalanceConfig(driftBandPercent: FixedDecimal(-1)) }
        let sizing = try SizingConfig(maximumPercent: FixedDecimal(25), allowShort: true)
        let json = try JSONEncoder().encode(sizing)
        #expect(try JSONDecoder().decode(SizingConfig.self, from: json) == sizing)
        let loose = String(decoding: json, as: UTF8.self).replacingOccurrences(of: "\"25\"", with: "\"-25\"")
        #expect(throws: PortfolioConfigError.self) {
            try JSONDecoder().decode(SizingConfig.self, from: Data(loose.utf8))
        }
        let rebalance = try RebalanceConfig(maxTurnoverPercent: FixedDecimal(40))
        #expect(try JSONDecoder().decode(RebalanceConfig.self, from: JSONEncoder().encode(rebalance)) == rebalance)
        #expect(try SizingConfig(allowShort: false) == SizingConfig())
        #expect(try RebalanceConfig(allowShort: false) == RebalanceConfig())
    }
}
