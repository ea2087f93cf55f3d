import ExecutionAlgorithms
import MarketData
import QuantMath
public import TradingDomain

/// How the simulated venue fills orders against the market it replays.
///
/// - **Against quotes**: a marketable order trades at the touch (a buy at the ask) for at most ``participationPercent`` of
///   the size shown there; the next quote brings new size.
/// - **Against trade bars** (where there are no quotes): at the end of a bar, at its close, for at most
///   ``participationPercent`` of the bar's volume. A close is a trade at the bid or at the ask with equal chance (a draw from
///   the seed); when it was on the other side, the order pays the whole assumed spread.
/// - **Impact**: SE-3 (MODERATE) of the quantity that trades is added to the price, rounded to the nearest tick, and
///   never through the order's limit.
/// - A resting limit order fills at its limit when a bar trades *through* it, or when the touch reaches it.
/// - **Commission** is ``commissionRate`` of the notional. Commands arrive ``latencyNanoseconds`` after they were sent; reports
///   take as long back.
///
/// Not modelled: the queue at a price, hidden size, auctions, our own effect on later prices, borrowing, fees by tier.
public struct FillModel: Codable, Hashable, Sendable {
    /// Largest share of shown size or bar volume that one instrument's orders take together, in percent.
    public var participationPercent: FixedDecimal
    /// Fraction of the notional, `0.00015` being 0.015 %.
    public var commissionRate: FixedDecimal
    /// One way, in nanoseconds.
    public var latencyNanoseconds: Int64
    /// Assumed spread where there are no quotes, in basis points; at least one tick.
    public var assumedSpreadBps: FixedDecimal
    public var seed: UInt64

    public init(seed: UInt64) {
        participationPercent = FixedDecimal(10)
        commissionRate = FixedDecimal(units: 15_000)
        latencyNanoseconds = 50_000_000
        assumedSpreadBps = FixedDecimal(1)
        self.seed = seed
    }

    var latency: Duration { .nanoseconds(latencyNanoseconds) }

    /// How much may trade against `available`, in whole lots.
    func share(of available: Quantity, lot: Quantity) -> Quantity {
        // One division, so that nothing is rounded up past the cap.
        let product = Int128(available.units) * participationPercent.units
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
