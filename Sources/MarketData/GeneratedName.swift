import TradingDomain

/// How one name of the generated market behaves.
struct GeneratedName: Hashable, Sendable {
    let instrument: Instrument
    /// The price that its level returns to, in dollars.
    let anchor: Double
    /// Shares of a usual day.
    let dailyVolume: Double
    /// Its part in the market factor; the market itself has 1.
    let beta: Double
    /// Daily standard deviation of its own returns, beside the market's.
    let ownVolatility: Double
    /// Usual spread in basis points of the price, before it is raised to one tick.
    let spreadBps: Double

    var symbol: Symbol { instrument.symbol }

    /// Daily standard deviation of the market factor.
    static let marketVolatility = 0.009

    /// A name that is not in the table: its nature follows from its symbol alone.
    init(unlisted symbol: Symbol) {
        let draws = Draws(seed: 0, symbol.text, "nature")
        instrument = Instrument(symbol: symbol)
        anchor = 20 + (380 * draws.uniform(0)).rounded()
        dailyVolume = 1e6 + 2e7 * draws.uniform(1)
        beta = 0.7 + 0.7 * draws.uniform(2)
        ownVolatility = 0.008 + 0.008 * draws.uniform(3)
        spreadBps = 1 + 3 * draws.uniform(4)
    }

    private init?(
        _ symbol: String,
        _ assetClass: AssetClass,
        anchor: Double,
        millionShares: Double,
        beta: Double,
        own: Double,
        spreadBps: Double
    ) {
        guard let symbol = Symbol(symbol) else { return nil }
        instrument = Instrument(symbol: symbol, assetClass: assetClass)
        self.anchor = anchor
        dailyVolume = millionShares * 1e6
        self.beta = beta
        ownVolatility = own
        self.spreadBps = spreadBps
    }

    /// Known names at prices and volumes of about 2024; what happens to them here never happened.
    static let listed: [GeneratedName] = [
        .init("AAPL", .equity, anchor: 190, millionShares: 55, beta: 1.1, own: 0.009, spreadBps: 0.6),
        .init("AGG", .etf, anchor: 97, millionShares: 8, beta: 0.1, own: 0.003, spreadBps: 1.1),
        .init("AMD", .equity, anchor: 165, millionShares: 60, beta: 1.5, own: 0.016, spreadBps: 0.8),
        .init("AMT", .equity, anchor: 200, millionShares: 2.2, beta: 0.8, own: 0.011, spreadBps: 2.5),
        .init("AMZN", .equity, anchor: 178, millionShares: 40, beta: 1.2, own: 0.011, spreadBps: 0.7),
        .init("BAC", .equity, anchor: 37, millionShares: 38, beta: 1.1, own: 0.009, spreadBps: 2.7),
        .init("BND", .etf, anchor: 72, millionShares: 6, beta: 0.1, own: 0.003, spreadBps: 1.4),
        .init("CVX", .equity, anchor: 158, millionShares: 8, beta: 0.8, own: 0.01, spreadBps: 1),
        .init("DIS", .equity, anchor: 115, millionShares: 12, beta: 1.1, own: 0.012, spreadBps: 1),
        .init("GLD", .etf, anchor: 200, millionShares: 7, beta: 0.1, own: 0.009, spreadBps: 0.6),
        .init("GOOGL", .equity, anchor: 152, millionShares: 28, beta: 1.1, own: 0.011, spreadBps: 0.8),
        .init("HD", .equity, anchor: 370, millionShares: 3.5, beta: 1, own: 0.009, spreadBps: 1.8),
        .init("IBM", .equity, anchor: 190, millionShares: 4, beta: 0.8, own: 0.009, spreadBps: 1.5),
        .init("INTC", .equity, anchor: 43, millionShares: 45, beta: 1.2, own: 0.014, spreadBps: 2.3),
        .init("IWM", .etf, anchor: 205, millionShares: 32, beta: 1.2, own: 0.005, spreadBps: 0.5),
        .init("JNJ", .equity, anchor: 157, millionShares: 7, beta: 0.6, own: 0.008, spreadBps: 1),
        .init("JPM", .equity, anchor: 195, millionShares: 9, beta: 1.1, own: 0.009, spreadBps: 1),
        .init("KO", .equity, anchor: 60, millionShares: 14, beta: 0.6, own: 0.008, spreadBps: 1.7),
        .init("META", .equity, anchor: 495, millionShares: 15, beta: 1.2, own: 0.013, spreadBps: 1),
        .init("MSFT", .equity, anchor: 410, millionShares: 21, beta: 1, own: 0.009, spreadBps: 0.7),
        .init("NFLX", .equity, anchor: 610, millionShares: 4, beta: 1.2, own: 0.014, spreadBps: 2),
        .init("NVDA", .equity, anchor: 875.5, millionShares: 45, beta: 1.5, own: 0.015, spreadBps: 1.2),
        .init("PFE", .equity, anchor: 27, millionShares: 35, beta: 0.7, own: 0.01, spreadBps: 3.7),
        .init("PG", .equity, anchor: 162, millionShares: 7, beta: 0.5, own: 0.008, spreadBps: 1),
        .init("QQQ", .etf, anchor: 440, millionShares: 45, beta: 1.2, own: 0.003, spreadBps: 0.3),
        .init("SPY", .etf, anchor: 510, millionShares: 70, beta: 1, own: 0.001, spreadBps: 0.2),
        .init("TLT", .etf, anchor: 92, millionShares: 35, beta: 0.1, own: 0.008, spreadBps: 1.1),
        .init("TRV", .equity, anchor: 225, millionShares: 1.4, beta: 0.8, own: 0.01, spreadBps: 3),
        .init("TSLA", .equity, anchor: 175, millionShares: 95, beta: 1.5, own: 0.02, spreadBps: 1),
        .init("UNH", .equity, anchor: 490, millionShares: 3.5, beta: 0.7, own: 0.011, spreadBps: 2),
        .init("V", .equity, anchor: 280, millionShares: 6, beta: 0.9, own: 0.008, spreadBps: 1),
        .init("VTI", .etf, anchor: 255, millionShares: 3.5, beta: 1, own: 0.001, spreadBps: 0.6),
        .init("WMT", .equity, anchor: 60, millionShares: 17, beta: 0.6, own: 0.008, spreadBps: 1.7),
        .init("XOM", .equity, anchor: 115, millionShares: 18, beta: 0.8, own: 0.01, spreadBps: 0.9),
    ].compactMap { $0 }
}
