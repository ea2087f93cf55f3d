import ExecutionAlgorithms
import TradingDomain

/// How a parent ends: by its algorithm, its deadline, a cancel, or a venue that traded too much.
extension ExecutionSession {
    /// How soon an unanswered or refused cancel is repeated; each further try waits twice as long, up to 320 s.
    ///
    /// A venue answers within seconds, and a cancel that is sent twice does no harm.
    private static let cancelWait = Duration.seconds(5)
    private static let cancelDoublingsMax = 6

    /// How long to wait after the cancel of a round, from 0, before the next.
    static func cancelWait(_ round: Int) -> Duration { cancelWait * (1 << min(round, cancelDoublingsMax)) }

    mutating func requestCancel(_ id: ClientOrderID, reason: String? = nil, into effects: inout [Effect]) {
        guard let child = children[id], child.accepts(.cancelRequested()) else { return }
        record(.child(id, .cancelRequested(reason: reason)), into: &effects)
        effects.append(.cancel(id))
    }

    /// Nothing more is sent; what is open is cancelled, and the parent ends when the last child is final.
    mutating func close(reason: String, into effects: inout [Effect]) {
        guard finishReason == nil else { return }
        finishReason = reason
        retries.clear()
        if state == .working || state == .paused { state = .closing }
        cancelOpen(into: &effects)
    }

    /// Asks the venue to cancel everything open, and plans to ask again until each child is proven final.
    mutating func cancelOpen(into effects: inout [Effect]) {
        let isOpen = askToCancelOpen(into: &effects)
        alarm = isOpen ? now + Self.cancelWait(cancelRounds) : nil
        cancelRounds += 1
    }

    /// Sends a cancel to everything open, also where one is outstanding already.
    ///
    /// - Returns: Whether anything is open.
    @discardableResult
    mutating func askToCancelOpen(into effects: inout [Effect]) -> Bool {
        let open = openChildren
        for child in open {
            if child.accepts(.cancelRequested()) {
                requestCancel(child.order.id, into: &effects)
            } else {
                effects.append(.cancel(child.order.id))
            }
        }
        return !open.isEmpty
    }

    /// The venue executed more than it was asked to: what is open is cancelled, and the parent ends.
    mutating func stopOverfilled(by id: ClientOrderID, into effects: inout [Effect]) {
        let asked = children[id].map { "\($0.share) and filled \($0.filled)" } ?? "nothing we know of"
        effects.append(
            .alert(
                code: "overfilled",
                message: "Order \(id) asked for \(asked); parent \(parent.id) of \(parent.quantity) has "
                    + "\(progress.filled) filled and \(progress.open) open. "
                    + "Nothing more is sent for it; check the account at the venue."
            )
        )
        if !state.isFinal { close(reason: "overfilled by the venue", into: &effects) }
    }

    /// Completes an amendment that has room now, and ends a parent of which nothing is open.
    mutating func settle(_ market: MarketSeen?, into effects: inout [Effect]) {
        completeAmendment(market, into: &effects)
        guard let reason = finishReason, !state.isFinal, progress.open <= .zero,
            children.values.allSatisfy(\.life.isFinal)
        else { return }
        let end: ParentState =
            isFilled ? .filled : cancelWanted ? .cancelled : filled > .zero ? .partiallyFilled : .unfilled
        record(.parent(.finished(state: end, reason: reason)), into: &effects)
    }

    /// At least 99.9 % filled counts as filled (OM-3); positions still equal the real fills.
    private var isFilled: Bool { Int128(filled.units) * 1000 >= Int128(parent.quantity.units) * 999 }
}
