import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import RiskRules
import TradingDomain

/// What every world has in common: an account with cash, hours, limits and orders as people give them.
enum WorldSetting {
    static let opening = AccountOpening(cash: Money(units: 10_000_000 * 100_000_000, .usd), at: SimulatedWorld.open)
    static let haltID = HaltID(unchecked: "drill")

    private struct Hours: TradingHours {
        func phase(of instrument: Instrument, at time: Timestamp) -> MarketPhase {
            guard time < SimulatedWorld.close else { return .closed(nextOpen: nil) }
            return .open(since: SimulatedWorld.open, until: SimulatedWorld.close)
        }
    }

    private struct Forecast: VolumeForecast {
        func weights(
            of instrument: Instrument,
            from start: Timestamp,
            to end: Timestamp,
            bucket: Duration,
            days: Int
        ) throws -> [Double] {
            let count = ((end - start).nanoseconds + bucket.nanoseconds - 1) / bucket.nanoseconds
            return (0..<Int(count)).map { 1 + Double($0 % 3) }
        }

        func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
            HistoryStatistics(dailyVolume: 1_000_000, minuteVolume: 2_500, dailyVolatility: 0.02, dates: [])
        }
    }

    static func core(
        _ catalog: AlgorithmCatalog,
        _ lease: EngineLease,
        _ state: AccountState,
        _ hasCollar: Bool,
        at now: Timestamp
    ) throws -> EngineCore {
        let limits = try RiskLimits(
            maxPositionPercent: FixedDecimal(100),
            maxDailyLossPercent: FixedDecimal(100),
            maxGrossExposurePercent: FixedDecimal(1000),
            priceCollarBps: hasCollar ? FixedDecimal(500) : nil,
            requireCash: false,
            allowShort: true
        )
        var configuration = EngineConfiguration(
            environment: .backtest,
            currency: .usd,
            dayOpen: SimulatedWorld.open,
            instrument: { Instrument(symbol: $0) },
            limits: limits
        )
        configuration.reconciliation = ReconciliationSettings()
        return EngineCore(
            configuration: configuration,
            router: OrderRouting(hours: Hours(), forecast: Forecast(), catalog: catalog),
            catalog: catalog,
            lease: lease,
            state: state,
            at: now
        )
    }

    /// An order by `algorithm`, with what it takes drawn at random.
    static func submission(
        _ number: Int,
        _ instrument: Instrument,
        _ algorithm: AlgorithmName,
        _ catalog: AlgorithmCatalog,
        random: inout WorldRandom,
        at now: Timestamp
    ) throws -> ParentSubmission {
        let known = catalog.parameters(of: algorithm)
        let quantity = Quantity(units: instrument.lot.units * Int64(1 + random.below(120)))
        var parameters = AlgorithmParameters()
        if known.contains("duration_minutes") { parameters.durationMinutes = 1 + random.below(25) }
        if known.contains("slice_interval_seconds"), random.chance(500) {
            parameters.sliceIntervalSeconds = 10 + random.below(170)
        }
        if known.contains("catch_up") {
            let policies: [CatchUpPolicy] = [.spread, .skip, .burst(maximumSlices: 3)]
            parameters.catchUp = policies[random.below(policies.count)]
        }
        if known.contains("participation_percent") {
            parameters.participationPercent = FixedDecimal(1 + random.below(15))
        }
        if known.contains("must_complete") { parameters.mustComplete = random.chance(500) }
        return ParentSubmission(
            id: ParentOrderID(digest: [1, 2, 3, 4, 5, 6, 7, 8, 9, UInt8(number)]),
            account: SimulatedWorld.account,
            order: ProposedOrder(
                instrument: instrument,
                side: random.chance(500) ? .buy : .sell,
                quantity: quantity,
                referencePrice: Price(units: 10_000_000_000),
                urgency: .high,
                urgencySource: "world",
                limitPrice: Price(units: 10_000_000_000 + Int64(random.below(100) - 50) * 1_000_000),
                note: "world"
            ),
            choice: .explicit(algorithm, parameters),
            run: nil,
            stepPath: nil,
            submittedAt: now,
            seed: random.next()
        )
    }
}
