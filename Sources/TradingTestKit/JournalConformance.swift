public import ExecutionEngine
import Portfolio
public import RiskRules
import TradingDomain

/// A store under test, with what only its owner can do to it.
public protocol JournalHarness: Sendable {
    /// Returns the journal of a worker; the same name is the same worker.
    func journal(_ worker: String) async throws -> any Journal
    /// Ends a worker as a crash does: without a word, its lease over.
    func bury(_ worker: String) async throws
    /// Turns the kill switch over all accounts on.
    func activateHalt(_ reason: String) async throws
    /// Asks the halt that is on to close positions too, and returns it.
    func flattenHalt() async throws -> Halt
    /// Turns it off.
    func deactivateHalt() async throws
    /// Asks something of a parent.
    func request(_ command: ParentCommand) async throws
}

/// What every ``Journal`` promises its engine.
public enum JournalConformance<Harness: JournalHarness> {
    typealias Samples = JournalSamples

    /// All cases, in order.
    public static var cases: [ConformanceCase<Harness>] {
        [
            ConformanceCase("A new account has its opening balance and nothing else", opening),
            ConformanceCase("A living worker keeps its account, a dead one loses it and is fenced", takeover),
            ConformanceCase("A released account is free at once", release),
            ConformanceCase("Asking twice for a parent gives the first one", submit),
            ConformanceCase("A parent that has traded and is in no record is told, not new", forgotten),
            ConformanceCase("What was committed is loaded after a crash", load),
            ConformanceCase("A finished parent keeps its result and is not open", finish),
            ConformanceCase("Under a halt facts commit and intents are refused", refuse),
            ConformanceCase("No intent commits after a halt has, whatever runs at the same time", haltRace),
            ConformanceCase("A halt lets its own flatten pass and nothing else, whenever it was asked for", flatten),
            ConformanceCase("A fill that was booked is not booked again", duplicateFill),
            ConformanceCase("An identical batch commits once and gets the same answer", resend),
            ConformanceCase("A refused batch gets the same answer after the halt has ended", resendRefused),
            ConformanceCase("Commands are told in order until they are done, and not to finished parents", commands),
            ConformanceCase("A command that was asked for while nothing is committed is there to be read", idleCommand),
            ConformanceCase("An engine that dies before it commits leaves its commands to the next", deadCommand),
            ConformanceCase("A fenced batch marks no command done", fencedCommand),
            ConformanceCase("Slippage records come back to the last bit, the newest that count", slippages),
            ConformanceCase("A safe mode stays until a person ends it; the first reason stands", safeMode),
            ConformanceCase("Without reconciliation only what reduces exposure commits (I13)", reconciled),
            ConformanceCase("An order found at the venue is there, whatever is halted", found),
            ConformanceCase("Accounts do not see one another", accounts),
        ]
    }

    static var account: AccountID { AccountID(unchecked: "paper") }

    private static func opening(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let first = try await journal.acquire(account, opening: Samples.opening)
        var later = Samples.opening
        later.cash = .zero(.usd)
        let second = try await journal.acquire(account, opening: later)
        try expect(second.epoch > first.epoch, "taking an account again raises its epoch")
        try expect(second.incarnation != first.incarnation, "an incarnation is never drawn twice")
        let state = try await journal.load(account)
        try expect(state.ledger.map(\.cashChange), equals: [Samples.opening.cash], "the ledger of a new account")
        try expect(state.ledger.map(\.kind), equals: [.openingBalance], "the kind of its entry")
        try expect(state.ledger.map(\.at), equals: [Samples.start], "its time")
        try expect(state.open.isEmpty && state.halt == .inactive && state.clock == nil, "nothing else is there")
        let virtual = AccountID(unchecked: "paper@generated-7")
        let one = try await journal.acquire(virtual, opening: Samples.opening).incarnation
        let two = try await journal.acquire(virtual, opening: Samples.opening).incarnation
        try expect([one, two].map(\.text), equals: ["aaaa", "aaaa"], "virtual time has one incarnation")
    }

