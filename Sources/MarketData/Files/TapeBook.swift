internal import TradingDomain

/// The best bid and ask of a tape.
///
/// Each row is the best price over all exchanges and names the exchange that has it: bid and ask come in pairs, and a
/// newer row replaces the older of its side whichever exchange either is of. Keeping one quote per exchange instead would
/// leave prices in the book that are gone, since an exchange that loses the best says nothing. Checked on the recorded
/// days: the latest bid and ask equal the vendor's quote bars, sizes too, at the end of every minute of the session.
struct TapeBook {
    private struct Level: Hashable {
        var price = Price.zero
        var size = Quantity.zero
    }
    private let symbol: Symbol
    private var bid = Level()
    private var ask = Level()
    private var told: [Level] = []

    init(symbol: Symbol) { self.symbol = symbol }

    mutating func apply(_ row: TapeQuoteRow) {
        guard !row.isSuspicious else { return }
        let level = Level(price: row.price, size: row.size)
        if row.side == .buy { bid = level } else { ask = level }
    }

    /// The quote when it has changed and is two-sided and not crossed.
    mutating func change(at time: Timestamp) -> Quote? {
        let quote = Quote(
            symbol: symbol,
            at: time,
            bid: bid.price,
            bidSize: bid.size,
            ask: ask.price,
            askSize: ask.size
        )
        guard quote.isUsable, told != [bid, ask] else { return nil }
        told = [bid, ask]
        return quote
    }
}
