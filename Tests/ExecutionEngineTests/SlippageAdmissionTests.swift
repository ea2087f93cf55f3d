import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import RiskRules
import Testing
import TradingDomain

@Suite("Orders held against the slippage limit")
struct SlippageAdmissionTests {
    /// 2 % a day over 400 minutes, 2500 a minute: the price moves 10 bps as a minute's volume trades.
    private static let history = HistoryStatistics(
        dailyVolume: 1_000_000,
        minuteVolume: 2_500,
        dailyVolatility: 0.02,
        dates: []
    )

    private func bench(
        _ action: SlippageAction = .block,
        limitBps: Double = 10,
        exempt: Bool = true
    ) throws -> CoreBench {
        let settings = try SlippageSettings(limitBps: limitBps, action: action, exemptReductions: exempt)
        let limits = try RiskLimits(
            maxPositionPercent: FixedDecimal(10_000),
            maxGrossExposurePercent: FixedDecimal(10_000),
            requireCash: false
        )
        var bench = try CoreBench(Sample.configuration(limits, slippage: settings, history: Self.history))
        bench.core.apply(.market(Sample.bar(Sample.nvda)), at: Sample.open)
        return bench
    }

    /// One order's record after it was asked for.
    private func verdict(_ letter: String, _ bench: CoreBench) throws -> SlippageVerdict {
        let record = try #require(bench.record(letter))
        return try #require(record.admission?.slippage ?? record.result?.slippage)
    }

    @Test("The prediction counts the slice, the minute it works and a minute's volume, and stands in the record")
    func numbers() throws {
        var bench = try bench()
        bench.submit(Sample.submission(quantity: 500, urgency: .high), at: Sample.open)
        bench.turn(at: Sample.open)
        let passed = try verdict("a", bench)
        #expect(passed.outcome == .pass && passed.records == 0 && passed.limitBps == 10)
        #expect(passed.inputs.size == 100 && passed.inputs.horizonSeconds == 60)
        #expect(passed.inputs.liquiditySource == "a minute's volume")
        let predicted = try #require(passed.predicted)
        // 0.5 × 100 ÷ 2500 of 10 bps, and 0.3 of 10 bps.
        #expect(abs(predicted.sizeBps - 0.2) < 1e-9 && abs(predicted.volatilityBps - 3) < 1e-9)
        #expect(predicted.spreadBps == 0)
    }

    @Test("Above the limit an order is refused with its numbers and what to do, and nothing is sent")
    func block() throws {
        var bench = try bench(limitBps: 2)
        bench.submit(Sample.submission(quantity: 500, urgency: .high), at: Sample.open)
        #expect(bench.turn(at: Sample.open).isEmpty)
        let result = try #require(bench.result("a"))
        #expect(result.state == .refused && result.refusalCode == "SLIPPAGE_ABOVE_LIMIT")
        for word in ["3.20 bps", "limit 2.00", "slippage.limit_bps", "slow_down"] {
            #expect(result.reason.contains(word), "\(word): \(result.reason)")
        }
        #expect(try verdict("a", bench).isBlocked)
        #expect(!result.checks.isEmpty, "the rules' verdicts are kept beside it")
    }

    @Test("A limit that is shrunk to is met by the largest size of whole lots, and only that is reserved")
    func shrink() throws {
        var bench = try bench(.shrink, limitBps: 1)
        bench.submit(Sample.submission(quantity: 900), at: Sample.open)
        let order = try #require(bench.turn(at: Sample.open).placed.first)
        let shrunk = try verdict("a", bench)
        #expect(shrunk.outcome == .shrunk)
        // MARKET at once: 0.5 × size ÷ 2500 of 10 bps is 1 bps at 500.
        #expect(order.request.quantity <= Quantity(500) && order.request.quantity > Quantity(490))
        let admission = try #require(bench.record("a")?.admission)
        #expect(admission.parent.quantity == order.request.quantity)
        #expect(admission.reservation.quantity == order.request.quantity)
        #expect(shrunk.message.contains("shrunk from 900"), "\(shrunk.message)")
    }

    @Test("Where no size fits, shrinking refuses")
    func shrinkInVain() throws {
        var bench = try bench(.shrink, limitBps: 2)
        bench.submit(Sample.submission(quantity: 500, urgency: .high), at: Sample.open)
        #expect(bench.turn(at: Sample.open).isEmpty)
        #expect(bench.result("a")?.refusalCode == "SLIPPAGE_ABOVE_LIMIT")
    }

    @Test("Slowed down, an order gets the first slower way that fits; where none does it is refused")
    func slowDown() throws {
        var bench = try bench(.slowDown, limitBps: 3.5)
        bench.submit(Sample.submission("a", quantity: 9_000), at: Sample.open)
        // MARKET predicts 18 bps; 1,800 at a time 3.6 and 3; 900 at a time 1.8 and 3; VWAP's 125 at a time fit.
        bench.turn(at: Sample.open)
        let slowed = try verdict("a", bench)
        #expect(slowed.outcome == .slowed)
        #expect(bench.record("a")?.admission?.verdict.algorithm == .vwap)
        #expect(slowed.message.contains("MARKET was slowed down to VWAP"), "\(slowed.message)")
        var late = try self.bench(.slowDown, limitBps: 2.9)
        late.submit(Sample.submission("b", quantity: 9_000), at: Sample.open)
        late.turn(at: Sample.open)
        #expect(late.result("b")?.refusalCode == "SLIPPAGE_ABOVE_LIMIT")
    }

