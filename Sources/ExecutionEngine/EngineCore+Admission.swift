import ExecutionAlgorithms
import MarketData
import OrderManagement
import Portfolio
import RiskRules
import TradingDomain

extension EngineCore {
    // MARK: Admission

    mutating func admit(_ submission: ParentSubmission, at now: Timestamp) {
        unadmitted.removeAll { $0.id == submission.id }
        guard sessions[submission.id] == nil, results[submission.id] == nil else { return }
        submissions[submission.id] = submission
        guard submission.flattens == nil || isFlattening(submission) else {
            return refuse(
                submission,
                code: "FLATTEN_OVERTAKEN",
                "It was to close a position for a halt that is over, or for an engine before this one. "
                    + "While the halt is in force, this engine closes what is left once the proof stands.",
                checks: [],
                at: now
            )
        }
        if let cancel = early.removeValue(forKey: submission.id) {
            pending.done += earlyNumbers.removeValue(forKey: submission.id) ?? []
            return refuse(submission, code: "CANCELLED", cancel.reason, checks: [], at: now)
        }
        if waitsForReconciliation(submission, at: now) { return unadmitted.append(submission) }
        guard now - submission.submittedAt <= configuration.submissionValidity else {
            return refuse(
                submission,
                code: "STALE_SUBMISSION",
                "It was asked for at \(submission.submittedAt) and first looked at at \(now), since its process had died. "
                    + "What was decided then is not executed now; decide again.",
                checks: [],
                at: now
            )
        }
        let order = submission.order
        guard let view = board.view(order.symbol), let price = view.mid else {
            return refuse(
                submission,
                code: "NO_PRICE",
                "There is no price of \(order.symbol) at \(now). "
                    + "Check that the market data covers it.",
                checks: [],
                at: now
            )
        }
        guard submission.flattens != nil || unpricedCount() == 0 else {
            let unpriced = portfolio.openPositions.map(\.symbol).filter { board.mid($0) == nil }
            let names = unpriced.map(\.text).joined(separator: ", ")
            return refuse(
                submission,
                code: "NO_PRICE",
                "The account holds \(names) without a price at \(now), so its equity is not known. "
                    + "Add them to the market data.",
                checks: [],
                at: now
            )
        }
        var snapshot = riskSnapshot(at: now, naming: [order.instrument])
        snapshot.flatteningFor = submission.flattens
        let rules = submission.flattens == nil ? RiskRuleBook.standard : RiskRuleBook.flatten
        let admission = Admission.admit(order, snapshot, configuration.limits, rules: rules)
        guard case .approved(let approved, let reservation, let checks) = admission else {
            let checks = admission.verdicts
            let first = checks.first { $0.isBlock }
            return refuse(
                submission,
                code: first?.code ?? "RISK",
                first?.message ?? "refused by risk",
                checks: checks,
                at: now
            )
        }
        let routed: RoutedOrder
        do {
            routed = try router.route(
                approved.request,
                submission.choice,
                at: now,
                in: situation(of: submission)
            )
        } catch {
            return refuse(submission, code: error.code, error.message, checks: checks, at: now)
        }
        let ruling = ruled(approved, reservation, checks, routed, submission.choice, snapshot, at: now)
        guard case .go(let candidate) = ruling else {
            guard case .refuse(let verdict) = ruling else { return }
            let code = verdict.code ?? "SLIPPAGE"
            return refuse(submission, code: code, verdict.message, checks: checks, slippage: verdict, at: now)
        }
        start(submission, candidate, view, price, at: now)
    }

    /// Makes an admitted order live: its proof, its record and its session.
    private mutating func start(
        _ submission: ParentSubmission,
        _ candidate: AdmissionCandidate,
        _ view: MarketView,
        _ price: Price,
        at now: Timestamp
    ) {
        let routed = candidate.routed
        let arrival = ArrivalSnapshot(
            price: price,
            at: now,
            cumulativeVolume: view.cumulativeVolume,
            cumulativeTurnover: view.cumulativeTurnover
        )
        let proof = candidate.approved.parent(
            id: submission.id,
            account: account,
            run: submission.run,
            stepPath: submission.stepPath,
            submittedAt: submission.submittedAt,
            deadline: routed.deadline
        )
        let parent = proof.request
        let stored = ParentAdmission(
            parent: parent,
            verdict: routed.verdict,
            // Getting out is worth any price that there is.
            collar: submission.flattens == nil ? collar(for: parent, arrival: price) : nil,
            arrival: arrival,
            reservation: candidate.reservation,
            checks: candidate.checks,
            schedule: routed.schedule,
            slippage: candidate.slippage
        )
        admissions[parent.id] = stored
        pending.admitted.insert(parent.id)
        pending.events.append(
            JournaledEvent(parent: parent.id, sequence: 1, at: now, event: .parent(.admitted(routed.verdict)))
        )
        var session = ExecutionSession(
            proof,
            verdict: routed.verdict,
            algorithm: routed.algorithm,
            collar: stored.collar,
            environment: environment(sequence: 1, of: submission)
        )
        let instrument = board.place(of: parent.symbol)
        let effects = session.start(arrival: arrival, at: now, market: seen(at: instrument))
        touch(parent.id)
        perform(effects, of: enter(session), at: now)
    }

    /// The market as an order meets it, with the order's own random numbers: the same for the same run and order.
    private mutating func situation(of submission: ParentSubmission) -> RoutingSituation {
        let symbol = submission.order.symbol
        var situation = RoutingSituation(
            market: seen(at: board.place(of: symbol)),
            conditions: board.conditions(symbol),
            state: board.state(symbol)
        )
        // Events are numbered from 1, so their draws are others.
        let random = CounterRandom(seed: submission.seed, parent: submission.id.text, event: 0)
        situation.draws = (random.uniform(0), random.uniform(1))
        return situation
    }

    /// Refuses a parent of which trades are booked and nothing else is known: worked anew it would trade them again.
    mutating func refuseForgotten(_ submission: ParentSubmission, at now: Timestamp) {
        guard submissions[submission.id] == nil else { return }
        submissions[submission.id] = submission
        pending.submissions.append(submission)
        let error = JournalError.recordLost(submission.id)
        refuse(submission, code: "RECORD_LOST", error.description, checks: [], at: now)
    }

    private mutating func refuse(
        _ submission: ParentSubmission,
        code: String,
        _ message: String,
        checks: [RiskVerdict],
        slippage: SlippageVerdict? = nil,
        at now: Timestamp
    ) {
        pending.events.append(
            JournaledEvent(
                parent: submission.id,
                sequence: 1,
                at: now,
                event: .parent(.refused(code: code, message: message))
            )
        )
        results[submission.id] = ExecutionResult(
            state: .refused,
            reason: message,
            refusalCode: code,
            endedAt: now,
            checks: checks,
            slippage: slippage
        )
        touch(submission.id)
    }

    /// The tighter of the order's own limit and the account's collar around the arrival price.
    private func collar(for parent: ParentOrder, arrival: Price) -> Price? {
        guard let bps = configuration.limits.priceCollarBps else { return parent.limitPrice }
        let band = arrival.worsened(byBps: bps, for: parent.side)
        guard let limit = parent.limitPrice else { return band }
        return parent.side == .buy ? min(limit, band) : max(limit, band)
    }
}
