import ExecutionEngine
import RiskRules
import TradingDomain

/// A halt's own flatten is the one thing that it lets through (I6).
extension JournalConformance {
    static func flatten(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        try await harness.activateHalt("the drill")
        try expect(try await journal.controls(account).halt.halt?.flattens, equals: false, "not asked for")
        let halt = try await harness.flattenHalt()
        try expect(halt.flattens, "asked for")
        try expect(try await journal.controls(account).halt, equals: .active(halt), "and told when asked")
        let submissions = [
            try Samples.submission(1, account: account, flattens: halt.id),
            try Samples.submission(2, account: account),
            try Samples.submission(3, account: account, flattens: HaltID(unchecked: "another")),
        ]
        var batch = EngineBatch(sequence: 1, clock: Samples.start)
        for submission in submissions {
            let admitting = Samples.admitting(submission)
            batch.submissions += admitting.submissions
            batch.events += admitting.events
            batch.parents += admitting.parents
            batch.intents.append(Samples.intent(submission, lease, child: 1, sequence: 3))
        }
        // A batch that is repeated gets the same answer.
        for _ in 0..<2 {
            let receipt = try await journal.commit(batch, lease)
            let refused = Dictionary(
                uniqueKeysWithValues: batch.intents.dropFirst().map { ($0.order.id, "KILL_SWITCH") }
            )
            try expect(receipt.refused.mapValues(\.code), equals: refused, "all but the halt's own")
            try expect(receipt.halt, equals: .active(halt), "with its flatten")
        }
        for submission in submissions {
            let stored = try await journal.submitted(submission)
            try expect(stored?.submission.flattens, equals: submission.flattens, "stored with its halt")
        }
        let counts = try await journal.parents(submissions.map(\.id)).map(\.events.count)
        try expect(counts, equals: [3, 2, 2], "refused intents leave no event")
        let children = try await journal.parents([submissions[0].id]).first?.events.compactMap { event in
            if case .child(_, .intended(let order, _)) = event.event { order } else { nil }
        }
        try expect(children, equals: [batch.intents[0].order], "as it was committed, reduce-only")
        try expect(children?.first?.request.isReduceOnly == true, "and it only reduces")
        try await harness.bury("one")
        let other = try await harness.journal("two")
        _ = try await other.acquire(account, opening: Samples.opening)
        try expect(try await other.load(account).halt, equals: .active(halt), "known after a takeover")
        try await harness.deactivateHalt()
    }
}
