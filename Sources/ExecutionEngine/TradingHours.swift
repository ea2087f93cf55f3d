public import TradingDomain

/// Whether an instrument trades at a moment, and until when.
public enum MarketPhase: Hashable, Sendable {
    case open(since: Timestamp, until: Timestamp)
    /// `nextOpen` is absent when the calendar does not reach that far.
    case closed(nextOpen: Timestamp?)
}

/// Trading hours as the engine needs them; calendars conform.
public protocol TradingHours: Sendable {
    func phase(of instrument: Instrument, at time: Timestamp) -> MarketPhase
}

/// Expected volume as the engine needs it; learned from days before the one that is traded.
public protocol VolumeForecast: Sendable {
    /// One weight per bucket of length `bucket` from `start` to `end`, learned from `days` earlier sessions.
    ///
    /// - Throws: An error whose text says what is missing, when no earlier session is known.
    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double]
}
