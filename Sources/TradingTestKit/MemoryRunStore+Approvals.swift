public import Orchestration
public import TradingDomain

/// Requests for approval in memory; time passes for them when a test says so.
struct MemoryApprovals {
    private struct Asked {
        var standing: ApprovalStanding
        let until: Duration
    }

    private var asked: [Asked] = []
    /// Since the store was made, as far as a test let time pass.
    private var elapsed = Duration.zero
    private static let start = Timestamp(nanoseconds: 1_790_000_000_000_000_000)

    mutating func pass(_ time: Duration) { elapsed += time }

    func standings(of run: RunID) -> [ApprovalStanding] { asked.map(\.standing).filter { $0.run == run } }

    mutating func ask(_ request: ApprovalRequest) {
        for index in asked.indices where asked[index].standing.stepPath == request.stepPath {
            let standing = asked[index].standing
            guard standing.run == request.run, standing.digest != request.digest, standing.state == .pending else {
                continue
            }
            asked[index].standing = Self.standing(standing, .superseded)
        }
        let known = asked.firstIndex {
            $0.standing.run == request.run && $0.standing.stepPath == request.stepPath
                && $0.standing.digest == request.digest
        }
        if let known, asked[known].standing.state != .superseded { return }
        let fresh = Asked(
            standing: ApprovalStanding(
                plan: request.plan,
                digest: request.digest,
                state: .pending,
                onTimeout: request.onTimeout,
                askedAt: Self.start + elapsed,
                expiresAt: Self.start + elapsed + request.patience
            ),
            until: elapsed + request.patience
        )
        if let known { asked[known] = fresh } else { asked.append(fresh) }
    }

    mutating func endOverdue() {
        for index in asked.indices where asked[index].standing.state == .pending && asked[index].until <= elapsed {
            let standing = asked[index].standing
            asked[index].standing = Self.standing(
                standing,
                standing.onTimeout == .approve ? .approved : .expired,
                by: "timeout",
                how: "timeout",
                at: Self.start + elapsed
            )
        }
    }

    mutating func answer(_ target: ApprovalStanding, _ answer: ApprovalAnswer) {
        for index in asked.indices where asked[index].standing == target {
            asked[index].standing = Self.standing(
                target,
                answer.isApproved ? .approved : .rejected,
                by: answer.by,
                how: answer.how,
                at: Self.start + elapsed,
                note: answer.note
            )
        }
    }

    private static func standing(
        _ old: ApprovalStanding,
        _ state: ApprovalStanding.State,
        by: String? = nil,
        how: String? = nil,
        at: Timestamp? = nil,
        note: String? = nil
    ) -> ApprovalStanding {
        ApprovalStanding(
            plan: old.plan,
            digest: old.digest,
            state: state,
            onTimeout: old.onTimeout,
            askedAt: old.askedAt,
            expiresAt: old.expiresAt,
            decidedBy: by,
            decidedAt: at,
            decidedHow: how,
            note: note
        )
    }
}

extension MemoryRunStore.Ground {
    /// Answers what a run asks, as `smartexec approve` does.
    ///
    /// - Throws: ``ApprovalRefusal``.
    @discardableResult
    public func answer(_ run: RunID, step: String? = nil, digest: String, _ answer: ApprovalAnswer) throws
        -> ApprovalStanding
    {
        people.endOverdue()
        let target = try ApprovalDesk.target(
            among: people.standings(of: run),
            of: run,
            step: step,
            digest: digest
        )
        people.answer(target, answer)
        return people.standings(of: run).first { $0.digest == target.digest && $0.stepPath == target.stepPath }
            ?? target
    }

    /// Lets time pass for whoever is asked.
    public func letPeopleWait(_ time: Duration) { people.pass(time) }

    /// Everything that was asked, the oldest first.
    public func asked(_ run: RunID) -> [ApprovalStanding] { people.standings(of: run) }
}
