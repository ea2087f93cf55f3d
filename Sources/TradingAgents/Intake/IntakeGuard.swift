public import TradingDomain

/// The gates 3 to 9 and 12 of the decision contract, in order: a pure judgement on values that were read beforehand.
///
/// The first gate that refuses decides, and everything it saw is in the verdict. Gates 1 and 2 are ``DecisionParser``;
/// 10, 11 and 13 to 15 come later. Risk checks follow.
public enum IntakeGuard {
    /// Judges one decision for one account.
    public static func evaluate(_ decision: TradingDecision, _ context: IntakeContext) -> IntakeVerdict {
        var record = IntakeRecord()
        let outcome: IntakeOutcome
        do throws(IntakeStop) {
            try checkAgent(decision, context, &record)
            try checkPrior(context, &record)
            if case .abstain(let abstention) = decision.body {
                let message = "\(abstention.code.rawValue): \(abstention.message ?? "no reason given")"
                throw record.stop(.action, .noAction, .abstain, message, .abstained)
            }
            try checkEnvironment(decision, context, &record)
            try checkTime(decision, context, &record)
            switch decision.body {
            case .trade(let trade): try TradeGates(trade: trade, context: context).check(&record)
            case .targets(let targets): try TargetGates(targets: targets, context: context).check(&record)
            case .abstain: break
            }
            outcome = .accepted
        } catch {
            outcome = error.outcome
        }
        return IntakeVerdict(outcome: outcome, checks: record.checks)
    }

    // MARK: Gate 3

    private static func checkAgent(
        _ decision: TradingDecision,
        _ context: IntakeContext,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) {
        guard let profile = context.profile, profile.id == context.authenticatedAgent else {
            throw record.refuse(
                .agent,
                .agentUnknown,
                "Agent '\(context.authenticatedAgent)' is not configured. Add it under `agents`.",
                observed: context.authenticatedAgent.text
            )
        }
        guard decision.agent.id == profile.id else {
            throw record.refuse(
                .agent,
                .agentUnknown,
                "The decision says it is from '\(decision.agent.id)', but it came from '\(profile.id)'. "
                    + "Write the configured name into `agent.id`.",
                observed: decision.agent.id.text,
                limit: profile.id.text
            )
        }
        guard profile.isEnabled else {
            throw record.refuse(
                .agent,
                .agentDisabled,
                "Agent '\(profile.id)' is disabled. Set `agents.\(profile.id).enabled`."
            )
        }
        let named = decision.account ?? context.accountName
        guard named == context.accountName, profile.allowedAccounts?.contains(named) ?? true else {
            throw record.refuse(
                .agent,
                .notPermitted,
                named == context.accountName
                    ? "Agent '\(profile.id)' may not trade account '\(named)'."
                    : "The decision is for account '\(named)', but this run trades '\(context.accountName)'.",
                observed: named,
                limit: context.accountName
            )
        }
        try checkClasses(decision, profile, context, &record)
        try checkOpening(decision, profile, context, &record)
        record.pass(.agent, observed: profile.id.text)
    }

    private static func checkClasses(
        _ decision: TradingDecision,
        _ profile: AgentProfile,
        _ context: IntakeContext,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) {
        guard let allowed = profile.allowedAssetClasses else { return }
        for symbol in decision.symbols {
            // What does not resolve is refused by gate 7; what does must be of a class that the agent may trade.
            guard case .found(let instrument, _, _) = context.instruments?[symbol],
                !allowed.contains(instrument.assetClass)
            else { continue }
            throw record.refuse(
                .agent,
                .notPermitted,
                "Agent '\(profile.id)' may not trade \(instrument.assetClass.rawValue), which \(symbol) is.",
                observed: instrument.assetClass.rawValue,
                limit: allowed.map(\.rawValue).sorted().joined(separator: ", ")
            )
        }
    }

    /// What only concerns decisions that may add exposure: the breaker, and an agent's own CRITICAL on a live account.
    private static func checkOpening(
        _ decision: TradingDecision,
        _ profile: AgentProfile,
        _ context: IntakeContext,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) {
        guard decision.mayOpen else { return }
        guard !context.breakerIsOpen else {
            throw record.refuse(
                .agent,
                .notPermitted,
                "Agent '\(profile.id)' failed too often in a row; until it answers well it may only reduce positions."
            )
        }
        guard context.environment == .live, context.urgency == .init(urgency: .critical, source: .decision) else {
            return
        }
        guard profile.criticalMayOpen else {
            throw record.refuse(
                .agent,
                .notPermitted,
                "On a live account an agent's own CRITICAL may only reduce exposure. "
                    + "Give the urgency yourself, or set `agents.\(profile.id).critical_may_open`."
            )
        }
        guard context.criticalToday < profile.maximumCriticalPerDay else {
            throw record.refuse(
                .agent,
                .notPermitted,
                "Agent '\(profile.id)' has used its CRITICAL decisions of today.",
                observed: "\(context.criticalToday)",
                limit: "\(profile.maximumCriticalPerDay) a day"
            )
        }
    }

    // MARK: Gate 4

