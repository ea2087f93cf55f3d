public import MarketData
public import TradingDomain

/// What the venue traded before, read once: for volume profiles, statistics and schedules.
public struct FuturesHistory: MarketSource {
    public let instruments: [Instrument]
    private let bars: [Symbol: [Bar]]

    public let title = "BINANCE USDⓈ-M"
    public let fingerprint = "binance-usdm"

    /// - Parameters:
    ///   - instruments: Everything that may be traded.
    ///   - bars: Bars of one minute by symbol, oldest first.
    public init(instruments: [Instrument], bars: [Symbol: [Bar]]) {
        self.instruments = instruments.sorted { $0.symbol < $1.symbol }
        self.bars = bars
    }

    /// Reads the bars of some symbols.
    ///
    /// - Throws: ``FuturesError``.
    public static func load(
        _ symbols: [Symbol],
        of instruments: [Instrument],
        from: Timestamp,
        to: Timestamp,
        rest: FuturesREST
    ) async throws(FuturesError) -> FuturesHistory {
        var bars: [Symbol: [Bar]] = [:]
        for symbol in symbols { bars[symbol] = try await rest.bars(symbol, from: from, to: to) }
        return FuturesHistory(instruments: instruments, bars: bars)
    }

    public func bars(_ symbol: Symbol, from: Timestamp, to: Timestamp) -> [Bar] {
        (bars[symbol] ?? []).filter { $0.end > from && $0.end <= to }
    }

    public func events(_ symbol: Symbol, from: Timestamp, to: Timestamp) -> any MarketEventIterator {
        Events(bars: bars(symbol, from: from, to: to)[...])
    }

    private struct Events: MarketEventIterator {
        var bars: ArraySlice<Bar>

        mutating func next() -> MarketEvent? { bars.popFirst().map(MarketEvent.bar) }
    }
}
