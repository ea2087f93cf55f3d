import ExecutionEngine
import TradingDomain

/// Commands to parents: nobody's death may lose one.
extension JournalConformance {
    static func commands(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let (open, done) = (try Samples.submission(1, account: account), try Samples.submission(2, account: account))
        for submission in [open, done] { _ = try await journal.submit(submission) }
        _ = try await journal.commit(Samples.admitting(open), lease)
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
        _ = try await journal.submit(submission)
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
        _ = try await one.submit(submission)
        let command = ParentCommand(parent: submission.id, kind: .cancel, reason: "enough")
        try await harness.request(command)
        let told = try await one.commit(Samples.admitting(submission), lease).commands
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
        _ = try await one.submit(submission)
        try await harness.request(ParentCommand(parent: submission.id, kind: .cancel, reason: "enough"))
        let told = try await one.commit(Samples.admitting(submission), old).commands
        try await harness.bury("one")
        _ = try await two.acquire(account, opening: Samples.opening)
        var late = EngineBatch(sequence: 2, clock: Samples.start)
        late.done = told.map(\.number)
        _ = try await expectError(JournalError.self, "a batch of the old epoch") {
            _ = try await one.commit(late, old)
        }
        try expect(try await two.load(account).commands, equals: told, "the command is still to be done")
    }
}
