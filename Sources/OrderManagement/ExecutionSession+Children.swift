import ExecutionAlgorithms
public import TradingDomain

/// The care of children: stale ones are cancelled, those that were surely not placed are tried again, and lost ones are
/// settled by hand.
extension ExecutionSession {
    /// Cancels children that have been open for too long (OM-4); a cancel that is not answered is asked for again.
    mutating func sweepStale(into effects: inout [Effect]) {
        for sweep in sweeps.due(at: now) {
            sweeps.put(sweep.id, off: now + Self.cancelWait(sweep.rounds))
            guard let child = children[sweep.id] else { continue }
            if child.accepts(.cancelRequested()) {
                let age = (now - child.order.requestTime).nanoseconds / 1_000_000_000
                requestCancel(sweep.id, reason: "open for \(age) s", into: &effects)
            } else {
                effects.append(.cancel(sweep.id))
            }
        }
    }

    /// Plans a new try of a child that was surely not placed (OM-5), unless it was to be withdrawn.
    ///
    /// - Parameters:
    ///   - child: As it was before.
    ///   - change: What became of it.
    /// - Returns: Whether there will be one; until then its quantity counts as open and its algorithm hears nothing.
    mutating func planRetry(of child: ChildState, after change: ChildEvent) -> Bool {
        let order = child.order
        guard state == .working, finishReason == nil, pendingAmendment == nil,
            child.filled.isZero, child.outstanding == .none,
            let wait = environment.retries.wait(after: change, of: order), now + wait < parent.deadline
        else { return false }
        retries.add(order, due: now + wait)
        return true
    }

    /// Sends what was not placed again, each as a new intent under a new id.
    mutating func tryAgain(_ market: MarketSeen?, into effects: inout [Effect]) {
        while state == .working, let order = retries.take(at: now) {
            if !place(Asked(order.request, retries: order), market: market, into: &effects) {
                dispatch(.childClosed(order.id, children[order.id]?.life ?? .notPlaced), market, into: &effects)
            }
        }
    }

    /// Settles a child whose outcome nobody proves, as an operator found it out.
    ///
    /// What was executed and never reported is booked as one trade at the price given.
    ///
    /// - Returns: What is to be journalled; `nil` when the child is not unknown, and nothing changes.
    public mutating func resolve(
        _ resolution: ChildResolution,
        reason: String,
        at time: Timestamp,
        market: MarketSeen?
    ) -> [Effect]? {
        now = time
        let change = ChildEvent.resolved(executed: resolution.executed, reason: reason)
        guard let child = children[resolution.child], child.accepts(change), resolution.executed >= child.filled else {
            return nil
        }
        var effects = take(change, of: resolution.child, market)
        let missing = resolution.executed - child.filled
        if missing > .zero, let price = resolution.price {
            let notional = parent.instrument.notional(price, missing)
            let fill = Fill(
                account: parent.account,
                symbol: parent.symbol,
                tradeID: TradeID(unchecked: "resolved-\(resolution.child)"),
                clientOrderID: resolution.child,
                side: parent.side,
                quantity: missing,
                price: price,
                notional: notional,
                commission: .zero(notional.currency),
                tradedAt: now
            )
            effects += take(.filled(fill), of: resolution.child, market)
        }
        return effects
    }
}

/// When each open child is stale, earliest first.
struct SweepList: Sendable {
    struct Sweep: Hashable, Sendable {
        let id: ClientOrderID
        var due: Timestamp
        /// Cancels that were asked for so far.
        var rounds = 0
    }

    private var all: [Sweep] = []

    var next: Timestamp? { all.first?.due }

    mutating func add(_ id: ClientOrderID, due: Timestamp) { insert(Sweep(id: id, due: due)) }

    mutating func remove(_ id: ClientOrderID) {
        if let index = all.firstIndex(where: { $0.id == id }) { all.remove(at: index) }
    }

    func due(at now: Timestamp) -> ArraySlice<Sweep> { all.prefix { $0.due <= now } }

    /// Waits longer for a child that is still open.
    mutating func put(_ id: ClientOrderID, off due: Timestamp) {
        guard let index = all.firstIndex(where: { $0.id == id }) else { return }
        var sweep = all.remove(at: index)
        sweep.due = due
        sweep.rounds += 1
        insert(sweep)
    }

    private mutating func insert(_ sweep: Sweep) {
        // Children are made in the order of time, so the place is mostly at the end.
        let index = all.lastIndex { $0.due <= sweep.due }.map { $0 + 1 } ?? 0
        all.insert(sweep, at: index)
    }
}

/// Orders that were surely not placed and wait to be tried again.
struct RetryList: Sendable {
    private var all: [(order: ChildOrder, due: Timestamp)] = []
    /// What they hold of the parent.
    private(set) var held = Quantity.zero

    var next: Timestamp? { all.map(\.due).min() }

    mutating func add(_ order: ChildOrder, due: Timestamp) {
        all.append((order, due))
        held += order.request.quantity
    }

    /// Takes the first that is due.
    mutating func take(at now: Timestamp) -> ChildOrder? {
        guard let index = all.firstIndex(where: { $0.due <= now }) else { return nil }
        let order = all.remove(at: index).order
        held -= order.request.quantity
        return order
    }

    mutating func clear() {
        all = []
        held = .zero
    }
}
