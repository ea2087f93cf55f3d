import ExecutionAnalytics
import TradingDomain

/// Executions to try things on.
enum Sample {
    static let symbol = Symbol("NVDA") ?? { preconditionFailure("NVDA is a symbol") }()
    static let start = Timestamp("2026-01-02T14:31:00Z") ?? Timestamp(nanoseconds: 0)

    /// SplitMix64.
    struct Random {
        private var state: UInt64

        init(_ seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func below(_ limit: Int64) -> Int64 { Int64(next() % UInt64(limit)) }
    }

    /// `fills` fills of 10 each, a minute apart, at prices that rise by a cent.
    static func facts(fills count: Int, ordered: Int? = nil, symbol: Symbol = symbol) -> ExecutionFacts {
        let instrument = Instrument(symbol: symbol)
        let fills = (0..<count).map { index in
            let price = Price(units: 10_003_000_000 + Int64(index) * 1_000_000)
            return TradedFill(
                at: start + .seconds(Int64(index) * 60),
                quantity: Quantity(10),
                price: price,
                notional: instrument.notional(price, Quantity(10)),
                fee: Money(units: 15_000_000, .usd)
            )
        }
        return ExecutionFacts(
            instrument: instrument,
            side: .buy,
            ordered: Quantity(ordered ?? max(1, count * 10)),
            decisionPrice: Price(units: 9_999_000_000),
            arrivalPrice: Price(units: 10_000_000_000),
            endPrice: Price(units: 10_050_000_000),
            fills: fills
        )
    }

    static func tape(from: Timestamp, to: Timestamp) -> MarketTape {
        let buckets = stride(from: from.nanoseconds, to: to.nanoseconds, by: 60_000_000_000).enumerated().map {
            index,
            nanoseconds in
            MarketTape.Bucket(
                end: Timestamp(nanoseconds: nanoseconds + 60_000_000_000),
                volume: Quantity(1000 + index * 13 % 700),
                turnover: FixedDecimal(100_000),
                last: Price(units: 10_000_000_000 + Int64(index) * 700_000)
            )
        }
        return MarketTape(
            start: from,
            bucketSeconds: 60,
            buckets: buckets,
            interval: IntervalMeter(from: from, to: to).benchmarks
        )
    }

    static func execution(fills count: Int, ordered: Int? = nil, symbol: Symbol = symbol, tape hasTape: Bool = true)
        throws -> ExecutionPage
    {
        let cost = try ExecutionCost(facts(fills: count, ordered: ordered, symbol: symbol))
        let end = start + .seconds(Int64(max(1, count)) * 60)
        let shortfall = try cost.shortfall()
        return ExecutionPage(
            order: "abcdefghijklmnop",
            algorithm: "TWAP_STANDARD",
            urgency: "MEDIUM (decision)",
            size: "5 % of 100000",
            plan: "10 slices over 30 min; urgency MEDIUM",
            cost: cost,
            shortfall: shortfall,
            shortfallMissing: nil,
            targets: QualityTargets.judge(
                .init(
                    algorithm: .twapStandard,
                    arrivalSlippageBps: cost.slippageBps(against: cost.facts.arrivalPrice),
                    vwapSlippageBps: count == 0 ? nil : Double(count % 9) - 2,
                    shortfallBps: shortfall.bps(shortfall.total),
                    fillRate: cost.fillRate,
                    seconds: 60,
                    scheduled: .seconds(1800),
                    expectedBps: [1, 3]
                )
            ),
            vwap: 100.02,
            participation: 0.004,
            arrivedAt: start,
            endedAt: end,
            children: count,
            slices: count,
            schedule: (0..<count).map { .init(due: start + .seconds(Int64($0) * 60), quantity: Quantity(10)) },
            scheduleEnd: end,
            tape: hasTape ? tape(from: start - .seconds(180), to: end) : nil,
            risk: [.init(rule: "max_position", verdict: "pass", message: "fine")]
        )
    }

    static let refusal = RefusalPage(
        order: "abcdefghijklmnop",
        side: .buy,
        quantity: Quantity(100),
        urgency: "HIGH (caller)",
        size: "5 % of 100000",
        referencePrice: Price(units: 10_000_000_000),
        code: "MAX_POSITION",
        reason: "position 12 % is above 10 %",
        at: start,
        risk: [
            .init(rule: "max_position", verdict: "block", message: "position 12 % is above 10 %"),
            .init(rule: "restricted", verdict: "pass", message: "fine"),
        ]
    )

    static func page(_ items: [RunPage.Item], status: String = "SUCCESS", isGenerated: Bool = true) -> RunPage {
        RunPage(
            run: "0198c0de-0000-7000-8000-000000000001",
            workflow: "watchlist",
            status: status,
            account: "paper@generated-7",
            environment: "BACKTEST",
            market: "GENERATED MARKET (seed 7)",
            isGenerated: isGenerated,
            startedAt: start,
            endedAt: start + .seconds(3600),
            items: items
        )
    }
}
