public import TradingDomain

/// What an event means to a child order once its quantities are looked at: a column of the table of states.
public enum ChildTrigger: String, Hashable, Sendable, CaseIterable {
    /// The venue has it, and nothing of it has traded.
    case acknowledged
    /// The venue has it, and fills were seen before.
    case acknowledgedTrading = "acknowledged_trading"
    /// A trade that leaves something open.
    case filledInPart = "filled_in_part"
    /// The trade that completes it.
    case filledInWhole = "filled_in_whole"
    /// A trade of more than was open: an overfill by the venue.
    case filledBeyond = "filled_beyond"
    /// Surely not placed.
    case rejected
    /// Surely never received.
    case notPlaced = "not_placed"
    /// Ended by a cancel with less than all executed.
    case cancelled
    /// Ended by itself with less than all executed.
    case expired
    /// Ended by either with everything executed.
    case endedWhole = "ended_whole"
    /// Nobody knows what became of it.
    case unknown
    case cancelRequested = "cancel_requested"
    case cancelRefused = "cancel_refused"
    /// The intent of an order that is to take its place was committed.
    case replaceRequested = "replace_requested"
    /// That order was refused or never reached the venue: this one works on.
    case replaceRefused = "replace_refused"
    /// That order has taken its place.
    case replaced
    /// It took the place of the order that it replaces.
    case tookOver = "took_over"
    /// An operator found that nothing of it was executed.
    case resolvedNothing = "resolved_nothing"
    /// An operator found that a part was executed and nothing is open.
    case resolvedPart = "resolved_part"
    /// An operator found that all was executed.
    case resolvedWhole = "resolved_whole"
    /// A report that has been applied before: a trade id, an acknowledgement, an intent.
    case repeated
    /// A report that cannot be true, since the order has traded.
    case contradicted
}

/// Why an event does not change a child order.
public enum ChildRefusal: String, Hashable, Sendable, CaseIterable {
    /// It was applied before.
    case repeated
    /// The order has ended; only fills still count.
    case ended
    /// It says of an order that the venue has or traded that it was never placed.
    case contradicted
    /// A cancel or a replacement is outstanding already.
    case pending
    /// No such request is outstanding.
    case notPending = "not_pending"
    /// Only an order that the venue is known to work can be replaced.
    case notWorking = "not_working"
    /// Only an order whose outcome is unproven is resolved by hand.
    case notUnknown = "not_unknown"
}

/// What an event does to a child order's state: a cell of the table.
public enum ChildTransition: Hashable, Sendable {
    case to(ChildLife, OutstandingRequest)
    case refused(ChildRefusal)
}

/// The table of a child order's states: its life and its outstanding request against everything that can happen.
///
/// One function and no `default` in it: a new state or trigger does not compile before somebody has decided it.
public enum ChildStateTable {
    /// Returns what `trigger` does to an order in `life` that has `outstanding` asked of it.
    public static func transition(
        _ life: ChildLife,
        _ outstanding: OutstandingRequest,
        _ trigger: ChildTrigger
    ) -> ChildTransition {
        switch trigger {
        case .filledInPart: life.isFinal ? .to(life, .none) : .to(.partiallyFilled, outstanding)
        case .filledInWhole, .filledBeyond: .to(life.isFinal ? life : .filled, .none)
        case .cancelled: end(life, .cancelled)
        case .expired: end(life, .expired)
        case .endedWhole: end(life, .filled)
        case .replaced: end(life, .replaced)
        case .acknowledged: acknowledged(life, outstanding, .acknowledged)
        case .acknowledgedTrading: acknowledged(life, outstanding, .partiallyFilled)
        case .rejected: rejected(life)
        case .notPlaced: notPlaced(life)
        case .unknown: unknown(life, outstanding)
        case .cancelRequested: request(life, outstanding, .cancelPending)
        case .replaceRequested: isWorking(life) ? request(life, outstanding, .replacePending) : refusal(life)
        case .cancelRefused: answer(life, outstanding, .cancelPending)
        case .replaceRefused: answer(life, outstanding, .replacePending)
        case .tookOver: tookOver(life, outstanding)
        case .resolvedNothing: resolved(life, .notPlaced)
        case .resolvedPart: resolved(life, .cancelled)
        case .resolvedWhole: resolved(life, .filled)
        case .repeated: .refused(.repeated)
        case .contradicted: .refused(.contradicted)
        }
    }