    @Test("An explicit duration is stretched before anything else is tried")
    func stretch() throws {
        var bench = try bench(.slowDown, limitBps: 3.5)
        var parameters = AlgorithmParameters()
        (parameters.durationMinutes, parameters.sliceIntervalSeconds) = (5, 60)
        bench.submit(
            Sample.submission(
                quantity: 2_000,
                choice: .explicit(AlgorithmName(unchecked: "TWAP"), parameters)
            ),
            at: Sample.open
        )
        bench.turn(at: Sample.open)
        let plan = try #require(bench.record("a")?.admission?.verdict)
        #expect(plan.algorithm.text == "TWAP")
        // 400 a minute predict 3.8 bps, 200 a minute 3.4.
        #expect((plan.end - plan.start).seconds == 600, "\(plan.plan)")
    }

    @Test("An order that only reduces the position passes above the limit, unless it is to be judged like any other")
    func reductions() throws {
        for exempt in [true, false] {
            var bench = try bench(limitBps: 0.1, exempt: exempt)
            bench.submit(Sample.submission("a", quantity: 10), at: Sample.open)
            let order = try #require(bench.turn(at: Sample.open).placed.first)
            bench.core.apply(
                .broker(.filled(Sample.fill(order, Quantity(10), trade: "t", at: Sample.at(1)))),
                at: Sample.at(1)
            )
            bench.turn(at: Sample.at(1))
            bench.submit(Sample.submission("b", side: .sell, quantity: 10, urgency: .high), at: Sample.at(2))
            #expect(bench.turn(at: Sample.at(2)).placed.isEmpty != exempt)
            #expect(try verdict("b", bench).outcome == (exempt ? .exempt : .blocked))
        }
    }

    @Test("A side of the book without anybody is refused; sizes at the touch count when no depth is shown")
    func books() throws {
        var bench = try bench()
        let levels = BookLevels(bids: [BookLevel(price: Sample.price(9_999), size: Quantity(100))], asks: [])
        bench.core.apply(
            .market(.depth(BookDepth(symbol: Sample.nvda, at: Sample.open, levels: levels))),
            at: Sample.open
        )
        bench.submit(Sample.submission("a"), at: Sample.open)
        bench.turn(at: Sample.open)
        #expect(bench.result("a")?.refusalCode == "NO_LIQUIDITY")

        var quoted = try self.bench()
        let quote = Quote(
            symbol: Sample.nvda,
            at: Sample.open,
            bid: Sample.price(9_999),
            bidSize: Quantity(10),
            ask: Sample.price(10_001),
            askSize: Quantity(200)
        )
        quoted.core.apply(.market(.quote(quote)), at: Sample.open)
        quoted.submit(Sample.submission("b", quantity: 500), at: Sample.open)
        quoted.turn(at: Sample.open)
        let verdict = try verdict("b", quoted)
        #expect(verdict.inputs.liquidity == 1000 && verdict.inputs.liquiditySource == "5 × the touch")
        // Five levels two cents apart reach 9 cents of 100: half of the book costs half of half of 9 bps, and a fifth of
        // the spread of 2.
        #expect(abs((verdict.predicted?.sizeBps ?? 0) - 0.5 * 0.5 * 9) < 1e-9)
        #expect(abs((verdict.predicted?.spreadBps ?? 0) - 0.4) < 1e-9)
    }

    @Test("A finished parent leaves its realised slippage, and whoever takes over has the same limit")
    func learning() throws {
        var bench = try bench()
        var limits: [Double] = []
        for index in 0..<130 {
            let now = Sample.at(index)
            let letters = [index % 26, index / 26].map { String(UnicodeScalar(UInt8(97 + $0))) }.joined()
            let id = ParentOrderID(unchecked: letters + String(repeating: "x", count: 14))
            let asked = Sample.submission("a", quantity: 1, at: now)
            let submission = ParentSubmission(
                id: id,
                account: asked.account,
                order: asked.order,
                choice: asked.choice,
                run: nil,
                stepPath: nil,
                submittedAt: now,
                seed: 7
            )
            bench.submit(submission, at: now)
            let order = try #require(bench.turn(at: now).placed.first)
            let price = Sample.price(10_000 + index % 7)
            let fill = Fill(
                account: Sample.account,
                symbol: Sample.nvda,
                tradeID: TradeID(unchecked: "t\(index)"),
                clientOrderID: order.id,
                side: .buy,
                quantity: Quantity(1),
                price: price,
                notional: order.instrument.notional(price, Quantity(1)),
                commission: .zero(.usd),
                tradedAt: now
            )
            if index.isMultiple(of: 10) {
                bench.takeOver(at: now)
                bench.core.apply(.market(Sample.bar(Sample.nvda, at: now)), at: now)
            }
            bench.core.apply(.broker(.filled(fill)), at: now)
            bench.turn(at: now)
            let record = try #require(bench.slippages.last)
            #expect(bench.slippages.count == index + 1 && record.parent == id)
            #expect(abs(record.slippage - Double(index % 7) / 10_000) < 1e-12)
            #expect(record.limit == bench.core.slippage.limit(at: now))
            limits.append(record.limit)
        }
        #expect(limits[98] == 0.001 && limits[99] != 0.001, "it learns from the hundredth on")
        bench.takeOver(at: Sample.at(131))
        #expect(bench.core.slippage.limit(at: Sample.at(131)) == limits.last)
    }
}
