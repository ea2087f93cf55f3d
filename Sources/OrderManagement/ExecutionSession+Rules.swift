import ExecutionAlgorithms
import TradingDomain

/// The rules that no algorithm can break.
extension ExecutionSession {
    /// A child as somebody asks for it.
    struct Asked {
        let request: ChildRequest
        var replaces: ClientOrderID?
        /// The order that is tried again.
        var retries: ChildOrder?

        init(_ request: ChildRequest, replaces: ClientOrderID? = nil, retries: ChildOrder? = nil) {
            self.request = request
            self.replaces = replaces
            self.retries = retries
        }
    }

    /// How far the order is, as its algorithm may use it: what waits for a new try counts as open, and an amendment that
    /// waits counts as made where it is smaller.
    var offered: ExecutionProgress {
        let total = min(parent.quantity, pendingAmendment?.quantity ?? parent.quantity)
        return ExecutionProgress(filled: filled, open: open + retries.held, total: total)
    }

    /// Turns what is asked for into an intent, or refuses it; the only place where children are made (I1).
    ///
    /// - Returns: Whether a child was made.
    @discardableResult
    mutating func place(_ asked: Asked, market: MarketSeen?, into effects: inout [Effect]) -> Bool {
        if let (code, problem) = problem(with: asked) {
            effects.append(
                .alert(code: code, message: "Parent \(parent.id): the algorithm asked for \(problem) Nothing was sent.")
            )
            return false
        }
        childCount += 1
        let order = ChildOrder(
            id: ClientOrderID(parent: parent.id, incarnation: environment.incarnation, sequence: childCount),
            parent: parent.id,
            account: parent.account,
            instrument: parent.instrument,
            side: parent.side,
            request: collared(asked.request),
            requestTime: now,
            validFor: environment.validFor,
            replaces: asked.replaces,
            retryOf: asked.retries?.id,
            attempt: asked.retries.map { ($0.attempt ?? 1) + 1 }
        )
        enter(order)
        sequence += 1
        let event = OrderEvent.child(order.id, .intended(order, seen: market))
        effects.append(.place(order, JournaledEvent(parent: parent.id, sequence: sequence, at: now, event: event)))
        return true
    }

    private func problem(with asked: Asked) -> (code: String, text: String)? {
        let (quantity, lot) = (asked.request.quantity, parent.instrument.lot)
        guard state == .working, finishReason == nil else {
            return ("not_working", "\(quantity) while \(state.rawValue).")
        }
        guard now < parent.deadline else { return ("past_deadline", "\(quantity) after \(parent.deadline).") }
        guard quantity > .zero, quantity.rounded(toLot: lot) == quantity else {
            return ("odd_lot", "\(quantity), which is no multiple of lot \(lot).")
        }
        var more = quantity
        if let id = asked.replaces {
            guard let old = children[id] else {
                return ("no_such_child", "a replacement of \(id), which it never sent.")
            }
            guard ChildStateTable.transition(old.life, old.outstanding, .replaceRequested) != .refused(.ended) else {
                return ("child_ended", "a replacement of \(id), which is \(old.life.rawValue).")
            }
            guard case .to = ChildStateTable.transition(old.life, old.outstanding, .replaceRequested) else {
                return (
                    "not_replaceable",
                    "a replacement of \(id), which is \(old.life.rawValue), \(old.outstanding.rawValue)."
                )
            }
            let traded = (old.carried ?? .zero) + old.filled
            guard quantity > traded else {
                return (
                    "below_filled", "a total of \(quantity) for \(id), which has \(traded) filled. Cancel it instead."
                )
            }
            more = max(quantity - old.order.request.quantity, .zero)
        }
        guard more <= max(offered.remaining, .zero) else {
            return ("above_parent", "\(more) more with \(offered.remaining) left of \(offered.total).")
        }
        return nil
    }

    /// The request on the tick grid and no worse than the collar; a market order becomes a limit at the collar.
    private func collared(_ request: ChildRequest) -> ChildRequest {
        var request = request
        if environment.reduceOnly { request.reduceOnly = true }
        let wanted = request.type.limitPrice
        let price: Price?
        switch (wanted, collar) {
        case (nil, nil): price = nil
        case (let wanted?, nil): price = wanted
        case (nil, let collar?): price = collar
        case (let wanted?, let collar?): price = parent.side == .buy ? min(wanted, collar) : max(wanted, collar)
        }
        if let price { request.type = .limit(price.rounded(to: parent.instrument.tick, for: parent.side)) }
        return request
    }
}
