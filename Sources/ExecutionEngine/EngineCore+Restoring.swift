import ExecutionAlgorithms
import MarketData
import OrderManagement
public import TradingDomain

/// What a takeover brings back, and when it goes on.
extension EngineCore {
    /// Brings an open parent back when its record is sound; what cannot be is not worked, and a person has to look.
    mutating func bringBack(_ record: ParentRecord, at now: Timestamp) {
        guard let why = contradiction(in: record) else { return restore(record, at: now) }
        let id = record.submission.id
        distrust(
            "journal_contradiction",
            "Parent \(id) cannot be brought back: \(why). It is not worked; run `smartexec verify`.",
            parent: id,
            at: now
        )
    }

    /// Brings an open parent back; its open children are unknown until the broker has answered.
    mutating func restore(_ record: ParentRecord, at now: Timestamp) {
        let id = record.submission.id
        submissions[id] = record.submission
        guard let admission = record.admission else {
            unadmitted.append(record.submission)
            return
        }
        admissions[id] = admission
        let algorithm: any ExecutionAlgorithm
        var failure: String?
        do {
            guard let snapshot = record.snapshot else {
                throw AlgorithmSnapshotError.undecodable(
                    kind: "\(admission.verdict.algorithm)",
                    reason: "none was stored"
                )
            }
            algorithm = try catalog.restore(snapshot)
        } catch {
            failure = "\(error)"
            algorithm = MarketOrder()  // Never asked for anything: the parent is cancelled below.
        }
        var session = ExecutionSession(
            restoring: admission.parent,
            verdict: admission.verdict,
            events: record.events,
            algorithm: algorithm,
            collar: admission.collar,
            environment: environment(sequence: record.events.last?.sequence ?? 1, of: record.submission)
        )
        for event in record.events {
            if case .child(let child, let happened) = event.event, happened.provesReceipt { acknowledged.insert(child) }
            if case .child(_, .filled(let fill)) = event.event {
                paid[id, default: 0] += Int128(fill.price.units) * Int128(fill.quantity.units)
            }
        }
        rewatch(admission, record.events)
        if reconciliation != nil { session.hold() }
        let open = session.openChildren
        // Ended at the venue with more executed than we have seen.
        for (child, state) in session.children where state.isOpenQuestion { questions[child] = now }
        var effects: [ExecutionSession.Effect] = []
        let instrument = board.place(of: admission.parent.symbol)
        let market = seen(at: instrument)
        for child in open {
            effects += session.broker(
                .unknown(child.order.id, reason: "the engine was restarted"),
                at: now,
                market: market
            )
            questions[child.order.id] = now
            pending.children.append(child.order.id)
        }
        let place = enter(session)
        journalled[place] = record.state
        perform(effects, of: place, at: now)
        if let failure {
            alert("snapshot_undecodable", failure, parent: id, at: now)
            command(ParentCommand(parent: id, kind: .cancel, reason: failure), at: now)
        } else {
            resuming.append(id)
        }
    }

    /// Lets restored parents go on, once the broker has been asked about their children a first time.
    ///
    /// What was asked of them before comes first; what somebody had paused stays paused; what was only submitted is admitted
    /// once it has a price. While the account is not reconciled, what adds exposure waits.
    public mutating func resumeRestored(at now: Timestamp) {
        for requested in unread { apply(requested, at: now) }
        unread = []
        let restored = resuming.filter { mayGoOn($0) }
        resuming.removeAll { restored.contains($0) }
        for id in restored {
            guard let place = sessions.place(of: id) else { continue }
            sessions.all[place].release()
            guard sessions.all[place].state != .paused else { continue }
            command(ParentCommand(parent: id, kind: .resume, reason: "the engine was restarted"), at: now)
        }
        for submission in unadmitted {
            let isStale = now - submission.submittedAt > configuration.submissionValidity
            guard !waitsForReconciliation(submission, at: now) else { continue }
            let isOvertaken = submission.flattens != nil
            if isStale || isOvertaken || early[submission.id] != nil || board.view(submission.order.symbol)?.mid != nil
            {
                admit(submission, at: now)
            }
        }
    }
}