    private static func takeover(_ harness: Harness) async throws {
        let (one, two) = (try await harness.journal("one"), try await harness.journal("two"))
        let submission = try Samples.submission(account: account)
        let old = try await one.acquire(account, opening: Samples.opening)
        _ = try await one.commit(Samples.admitting(submission), old)
        let busy = try await expectError(JournalError.self, "a living worker's account") {
            _ = try await two.acquire(account, opening: Samples.opening)
        }
        try expect(busy.code, equals: "account_busy", "the refusal")
        try await harness.bury("one")
        let new = try await two.acquire(account, opening: Samples.opening)
        try expect(new.epoch > old.epoch && new.incarnation != old.incarnation, "a takeover begins a new epoch")
        var late = EngineBatch(sequence: 2, clock: Samples.start)
        late.intents = [Samples.intent(submission, old, child: 1, sequence: 3)]
        late.alerts = [EngineAlert(code: "late", message: "late", parent: nil, at: Samples.start)]
        let fenced = try await expectError(JournalError.self, "a batch of the old epoch") {
            _ = try await one.commit(late, old)
        }
        try expect(fenced, equals: .fenced(account), "the fence")
        let events = try await two.load(account).open.flatMap(\.events)
        try expect(events.map(\.sequence), equals: [1, 2], "events after a fenced batch")
        var next = EngineBatch(sequence: 1, clock: Samples.start)
        next.intents = [Samples.intent(submission, new, child: 1, sequence: 3)]
        let receipt = try await two.commit(next, new)
        try expect(receipt.refused.isEmpty, "the new engine's intent is accepted")
    }

    private static func release(_ harness: Harness) async throws {
        let (one, two) = (try await harness.journal("one"), try await harness.journal("two"))
        let lease = try await one.acquire(account, opening: Samples.opening)
        try await one.release(lease)
        _ = try await expectError(JournalError.self, "a batch after the release") {
            _ = try await one.commit(EngineBatch(sequence: 1, clock: Samples.start), lease)
        }
        let new = try await two.acquire(account, opening: Samples.opening)
        try await one.release(lease)
        _ = try await two.commit(EngineBatch(sequence: 1, clock: Samples.start), new)
    }

    private static func submit(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let run = RunID(unchecked: "0198c0de-0000-7000-8000-000000000001")
        let first = try Samples.submission(1, account: account, run: run, stepPath: "send")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        try expect(try await journal.submitted(first) == nil, "nobody has asked for it yet")
        _ = try await journal.commit(Samples.asking(for: first), lease)
        let fresh = try await journal.submitted(first)
        try expect(fresh?.state == .submitted && fresh?.events.isEmpty == true, "a new parent is submitted")
        try expect(fresh?.submission.order.quantity, equals: first.order.quantity, "its quantity")
        try expect(fresh?.submission.seed, equals: UInt64.max, "its seed")
        let other = try Samples.submission(1, account: account, run: run, stepPath: "send", quantity: 7)
        _ = try await journal.commit(Samples.asking(for: other, sequence: 2), lease)
        let again = try await journal.submitted(other)
        try expect(again?.submission.order.quantity, equals: Quantity(100), "the quantity asked for first")
        let sameStep = try Samples.submission(2, account: account, run: run, stepPath: "send")
        try expect(try await journal.submitted(sameStep)?.submission.id, equals: first.id, "one parent per step")
        let byHand = try Samples.submission(3, account: account)
        _ = try await journal.commit(Samples.asking(for: byHand, sequence: 3), lease)
        try expect(try await journal.submitted(byHand)?.submission.id, equals: byHand.id, "a parent without a run")
        let asked = [byHand.id, Samples.parent(9), first.id]
        let found = try await journal.parents(asked).map(\.submission.id)
        try expect(found, equals: [byHand.id, first.id], "parents in the order asked")
    }

    private static func forgotten(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        let fill = Samples.fill(Samples.intent(submission, lease, child: 1, sequence: 3), trade: "T-1")
        var batch = EngineBatch(sequence: 1, clock: Samples.start)
        batch.fills = [fill]
        batch.ledger = [try LedgerEntry(fill)]
        _ = try await journal.commit(batch, lease)
        let error = try await expectError(JournalError.self, "a parent without a record") {
            _ = try await journal.submitted(submission)
        }
        try expect(error, equals: .recordLost(submission.id), "the error")
        let other = try Samples.submission(2, account: account)
        try expect(try await journal.submitted(other) == nil, "another parent is new")
    }

