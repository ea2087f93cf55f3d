import Glibc
public import TradingDomain

/// What earlier sessions say of an instrument's size and restlessness; plans and predicted costs are made from it.
public struct HistoryStatistics: Codable, Hashable, Sendable {
    /// Mean volume of a session, in units of the instrument.
    public let dailyVolume: Double
    /// Mean volume of a minute of a session.
    public let minuteVolume: Double
    /// Volatility of the price over one session as a fraction of the price: the root of the mean realised variance, from
    /// returns between bars inside sessions; the jump over night is not part of it.
    public let dailyVolatility: Double
    /// The sessions that it was measured on, oldest first.
    public let dates: [CalendarDate]

    public init(dailyVolume: Double, minuteVolume: Double, dailyVolatility: Double, dates: [CalendarDate]) {
        self.dailyVolume = dailyVolume
        self.minuteVolume = minuteVolume
        self.dailyVolatility = dailyVolatility
        self.dates = dates
    }

    /// Measures the sessions before a date; the date itself is never looked at.
    ///
    /// Sessions without a bar are skipped.
    ///
    /// - Throws: `no_history`, naming symbol and date, when none of them has volume; errors of the source.
    public static func learn(
        source: some MarketSource,
        symbol: Symbol,
        calendar: TradingCalendar,
        before date: CalendarDate,
        sessions count: Int = 5
    ) throws -> HistoryStatistics {
        var volumes: [Double] = []
        var minutes = 0.0
        var variances: [Double] = []
        var dates: [CalendarDate] = []
        for session in try calendar.sessions(before: date, count: count) {
            let bars = try source.bars(symbol, from: session.open, to: session.close)
            let volume = bars.reduce(0) { $0 + $1.volume.approximate }
            guard volume > 0 else { continue }
            volumes.append(volume)
            minutes += session.length.seconds / 60
            variances.append(realisedVariance(of: bars))
            dates.append(session.date)
        }
        guard !volumes.isEmpty else {
            throw MarketDataError(
                code: "no_history",
                message: "no volume of \(symbol) in the \(count) sessions before \(date), so nothing is known of its"
                    + " size and volatility; give data of earlier days, or use an algorithm that needs none"
            )
        }
        let total = volumes.reduce(0, +)
        return HistoryStatistics(
            dailyVolume: total / Double(volumes.count),
            minuteVolume: total / minutes,
            dailyVolatility: (variances.reduce(0, +) / Double(variances.count)).squareRoot(),
            dates: dates
        )
    }

    /// Sum of squared log returns from bar to bar.
    static func realisedVariance(of bars: [Bar]) -> Double {
        zip(bars, bars.dropFirst()).reduce(0) { sum, pair in
            guard pair.0.close.units > 0, pair.1.close.units > 0 else { return sum }
            let change = log(pair.1.close.approximate / pair.0.close.approximate)
            return sum + change * change
        }
    }
}
