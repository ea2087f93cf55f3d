import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import OrderManagement
import QuantMath
public import TradingDomain

/// How the simulated venue fills orders against the market it replays.
///
/// The recorded market does not answer to our orders: it goes on as it went without them. What a fill says is therefore
/// what such an order would at best have left to chance, and less true the larger the order is beside the market.
///
/// *Taking.* It depends on how much the market shows:
/// - **A deep book** (depth data): level by level at the levels' own prices, at most ``depthPercent`` of each level. What was
///   taken of a level is missing from it until it grows or comes anew. Walking the book is the impact.
/// - **The best prices** (quotes): at the touch (a buy at the ask) for at most ``participationPercent`` of the size shown
///   there; the next quote brings new size. Impact is SE-3 (MODERATE) of the quantity that trades, added to the price,
///   rounded to the nearest tick, and never through the order's limit.
/// - **Trade bars** (where there are no quotes): at the end of a bar, at its close, for at most ``participationPercent`` of
///   the bar's volume, with the same impact. A close is a trade at the bid or at the ask with equal chance (a draw from the
///   seed); when it was on the other side, the order pays the whole assumed spread.
///
/// *Waiting.* Where single trades or a deep book are told, a limit order that does not trade at once waits behind what its
/// level shows and is filled, at its own price and in parts, when trades reach it (`QueuePosition`), when the market
/// trades beyond its price (for at most what trades there), or when the other side is shown at its price or beyond (for at most
/// what is shown, as above). Where only quotes are told, it fills as a taker when the touch reaches its limit; with bars, at
/// its limit when a bar trades *through* it. Trades whose taker is not told count only inside the best prices.
///
/// Our own orders never trade with each other: where orders wait in queues, one of ours that another would meet expires.
///
/// **Commission** is ``commissionRate`` of the notional. Commands and reports take their time, see ``LatencyModel``.
///
/// Not modelled: hidden size, auctions, our own effect on later prices, borrowing, fees by tier. What was taken of a level
/// before a restart of the venue is offered again.
public struct FillModel: Codable, Hashable, Sendable {
    /// Largest share of shown size or bar volume that one instrument's orders take together, in percent.
    public var participationPercent: FixedDecimal
    /// Fraction of the notional, `0.00015` being 0.015 %.
    public var commissionRate: FixedDecimal
    /// One way, in nanoseconds, where no other latency is given.
    public var latencyNanoseconds: Int64
    /// Assumed spread where there are no quotes, in basis points; at least one tick.
    public var assumedSpreadBps: FixedDecimal
    public var seed: UInt64
    /// How long commands take; absent means ``latencyNanoseconds``.
    public var commandLatency: LatencyModel?
    /// How long reports take; absent means ``latencyNanoseconds``.
    public var reportLatency: LatencyModel?
    /// Largest share of a deep book's level that our orders take, in percent; absent means all of it.
    public var depthPercent: FixedDecimal?

    public init(seed: UInt64) {
        participationPercent = FixedDecimal(10)
        commissionRate = FixedDecimal(units: 15_000)
        latencyNanoseconds = 50_000_000
        assumedSpreadBps = FixedDecimal(1)
        self.seed = seed
    }

    /// How long a command is on its way.
    func commandLatency(_ command: BrokerCommand) -> Duration {
        // What an order asks for first, and what is asked about it later.
        var event = 0
        if case .cancel = command { event = 1 }
        let model = commandLatency ?? .fixed(latencyNanoseconds)
        return .nanoseconds(model.nanoseconds(seed: seed, order: command.order, event: event))
    }

    /// How long a report of an order with so many fills is on its way, and whether all of them take as long.
    func reportLatency(_ report: BrokerEvent, after fills: Int) -> (Duration, isFixed: Bool) {
        // The acknowledgement is number 0; fill n is 2n, and what ends an order after it is 2n + 1.
        var event = 2 * fills + 1
        if case .acknowledged = report { event = 0 }
        if case .filled = report { event = 2 * fills }
        let model = reportLatency ?? .fixed(latencyNanoseconds)
        // Reports draw apart from commands.
        let time = model.nanoseconds(seed: ~seed, order: report.order, event: event)
        return (.nanoseconds(time), model.isFixed)
    }

    /// How much of a deep book's level is there for us, in whole lots.
    func depthShare(of size: Quantity, lot: Quantity) -> Quantity {
        guard let depthPercent else { return size }
        return share(depthPercent, of: size, lot: lot)
    }

    /// How much may trade against `available`, in whole lots.
    func share(of available: Quantity, lot: Quantity) -> Quantity {
        share(participationPercent, of: available, lot: lot)
    }

    private func share(_ percent: FixedDecimal, of available: Quantity, lot: Quantity) -> Quantity {
        // One division, so that nothing is rounded up past the cap.
        let product = Int128(available.units) * percent.units
        let part = Rounding.floor(product, over: Int128(FixedDecimal.scale) * 100)
        return Quantity(units: Int64(clamping: part)).rounded(toLot: lot)
    }

    /// The price of trading `quantity` at `touch`, impact included, on the tick grid and inside `limit`.
    func price(_ touch: Price, _ quantity: Quantity, _ order: ChildOrder) -> Price {
        // SE-3 fails for negative quantities only.
        let bps = (try? MarketImpact.estimate(quantity, style: .moderate).bps) ?? 0
        let impact = FixedDecimal(units: Int128((bps * Double(FixedDecimal.scale)).rounded()))
        let tick = order.instrument.tick
        // Data may lie between two ticks; the venue trades on the grid, on the side that is no better for us.
        let touch = touch.rounded(to: tick, for: order.side.opposite)
        let moved = touch.worsened(byBps: impact, for: order.side)
        let nearest = (moved + Price(units: tick.units / 2)).rounded(to: tick, for: .buy)
        // Rounding to the nearest tick may not improve on the touch.
        let price = order.side == .buy ? max(nearest, touch) : max(min(nearest, touch), tick)
        guard let limit = order.request.type.limitPrice else { return price }
        return order.side == .buy ? min(price, limit) : max(price, limit)
    }

    /// Where an order on `side` would trade at the end of a bar, before impact.
    func touch(_ bar: Bar, _ order: ChildOrder) -> Price {
        let draws = CounterRandom(
            seed: seed,
            parent: bar.symbol.text,
            event: Int(truncatingIfNeeded: bar.end.nanoseconds)
        )
        guard draws.uniform(0) < 0.5 else { return bar.close }
        let spread = max(bar.close.worsened(byBps: assumedSpreadBps, for: .buy) - bar.close, order.instrument.tick)
        let rounded = spread.rounded(to: order.instrument.tick, for: .sell)
        return order.side == .buy ? bar.close + rounded : bar.close - rounded
    }

    func commission(on notional: Money) -> Money { notional.times(commissionRate) }
}
