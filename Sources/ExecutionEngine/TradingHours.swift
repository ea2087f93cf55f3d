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
    /// The IANA time zone of the clocks at an instrument's exchange; `nil` where none is known.
    func zone(of instrument: Instrument) -> String?
}

extension TradingHours {
    public func zone(of instrument: Instrument) -> String? { nil }
}
