public import TradingDomain

/// How soon a person is needed.
public enum AlertLevel: String, Codable, Hashable, Sendable, CaseIterable {
    /// Good to know.
    case info
    /// Soon.
    case warning
    /// Now: money or its books may be at stake.
    case critical
}

/// Something a person should see.
public struct EngineAlert: Codable, Hashable, Sendable {
    public let code: String
    public let level: AlertLevel
    /// What happened, the values, and what to do.
    public let message: String
    public let parent: ParentOrderID?
    public let at: Timestamp

    /// - Parameters:
    ///   - code: Stable name.
    ///   - level: How soon a person is needed; by the code unless given.
    ///   - message: What happened, the values, and what to do.
    ///   - parent: The order that it is about.
    ///   - at: Business time.
    public init(code: String, level: AlertLevel? = nil, message: String, parent: ParentOrderID?, at: Timestamp) {
        self.code = code
        self.level = level ?? (Self.critical.contains(code) ? .critical : .warning)
        self.message = message
        self.parent = parent
        self.at = at
    }

    /// Alerts of the engine after which the books have to be compared with the venue's, or an account stands in safe mode.
    private static let critical: Set<String> = [
        "order_lost", "overfilled", "unattributed_fill", "entry_booked_before", "broker_contradiction",
        "journal_contradiction", "unexpected_error", "engine_restless", "snapshot_undecodable", "conflicting_entry",
        "malformed_entry", "account_unreconciled", "unrecorded_order", "liquidation", "address_banned",
        "flatten_incomplete",
    ]

    /// What tells an alert from every other, whenever it is given.
    struct Key: Hashable, Sendable {
        let code: String
        let message: String
        let parent: ParentOrderID?
    }

    var key: Key { Key(code: code, message: message, parent: parent) }
}
