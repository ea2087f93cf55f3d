import ExecutionEngine
import MarketData
import TradingDomain

/// Volume profiles learned from the market source's earlier sessions.
struct VolumeForecasts: VolumeForecast {
    let source: any MarketSource
    let hours: MarketHours

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
}
