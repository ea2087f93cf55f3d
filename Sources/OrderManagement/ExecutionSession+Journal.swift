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
        now = journaled.at
        apply(journaled.event)
    }

    mutating func apply(_ event: OrderEvent) {
        switch event {
        case .parent(let event): apply(event)
        case .child(_, .intended(let order, _)):
            if children[order.id] == nil {
                enter(order)
                // Told before the order was found, they count already: the order only has to know them.
                for fill in strangers[order.id] ?? [] {
                    if let child = children[order.id] { set(child.with(fill), as: order.id) }
                }
            }
            // In virtual time the incarnation stays the same over a restart, and ids go on from here.
            if let parts = order.id.parts, parts.incarnation == environment.incarnation {
                childCount = max(childCount, parts.sequence)
            }
        case .child(let id, .filled(let fill)) where children[id] == nil:
            guard !isStranger(fill) else { return }
            strangers[id, default: []].append(fill)
            filled += fill.quantity
        case .child(let id, let event):
            guard var child = children[id] else { return }
            if case .filled(let fill) = event { filled += fill.quantity }
            child.apply(event)
            set(child, as: id)
            follow(event, of: id)
        }
    }

    mutating func apply(_ event: ParentEvent) {
        switch event {
        case .admitted, .started, .intentRefused, .amendRefused: break
        case .refused: state = .refused
        case .paused: state = .paused
        case .resumed: if state == .paused { state = .working }
        case .amendRequested(let amendment): pendingAmendment = amendment
        case .amended(let amendment):
            pendingAmendment = nil
            parent = parent.amended(by: amendment)
            // A limit of one's own is the tighter one; it was held against the account's collar.
            collar = amendment.limitPrice ?? collar
            alarm = alarm.map { min($0, parent.deadline) }
        case .cancelRequested(let reason):
            cancelWanted = true
            finishReason = reason
            if !state.isFinal { state = .closing }
        case .finished(let end, let reason):
            state = end
            finishReason = reason
            alarm = nil
        }
    }
}
