import ExecutionAlgorithms
public import RiskRules
public import TradingDomain

/// Changing an order while it is worked: its quantity, its limit, its end.
extension ExecutionSession {
    /// What speaks against an amendment in this session.
    ///
    /// Whether the account may carry more and where its collar and its session end is for the engine to say.
    ///
    /// - Parameters:
    ///   - amendment: As it was asked for.
    ///   - time: Business time.
    /// - Returns: A code and what to do; `nil` when nothing speaks against it.
    public func problem(with amendment: ParentAmendment, at time: Timestamp) -> (code: String, message: String)? {
        guard !state.isFinal, finishReason == nil else {
            let word = state.isFinal ? state.rawValue : "ending"
            return ("NOT_WORKING", "Order \(parent.id) is \(word); it can no longer be amended.")
        }
        guard pendingAmendment == nil else {
            return (
                "AMENDMENT_PENDING",
                "An amendment of \(parent.id) still waits for its cancels. Ask again when it is done."
            )
        }
        guard amendment != ParentAmendment() else {
            return ("EMPTY_AMENDMENT", "Nothing to change: give a quantity, a limit price or an end time.")
        }
        if let quantity = amendment.quantity {
            let lot = parent.instrument.lot
            guard quantity > .zero, quantity.rounded(toLot: lot) == quantity else {
                return ("ODD_LOT", "A quantity of \(quantity) is no positive multiple of lot \(lot).")
            }
            guard quantity >= filled else {
                return (
                    "BELOW_FILLED", "\(filled) of \(parent.id) have filled; \(quantity) is less. Cancel it instead."
                )
            }
        }
        if let limit = amendment.limitPrice, limit <= .zero {
            return ("BAD_LIMIT", "A limit price of \(limit): give more than zero.")
        }
        if let end = amendment.endTime, end <= time {
            return ("PAST_END", "The end time \(end) has passed at \(time).")
        }
        return nil
    }

    /// Amends the order, at once or when cancels have brought what is filled and open down to the new quantity (I1).
    ///
    /// - Parameters:
    ///   - amendment: One that ``problem(with:at:)`` has nothing against.
    ///   - increase: Risk's proof for all that a larger order may still trade; without it a larger quantity is refused.
    ///   - time: Business time.
    ///   - market: What the algorithm is shown.
    /// - Returns: What is to be journalled and sent.
    public mutating func amend(
        _ amendment: ParentAmendment,
        increase: RiskApproved<ProposedOrder>? = nil,
        at time: Timestamp,
        market: MarketSeen?
    ) -> [Effect] {
        now = time
        if let problem = problem(with: amendment, at: time) {
            return refuseAmendment(code: problem.code, message: problem.message, at: time)
        }
        if let quantity = amendment.quantity, quantity > parent.quantity {
            guard let increase, increase.request.quantity == quantity - filled,
                increase.request.instrument == parent.instrument, increase.request.side == parent.side
            else {
                let message = "Risk has not approved \(quantity) of \(parent.symbol) for \(parent.id)."
                return refuseAmendment(code: "NOT_APPROVED", message: message, at: time)
            }
        }
        var effects: [Effect] = []
        if let quantity = amendment.quantity, quantity < filled + open {
            retries.clear()
            record(.parent(.amendRequested(amendment)), into: &effects)
            askToCancelOpen(into: &effects)
        } else {
            record(.parent(.amended(amendment)), into: &effects)
            tellAmended(amendment, market, into: &effects)
        }
        settle(market, into: &effects)
        return effects
    }

    /// Journals that an amendment was not made, and why.
    public mutating func refuseAmendment(code: String, message: String, at time: Timestamp) -> [Effect] {
        now = time
        guard !state.isFinal else { return [] }
        var effects: [Effect] = []
        record(.parent(.amendRefused(code: code, message: message)), into: &effects)
        return effects
    }

    /// Makes an amendment that has waited, once what is filled and open fits; what has filled meanwhile stays.
    mutating func completeAmendment(_ market: MarketSeen?, into effects: inout [Effect]) {
        guard var amendment = pendingAmendment, !state.isFinal, let wanted = amendment.quantity,
            filled + open <= max(wanted, filled)
        else { return }
        amendment.quantity = max(wanted, filled).roundedUp(toLot: parent.instrument.lot)
        record(.parent(.amended(amendment)), into: &effects)
        tellAmended(amendment, market, into: &effects)
    }

    private mutating func tellAmended(
        _ amendment: ParentAmendment,
        _ market: MarketSeen?,
        into effects: inout [Effect]
    ) {
        guard finishReason == nil else { return }
        if filled >= parent.quantity {
            close(reason: "amended to what has filled", into: &effects)
        } else {
            // What waits to be tried again was asked for by the old terms.
            retries.clear()
            dispatch(.amended(amendment), market, into: &effects)
        }
    }
}

extension Quantity {
    /// The smallest multiple of `lot` that is no less.
    fileprivate func roundedUp(toLot lot: Quantity) -> Quantity {
        let down = rounded(toLot: lot)
        return down < self ? down + lot : down
    }
}
