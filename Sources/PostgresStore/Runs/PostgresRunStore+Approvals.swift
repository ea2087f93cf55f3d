import Failpoints
public import Orchestration
public import TradingDomain

extension PostgresRunStore {
    public func ask(_ request: ApprovalRequest, of claim: RunClaim) async throws {
        let plan = try Documents.encode(request.plan)
        let key: [PostgresValue] = [.text(request.run.text), .text(request.stepPath)]
        try await fenced(claim) { connection in
            _ = try connection.pipeline([
                Self.fence(claim),
                PostgresStatement(file: "supersede_approvals", key + [.text(request.digest)]),
                PostgresStatement(
                    file: "ask_for_approval",
                    key + [
                        .text(request.plan.account.text), .text(request.digest), .json(plan),
                        .text(request.onTimeout.rawValue), .int64(request.askedAt.nanoseconds),
                        .int64(request.patience.nanoseconds / 1000),
                    ]
                ),
            ])
            failpoint("request.written")
        }
        failpoint("request.asked")
    }

    public func approvalRequests(of run: RunID) async throws -> [ApprovalStanding] {
        try await durably { try ApprovalRows.ended(of: run, on: $0) }
    }

    public func park(_ claim: RunClaim) async throws -> Bool {
        let isParked = try await durably { connection in
            // Held first: an answer that is on its way comes before or after, and then wakes the run.
            let row = try connection.run(file: "lock_run_state", [.text(claim.run.text)]).single()
            // After a lost COMMIT it is parked already.
            if try row.text("state") == "waiting" { return true }
            let parked = try connection.run(file: "park_run", [.text(claim.run.text), .int64(claim.epoch)])
            failpoint("run.park_written")
            return parked.affectedRows == 1
        }
        failpoint("run.parked")
        return isParked
    }
}

/// Rows of `approval_requests`.
enum ApprovalRows {
    /// Everything a run has asked, the oldest first, after what is overdue was ended.
    static func ended(of run: RunID, on connection: isolated PostgresConnection) throws -> [ApprovalStanding] {
        let key: [PostgresValue] = [.text(run.text)]
        if try connection.run(file: "overdue_approvals", key).single().bool("is_overdue") {
            _ = try connection.run(file: "end_overdue_approvals", key)
        }
        return try connection.run(file: "approvals_of_run", key).map(standing)
    }

    static func standing(_ row: PostgresRow) throws -> ApprovalStanding {
        ApprovalStanding(
            plan: try Documents.decode(ApprovalPlan.self, row.text("plan")),
            digest: try row.text("digest"),
            state: try row.word("state"),
            onTimeout: try row.word("on_timeout"),
            askedAt: try row.recorded("asked_at"),
            expiresAt: try row.recorded("expires_at"),
            decidedBy: try row.optionalText("decided_by"),
            decidedAt: try row.optionalRecorded("decided_at"),
            decidedHow: try row.optionalText("decided_how"),
            note: try row.optionalText("note")
        )
    }
}
