public import RiskRules
public import TradingDomain

/// What an account's engine has done about a halt, as it is stored (RM-3).
public struct HaltStep: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// No intent is on its way any more: what was committed and had not left is not placed.
        case acknowledged
        /// The venue was asked to cancel everything.
        case cancelled
        /// The venue's dead-man timer was armed.
        case armed
        /// The venue was asked what is open.
        case polled
        /// Nothing of the account can trade any more.
        case proven
        /// Orders that close positions were given, or could not be.
        case flattening
        /// The venue's report shows no position and nothing that could make one.
        case flat
        /// Positions are left that could not be closed.
        case unflattened
    }

    public let halt: HaltID
    public let kind: Kind
    /// Business time.
    public let at: Timestamp
    public let venueTime: Timestamp?
    /// Orders that the venue lists, ours or not.
    public let openOrders: Int
    /// Orders of ours whose end is not proven.
    public let unproven: Int
    /// What the venue answered, or what the proof rests on.
    public let note: String

    public init(
        halt: HaltID,
        kind: Kind,
        at: Timestamp,
        venueTime: Timestamp? = nil,
        openOrders: Int = 0,
        unproven: Int = 0,
        note: String
    ) {
        self.halt = halt
        self.kind = kind
        self.at = at
        self.venueTime = venueTime
        self.openOrders = openOrders
        self.unproven = unproven
        self.note = note
    }
}
