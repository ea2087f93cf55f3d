import ExecutionEngine
import RiskRules
import TradingDomain

/// How an account stands with its venue guards its intents, in the transaction that would commit them.
extension JournalConformance {
    private static func record(_ isReconciled: Bool, through: Timestamp?) -> ReconciliationRecord {
        ReconciliationRecord(
            cause: .start,
            at: Samples.start,
            venueTime: through,
            state: ReconciliationState(
                isReconciled: isReconciled,
                reason: isReconciled ? "equal" : "a difference",
                since: Samples.start,
                through: through
            ),
            openOrders: 1,
            fills: 2,
            findings: [
                ReconciliationFinding(.externalOrder, message: "of 'somebody'", action: "none", isSettled: isReconciled)
            ]
        )
    }

    private static func batch(_ sequence: Int64) -> EngineBatch {
        EngineBatch(sequence: sequence, clock: Samples.start)
    }

    static func reconciled(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let submissions = [
            try Samples.submission(1, account: account), try Samples.submission(2, account: account),
        ]
        let lease = try await journal.acquire(account, opening: Samples.opening)
        try expect(try await journal.load(account).reconciliation == nil, "a new account was never compared")
        for (place, submission) in submissions.enumerated() {
            var admitting = Samples.admitting(submission)
            admitting.sequence = Int64(place) + 1
            let receipt = try await journal.commit(admitting, lease)
            try expect(receipt.refused.isEmpty, "an account without a state need not be reconciled")
        }
        func intent(_ place: Int, _ child: Int, _ sequence: Int, opens: Bool) -> Intent {
            let intent = Samples.intent(submissions[place], lease, child: child, sequence: sequence)
            return Intent(order: intent.order, event: intent.event, opensExposure: opens)
        }
        var mixed = batch(3)
        mixed.reconciliation = record(false, through: nil)
        mixed.intents = [intent(0, 2, 3, opens: true), intent(1, 2, 3, opens: false)]
        for _ in 0..<2 {
            let receipt = try await journal.commit(mixed, lease)
            try expect(
                receipt.refused.mapValues(\.code),
                equals: [mixed.intents[0].order.id: "NOT_RECONCILED"],
                "refused"
            )
        }
        var facts = batch(4)
        facts.events = [Samples.event(submissions[0].id, 3, .parent(.paused(reason: "no")))]
        facts.intents = [intent(0, 3, 4, opens: true)]
        try expect(try await journal.commit(facts, lease).refused.count, equals: 1, "still refused")
        var counts = try await journal.parents(submissions.map(\.id)).map(\.events.count)
        try expect(counts, equals: [3, 3], "facts and accepted intents leave events, refused ones none")
        var again = batch(5)
        again.reconciliation = record(true, through: Samples.start)
        again.intents = [intent(0, 4, 4, opens: true)]
        try expect(try await journal.commit(again, lease).refused.isEmpty, "reconciled in the same batch")
        counts = try await journal.parents(submissions.map(\.id)).map(\.events.count)
        try expect(counts, equals: [4, 3], "with its event")
        try await harness.bury("one")
        let other = try await harness.journal("two")
        _ = try await other.acquire(account, opening: Samples.opening)
        try expect(
            try await other.load(account).reconciliation,
            equals: again.reconciliation?.state,
            "known after a takeover"
        )
    }

    static func found(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let submission = try Samples.submission(account: account)
        let lease = try await journal.acquire(account, opening: Samples.opening)
        _ = try await journal.commit(Samples.admitting(submission), lease)
        try await harness.activateHalt("drill")
        let intent = Samples.intent(submission, lease, child: 9, sequence: 3)
        var finding = batch(2)
        finding.found = [intent.order]
        finding.events = [intent.event]
        _ = try await journal.commit(finding, lease)
        var again = batch(3)
        again.found = [intent.order]
        _ = try await journal.commit(again, lease)
        let events = try await journal.parents([submission.id]).first?.events
        try expect(events?.last, equals: intent.event, "its event")
        try await harness.deactivateHalt()
    }
}
