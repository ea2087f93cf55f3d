import ExecutionEngine
import MarketData
import OrderManagement
import RiskRules
import TradingDomain

/// Drives an engine's core through recorded quotes as the engine's loop does, with a journal that accepts everything
/// and a venue that acknowledges and fills every order at once, at the touch.
struct Replay {
    /// What was done besides following the market.
    struct Work {
        /// Children that were placed.
        var slices = 0
        var fills = 0
        /// Time spent in turns in which something was due: timers, batches, reports of the venue.
        var time = Duration.zero
    }

    private(set) var core: EngineCore
    private(set) var work = Work()
    /// As between a feed and an engine.
    private var gate = QualityGate()
    /// Numbers trades, which no account may have twice.
    private var trades = 0

    init(_ core: EngineCore) { self.core = core }

    /// Shows the core a price before the first parent asks for one.
    mutating func show(_ event: MarketEvent) { core.apply(.market(event), at: event.at) }

    mutating func submit(_ submission: ParentSubmission, at now: Timestamp) throws {
        core.apply(.submitted(submission), at: now)
        try turn(at: now)
    }

    /// Follows the market through `events` and tells what that took.
    mutating func measure(_ events: [MarketEvent], parents: Int) throws -> Measurement {
        work = Work()
        let (wall, start) = (ContinuousClock.now, ProcessorClock.now)
        try follow(events)
        let time = ProcessorClock.now - start
        let took = ContinuousClock.now - wall
        return Measurement(parents: parents, quotes: events.count, wall: took, time: time, work: work)
    }

    /// Lets the engine follow `events`, each through the gate.
    ///
    /// - Throws: A ``BenchmarkFailure`` when the gate finds something wrong with a recorded quote.
    mutating func follow(_ events: some Collection<MarketEvent>) throws {
        for event in events {
            let verdict = gate.screen(event, at: event.at)
            guard verdict == .pass else { throw BenchmarkFailure("\(verdict)") }
            while let wake = core.nextWake, wake < event.at { try turn(at: wake) }
            core.apply(.market(event), at: event.at)
            try turn(at: event.at)
        }
    }

    /// One turn of the engine's loop: fires what is due, commits, sends, until nothing is left to do at `now`.
    private mutating func turn(at now: Timestamp) throws {
        var start: Duration?
        if let wake = core.nextWake, wake <= now { start = ProcessorClock.now }
        core.resumeRestored(at: now)
        core.fireTimers(at: now)
        while let batch = core.takeBatch(at: now) {
            if let alert = batch.alerts.first { throw BenchmarkFailure("\(alert.code): \(alert.message)") }
            for command in core.settle(BatchReceipt(halt: .inactive), at: now) { try fill(command, at: now) }
            core.fireTimers(at: now)
        }
        if let start { work.time += ProcessorClock.now - start }
    }

    private mutating func fill(_ command: BrokerCommand, at now: Timestamp) throws {
        guard case .place(let order) = command, let quote = core.board.view(order.instrument.symbol)?.quote else {
            throw BenchmarkFailure("Nothing but orders was expected, and a price: \(command)")
        }
        work.slices += 1
        trades += 1
        let price = order.side == .buy ? quote.ask : quote.bid
        let notional = order.instrument.notional(price, order.request.quantity)
        let fill = Fill(
            account: order.account,
            symbol: order.instrument.symbol,
            tradeID: TradeID(unchecked: "t\(trades)"),
            clientOrderID: order.id,
            side: order.side,
            quantity: order.request.quantity,
            price: price,
            notional: notional,
            commission: .zero(notional.currency),
            tradedAt: now
        )
        core.apply(.broker(.acknowledged(order.id, BrokerOrderID(unchecked: "b\(trades)"), at: now)), at: now)
        core.apply(.broker(.filled(fill)), at: now)
        work.fills += 1
    }
}
