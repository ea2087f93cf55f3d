import Failpoints
public import Orchestration
public import TradingDomain

/// Approvals as people see and answer them: from a process that works no run.
public struct PostgresApprovals: Sendable {
    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// Requests, the newest first.
    ///
    /// - Parameters:
    ///   - account: Of this account or name of accounts; of all unless given.
    ///   - run: Of this run.
    ///   - openOnly: Only those that wait for an answer.
    ///   - limit: At most so many.
    /// - Returns: Each as it stands.
    /// - Throws: ``PostgresError``.
    public func list(
        account: AccountID? = nil,
        run: RunID? = nil,
        openOnly: Bool = true,
        limit: Int = 50
    ) async throws -> [ApprovalStanding] {
        let key: [PostgresValue] = [
            .optional(account?.text), .optional(run?.text), .bool(openOnly), .int64(Int64(limit)),
        ]
        return try await pool.withConnection { try await $0.run(file: "list_approvals", key) }
            .map(ApprovalRows.standing)
    }

    /// Answers what a run asks; of several who answer at once one is first, and the others are told who.
    ///
    /// A run that nobody holds becomes ready in the same transaction.
    ///
    /// - Parameters:
    ///   - run: The run that asks.
    ///   - step: Which of its steps, where several ask.
    ///   - digest: Of the plan, or the beginning of it.
    ///   - answer: What is said.
    /// - Returns: The request as it stands now.
    /// - Throws: ``ApprovalRefusal``, `RunStoreError.notFound`, and ``PostgresError``.
    public func answer(_ run: RunID, step: String?, digest: String, _ answer: ApprovalAnswer) async throws
        -> ApprovalStanding
    {
        let result = try await pool.transaction { connection -> Result<ApprovalStanding, ApprovalRefusal> in
            // The run's row first, as whoever parks the run: an answer is seen before that, or wakes the run after.
            guard let row = try connection.run(file: "lock_run_state", [.text(run.text)]).first else {
                throw RunStoreError.notFound(run)
            }
            guard try row.text("state") != "finished" else { return .failure(.runEnded(run)) }
            let requests = try ApprovalRows.ended(of: run, on: connection)
            let target: ApprovalStanding
            do throws(ApprovalRefusal) {
                target = try ApprovalDesk.target(among: requests, of: run, step: step, digest: digest)
            } catch {
                // Returned, not thrown: that something ended overdue stays.
                return .failure(error)
            }
            let state: ApprovalStanding.State = answer.isApproved ? .approved : .rejected
            _ = try connection.run(
                file: "answer_approval",
                [
                    .text(run.text), .text(target.stepPath), .text(target.digest), .text(state.rawValue),
                    .text(answer.by.storable), .text(answer.how), .optional(answer.note?.storable),
                ]
            )
            _ = try connection.run(file: "wake_run", [.text(run.text)])
            let after = try ApprovalRows.ended(of: run, on: connection)
            guard let answered = after.last(where: { $0.stepPath == target.stepPath && $0.digest == target.digest }),
                answered.state == state
            else { return .failure(.decided(after.last { $0.digest == target.digest } ?? target)) }
            failpoint("answer.written")
            return .success(answered)
        }
        failpoint("answer.given")
        return try result.get()
    }

    /// Ends what nobody has answered in time, over all runs; those that nobody held become ready.
    ///
    /// - Returns: How many.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public func endOverdue() async throws -> Int {
        try await pool.transaction { connection in
            Int(try connection.run(file: "end_overdue_approvals", [.null]).single().int64("ended"))
        }
    }
}
