// Named moments at which a test can end, stop or delay the program, or make it meet an error. Builds for tests define
// FAILPOINTS; a release build has neither the names nor the calls.

#if FAILPOINTS
    /// Marks a moment by its name in ``failpointNames``; does nothing unless SMARTEXEC_FAILPOINT names it.
    ///
    /// - Parameters:
    ///   - name: Of the moment.
    ///   - isMeant: Whether it is one that counts; asked only where there is a plan.
    /// - Returns: Whether the caller is to fail as it would by an error of its surroundings.
    @discardableResult
    public func failpoint(_ name: StaticString, if isMeant: @autoclosure () -> Bool = true) -> Bool {
        guard let plan = FailpointPlan.environment, isMeant() else { return false }
        return plan.reach("\(name)")
    }

    /// Every name, by what it lies between: *written* is before a COMMIT, the past tense is after it, when nobody has been
    /// told yet.
    public let failpointNames = [
        // Any transaction: before COMMIT is sent, and when it is confirmed. Both can fail.
        "transaction.before_commit", "transaction.committed",
        // The engine's batches; with snapshots of algorithms; and one that is sent again after a lost answer.
        "batch.written", "batch.snapshots_written", "batch.committed", "batch.repeated",
        // Orders on their way out, reports on their way in.
        "orders.before_send", "orders.sent", "venue.before_save", "venue.saved", "reports.received",
        // A takeover.
        "account.written", "account.taken", "question.answered", "account.before_release", "account.released",
        // Parents and what they come from.
        "decision.before_record", "decision.recorded", "decisions.before_resolve", "decisions.resolved",
        "approval.before_save", "approval.saved",
        // Runs.
        "run.written", "run.created", "run.before_begin", "run.begun", "run.claim_written", "run.claimed",
        "steps.before_complete", "steps.completed", "run.before_finish", "run.finished",
        // People.
        "request.written", "request.asked", "run.park_written", "run.parked", "answer.written", "answer.given",
        // Workers and schedulers.
        "queue.claimed", "lease.before_renewal", "lease.renewed", "worker.before_drain", "worker.drained",
        "run.before_put_back", "run.put_back", "tick.written", "tick.recorded",
    ]
#else
    /// Does nothing, and leaves nothing behind in whoever calls it.
    @inlinable
    @inline(__always)
    @discardableResult
    public func failpoint(_: StaticString, if _: @autoclosure () -> Bool = true) -> Bool { false }
#endif
