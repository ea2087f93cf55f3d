import TradingDomain

/// One session of one generated name: a quote every five seconds and a bar every minute.
struct GeneratedDay: Sendable {
    /// Prices in ticks and sizes in shares; absent while trading is halted.
    struct Book: Sendable {
        let bid: Int32
        let ask: Int32
        let bidSize: Int32
        let askSize: Int32
    }

    let name: GeneratedName
    let session: TradingSession
    /// By five seconds since the open.
    let books: [Book?]
    /// By end; minutes without a trade have none.
    let bars: [Bar]

    static let quoteSeconds = 5
    static let quotesPerMinute = 12

    /// Some minutes of a session, by when something happens: a bar belongs to the minute that begins with its end.
    struct Part: Sendable {
        let minutes: Range<Int>
        let books: [Book?]
        let bars: [Bar]
        /// Nothing happens afterwards.
        let isLast: Bool
    }

    /// What happens in `minutes` since the open; the last minute is the one that begins with the close.
    func part(_ minutes: Range<Int>) -> Part {
        let first = min(minutes.lowerBound * Self.quotesPerMinute, books.count)
        let end = min(minutes.upperBound * Self.quotesPerMinute, books.count)
        let from = session.open + .seconds(60 * minutes.lowerBound)
        let to = session.open + .seconds(60 * minutes.upperBound)
        return Part(
            minutes: minutes,
            books: Array(books[first..<end]),
            bars: bars.filter { from <= $0.end && $0.end < to },
            isLast: to > session.close
        )
    }

    static func quote(_ book: Book, _ index: Int, of name: GeneratedName, _ session: TradingSession) -> Quote {
        let tick = name.instrument.tick.units
        return Quote(
            symbol: name.symbol,
            at: session.open + .seconds(index * quoteSeconds),
            bid: Price(units: Int64(book.bid) * tick),
            bidSize: Quantity(Int(book.bidSize)),
            ask: Price(units: Int64(book.ask) * tick),
            askSize: Quantity(Int(book.askSize))
        )
    }
}

/// Draws a session: a path bridged from its open to its close, a book around the path, and bars of what traded.
///
/// The path is a Brownian bridge whose steps are large at the open, smaller at noon and larger again towards the
/// close, times a state that moves by the half hour. Part of each step is the market's, so names move together.
struct GeneratedDayBuilder {
    private let name: GeneratedName
    private let session: TradingSession
    private let seed: UInt64
    /// Natural logarithms of price ÷ usual price.
    private let open: Double
    private let close: Double
    private let minutes: Int
    private let steps: Int
    private let halt: Range<Int>
    private let tick: Double

    init(_ name: GeneratedName, _ session: TradingSession, previous: TradingSession, seed: UInt64) {
        self.name = name
        self.session = session
        self.seed = seed
        let level = GeneratedLevel(seed: seed, name: name)
        let before = level.close(on: previous.date)
        close = level.close(on: session.date)
        let day = session.date.daysSinceEpoch
        let own = Draws(seed: seed, name.symbol.text, "gap", day)
        let market = Draws(seed: seed, "", "gap", day)
        let gap = 0.002 * name.beta * market.normal(0) + 0.2 * name.ownVolatility * own.normal(0)
        open = before + 0.3 * (close - before) + gap
        minutes = Int(session.length.seconds) / 60
        steps = minutes * GeneratedDay.quotesPerMinute
        tick = name.instrument.tick.approximate
        halt = Self.drawHalt(Draws(seed: seed, name.symbol.text, "halt", day), minutes)
    }

    func build() -> GeneratedDay {
        let unrest = drawUnrest()
        let prices = drawPath(unrest)
        let thin = drawThinMinutes()
        let books = drawBooks(prices, unrest, thin)
        return GeneratedDay(name: name, session: session, books: books, bars: drawBars(prices, books, thin))
    }

    /// About every eighth day trading stops for two to five minutes, never near the open or the close.
    private static func drawHalt(_ draws: Draws, _ minutes: Int) -> Range<Int> {
        guard minutes > 60, draws.uniform(0) < 0.12 else { return 0..<0 }
        let first = 20 + Int(draws.uniform(1) * Double(minutes - 50))
        return first..<(first + 2 + Int(draws.uniform(2) * 4))
    }

    /// The state of volatility and spread per step, about 0.6 to 1.5, drawn every half hour and linear between.
    private func drawUnrest() -> [Double] {
        let draws = draws("unrest")
        let perKnot = 30 * GeneratedDay.quotesPerMinute
        return (0...steps).map { step in
            let part = Double(step % perKnot) / Double(perKnot)
            let (before, after) = (draws.uniform(step / perKnot), draws.uniform(step / perKnot + 1))
            return 0.6 + 0.9 * (before + (after - before) * part)
        }
    }