    private static func load(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        var first = Samples.admitting(submission)
        first.submissions.append(try Samples.submission(2, account: account))
        let intent = Samples.intent(submission, lease, child: 1, sequence: 3)
        first.intents = [intent]
        _ = try await journal.commit(first, lease)
        var second = EngineBatch(sequence: 2, clock: Samples.start + .seconds(2))
        var position = Position(flat: submission.order.symbol, .usd)
        let fill = Samples.fill(intent, trade: "T-1")
        second.events = [
            Samples.event(
                submission.id,
                4,
                .child(intent.order.id, .acknowledged(BrokerOrderID(unchecked: "B-7"), at: Samples.start))
            )
        ]
        try Samples.book(fill, of: submission, event: 5, position: &position, into: &second)
        _ = try await journal.commit(second, lease)
        try await harness.bury("one")

        let next = try await harness.journal("two")
        _ = try await next.acquire(account, opening: Samples.opening)
        let state = try await next.load(account)
        try expect(state.clock, equals: second.clock, "the clock")
        try expect(state.ledger.dropFirst().map(\.self), equals: [try LedgerEntry(fill)], "the ledger")
        try expect(state.open.map(\.submission.id), equals: [submission.id, Samples.parent(2)], "the open parents")
        let record = state.open[0]
        let events = first.events + [intent.event] + second.events
        try expect(record.events, equals: events, "the events")
        try expect(record.admission, equals: Samples.admission(submission), "the admission")
        try expect(record.snapshot, equals: first.parents[0].snapshot, "the snapshot")
        try expect(record.filled, equals: fill.quantity, "what is filled")
        try expect(record.state, equals: .working, "the state")
    }

    private static func finish(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        _ = try await journal.commit(Samples.admitting(submission), lease)
        let end = Samples.finishing(submission, filled: Quantity(20), event: 3, batch: 2)
        _ = try await journal.commit(end, lease)
        try expect(try await journal.load(account).open.isEmpty, "a finished parent is not open")
        let record = try await journal.submitted(submission)
        try expect(record?.state, equals: .partiallyFilled, "asking again tells how it ended")
        try expect(record?.result, equals: end.parents[0].result, "its result")
        try expect(record?.admission, equals: Samples.admission(submission), "its admission stays")
    }

    private static func refuse(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        try await harness.activateHalt("the drill")
        let intents = (1...2).map { Samples.intent(submission, lease, child: $0, sequence: $0 + 2) }
        var batch = Samples.admitting(submission)
        batch.intents = intents
        let receipt = try await journal.commit(batch, lease)
        try expect(Set(receipt.refused.keys), equals: Set(intents.map(\.order.id)), "the refused intents")
        try expect(receipt.refused.values.map(\.code), equals: ["KILL_SWITCH", "KILL_SWITCH"], "their codes")
        try expect(receipt.refused.values.allSatisfy { $0.message.contains("the drill") }, "they give the reason")
        try expect(receipt.halt.halt?.reason, equals: "the drill", "the halt in the receipt")
        try expect(try await journal.controls(account).halt, equals: receipt.halt, "the halt when asked")
        let record = try await journal.load(account).open[0]
        try expect(record.events.map(\.sequence), equals: [1, 2], "facts are journalled, refused intents are not")
        try await harness.deactivateHalt()
        var next = EngineBatch(sequence: 2, clock: Samples.start)
        next.events = [
            Samples.event(submission.id, 5, .parent(.intentRefused(code: "KILL_SWITCH", message: "the drill")))
        ]
        next.intents = [Samples.intent(submission, lease, child: 3, sequence: 6)]
        let after = try await journal.commit(next, lease)
        try expect(after.refused.isEmpty && after.halt == .inactive, "intents pass again")
        let events = try await journal.load(account).open[0].events
        try expect(events.map(\.sequence), equals: [1, 2, 5, 6], "events with the gap of the refused ones")
    }

