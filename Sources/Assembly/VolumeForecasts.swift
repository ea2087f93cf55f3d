import ExecutionAlgorithms
import MarketData
import Synchronization
import TradingDomain

/// Volume profiles learned from the market source's earlier sessions.
struct VolumeForecasts: VolumeForecast {
    let source: any MarketSource
    let hours: MarketHours
    private let learned = HistoryMemory()

    init(source: any MarketSource, hours: MarketHours) {
        self.source = source
        self.hours = hours
    }

    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double] {
        let calendar = hours.calendar(of: instrument)
        guard let session = try calendar.session(containing: start) else { return [] }
        let profile = try VolumeProfile.learn(
            source: source,
            symbol: instrument.symbol,
            calendar: calendar,
            before: session.date,
            sessions: days
        )
        return profile.weights(from: start - session.open, to: end - session.open, bucket: bucket)
    }

    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        let calendar = hours.calendar(of: instrument)
        let date = calendar.date(at: time)
        return try learned.statistics(HistoryKey(symbol: instrument.symbol, date: date, days: days)) {
            try HistoryStatistics.learn(
                source: source,
                symbol: instrument.symbol,
                calendar: calendar,
                before: date,
                sessions: days
            )
        }
    }
}

/// What a measurement of earlier sessions depends on.
private struct HistoryKey: Hashable {
    let symbol: Symbol
    let date: CalendarDate
    let days: Int
}

/// Measurements of earlier sessions, each made once: whole sessions are read for one, and every order wants it.
private final class HistoryMemory: Sendable {
    /// More than any watchlist; then all are forgotten, which costs reading them again.
    private static let most = 4096
    private let known = Mutex<[HistoryKey: Result<HistoryStatistics, any Error>]>([:])

    func statistics(_ key: HistoryKey, _ learn: () throws -> HistoryStatistics) throws -> HistoryStatistics {
        if let known = known.withLock({ $0[key] }) { return try known.get() }
        let result = Result { try learn() }
        known.withLock { known in
            if known.count >= Self.most { known.removeAll() }
            known[key] = result
        }
        return try result.get()
    }
}
