import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import PaperTrading
import Portfolio
import RiskRules
import TradingDomain

/// One order of one algorithm over one session: the engine's core and the simulated venue in virtual time.
struct Trial {
    /// What came of an order.
    struct Outcome {
        /// Average price against the market's average over the order's time, in basis points without sign.
        let trackingBps: Double
        /// Our volume over the market's, in percent.
        let participation: Double
        /// Filled of what was ordered, in percent.
        let filled: Double
        let children: Int
    }

    private static let account = AccountID(unchecked: "quality")
    /// After the close: for the last reports, and the grace of a schedule.
    private static let tail = Duration.seconds(120)

    private var core: EngineCore
    private var venue: SimulatedVenue
    private let day: MarketDay
    private var fills: [Fill] = []
    private var children = 0

    init(_ day: MarketDay) throws {
        self.day = day
        let instrument = day.instrument
        let session = day.session
        let cash = Money(units: Int128(1_000_000_000_000_000) * Int128(FixedDecimal.scale), instrument.currency)
        let opening = try LedgerEntry(
            account: Self.account,
            kind: .openingBalance,
            reference: "opening",
            at: session.open,
            cashChange: cash
        )
        var configuration = EngineConfiguration(
            environment: .backtest,
            currency: instrument.currency,
            dayOpen: session.open,
            instrument: { $0 == instrument.symbol ? instrument : nil },
            limits: try RiskLimits(requireCash: false, allowShort: true)
        )
        // Orders are as large as the benchmark says, whatever is predicted of them.
        configuration.slippage = try SlippageSettings(limitBps: 1_000, adaptiveThreshold: false)
        core = EngineCore(
            configuration: configuration,
            router: OrderRouting(
                hours: OneSession(session: session),
                forecast: Learned(day: day),
                profileDays: DataSet.profileDays
            ),
            catalog: AlgorithmCatalog(),
            lease: EngineLease(account: Self.account, epoch: 1, worker: "quality", incarnation: Incarnation(bits: 0)),
            state: AccountState(ledger: [opening], open: [], halt: .inactive, clock: nil),
            at: session.open
        )
        venue = SimulatedVenue(model: FillModel(seed: 7)) { _, time in session.contains(time) ? session.close : nil }
    }

    /// Works `quantity` on `side` from the first price of the session to its close.
    mutating func run(
        _ algorithm: AlgorithmName,
        _ parameters: AlgorithmParameters,
        _ side: Side,
        _ quantity: Quantity,
        _ events: [MarketEvent]
    ) throws -> Outcome {
        let symbol = day.instrument.symbol
        var before: MarketView?
        for event in events {
            try work(until: event.at)
            try step([event], at: event.at)
            guard before == nil, let view = core.board.view(symbol), let price = view.mid else { continue }
            before = view
            core.apply(.submitted(submission(algorithm, parameters, side, quantity, price, at: event.at)), at: event.at)
            try turn(at: event.at)
        }
        try work(until: day.session.close + Self.tail)
        guard let before, let after = core.board.view(symbol) else { throw BenchmarkFailure("\(day.name): no price") }
        if let refused = core.results.values.first(where: { $0.state == .refused }) {
            throw BenchmarkFailure("\(day.name), \(algorithm): \(refused.reason)")
        }
        let volume = (after.cumulativeVolume - before.cumulativeVolume).approximate
        let average = (after.cumulativeTurnover - before.cumulativeTurnover).approximate / volume
        let done = fills.reduce(0) { $0 + $1.quantity.approximate }
        let paid = fills.reduce(0) { $0 + $1.quantity.approximate * $1.price.approximate } / done
        return Outcome(
            trackingBps: done > 0 ? abs(paid / average - 1) * 10_000 : .infinity,
            participation: done / volume * 100,
            filled: done / quantity.approximate * 100,
            children: children
        )
    }

    private func submission(
        _ algorithm: AlgorithmName,
        _ parameters: AlgorithmParameters,
        _ side: Side,
        _ quantity: Quantity,
        _ price: Price,
        at now: Timestamp
    ) -> ParentSubmission {
        ParentSubmission(
            id: ParentOrderID(digest: [UInt8](repeating: 1, count: 10)),
            account: Self.account,
            order: ProposedOrder(
                instrument: day.instrument,
                side: side,
                quantity: quantity,
                referencePrice: price,
                urgency: .low,
                urgencySource: "benchmark",
                note: ""
            ),
            choice: .explicit(algorithm, parameters),
            run: nil,
            stepPath: nil,
            submittedAt: now,
            seed: 7
        )
    }

    /// Lets timers fire and the venue's commands and reports arrive before `end`.
    private mutating func work(until end: Timestamp) throws {
        while let next = [venue.nextEventAt, core.nextWake].compactMap({ $0 }).min(), next < end {
            try step([], at: next)
        }
    }

    /// One step of the paper market's clock: the venue first, then the engine.
    private mutating func step(_ events: [MarketEvent], at now: Timestamp) throws {
        for event in events { venue.market(event) }
        venue.advance(to: now)
        let reports = venue.takeReports(until: now)
        _ = venue.takeChanges()
        for event in events { core.apply(.market(event), at: now) }
        for report in reports {
            if case .filled(let fill) = report { fills.append(fill) }
            core.apply(.broker(report), at: now)
        }
        try turn(at: now)
    }

    /// One turn of the engine's loop, with a journal that accepts everything.
    private mutating func turn(at now: Timestamp) throws {
        for question in core.dueQuestions(at: now) {
            core.answered(question, venue.query(question.order, at: now), at: now)
        }
        core.resumeRestored(at: now)
        core.fireTimers(at: now)
        while let batch = core.takeBatch(at: now) {
            // How well an order went is what is measured here; everything else keeps it from being measured.
            if let alert = batch.alerts.first(where: { !$0.code.hasPrefix("execution_") }) {
                throw BenchmarkFailure("\(day.name): \(alert.code): \(alert.message)")
            }
            for command in core.settle(BatchReceipt(halt: .inactive), at: now) {
                if case .place = command { children += 1 }
                venue.send(command, at: now)
            }
            core.fireTimers(at: now)
        }
    }
}

/// The hours of the one session that is traded.
private struct OneSession: TradingHours {
    let session: TradingSession

    func phase(of instrument: Instrument, at time: Timestamp) -> MarketPhase {
        session.contains(time) ? .open(since: session.open, until: session.close) : .closed(nextOpen: nil)
    }
}

/// What the sessions before the one that is traded tell, as the program learns it.
private struct Learned: VolumeForecast {
    let day: MarketDay

    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double] {
        day.profile.weights(from: start - day.session.open, to: end - day.session.open, bucket: bucket)
    }

    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        day.history
    }
}