    private static func checkPrior(_ context: IntakeContext, _ record: inout IntakeRecord) throws(IntakeStop) {
        guard let prior = context.prior else {
            throw record.unreadable(.idempotency, "whether this decision came before")
        }
        switch prior {
        case .none: record.pass(.idempotency)
        case .same(let outcome):
            throw record.stop(
                .idempotency,
                .duplicate,
                .duplicate,
                "The same decision came before as \(outcome.decision); this is its outcome.",
                .duplicate(outcome),
                observed: outcome.decision.text
            )
        case .other(let outcome):
            throw record.refuse(
                .idempotency,
                .idempotencyConflict,
                "Another decision (\(outcome.decision), \(outcome.status)) holds this idempotency key, and the first "
                    + "stands. Use a new key for a new decision.",
                observed: outcome.decision.text
            )
        }
    }

    // MARK: Gate 5

    private static func checkEnvironment(
        _ decision: TradingDecision,
        _ context: IntakeContext,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) {
        guard decision.environment >= context.environment else {
            throw record.refuse(
                .environment,
                .environment,
                "The decision may run in \(decision.environment.rawValue) at most, and this account is "
                    + "\(context.environment.rawValue).",
                observed: decision.environment.rawValue,
                limit: context.environment.rawValue
            )
        }
        record.pass(.environment, observed: decision.environment.rawValue, limit: context.environment.rawValue)
        switch context.halt {
        case .clear: record.pass(.halt)
        case .halted(let reason): throw record.stop(.halt, .refuse, .halted, reason, .blocked)
        case nil:
            throw record.stop(.halt, .refuse, .halted, "Whether trading is halted could not be read.", .blocked)
        }
    }

    // MARK: Gate 6

    private static func checkTime(
        _ decision: TradingDecision,
        _ context: IntakeContext,
        _ record: inout IntakeRecord
    ) throws(IntakeStop) {
        let now = context.now
        let advice =
            "This run's clock stands at \(now). To replay decisions of another time, leave their time columns out (or use "
            + "the bare form without times): such rows are stamped with the run's time."
        guard decision.createdAt <= now + .seconds(context.limits.clockSkewSeconds) else {
            throw record.refuse(
                .time,
                .fromFuture,
                "The decision was made at \(decision.createdAt), which is not yet. \(advice)",
                observed: decision.createdAt.description,
                limit: now.description
            )
        }
        guard decision.asOf <= decision.createdAt else {
            throw record.refuse(
                .time,
                .fromFuture,
                "The decision's data (as_of) are later than the decision (created_at). \(advice)",
                observed: decision.asOf.description,
                limit: decision.createdAt.description
            )
        }
        if let late = decision.observations.filter({ $0 > decision.asOf }).max() {
            throw record.refuse(
                .time,
                .fromFuture,
                "Something in the decision was observed after its own cut-off (as_of).",
                observed: late.description,
                limit: decision.asOf.description
            )
        }
        guard now < decision.validUntil else {
            throw record.refuse(
                .time,
                .expired,
                "The decision was valid until \(decision.validUntil). \(advice)",
                observed: now.description,
                limit: decision.validUntil.description
            )
        }
        let validity = decision.validUntil - decision.createdAt
        guard validity <= .seconds(context.limits.maximumValiditySeconds) else {
            throw record.refuse(
                .time,
                .validityTooLong,
                "The decision would be valid for \(Int(validity.seconds)) s. Set `valid_until` nearer.",
                observed: "\(Int(validity.seconds)) s",
                limit: "\(context.limits.maximumValiditySeconds) s"
            )
        }
        let age = now - decision.asOf
        let maximumAge = context.profile?.maximumStalenessSeconds ?? 0
        guard age <= .seconds(maximumAge) else {
            throw record.refuse(
                .time,
                .staleInput,
                "The decision rests on data that are \(Int(age.seconds)) s old. Decide on newer data, or raise "
                    + "`agents.\(decision.agent.id).max_staleness_seconds`. \(advice)",
                observed: "\(Int(age.seconds)) s",
                limit: "\(maximumAge) s"
            )
        }
        record.pass(.time, observed: decision.asOf.description, limit: decision.validUntil.description)
    }
}

extension TradingDecision {
    /// The symbols that the decision may trade.
    public var symbols: [Symbol] {
        switch body {
        case .trade(let trade): [trade.symbol]
        case .targets(let targets): targets.weights.map(\.symbol) + (targets.closes ?? [])
        case .abstain: []
        }
    }

    /// Whether the decision may add exposure.
    var mayOpen: Bool {
        switch body {
        case .trade(let trade): trade.action == .buy || trade.action == .short
        case .targets: true
        case .abstain: false
        }
    }

    /// Every time at which the agent says that it saw something.
    var observations: [Timestamp] {
        let references: [TradeIntent.Reference?] =
            switch body {
            case .trade(let trade): [trade.reference]
            case .targets(let targets): targets.weights.map(\.reference)
            case .abstain: []
            }
        return references.compactMap { $0?.observedAt } + (evidence ?? []).compactMap(\.observedAt)
            + [portfolio?.asOf].compactMap { $0 }
    }
}
