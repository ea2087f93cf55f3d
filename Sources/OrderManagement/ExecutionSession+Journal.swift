import TradingDomain

/// What a session journals, and what a journalled event does to it: live and while it is restored.
extension ExecutionSession {
    mutating func record(_ event: OrderEvent, into effects: inout [Effect]) {
        sequence += 1
        apply(event)
        effects.append(.record(JournaledEvent(parent: parent.id, sequence: sequence, at: now, event: event)))
    }

    /// Applies a journalled event while restoring.
    mutating func fold(_ journaled: JournaledEvent) {
        sequence = max(sequence, journaled.sequence)
        apply(journaled.event)
    }

    mutating func apply(_ event: OrderEvent) {
        switch event {
        case .parent(let event): apply(event)
        case .child(_, .intended(let order, _)):
            if children[order.id] == nil { set(ChildState(order), as: order.id) }
            // In virtual time the incarnation stays the same over a restart, and ids go on from here.
            if let parts = order.id.parts, parts.incarnation == incarnation {
                childCount = max(childCount, parts.sequence)
            }
        case .child(let id, .filled(let fill)) where children[id] == nil:
            if strangers.insert(fill.tradeID).inserted { filled += fill.quantity }
        case .child(let id, let event):
            guard var child = children[id] else { return }
            if case .filled(let fill) = event { filled += fill.quantity }
            child.apply(event)
            set(child, as: id)
        }
    }

    mutating func apply(_ event: ParentEvent) {
        switch event {
        case .admitted, .started, .intentRefused: break
        case .refused: state = .refused
        case .paused: state = .paused
        case .resumed: if state == .paused { state = .working }
        case .cancelRequested(let reason):
            cancelWanted = true
            finishReason = reason
            if !state.isFinal { state = .closing }
        case .finished(let end, let reason):
            state = end
            finishReason = reason
            wakeAt = nil
        }
    }

    static func childEvent(_ event: BrokerEvent) -> ChildEvent {
        switch event {
        case .acknowledged(_, let broker, let at): .acknowledged(broker, at: at)
        case .filled(let fill): .filled(fill)
        case .rejected(_, let code, let message): .rejected(code: code, message: message)
        case .cancelled(_, let executed): .cancelled(executed: executed)
        case .expired(_, let executed): .expired(executed: executed)
        case .cancelRefused(_, let code, let message): .cancelRefused(code: code, message: message)
        case .notPlaced(_, let reason): .notPlaced(reason: reason)
        case .unknown(_, let reason): .unknown(reason: reason)
        }
    }
}
