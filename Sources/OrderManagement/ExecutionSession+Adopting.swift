public import TradingDomain

/// What the venue has under this parent's name and no record of ours tells of.
extension ExecutionSession {
    /// An order of ours at the venue: it counts before anything more is sent, and is cancelled where it is open, since no
    /// algorithm knows it.
    public mutating func adopt(
        _ order: ChildOrder,
        _ broker: BrokerOrderID,
        isOpen: Bool,
        at time: Timestamp
    ) -> [Effect] {
        now = time
        guard children[order.id] == nil else { return [] }
        var effects: [Effect] = []
        let wasTooMuch = isTooMuch
        record(.child(order.id, .intended(order, seen: nil)), into: &effects)
        record(.child(order.id, .acknowledged(broker, at: order.requestTime)), into: &effects)
        if isOpen { requestCancel(order.id, reason: "found at the venue without a record", into: &effects) }
        if !wasTooMuch, isTooMuch { stopOverfilled(by: order.id, into: &effects) }
        settle(nil, into: &effects)
        return effects
    }

    func isStranger(_ fill: Fill) -> Bool {
        strangers[fill.clientOrderID]?.contains { $0.tradeID == fill.tradeID } ?? false
    }

    /// A fill of a child with our prefix that this parent has no record of: it counts before anything more is sent.
    public mutating func adopt(_ fill: Fill, at time: Timestamp) -> [Effect] {
        now = time
        guard children[fill.clientOrderID] == nil, !isStranger(fill) else { return [] }
        var effects: [Effect] = []
        let wasTooMuch = isTooMuch
        record(.child(fill.clientOrderID, .filled(fill)), into: &effects)
        if !wasTooMuch, isTooMuch { stopOverfilled(by: fill.clientOrderID, into: &effects) }
        settle(nil, into: &effects)
        return effects
    }
}