    /// An order that has ended stays as it ended.
    private static func end(_ life: ChildLife, _ end: ChildLife) -> ChildTransition {
        life.isFinal ? .refused(.ended) : .to(end, .none)
    }

    private static func acknowledged(
        _ life: ChildLife,
        _ outstanding: OutstandingRequest,
        _ next: ChildLife
    ) -> ChildTransition {
        switch life {
        case .planned, .sent, .unknown: .to(next, outstanding)
        case .acknowledged, .partiallyFilled: .refused(.repeated)
        case .filled, .cancelled, .rejected, .expired, .replaced, .notPlaced: .refused(.ended)
        }
    }

    private static func rejected(_ life: ChildLife) -> ChildTransition {
        switch life {
        case .planned, .sent, .acknowledged, .unknown: .to(.rejected, .none)
        case .partiallyFilled: .refused(.contradicted)
        case .filled, .cancelled, .rejected, .expired, .replaced, .notPlaced: .refused(.ended)
        }
    }

    /// What the venue has acknowledged was placed, whatever a late error of the connection says.
    private static func notPlaced(_ life: ChildLife) -> ChildTransition {
        switch life {
        case .planned, .sent, .unknown: .to(.notPlaced, .none)
        case .acknowledged, .partiallyFilled: .refused(.contradicted)
        case .filled, .cancelled, .rejected, .expired, .replaced, .notPlaced: .refused(.ended)
        }
    }

    private static func unknown(_ life: ChildLife, _ outstanding: OutstandingRequest) -> ChildTransition {
        switch life {
        case .planned, .sent, .acknowledged, .partiallyFilled: .to(.unknown, outstanding)
        case .unknown: .refused(.repeated)
        case .filled, .cancelled, .rejected, .expired, .replaced, .notPlaced: .refused(.ended)
        }
    }

    private static func tookOver(_ life: ChildLife, _ outstanding: OutstandingRequest) -> ChildTransition {
        switch life {
        case .planned, .sent, .acknowledged, .unknown: .to(.acknowledged, outstanding)
        case .partiallyFilled: .to(.partiallyFilled, outstanding)
        // Told after its end: what the order before it had executed still counts.
        case .filled, .cancelled, .expired, .replaced: .to(life, .none)
        case .rejected, .notPlaced: .refused(.contradicted)
        }
    }

    private static func isWorking(_ life: ChildLife) -> Bool {
        switch life {
        case .acknowledged, .partiallyFilled: true
        case .planned, .sent, .unknown, .filled, .cancelled, .rejected, .expired, .replaced, .notPlaced: false
        }
    }

    private static func refusal(_ life: ChildLife) -> ChildTransition {
        .refused(life.isFinal ? .ended : .notWorking)
    }

    /// One request at a time: the venue could answer either of two.
    private static func request(
        _ life: ChildLife,
        _ outstanding: OutstandingRequest,
        _ wanted: OutstandingRequest
    ) -> ChildTransition {
        guard !life.isFinal else { return .refused(.ended) }
        switch outstanding {
        case .none: return .to(life, wanted)
        case .cancelPending, .replacePending: return .refused(.pending)
        }
    }

    private static func answer(
        _ life: ChildLife,
        _ outstanding: OutstandingRequest,
        _ wanted: OutstandingRequest
    ) -> ChildTransition {
        guard !life.isFinal else { return .refused(.ended) }
        return outstanding == wanted ? .to(life, .none) : .refused(.notPending)
    }

    private static func resolved(_ life: ChildLife, _ end: ChildLife) -> ChildTransition {
        switch life {
        case .unknown: .to(end, .none)
        case .planned, .sent, .acknowledged, .partiallyFilled: .refused(.notUnknown)
        case .filled, .cancelled, .rejected, .expired, .replaced, .notPlaced: .refused(.ended)
        }
    }
}
