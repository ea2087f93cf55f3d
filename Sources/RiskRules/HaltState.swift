public import TradingDomain

/// The id of one halt, from its activation to its end.
public struct HaltID: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }
}

/// A halt in force: the kill switch is on.
public struct Halt: Codable, Hashable, Sendable {
    public let id: HaltID
    public let reason: String
    /// Who activated it: a person, or the rule that did.
    public let by: String
    public let since: Timestamp
    /// Whether positions are closed once nothing else can trade any more; absent means no.
    public let flatten: Bool?

    public var flattens: Bool { flatten == true }

    public init(id: HaltID, reason: String, by: String, since: Timestamp, flattens: Bool = false) {
        self.id = id
        self.reason = reason
        self.by = by
        self.since = since
        flatten = flattens ? true : nil
    }
}

/// A change of the kill switch, as it is stored.
public enum HaltEvent: Codable, Hashable, Sendable {
    case activated(Halt)
    case deactivated(HaltID, reason: String, by: String, at: Timestamp)
}

/// What a command would do to orders at the venue.
public enum OrderAction: Hashable, Sendable {
    /// Places a new order, whichever way it trades; the halt's own flatten carries the halt's id.
    case place(flatteningFor: HaltID?)
    /// Makes a live order larger.
    case enlarge
    case cancel
}

/// Whether the kill switch is on (I6): the fold of its events.
public enum HaltState: Codable, Hashable, Sendable {
    case inactive
    case active(Halt)

    /// Folds events in their order.
    public init(folding events: some Sequence<HaltEvent>) {
        self = .inactive
        for event in events { apply(event) }
    }

    /// Takes one event; repeats and events about another halt change nothing.
    ///
    /// The first activation stays in force with its reason, so that a second one does not hide it. It may be told again
    /// when its flatten was asked for later.
    public mutating func apply(_ event: HaltEvent) {
        switch (self, event) {
        case (.inactive, .activated(let halt)): self = .active(halt)
        case (.active(let halt), .deactivated(let id, _, _, _)) where halt.id == id: self = .inactive
        case (.active(let halt), .activated(let again)) where halt.id == again.id && again.flattens:
            self = .active(again)
        case (.active, .activated), (.active, .deactivated), (.inactive, .deactivated): break
        }
    }

    public var halt: Halt? {
        guard case .active(let halt) = self else { return nil }
        return halt
    }

    /// Whether an intent for `action` may be committed now.
    ///
    /// While halted nothing places or enlarges an order, also when that would reduce exposure: getting out is the
    /// flatten's work, which carries the halt's id. Cancels always pass.
    public func allows(_ action: OrderAction) -> Bool {
        guard case .active(let halt) = self else { return true }
        switch action {
        case .cancel: return true
        case .enlarge: return false
        case .place(let flattened): return flattened == halt.id
        }
    }
}

/// The kill switch: makes the events that turn it on and off (RM-3).
public enum KillSwitch {
    /// Turns it on.
    ///
    /// - Throws: ``KillSwitchError`` without a reason or a name, or when it is on already.
    public static func activate(
        _ state: HaltState,
        id: HaltID,
        reason: String,
        by: String,
        at time: Timestamp
    ) throws(KillSwitchError) -> HaltEvent {
        if let halt = state.halt { throw .alreadyActive(halt) }
        return .activated(Halt(id: id, reason: try stated(reason), by: try named(by), since: time))
    }

    /// Turns it off.
    ///
    /// - Throws: ``KillSwitchError`` without a reason or a name, or when it is off.
    public static func deactivate(
        _ state: HaltState,
        reason: String,
        by: String,
        at time: Timestamp
    ) throws(KillSwitchError) -> HaltEvent {
        guard let halt = state.halt else { throw .notActive }
        return .deactivated(halt.id, reason: try stated(reason), by: try named(by), at: time)
    }

    /// What a blocked order is told.
    public static func blockedMessage(_ halt: Halt) -> String {
        "The kill switch is on since \(halt.since): \(halt.reason) (by \(halt.by)). Nothing is sent until it is "
            + "deactivated with `smartexec kill-switch deactivate REASON`."
    }

    private static func stated(_ reason: String) throws(KillSwitchError) -> String {
        guard reason.contains(where: { !$0.isWhitespace }) else { throw .noReason }
        return reason
    }

    private static func named(_ name: String) throws(KillSwitchError) -> String {
        guard name.contains(where: { !$0.isWhitespace }) else { throw .nobody }
        return name
    }
}

/// Why the kill switch was not moved.
public enum KillSwitchError: Error, Hashable, Sendable, CustomStringConvertible {
    case noReason
    case nobody
    case alreadyActive(Halt)
    case notActive

    /// Stable name for rows and metrics.
    public var code: String {
        switch self {
        case .noReason: "kill_switch_needs_reason"
        case .nobody: "kill_switch_needs_name"
        case .alreadyActive: "kill_switch_already_active"
        case .notActive: "kill_switch_not_active"
        }
    }

    public var description: String {
        switch self {
        case .noReason: "The kill switch is moved with a reason, which is recorded. Give one."
        case .nobody: "The kill switch records who moved it. Give a name."
        case .alreadyActive(let halt): "The kill switch is on already, since \(halt.since): \(halt.reason)."
        case .notActive: "The kill switch is off; there is nothing to deactivate."
        }
    }
}
