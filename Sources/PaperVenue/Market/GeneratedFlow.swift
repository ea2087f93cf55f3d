import Glibc
import TradingDomain

/// The market of one made-up contract: a price that wanders around its anchor, and a ladder of orders around it.
///
/// Everything is a function of seed and time alone, so a venue that comes back after a stop goes on where the price
/// would be. The price is the anchor times the exponential of a sum of smooth noises with periods from a second to a
/// quarter of a day; together they move about as bitcoin does (half a percent in an hour).
struct GeneratedFlow {
    let symbol: VenueSymbol
    /// What the price returns to, in units of 10⁻⁸ of the quote currency.
    let anchor: Double
    let seed: UInt64

    /// Periods in milliseconds, with the standard deviation that each adds.
    private static let waves: [(period: Int64, size: Double)] = [
        (21_600_000, 0.012), (3_600_000, 0.004), (600_000, 0.0015), (60_000, 0.0006), (10_000, 0.000_2),
        (1000, 0.000_05),
    ]
    /// Levels on each side.
    static let depth = 40

    /// Logarithm of price ÷ anchor.
    private func level(at milliseconds: Int64) -> Double {
        var sum = 0.0
        for (index, wave) in Self.waves.enumerated() {
            let cell = milliseconds / wave.period
            let within = Double(milliseconds % wave.period) / Double(wave.period)
            let smooth = within * within * (3 - 2 * within)
            let before = draw(index, cell)
            sum += wave.size * (before + (draw(index, cell + 1) - before) * smooth)
        }
        return sum
    }

    /// The middle of the book.
    func middle(at milliseconds: Int64) -> Price {
        Price(units: Int64((anchor * exp(level(at: milliseconds))).rounded()))
    }

    /// The mark price: near the middle, never quite on it.
    func mark(at milliseconds: Int64) -> Price {
        let premium = 0.000_05 * draw(90, milliseconds / 60_000)
        return Price(units: Int64((Double(middle(at: milliseconds - 2000).units) * (1 + premium)).rounded()))
    }

    /// A share of a position's worth, around 0.01 %.
    func fundingRate(at milliseconds: Int64) -> FixedDecimal {
        FixedDecimal(units: Int128((10_000 + 5000 * draw(91, milliseconds / 3_600_000)).rounded()))
    }

    /// The book: a spread of a tick or two, then levels that lie further apart and hold more the deeper they are.
    func book(at milliseconds: Int64) -> (bids: [(Price, Quantity)], asks: [(Price, Quantity)]) {
        let tick = symbol.tick.units
        let bid = middle(at: milliseconds).units / tick
        let spread: Int64 = draw(92, milliseconds / 500) > 1 ? 2 : 1
        return (side(from: bid, by: -1, milliseconds), side(from: bid + spread, by: 1, milliseconds))
    }

    private func side(from best: Int64, by sign: Int64, _ milliseconds: Int64) -> [(Price, Quantity)] {
        // Gaps of one tick at the best, about a basis point further out: 40 levels reach half a percent.
        let wide = max(1, Int64(anchor * 0.000_15) / symbol.tick.units)
        var place = best
        return (0..<Self.depth).map { index in
            defer { place += sign * (index < 5 ? 1 : 1 + (wide - 1) * Int64(index) / Int64(Self.depth)) }
            return (Price(units: place * symbol.tick.units), size(at: place, index, milliseconds))
        }
    }

    /// What rests at a price: worth some ten thousand at the best levels, changing every few seconds.
    private func size(at place: Int64, _ index: Int, _ milliseconds: Int64) -> Quantity {
        let period = 400 + Int64(index) * 150
        let worth = 20_000 + 8000 * Double(index)
        let chance = Draw.uniform(seed ^ 77, UInt64(bitPattern: place), UInt64(milliseconds / period))
        let steps = worth * (0.2 + 1.6 * chance) / (anchor / 1e8) / symbol.step.approximate
        return Quantity(units: max(1, Int64(steps.rounded())) * symbol.step.units)
    }

    /// Trades of one moment, a few or none; `span` is the time since the last one.
    func trades(at milliseconds: Int64, span: Int64) -> [(price: Price, quantity: Quantity, buyerIsMaker: Bool)] {
        let book = book(at: milliseconds)
        // About six a second, at most four at once: what a faster clock leaves out is volume, not prices.
        let expected = min(4, 0.006 * Double(span))
        let count = Int(expected + Draw.uniform(seed ^ 5, UInt64(milliseconds)))
        return (0..<count).compactMap { index in
            let isSale = Draw.bits(seed ^ 6, UInt64(milliseconds), UInt64(index)) & 1 == 0
            guard let best = (isSale ? book.bids : book.asks).first else { return nil }
            let share = Draw.uniform(seed ^ 7, UInt64(milliseconds), UInt64(index))
            let steps = max(1, Int64(Double(best.1.units / symbol.step.units) * 0.3 * share * share))
            return (best.0, Quantity(units: steps * symbol.step.units), isSale)
        }
    }

    /// A candle of one minute from before the venue began.
    func candle(openTime: Int64) -> VenueCandle {
        let tick = symbol.tick.units
        let prices = (0..<12).map { Price(units: middle(at: openTime + 5000 * $0).units / tick * tick) }
        var candle = VenueCandle(openTime: openTime, price: prices[0])
        candle.close = prices[11]
        candle.high = prices.max() ?? prices[0]
        candle.low = prices.min() ?? prices[0]
        let worth = 4_000_000 * (0.5 + Draw.uniform(seed ^ 8, UInt64(openTime)))
        let steps = Int64(worth / (anchor / 1e8) / symbol.step.approximate)
        candle.volume = Quantity(units: steps * symbol.step.units)
        candle.takerVolume = Quantity(units: steps / 2 * symbol.step.units)
        let usual = FixedDecimal(units: Int128(prices[6].units))
        candle.quoteVolume = FixedDecimal(units: Int128(candle.volume.units)) * usual
        candle.takerQuoteVolume = FixedDecimal(units: Int128(candle.takerVolume.units)) * usual
        candle.trades = 360
        return candle
    }

    /// Nearly normal, with mean 0 and variance 1: the sum of four uniform numbers.
    private func draw(_ purpose: Int, _ cell: Int64) -> Double {
        let bits = Draw.bits(seed &+ UInt64(purpose) &* 0x9E37_79B9, UInt64(bitPattern: cell))
        let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        return (Double(sum) - 131_070) * (1.732_050_807_568_877_2 / 65_536)
    }
}