    private static func haltRace(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account, quantity: 100_000)
        _ = try await journal.commit(Samples.admitting(submission), lease)
        let race = Race()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var refusedAfter = 0
                var number = 1
                while refusedAfter < 5 {
                    let mustRefuse = await race.isHalted
                    var batch = EngineBatch(sequence: Int64(number + 1), clock: Samples.start)
                    batch.intents = [
                        Samples.intent(submission, lease, child: number, sequence: number + 2, quantity: 1)
                    ]
                    let isRefused = !(try await journal.commit(batch, lease).refused.isEmpty)
                    await race.count()
                    try expect(isRefused || !mustRefuse, "intent \(number) committed after the halt had")
                    if mustRefuse { refusedAfter += 1 }
                    number += 1
                }
            }
            group.addTask {
                // Not at once: the halt is to fall into the middle of a stream of batches.
                while await race.commits < 3 { await Task.yield() }
                try await harness.activateHalt("race")
                await race.halt()
            }
            try await group.waitForAll()
        }
    }

    private static func duplicateFill(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        let intent = Samples.intent(submission, lease, child: 1, sequence: 3)
        var batch = Samples.admitting(submission)
        batch.intents = [intent]
        _ = try await journal.commit(batch, lease)
        var position = Position(flat: submission.order.symbol, .usd)
        for number in 2...3 {
            var repeated = EngineBatch(sequence: Int64(number), clock: Samples.start)
            let fill = Samples.fill(intent, trade: "T-1")
            try Samples.book(fill, of: submission, event: number + 2, position: &position, into: &repeated)
            _ = try await journal.commit(repeated, lease)
        }
        let fills = try await journal.load(account).ledger.filter { $0.kind == .fill }
        try expect(fills.count, equals: 1, "ledger entries of one trade reported twice")
    }

    private static func resend(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        _ = try await journal.commit(Samples.asking(for: submission), lease)
        try await harness.request(ParentCommand(parent: submission.id, kind: .pause, reason: "lunch"))
        var batch = Samples.admitting(submission, sequence: 2)
        batch.intents = [Samples.intent(submission, lease, child: 1, sequence: 3)]
        let first = try await journal.commit(batch, lease)
        try expect(first.commands.map(\.command.kind), equals: [.pause], "the commands of the first answer")
        try await harness.activateHalt("later")
        let second = try await journal.commit(batch, lease)
        try expect(second.refused.isEmpty, "the intent stays accepted, though a halt came since")
        try expect(second.commands, equals: first.commands, "the commands of the second answer")
        let state = try await journal.load(account)
        try expect(state.open[0].events.map(\.sequence), equals: [1, 2, 3], "events of a batch sent twice")
        try expect(state.ledger.count, equals: 1, "ledger entries")
    }

    private static func resendRefused(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        try await harness.activateHalt("first reason")
        var batch = Samples.admitting(submission)
        batch.intents = [Samples.intent(submission, lease, child: 1, sequence: 3)]
        let first = try await journal.commit(batch, lease)
        try await harness.deactivateHalt()
        let second = try await journal.commit(batch, lease)
        try expect(first.refused.count, equals: 1, "the intent is refused")
        try expect(second.refused, equals: first.refused, "and stays so with its reason")
    }

    private static func accounts(_ harness: Harness) async throws {
        let journal = try await harness.journal("one")
        let other = AccountID(unchecked: "other")
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let otherLease = try await journal.acquire(other, opening: Samples.opening)
        let submission = try Samples.submission(account: account)
        _ = try await journal.commit(Samples.asking(for: submission), lease)
        try await harness.request(ParentCommand(parent: submission.id, kind: .cancel, reason: "test"))
        let foreign = try await journal.commit(EngineBatch(sequence: 1, clock: Samples.start), otherLease)
        try expect(foreign.commands.isEmpty, "commands of another account")
        try expect(try await journal.load(other).open.isEmpty, "parents of another account")
        let own = try await journal.commit(EngineBatch(sequence: 2, clock: Samples.start), lease)
        try expect(own.commands.count, equals: 1, "commands of the account")
    }
}

/// What the two sides of a race tell each other.
private actor Race {
    private(set) var commits = 0
    private(set) var isHalted = false

    func count() { commits += 1 }
    func halt() { isHalted = true }
}
