public import TradingDomain

/// One regular session of an exchange.
public struct TradingSession: Hashable, Sendable {
    /// The exchange's own date of the session.
    public let date: CalendarDate
    public let open: Timestamp
    /// The first moment that is closed again.
    public let close: Timestamp
    /// It ends before the exchange's usual hour.
    public let isEarlyClose: Bool
    /// The date lies outside what the exchange published, so a rule gave these hours.
    public let isByRule: Bool

    public var length: Duration { close - open }

    public func contains(_ time: Timestamp) -> Bool { open <= time && time < close }
}
