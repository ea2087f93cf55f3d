import ExecutionAlgorithms
import MarketData
import OrderManagement
import RiskRules
import TradingDomain

/// What people ask of a parent besides to pause and to end.
extension EngineCore {
    // MARK: Amending

    /// Amends a parent: held against its session's close, the account's collar and, where it grows, the rules again.
    mutating func amend(_ command: ParentCommand, of place: Int, at now: Timestamp) {
        guard let amendment = command.amendment else { return }
        let session = sessions.all[place]
        let market = seen(at: instruments[place])
        let effects: [ExecutionSession.Effect]
        var reservation: Reservation?
        if let problem = session.problem(with: amendment, at: now) ?? bounds(of: amendment, session, at: now) {
            effects = sessions.all[place].refuseAmendment(code: problem.code, message: problem.message, at: now)
        } else if let quantity = amendment.quantity, quantity > session.parent.quantity {
            switch readmit(session, amendment, total: quantity, of: place, at: now) {
            case .success(let growth):
                reservation = growth.reservation
                effects = sessions.all[place].amend(amendment, increase: growth.proof, at: now, market: market)
            case .failure(let refusal):
                effects = sessions.all[place].refuseAmendment(code: refusal.code, message: refusal.message, at: now)
            }
        } else {
            effects = sessions.all[place].amend(amendment, at: now, market: market)
        }
        keep(place)
        perform(effects, of: place, reserving: reservation, at: now)
    }

    private func bounds(
        of amendment: ParentAmendment,
        _ session: ExecutionSession,
        at now: Timestamp
    ) -> (code: String, message: String)? {
        let parent = session.parent
        if let end = amendment.endTime {
            guard let close = router.close(of: parent.instrument, at: now) else {
                return ("MARKET_CLOSED", "\(parent.symbol) is closed at \(now); an end time cannot be checked.")
            }
            guard end <= close else {
                return (
                    "AFTER_CLOSE", "The end time \(end) is after the session's close at \(close). Give an earlier one."
                )
            }
        }
        if let limit = amendment.limitPrice, let bps = configuration.limits.priceCollarBps,
            let arrival = admissions[parent.id]?.arrival.price
        {
            let band = arrival.worsened(byBps: bps, for: parent.side)
            guard parent.side == .buy ? limit <= band : limit >= band else {
                return (
                    "LIMIT_OUTSIDE_COLLAR",
                    "A limit of \(limit) is outside the account's collar: \(band), \(bps) bps from the arrival price "
                        + "\(arrival). Give one inside it, or send another order."
                )
            }
        }
        return nil
    }

    private struct Growth {
        let proof: RiskApproved<ProposedOrder>
        let reservation: Reservation
    }

    /// Has risk judge all that a larger order may still trade, as if it was new and nothing was reserved for it yet.
    private mutating func readmit(
        _ session: ExecutionSession,
        _ amendment: ParentAmendment,
        total: Quantity,
        of place: Int,
        at now: Timestamp
    ) -> Result<Growth, RoutingRefusal> {
        let parent = session.parent
        guard let price = board.view(parent.symbol)?.mid, let held = reservations.left(of: place) else {
            return .failure(
                RoutingRefusal(code: "NO_PRICE", message: "There is no price of \(parent.symbol) at \(now).")
            )
        }
        var snapshot = riskSnapshot(at: now, naming: [parent.instrument])
        snapshot.release(held)
        let order = ProposedOrder(
            instrument: parent.instrument,
            side: parent.side,
            quantity: total - session.progress.filled,
            referencePrice: price,
            urgency: parent.urgency,
            urgencySource: "amendment",
            decision: parent.decision,
            limitPrice: amendment.limitPrice ?? parent.limitPrice,
            note: "amendment of \(parent.id) to \(total)"
        )
        let result = Admission.admit(order, snapshot, configuration.limits, mayShrink: false)
        guard case .approved(let proof, let reservation, _) = result else {
            let refusal = result.refusal
            let message = refusal?.message ?? "refused by risk"
            return .failure(RoutingRefusal(code: refusal?.code ?? "RISK", message: message))
        }
        return .success(Growth(proof: proof, reservation: reservation.scaled(to: total)))
    }

    /// Stores what a parent is from now on, and what it holds of the account.
    mutating func absorb(_ amendment: ParentAmendment, of place: Int, reserving reservation: Reservation?) {
        let session = sessions.all[place]
        guard let admission = admissions[session.parent.id] else { return }
        let quantity = session.parent.quantity
        let whole =
            reservation ?? admission.reservation.drawn(max(admission.reservation.quantity - quantity, .zero))
        reservations.change(whole, filled: session.progress.filled, of: place)
        sums.changed(instruments[place])
        var verdict = admission.verdict
        verdict.end = amendment.endTime ?? verdict.end
        admissions[session.parent.id] = ParentAdmission(
            parent: session.parent,
            verdict: verdict,
            collar: session.collar,
            arrival: admission.arrival,
            reservation: whole,
            checks: admission.checks,
            schedule: admission.schedule,
            slippage: admission.slippage
        )
        pending.admitted.insert(session.parent.id)
    }

    // MARK: Resolving

    /// Settles a child whose outcome nobody proves, as an operator found it out.
    mutating func resolve(_ command: ParentCommand, of place: Int, at now: Timestamp) {
        guard let resolution = command.resolution else { return }
        let market = seen(at: instruments[place])
        let effects = sessions.all[place].resolve(resolution, reason: command.reason, at: now, market: market)
        keep(place)
        if let effects {
            questions[resolution.child] = nil
            pending.children.append(resolution.child)
            perform(effects, of: place, at: now)
        } else {
            let state = sessions.all[place].children[resolution.child].map {
                "is \($0.life.rawValue) with \($0.filled) filled"
            }
            alert(
                "resolution_refused",
                "Order \(resolution.child) \(state ?? "is not known"), so it was not resolved to \(resolution.executed) "
                    + "executed. Only an order that is unknown can be, to no less than has filled.",
                parent: command.parent,
                at: now
            )
        }
    }
}

extension Reservation {
    /// What all of an order of `total` would reserve at the price of this part of it.
    fileprivate func scaled(to total: Quantity) -> Reservation {
        func share(_ money: Money) -> Money {
            let units = Rounding.halfEven(money.units, times: Int128(total.units), over: Int128(quantity.units))
            return Money(units: units, money.currency)
        }
        return Reservation(symbol: symbol, side: side, quantity: total, notional: share(notional), cash: share(cash))
    }
}
