import ExecutionAlgorithms
import MarketData
import Synchronization
import TradingDomain

/// Volume profiles and statistics learned from the market source's earlier sessions.
///
/// Every order is routed with the statistics of its instrument, so each is learned once and kept: a few numbers per
/// instrument and session.
final class VolumeForecasts: VolumeForecast {
    private struct Asked: Hashable {
        let symbol: Symbol
        let date: CalendarDate
        let days: Int
    }

    private let source: any MarketSource
    private let hours: MarketHours
    private let learned = Mutex<[Asked: Result<HistoryStatistics, MarketDataError>]>([:])

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
        let asked = Asked(symbol: instrument.symbol, date: calendar.date(at: time), days: days)
        if let known = learned.withLock({ $0[asked] }) { return try known.get() }
        let answer: Result<HistoryStatistics, MarketDataError>
        do {
            let statistics = try HistoryStatistics.learn(
                source: source,
                symbol: asked.symbol,
                calendar: calendar,
                before: asked.date,
                sessions: days
            )
            answer = .success(statistics)
        } catch let error as MarketDataError {
            answer = .failure(error)
        }
        learned.withLock { $0[asked] = answer }
        return try answer.get()
    }
}
