import Failpoints
public import Orchestration
public import TradingDomain

extension PostgresRunStore {
    public func decision(run: RunID, stepPath: String) async throws -> DecisionRecord? {
        try await ask("decision_of_step", [.text(run.text), .text(stepPath)]).first.map(Self.decision)
    }

    public func record(_ decision: DecisionRecord) async throws -> DecisionReceipt {
        let key: [PostgresValue] = [
            .text(decision.key.account.text), .text(decision.key.agent.text), .text(decision.key.key),
        ]
        failpoint("decision.before_record")
        // What the second statement finds was committed before or by the first.
        let results = try await commit([
            PostgresStatement(file: "take_decision_key", key + Self.columns(decision)),
            PostgresStatement(file: "decision_key", key),
        ])
        failpoint("decision.recorded")
        return try Self.receipt(results[1].single(), for: decision)
    }

    /// What a row of `decision_key.sql` means for a decision that wants the same key.
    static func receipt(_ first: PostgresRow, for decision: DecisionRecord) throws -> DecisionReceipt {
        let run = RunID(unchecked: try first.text("first_run"))
        let id = DecisionID(unchecked: try first.text("decision"))
        if run == decision.run, try first.text("first_step") == decision.stepPath { return .new }
        let outcome = try first.optionalText("outcome")
        guard try first.text("economic_hash") == decision.economicHash else {
            return .conflict(firstRun: run, decision: id, outcome: outcome)
        }
        return .duplicate(firstRun: run, decision: id, outcome: outcome)
    }

    public func resolve(_ outcomes: [DecisionOutcome], of claim: RunClaim) async throws {
        failpoint("decisions.before_resolve")
        // All are of the run's own account.
        for (account, group) in Dictionary(grouping: outcomes, by: \.key.account).sorted(by: { $0.key < $1.key }) {
            try await fenced(
                claim,
                PostgresStatement(
                    file: "resolve_decisions",
                    [
                        .text(account.text), .text(claim.run.text), .textArray(group.map(\.key.agent.text)),
                        .textArray(group.map(\.key.key)), .textArray(group.map(\.outcome.storable)),
                    ]
                )
            )
        }
        failpoint("decisions.resolved")
    }

    public func save(_ approval: ApprovalRecord, of claim: RunClaim) async throws {
        let orders = try Documents.encode(approval.orders)
        failpoint("approval.before_save")
        try await fenced(
            claim,
            PostgresStatement(
                file: "save_approval",
                [
                    .text(approval.digest), .text(approval.run.text), .text(approval.stepPath), .json(orders),
                    .int64(approval.expiresAt.nanoseconds),
                ]
            )
        )
        failpoint("approval.saved")
    }

    public func approval(_ digest: String) async throws -> ApprovalRecord? {
        try await ask("approval", [.text(digest)]).first.map { row in
            ApprovalRecord(
                digest: digest,
                run: RunID(unchecked: try row.text("run")),
                stepPath: try row.text("step_path"),
                orders: try Documents.decode([ProposedOrder].self, row.text("orders")),
                expiresAt: try row.time("expires_at_ns")
            )
        }
    }

    private static func columns(_ decision: DecisionRecord) -> [PostgresValue] {
        [
            .text(decision.decision.text), .text(decision.economicHash), .optional(decision.symbol?.text),
            .text(decision.kind), .json(decision.envelope), .text(decision.request.storable),
            .text(decision.reply.storable), .text(decision.log.storable), .bool(decision.breakerIsOpen),
            .text(decision.run.text), .text(decision.stepPath), .int64(decision.decidedAt.nanoseconds),
            .optional(decision.askedBy),
        ]
    }

    /// Reads a row of `decisions`.
    static func decision(_ row: PostgresRow) throws -> DecisionRecord {
        DecisionRecord(
            key: DecisionKey(
                account: AccountID(unchecked: try row.text("account")),
                agent: AgentID(unchecked: try row.text("agent")),
                key: try row.text("key")
            ),
            decision: DecisionID(unchecked: try row.text("decision")),
            economicHash: try row.text("economic_hash"),
            symbol: try row.isNull("symbol") ? nil : try row.symbol(),
            kind: try row.text("kind"),
            envelope: try row.text("envelope"),
            request: try row.text("request"),
            reply: try row.text("reply"),
            log: try row.text("log"),
            breakerIsOpen: try row.bool("breaker_open"),
            askedBy: try row.optionalText("asked_by"),
            run: RunID(unchecked: try row.text("run")),
            stepPath: try row.text("step_path"),
            decidedAt: try row.time("decided_at_ns")
        )
    }
}