    /// Prices in dollars at every five seconds from the open to the close.
    private func drawPath(_ unrest: [Double]) -> [Double] {
        let (own, market) = (draws("path"), Draws(seed: seed, "", "path", session.date.daysSinceEpoch))
        let common = name.beta * GeneratedName.marketVolatility
        var walk = [0.0]
        var variances = [0.0]
        walk.reserveCapacity(steps + 1)
        variances.reserveCapacity(steps + 1)
        for step in 0..<steps {
            let edge = edge(step)
            let share = 0.6 + 1.2 * edge * edge
            let size = share / Double(steps).squareRoot()
            let move = common * market.normal(step) + name.ownVolatility * unrest[step] * own.normal(step)
            walk.append(walk[step] + 0.8 * size * move)
            variances.append(variances[step] + share * share)
        }
        return (0...steps).map { step in
            let part = variances[step] / variances[steps]
            let bridged = walk[step] - walk[steps] * part
            return name.anchor * Draws.exponential(open + (close - open) * part + bridged)
        }
    }

    /// In about one minute of seventy hardly anybody is there.
    private func drawThinMinutes() -> [Bool] {
        let draws = draws("thin")
        return (0..<minutes).map { draws.uniform($0) < 0.015 }
    }

    private func drawBooks(_ prices: [Double], _ unrest: [Double], _ thin: [Bool]) -> [GeneratedDay.Book?] {
        let draws = draws("book")
        let usualSize = min(6000, max(300, name.dailyVolume / 390 / 12 * 0.3))
        return (0..<steps).map { step in
            let minute = step / GeneratedDay.quotesPerMinute
            guard !halt.contains(minute) else { return nil }
            let edge = edge(step)
            let wide = (0.8 + 0.8 * edge * edge) * unrest[step] * (thin[minute] ? 4 : 1)
            let bps = name.spreadBps * wide * (0.7 + 0.6 * draws.uniform(3 * step))
            let inTicks = prices[step] / tick
            let spread = max(1, (inTicks * bps / 10_000).rounded())
            let bid = max(1, (inTicks - spread / 2).rounded())
            let size = usualSize * (thin[minute] ? 0.25 : 1) / 100
            return GeneratedDay.Book(
                bid: Int32(bid),
                ask: Int32(bid + spread),
                bidSize: 100 * Int32(max(1, size * (0.4 + 1.2 * draws.uniform(3 * step + 1)))),
                askSize: 100 * Int32(max(1, size * (0.4 + 1.2 * draws.uniform(3 * step + 2))))
            )
        }
    }

    private func drawBars(_ prices: [Double], _ books: [GeneratedDay.Book?], _ thin: [Bool]) -> [Bar] {
        let volumes = drawVolumes(thin)
        let sides = draws("prints")
        var bars: [Bar] = []
        bars.reserveCapacity(minutes)
        for minute in 0..<minutes where volumes[minute] > 0 && !halt.contains(minute) {
            let first = minute * GeneratedDay.quotesPerMinute
            let last = first + GeneratedDay.quotesPerMinute
            // One print at each quote, on a drawn side of the book, and one in the middle as the minute ends.
            var prints = (first..<last).compactMap { step in
                books[step].map { Int64(sides.bits(step) & 1 == 0 ? $0.bid : $0.ask) }
            }
            prints.append(Int64(max(1, (prices[last] / tick).rounded())))
            bars.append(makeBar(minute, prints, volume: volumes[minute]))
        }
        return bars
    }

    /// Spreads the volume over the prints as evenly as whole shares allow.
    private func makeBar(_ minute: Int, _ prints: [Int64], volume: Int) -> Bar {
        let (each, rest) = volume.quotientAndRemainder(dividingBy: prints.count)
        var (turnover, low, high) = (Int64(0), prints[0], prints[0])
        for (index, print) in prints.enumerated() {
            turnover += print * Int64(index < rest ? each + 1 : each)
            (low, high) = (min(low, print), max(high, print))
        }
        let unit = name.instrument.tick.units
        let start = session.open + .seconds(60 * minute)
        return Bar(
            symbol: name.symbol,
            start: start,
            end: start + .seconds(60),
            open: Price(units: prints[0] * unit),
            high: Price(units: high * unit),
            low: Price(units: low * unit),
            close: Price(units: prints[prints.count - 1] * unit),
            volume: Quantity(volume),
            turnover: FixedDecimal(units: Int128(turnover) * Int128(unit))
        )
    }

    /// Whole shares per minute: much at the open, little at noon, most at the close; half days trade about half.
    private func drawVolumes(_ thin: [Bool]) -> [Int] {
        let draws = draws("volume")
        let shape = (0..<minutes).map { minute in
            let edge = edge(minute * GeneratedDay.quotesPerMinute)
            let auction = minute == 0 ? 2.5 : minute == minutes - 1 ? 4 : 1
            return (0.6 + 1.5 * edge * edge) * auction
        }
        let busy = 0.7 + 0.8 * draws.uniform(-1)
        let ofDay = name.dailyVolume * busy * (session.isEarlyClose ? 0.5 : 1) / shape.reduce(0, +)
        return (0..<minutes).map { minute in
            Int(ofDay * shape[minute] * (0.5 + draws.uniform(minute)) * (thin[minute] ? 0.05 : 1))
        }
    }

    /// Distance from the middle of the session: 0 at its middle, 1 at its open and close.
    private func edge(_ step: Int) -> Double { abs(2 * Double(step) / Double(steps) - 1) }

    private func draws(_ purpose: String) -> Draws {
        Draws(seed: seed, name.symbol.text, purpose, session.date.daysSinceEpoch)
    }
}
