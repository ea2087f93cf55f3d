import Glibc
import TradingDomain

/// Measures one instrument's market as its feed goes by (RO-5), and keeps the state that it is in (RO-4).
///
/// A pure fold of the feed, in constant time for each event and without allocation after the first. Everything is
/// sampled at whole tens of seconds, with what was known right before, so that no result depends on when it is asked
/// for. A quote between two samples costs one comparison.
struct MarketGauge: Sendable {
    /// After a silence this long what was measured before it says nothing: half an hour, the longest window.
    private static let forgetAfter = Duration.seconds(1800)
    private static let minute = Duration.seconds(60).nanoseconds
    /// Weight of the newest sample in the mean spread: about a minute's worth of samples count.
    private static let spreadWeight = 1.0 / 6

    private var monitor: MarketStateMonitor
    private var volume = RollingVolume()
    private var returns = MinuteReturns()
    /// Mean of the sampled spreads in basis points, the newest counting most.
    private var spread: Double?
    private var startedAt: Timestamp?
    /// When something is to be sampled next; right away at first.
    private(set) var nextSample = Timestamp(nanoseconds: .min)
    /// When the feed last told something.
    var lastAt = Timestamp(nanoseconds: .min)
    /// Volume per minute of the latest bar, where bars are longer than a minute.
    private var longBarVolume: Quantity?
    /// Whether the source tells any volume.
    private var tellsVolume = false
    /// Bars tell it, each at its end.
    private var isByBars = false

    init(rules: [MarketStateRule], dwell: Duration) { monitor = MarketStateMonitor(rules: rules, dwell: dwell) }

    var state: MarketState { monitor.state }

    /// Counts what traded; `span` is the time that it stands for, zero for a single trade.
    mutating func traded(_ quantity: Quantity, over span: Duration = .zero) {
        tellsVolume = true
        if span > .zero {
            isByBars = true
            startedAt = startedAt.map { min($0, lastAt - span) }
        }
        if span.nanoseconds > Self.minute {
            let perMinute = Int128(quantity.units) * Int128(Self.minute) / Int128(span.nanoseconds)
            longBarVolume = Quantity(units: Int64(clamping: perMinute))
        }
        volume.add(quantity)
    }

    /// Bars counted so far count no more: single trades tell the volume from here on.
    mutating func forgetBars() {
        volume.clear()
        longBarVolume = nil
        isByBars = false
        startedAt = lastAt
    }

    /// Takes the samples that are due by `now`, with the market as it was before the event of that time.
    mutating func sample(until now: Timestamp, _ view: MarketView) {
        let piece = RollingVolume.piece.nanoseconds
        guard startedAt != nil, now < nextSample + Self.forgetAfter else {
            // The first event, or the first after a long silence.
            volume.clear()
            returns.clear()
            spread = nil
            (startedAt, lastAt) = (now, now)
            nextSample = Timestamp(nanoseconds: (now.nanoseconds / piece + 1) * piece)
            return
        }
        while nextSample <= now {
            volume.roll()
            if nextSample.nanoseconds % Self.minute == 0 { returns.take(view.mid) }
            if let current = view.spreadBps {
                spread = spread.map { $0 + Self.spreadWeight * (current - $0) } ?? current
            }
            monitor.observe(measures(view), at: nextSample)
            nextSample = nextSample + RollingVolume.piece
        }
    }

    // MARK: What was measured

    func conditions(_ view: MarketView) -> MarketConditions {
        var found = MarketConditions(at: lastAt)
        if let quote = view.quote, quote.isUsable {
            (found.bid, found.ask) = (quote.bid, quote.ask)
            found.spreadBps = view.spreadBps
            if let depth = view.depth {
                found.bidLiquidity = depth.levels.liquidity(of: .buy)
                found.askLiquidity = depth.levels.liquidity(of: .sell)
                found.liquidityBasis = .depth
            } else {
                (found.bidLiquidity, found.askLiquidity) = (quote.bidSize, quote.askSize)
                found.liquidityBasis = .touch
            }
        }
        if let bids = found.bidLiquidity?.approximate, let asks = found.askLiquidity?.approximate, bids + asks > 0 {
            found.imbalance = (bids - asks) / (bids + asks)
        }
        found.minuteVolume = minuteVolume
        if tellsVolume {
            found.lastMinuteVolume = longBarVolume ?? volume.lastMinute
            found.dailyVolume = view.cumulativeVolume
        }
        found.volatility = returns.volatility
        found.trend = returns.trend
        found.liquidityScore = score(found)
        return found
    }

    /// Minutes that the volume stands for, one to ten; `nil` before the first has passed.
    private var minutes: Double? {
        guard let startedAt else { return nil }
        let passed = Double((lastAt - startedAt).nanoseconds) / Double(Self.minute)
        // A bar is known at its end: the minute that is under way has none yet.
        let covered = min(10, isByBars ? passed.rounded(.down) : passed)
        return covered >= 1 ? covered : nil
    }

    private var minuteVolume: Quantity? {
        if let longBarVolume { return longBarVolume }
        guard tellsVolume else { return nil }
        return minutes.map { Quantity(units: Int64(clamping: Int128(Double(volume.all) / $0))) }
    }

    private func score(_ found: MarketConditions) -> Double? {
        guard let spread = found.spreadBps, let bids = found.bidLiquidity, let asks = found.askLiquidity,
            let flow = found.minuteVolume?.approximate, let minutes
        else { return nil }
        let shown = (bids.approximate + asks.approximate) / 2
        let tightness = 1 / (1 + spread / 10)
        let depth = shown > 0 ? shown / (shown + flow / 60) : 0
        let whole = max(1, Int(minutes))
        let active = longBarVolume == nil ? volume.activeMinutes(of: whole) : flow > 0 ? whole : 0
        return cbrt(tightness * depth * Double(active) / Double(whole))
    }

    /// What states are judged by: the mean spread instead of the latest.
    private func measures(_ view: MarketView) -> MarketMeasures {
        MarketMeasures(
            spreadBps: spread,
            volatilityBps: returns.volatility.map { $0 * 10_000 },
            trend: returns.trend?.magnitude,
            liquidityScore: conditions(view).liquidityScore,
            minuteVolume: minuteVolume?.approximate
        )
    }
}
