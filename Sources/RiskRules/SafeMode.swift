public import TradingDomain

/// An account in safe mode (OP-11): it is REDUCING, so nothing adds exposure until a person has looked and ends it.
public struct SafeMode: Codable, Hashable, Sendable {
    /// Stable name of what went wrong; `by_hand` when a person asked for it.
    public let code: String
    public let reason: String
    /// Who entered it: a person, or `engine`.
    public let by: String
    public let since: Timestamp

    public init(code: String, reason: String, by: String = "engine", since: Timestamp) {
        self.code = code
        self.reason = reason
        self.by = by
        self.since = since
    }

    /// What an order that would add exposure is told.
    public var message: String {
        "The account is in safe mode (REDUCING) since \(since): \(reason) (by \(by)). Nothing may add exposure until "
            + "somebody has looked and ends it with `smartexec risk safe-mode leave REASON`."
    }
}
