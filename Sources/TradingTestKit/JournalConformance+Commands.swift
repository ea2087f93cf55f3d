import ExecutionEngine
import RiskRules
import TradingDomain

/// Commands to parents: nobody's death may lose one.
extension JournalConformance {
    static func commands(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let (open, done) = (try Samples.submission(1, account: account), try Samples.submission(2, account: account))
        var asking = Samples.admitting(open)
        asking.submissions.append(done)
        _ = try await journal.commit(asking, lease)
        _ = try await journal.commit(Samples.finishing(done, filled: .zero, event: 1, batch: 2), lease)
        let kinds: [ParentCommand.Kind] = [.pause, .resume, .amend, .resolve, .cancel]
        let amendment = ParentAmendment(quantity: Quantity(70), endTime: Samples.start + .seconds(60))
        for kind in kinds {
            for parent in [open.id, done.id] {
                let child = ClientOrderID(parent: parent, incarnation: lease.incarnation, sequence: 1)
                let command = ParentCommand(
                    parent: parent,
                    kind: kind,
                    reason: "\(kind)",
                    amendment: kind == .amend ? amendment : nil,
                    resolution: kind == .resolve ? ChildResolution(child: child, executed: .zero, price: nil) : nil
                )
                try await harness.request(command)
            }
        }
        let first = try await journal.commit(EngineBatch(sequence: 3, clock: Samples.start), lease)
        try expect(first.commands.map(\.command.kind), equals: kinds, "the commands in order")
        try expect(first.commands[2].command.amendment, equals: amendment, "what is to change")
        try expect(first.commands[3].command.resolution?.executed, equals: .zero, "what became of a child")
        try expect(first.commands.allSatisfy { $0.command.parent == open.id }, "a finished parent gets none")
        var next = EngineBatch(sequence: 4, clock: Samples.start)
        next.done = first.commands.prefix(4).map(\.number)
        let second = try await journal.commit(next, lease)
        try expect(second.commands, equals: Array(first.commands.suffix(1)), "what is done is not told again")
        let again = try await journal.commit(next, lease)
        try expect(again.commands, equals: second.commands, "nor to a batch that is sent twice")
        _ = try await journal.commit(Samples.finishing(open, filled: .zero, event: 3, batch: 5), lease)
        try expect(try await journal.controls(account).commands.isEmpty, "an end settles what was asked for")
    }

    static func idleCommand(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        _ = try await journal.commit(Samples.admitting(submission), lease)
        try expect(try await journal.controls(account).commands.isEmpty, "nothing was asked for yet")
        let command = ParentCommand(parent: submission.id, kind: .cancel, reason: "enough")
        try await harness.request(command)
        let read = try await journal.controls(account).commands
        try expect(read.map(\.command), equals: [command], "the command when asked")
        try expect(try await journal.controls(account).commands, equals: read, "reading it does not take it")
        var batch = EngineBatch(sequence: 2, clock: Samples.start)
        batch.done = read.map(\.number)
        let receipt = try await journal.commit(batch, lease)
        try expect(receipt.commands.isEmpty, "the receipt of the batch that did it")
        try expect(try await journal.controls(account).commands.isEmpty, "a command that is done")
    }

    static func deadCommand(_ harness: Harness) async throws {
        let (one, two) = (try await harness.journal("one"), try await harness.journal("two"))
        let lease = try await one.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        _ = try await one.commit(Samples.asking(for: submission), lease)
        let command = ParentCommand(parent: submission.id, kind: .cancel, reason: "enough")
        try await harness.request(command)
        let told = try await one.commit(Samples.admitting(submission, sequence: 2), lease).commands
        try expect(told.map(\.command), equals: [command], "the first engine was told")
        try await harness.bury("one")
        let next = try await two.acquire(account, opening: Samples.opening)
        try expect(try await two.load(account).commands, equals: told, "the next engine is told too")
        var batch = EngineBatch(sequence: 1, clock: Samples.start)
        batch.done = told.map(\.number)
        _ = try await two.commit(batch, next)
        try expect(try await two.load(account).commands.isEmpty, "a command that the next engine did")
    }

    static func fencedCommand(_ harness: Harness) async throws {
        let (one, two) = (try await harness.journal("one"), try await harness.journal("two"))
        let old = try await one.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        _ = try await one.commit(Samples.asking(for: submission), old)
        try await harness.request(ParentCommand(parent: submission.id, kind: .cancel, reason: "enough"))
        let told = try await one.commit(Samples.admitting(submission, sequence: 2), old).commands
        try await harness.bury("one")
        _ = try await two.acquire(account, opening: Samples.opening)
        var late = EngineBatch(sequence: 3, clock: Samples.start)
        late.done = told.map(\.number)
        _ = try await expectError(JournalError.self, "a batch of the old epoch") {
            _ = try await one.commit(late, old)
        }
        try expect(try await two.load(account).commands, equals: told, "the command is still to be done")
    }
}

/// Realised slippage: the limit that learns from it has to be the same after a takeover.
extension JournalConformance {
    static func slippages(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        var records: [SlippageRecord] = []
        var number: Int64 = 0
        // Two more than count, two in each batch.
        for index in stride(from: 0, to: SlippageController.window + 2, by: 2) {
            var batch = EngineBatch(sequence: 0, clock: Samples.start)
            for one in [index, index + 1] {
                let submission = try Samples.submission(UInt8(one), account: account)
                batch.submissions.append(submission)
                let share = Double(one + 1) / 3
                batch.slippages.append(
                    SlippageRecord(
                        parent: submission.id,
                        at: Samples.start + .seconds(one),
                        slippage: one.isMultiple(of: 2) ? -share * 1e-7 : share * 1e-3,
                        limit: 0.001 + share * 1e-9
                    )
                )
            }
            number += 1
            batch.sequence = number
            records += batch.slippages
            _ = try await journal.commit(batch, lease)
            _ = try await journal.commit(batch, lease)
        }
        let loaded = try await journal.load(account).slippages
        try expect(loaded, equals: Array(records.suffix(SlippageController.window)), "the newest, to the last bit")
        let other = AccountID(unchecked: "other")
        _ = try await journal.acquire(other, opening: Samples.opening)
        try expect(try await journal.load(other).slippages.isEmpty, "another account has none")
    }
}

/// Safe mode: entered by a batch, read by everybody who takes the account.
extension JournalConformance {
    static func safeMode(_ harness: Harness) async throws {
        let (one, two) = (try await harness.journal("one"), try await harness.journal("two"))
        let lease = try await one.acquire(account, opening: Samples.opening)
        var batch = EngineBatch(sequence: 1, clock: Samples.start)
        try expect(try await one.commit(batch, lease).safeMode == nil, "none at first")
        let mode = SafeMode(code: "broker_contradiction", reason: "a \"lie\"", since: Samples.start)
        batch.sequence = 2
        batch.safeMode = mode
        try expect(try await one.commit(batch, lease).safeMode, equals: mode, "in the receipt of its own batch")
        batch.sequence = 3
        batch.safeMode = SafeMode(code: "other", reason: "later", since: Samples.start + .seconds(9))
        try expect(try await one.commit(batch, lease).safeMode, equals: mode, "the first reason stands")
        try expect(try await one.controls(account).safeMode, equals: mode, "without a batch")
        try await harness.bury("one")
        _ = try await two.acquire(account, opening: Samples.opening)
        try expect(try await two.load(account).safeMode, equals: mode, "for the next engine")
        let other = AccountID(unchecked: "other")
        _ = try await two.acquire(other, opening: Samples.opening)
        try expect(try await two.load(other).safeMode == nil, "another account has none")
    }
}
