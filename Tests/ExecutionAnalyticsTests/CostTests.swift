import ExecutionAnalytics
import Testing
import TradingDomain

@Suite("Cost of an execution")
struct CostTests {
    @Test("Reference values", arguments: GoldenCost.all)
    func golden(_ golden: GoldenCost) throws {
        let expected = golden.expected
        guard expected.error == nil else {
            #expect(throws: CostError.self) { try ExecutionCost(golden.facts).shortfall() }
            return
        }
        let cost = try ExecutionCost(golden.facts)
        let market = golden.benchmarks
        #expect(matches(cost.filled.approximate, expected.filled_qty))
        #expect(matches(cost.unfilled.approximate, expected.unfilled_qty))
        #expect(matches(cost.fillRate, expected.fill_rate))
        #expect(matches(cost.averagePrice?.approximate, expected.avg_fill_price))
        #expect(matches(cost.slippageBps(against: golden.facts.arrivalPrice), expected.arrival_slippage_bps))
        #expect(matches(cost.slippageBps(against: golden.facts.decisionPrice), expected.decision_slippage_bps))
        #expect(matches(market.vwap, expected.interval_vwap))
        #expect(matches(market.twap, expected.interval_twap))
        // A bar's turnover is booked to 10⁻⁸, which three bars of a few hundred shares show in the ninth digit.
        let bars = golden.inputs.tape_bars == nil ? 1e-9 : 1e-8
        #expect(matches(cost.slippageBps(againstAverage: market.vwap), expected.vwap_slippage_bps, absolute: bars))
        #expect(matches(cost.slippageBps(againstAverage: market.twap), expected.twap_slippage_bps))
        #expect(matches(market.volume.approximate, expected.market_volume))
        #expect(matches(cost.participation(in: market.volume), expected.participation_rate))
        #expect(cost.flags(marketVolume: market.volume).map(\.rawValue) == expected.flags)
        let meter = golden.markOutMeter()
        #expect(matches(meter.effectiveHalfSpreadBps, expected.effective_half_spread_bps))
        let markOuts = meter.markOuts
        #expect(markOuts.count == expected.markouts?.count)
        for (actual, mark) in zip(markOuts, expected.markouts ?? []) {
            #expect(actual.fillBps.count == mark.per_fill_bps.count)
            for (bps, known) in zip(actual.fillBps, mark.per_fill_bps) { #expect(matches(bps, known)) }
            #expect(matches(actual.bps, mark.weighted_bps))
            #expect(matches(actual.covered.approximate, mark.covered_qty))
        }
        try check(cost.shortfall(.expanded), expected.shortfall_expanded_attribution)
        try check(cost.shortfall(.filled), expected.shortfall_filled_attribution)
    }

    private func check(_ shortfall: ImplementationShortfall, _ expected: GoldenCost.Shortfall?) throws {
        let expected = try #require(expected)
        for (name, amount) in shortfall.parts + [("total", shortfall.total)] {
            #expect(matches(amount.approximate, expected.amount[name]), "\(name)")
            #expect(matches(shortfall.bps(amount), expected.bps[name]), "\(name) in bps")
        }
    }

    @Test("All reference cases were found")
    func found() { #expect(GoldenCost.all.count >= 14) }

    @Test("Parts sum exactly to the total for any fills", arguments: UInt64(0)..<300)
    func sums(seed: UInt64) throws {
        var random = Sample.Random(seed)
        let multiplier = FixedDecimal(units: Int128(random.below(3) == 0 ? 1 + random.below(900_000_000) : 100_000_000))
        let instrument = Instrument(symbol: Sample.symbol, lot: Quantity(units: 1), contractMultiplier: multiplier)
        let ordered = Quantity(units: 1_000 + random.below(90_000_000_000))
        let side: Side = random.below(2) == 0 ? .buy : .sell
        var left = ordered
        var fills: [TradedFill] = []
        while left > .zero, random.below(7) > 0 {
            let quantity = Quantity(units: 1 + random.below(left.units))
            let price = Price(units: 1 + random.below(50_000_000_000))
            left -= quantity
            fills.append(
                TradedFill(
                    at: Sample.start + .seconds(Int64(fills.count)),
                    quantity: quantity,
                    price: price,
                    notional: instrument.notional(price, quantity),
                    fee: Money(units: Int128(random.below(2_000_000)) - 500_000, .usd)
                )
            )
        }
        let cost = try ExecutionCost(
            ExecutionFacts(
                instrument: instrument,
                side: side,
                ordered: ordered,
                decisionPrice: Price(units: 1_000_000 + random.below(50_000_000_000)),
                arrivalPrice: Price(units: 1_000_000 + random.below(50_000_000_000)),
                endPrice: Price(units: 1_000_000 + random.below(50_000_000_000)),
                fills: fills
            )
        )
        let traded = TradedInterval(
            volume: Quantity(units: 1 + random.below(90_000_000_000_000)),
            turnover: FixedDecimal(units: Int128(1 + random.below(.max)))
        )
        for attribution in [ImplementationShortfall.Attribution.expanded, .filled] {
            let shortfall = try cost.shortfall(attribution, interval: traded)
            #expect(shortfall.timing.flatMap { timing in shortfall.impact.map { timing + $0 } } == shortfall.trading)
            let sum = shortfall.parts.reduce(Money.zero(.usd)) { $0 + $1.amount }
            #expect(sum == shortfall.total, "seed \(seed), \(attribution)")
            #expect(shortfall.fees == cost.fees)
        }
        #expect(try cost.shortfall(.expanded).total == cost.shortfall(.filled).total)
    }

    @Test("What cannot be told is an error that says so")
    func refusals() throws {
        var facts = Sample.facts(fills: 2)
        facts.endPrice = nil
        #expect(try ExecutionCost(facts).shortfall().opportunity == .zero(.usd))
        facts.ordered = Quantity(500)
        #expect(throws: CostError.noEndPrice(unfilled: Quantity(480))) { try ExecutionCost(facts).shortfall() }
        facts.ordered = Quantity(15)
        let overfilled = CostError.overfilled(filled: Quantity(20), ordered: Quantity(15))
        #expect(throws: overfilled) { try ExecutionCost(facts).shortfall() }
        facts.ordered = .zero
        #expect(throws: CostError.nothingOrdered(.zero)) { try ExecutionCost(facts) }
        facts = Sample.facts(fills: 2)
        facts.decisionPrice = Price(units: -1)
        #expect(throws: CostError.notPositive(benchmark: "decision", Price(units: -1))) {
            try ExecutionCost(facts).shortfall()
        }
        #expect(try ExecutionCost(facts).slippageBps(against: .zero) == nil)
    }
}
