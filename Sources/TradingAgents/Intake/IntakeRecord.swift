/// Leaves the gates with an outcome; its check is recorded already.
struct IntakeStop: Error {
    let outcome: IntakeOutcome
}

/// Collects the checks.
struct IntakeRecord {
    private(set) var checks: [IntakeCheck] = []

    mutating func pass(_ gate: IntakeCheck.Gate, observed: String? = nil, limit: String? = nil) {
        checks.append(.init(gate: gate, verdict: .pass, code: nil, observed: observed, limit: limit, message: nil))
    }

    mutating func flag(_ gate: IntakeCheck.Gate, _ code: IntakeCode, _ message: String, observed: String, limit: String)
    {
        checks.append(.init(gate: gate, verdict: .flag, code: code, observed: observed, limit: limit, message: message))
    }

    mutating func refuse(
        _ gate: IntakeCheck.Gate,
        _ code: IntakeCode,
        _ message: String,
        observed: String? = nil,
        limit: String? = nil
    ) -> IntakeStop {
        stop(gate, .refuse, code, message, .rejected, observed: observed, limit: limit)
    }

    /// A gate that cannot read what it needs refuses; it never passes.
    mutating func unreadable(_ gate: IntakeCheck.Gate, _ what: String) -> IntakeStop {
        refuse(gate, .unreadable, "It could not be read \(what). Nothing is traded on a guess; try again.")
    }

    mutating func stop(
        _ gate: IntakeCheck.Gate,
        _ verdict: IntakeCheck.Verdict,
        _ code: IntakeCode,
        _ message: String,
        _ outcome: IntakeOutcome,
        observed: String? = nil,
        limit: String? = nil
    ) -> IntakeStop {
        checks.append(
            .init(gate: gate, verdict: verdict, code: code, observed: observed, limit: limit, message: message)
        )
        return IntakeStop(outcome: outcome)
    }
}
