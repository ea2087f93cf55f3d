public import Orchestration
public import TradingDomain
public import Workflows
import YAMLNodes

/// A schedule store under test, with what others do to it.
public protocol ScheduleStoreHarness: Sendable {
    var store: any ScheduleStore { get }
    /// Applies a workflow as of the store's clock.
    func apply(_ bundle: WorkflowBundle, account: String?) async throws
    /// Takes a workflow's schedules away.
    func remove(_ workflow: String) async throws
    func pause(_ schedule: ScheduleKey, by: String) async throws
    /// Ends a run as its worker does.
    func end(_ run: RunID) async throws
    /// Every run, oldest first.
    func runs() async throws -> [RunID]
    /// Those that were asked to end, oldest first.
    func cancelled() async throws -> [RunID]
    /// What is recorded of a schedule's times, in their order.
    func ticks(of schedule: ScheduleKey) async throws -> [ScheduleTick]
}

/// What every `ScheduleStore` promises.
public enum ScheduleStoreConformance<Harness: ScheduleStoreHarness> {
    /// All cases, in order.
    public static var cases: [ConformanceCase<Harness>] {
        [
            ConformanceCase("The board shows what is applied, by key, with nothing due before", board),
            ConformanceCase("A definition is read as it was applied", sources),
            ConformanceCase("A plan is recorded whole, with its run", whole),
            ConformanceCase("A plan without a run moves on, and its time can start one later", withoutRun),
            ConformanceCase(
                "Committing once more says the same and does nothing; with another run it is refused",
                again
            ),
            ConformanceCase("A plan for a schedule that was changed meanwhile records nothing", changed),
            ConformanceCase("A time that has started a run starts no other", oneRun),
            ConformanceCase("Of many who commit at once, one starts its run", race),
            ConformanceCase("Unfinished are the schedule's own runs that have not ended, oldest first", unfinished),
            ConformanceCase("What makes room is asked to end when the next run begins, and only then", makingRoom),
            ConformanceCase("A run of a full concurrency key waits its turn, or is left out", fullKey),
        ]
    }

    private static var key: ScheduleKey { ScheduleKey(workflow: "t", id: "a") }

    private static func bundle(_ ids: [String], minute: Int = 0) throws -> WorkflowBundle {
        let lines = ids.map { "  - { id: \($0), cron: \(minute) * * * *, timezone: UTC, late_by: 5m }\n" }
        let text =
            "format: 1\nworkflow: t\nschedule:\n\(lines.joined())steps:\n  - { id: s, uses: portfolio.snapshot }\n"
        let result = WorkflowCompiler(registry: StepCatalog.standard.registry)
            .compile(SourceFile(name: "t.yaml", text: text), resolver: { _ in nil })
        guard let bundle = result.bundle else { throw ConformanceFailure(result.diagnostics.rendered) }
        return bundle
    }

    private static func apply(_ harness: Harness) async throws -> (bundle: WorkflowBundle, schedule: StoredSchedule) {
        let bundle = try bundle(["a"])
        try await harness.apply(bundle, account: nil)
        guard let schedule = try await harness.store.board().schedules.first else {
            throw ConformanceFailure("the board is empty")
        }
        return (bundle, schedule)
    }

    private static func run(
        _ bundle: WorkflowBundle,
        _ time: Timestamp,
        _ slot: ConcurrencySlot? = nil
    ) throws -> ScheduledRun {
        let record = try RunRecord(
            of: bundle,
            inputs: [:],
            account: AccountID(unchecked: "paper"),
            environment: .paper,
            market: "m",
            launch: "{}",
            at: time
        )
        return ScheduledRun(record: record, slot: slot)
    }

    /// One that starts a run at a time.
    private static func plan(_ due: Timestamp, _ run: ScheduledRun, cancelling: [RunID] = []) -> TickPlan {
        let tick = ScheduleTick(dueAt: due, outcome: .started, run: run.record.id)
        return TickPlan(ticks: [tick], cancelled: cancelling, seenUntil: due)
    }

    /// Starts a run at `minutes` after `schedule` was last seen, and moves it there.
    private static func start(
        _ harness: Harness,
        _ schedule: inout StoredSchedule,
        _ run: ScheduledRun,
        cancelling: [RunID] = []
    ) async throws -> [ScheduleTick]? {
        let due = schedule.seenUntil + .seconds(60)
        let plan = plan(due, run, cancelling: cancelling)
        let ticks = try await harness.store.commit(plan, of: schedule, run: run)
        schedule.seenUntil = due
        return ticks
    }

    // MARK: - Cases

    private static func board(_ harness: Harness) async throws {
        try expect(try await harness.store.board().schedules.isEmpty, "an empty store has no schedule")
        try await harness.apply(try bundle(["b", "a"]), account: "paper")
        let board = try await harness.store.board()
        try expect(board.schedules.map(\.key.description), equals: ["t/a", "t/b"], "the keys")
        try expect(board.schedules.allSatisfy { $0.account == "paper" && $0.pausedBy == nil }, "account, no pause")
        try expect(board.schedules.allSatisfy { $0.seenUntil <= board.now }, "nothing in the future is dealt with")
        try await harness.pause(key, by: "ann")
        try expect(try await harness.store.board().schedules.map(\.pausedBy), equals: ["ann", nil], "who paused")
        try await harness.remove("t")
        try expect(try await harness.store.board().schedules.isEmpty, "removed schedules are gone")
    }

    private static func sources(_ harness: Harness) async throws {
        let (bundle, schedule) = try await apply(harness)
        let found = try await harness.store.sources(of: schedule.definitionHash)
        try expect(found, equals: ["t": bundle.root.name == "t" ? bundle.sources[0].source.text : ""], "the text")
        try expect(try await harness.store.sources(of: "none").isEmpty, "an unknown definition has no text")
    }

    private static func whole(_ harness: Harness) async throws {
        let (bundle, schedule) = try await apply(harness)
        let due = schedule.seenUntil + .seconds(60)
        let run = try run(bundle, due)
        var plan = plan(due, run)
        let missed = ScheduleTick(
            dueAt: schedule.seenUntil + .seconds(30),
            firstDueAt: schedule.seenUntil + .seconds(10),
            times: 3,
            outcome: .missed,
            reason: "late"
        )
        plan.ticks.insert(missed, at: 0)
        let recorded = try await harness.store.commit(plan, of: schedule, run: run)
        try expect(recorded, equals: plan.ticks, "the recorded ticks")
        try expect(try await harness.ticks(of: key), equals: plan.ticks, "the stored ticks")
        try expect(try await harness.runs(), equals: [run.record.id], "the run")
        try expect(try await harness.store.board().schedules.map(\.seenUntil), equals: [due], "how far it is seen")
    }

    private static func withoutRun(_ harness: Harness) async throws {
        var (bundle, schedule) = try await apply(harness)
        let due = schedule.seenUntil + .seconds(60)
        let refused = ScheduleTick(dueAt: due, outcome: .refused, reason: "no such account")
        let plan = TickPlan(ticks: [refused], seenUntil: due)
        try expect(try await harness.store.commit(plan, of: schedule, run: nil), equals: [refused], "the refused time")
        try expect(try await harness.runs().isEmpty, "no run")
        schedule.seenUntil = due
        let run = try run(bundle, due)
        let late = Self.plan(due, run)
        try expect(try await harness.store.commit(late, of: schedule, run: run), equals: late.ticks, "the same time")
        try expect(try await harness.ticks(of: key), equals: late.ticks, "what is stored of it")
    }

    private static func again(_ harness: Harness) async throws {
        let (bundle, schedule) = try await apply(harness)
        let due = schedule.seenUntil + .seconds(60)
        let run = try run(bundle, due)
        let plan = plan(due, run)
        for attempt in 1...2 {
            let ticks = try await harness.store.commit(plan, of: schedule, run: run)
            try expect(ticks, equals: plan.ticks, "attempt \(attempt)")
        }
        let other = try Self.run(bundle, due)
        let refused = try await harness.store.commit(Self.plan(due, other), of: schedule, run: other)
        try expect(refused, equals: nil, "another scheduler's plan")
        try expect(try await harness.runs(), equals: [run.record.id], "one run")
        try expect(try await harness.ticks(of: key), equals: plan.ticks, "one tick")
    }

    private static func changed(_ harness: Harness) async throws {
        let (bundle, schedule) = try await apply(harness)
        let due = schedule.seenUntil + .seconds(60)
        func refuse(_ schedule: StoredSchedule, _ what: String) async throws {
            let run = try run(bundle, due)
            let ticks = try await harness.store.commit(plan(due, run), of: schedule, run: run)
            try expect(ticks, equals: nil, what)
        }
        var other = schedule
        other.seenUntil = schedule.seenUntil + .seconds(-1)
        try await refuse(other, "seen until another time")
        try await refuse(
            StoredSchedule(
                key: key,
                definitionHash: schedule.definitionHash,
                account: "x",
                seenUntil: schedule.seenUntil
            ),
            "of another account"
        )
        try await refuse(
            StoredSchedule(key: ScheduleKey(workflow: "t", id: "none"), definitionHash: "", seenUntil: due),
            "that nobody knows"
        )
        try await harness.pause(key, by: "ann")
        try await refuse(schedule, "paused meanwhile")
        guard let paused = try await harness.store.board().schedules.first else {
            throw ConformanceFailure("a paused schedule stays on the board")
        }
        try await harness.apply(try Self.bundle(["a"], minute: 30), account: nil)
        try await refuse(paused, "with another definition")
        try await harness.remove("t")
        try await refuse(schedule, "removed meanwhile")
        try expect(try await harness.runs().isEmpty, "no run")
        try expect(try await harness.ticks(of: key).isEmpty, "no tick")
    }

    private static func oneRun(_ harness: Harness) async throws {
        var (bundle, schedule) = try await apply(harness)
        let first = try run(bundle, schedule.seenUntil)
        _ = try await start(harness, &schedule, first)
        let other = try run(bundle, schedule.seenUntil)
        let ticks = try await harness.store.commit(
            plan(schedule.seenUntil, other, cancelling: [first.record.id]),
            of: schedule,
            run: other
        )
        try expect(ticks, equals: [], "nothing is recorded")
        try expect(try await harness.runs(), equals: [first.record.id], "one run")
        try expect(try await harness.cancelled().isEmpty, "it is left alone")
    }

    private static func race(_ harness: Harness) async throws {
        let (bundle, schedule) = try await apply(harness)
        let due = schedule.seenUntil + .seconds(60)
        let runs = try (0..<8).map { _ in try run(bundle, due) }
        let answers = try await withThrowingTaskGroup(of: [ScheduleTick]?.self) { group in
            for run in runs {
                group.addTask { try await harness.store.commit(plan(due, run), of: schedule, run: run) }
            }
            var answers: [[ScheduleTick]] = []
            for try await ticks in group { if let ticks { answers.append(ticks) } }
            return answers
        }
        try expect(answers.count, equals: 1, "plans that were recorded")
        try expect(try await harness.runs(), equals: answers[0].compactMap(\.run), "the run of the one who was first")
        try expect(try await harness.ticks(of: key), equals: answers[0], "its tick")
    }

    private static func unfinished(_ harness: Harness) async throws {
        try await harness.apply(try bundle(["a", "b"]), account: nil)
        var schedules = try await harness.store.board().schedules
        let bundle = try bundle(["a", "b"])
        let runs = try (0..<4).map { _ in try run(bundle, schedules[0].seenUntil) }
        for (number, run) in runs.enumerated() { _ = try await start(harness, &schedules[number == 2 ? 1 : 0], run) }
        let ids = runs.map(\.record.id)
        let other = ScheduleKey(workflow: "t", id: "b")
        try expect(try await harness.store.unfinished(of: key), equals: [ids[0], ids[1], ids[3]], "its own")
        try expect(try await harness.store.unfinished(of: other), equals: [ids[2]], "those of another schedule")
        try await harness.end(ids[1])
        try expect(try await harness.store.unfinished(of: key), equals: [ids[0], ids[3]], "one has ended")
    }

    private static func makingRoom(_ harness: Harness) async throws {
        var (bundle, schedule) = try await apply(harness)
        let runs = try (0..<3).map { _ in try run(bundle, schedule.seenUntil) }
        let ids = runs.map(\.record.id)
        for run in runs.prefix(2) { _ = try await start(harness, &schedule, run) }
        var stale = schedule
        stale.seenUntil = schedule.seenUntil + .seconds(-1)
        _ = try await start(harness, &stale, runs[2], cancelling: Array(ids.prefix(2)))
        try expect(try await harness.cancelled().isEmpty, "a plan that is refused asks nobody")
        try await harness.end(ids[0])
        _ = try await start(harness, &schedule, runs[2], cancelling: Array(ids.prefix(2)))
        try expect(try await harness.cancelled(), equals: [ids[1]], "the one that had not ended")
        // It takes its time to end, and counts until then.
        try expect(try await harness.store.unfinished(of: key), equals: [ids[1], ids[2]], "what has not ended")
    }

    private static func fullKey(_ harness: Harness) async throws {
        var (bundle, schedule) = try await apply(harness)
        func slot(_ whenFull: ConcurrencyDefinition.FullPolicy) -> ConcurrencySlot {
            ConcurrencySlot(key: "k", limit: 1, whenFull: whenFull)
        }
        let first = try run(bundle, schedule.seenUntil, slot(.queue))
        try expect(try await start(harness, &schedule, first)?.map(\.reason), equals: [""], "the first takes the place")
        let second = try run(bundle, schedule.seenUntil, slot(.queue))
        let waiting = try await start(harness, &schedule, second)
        try expect(waiting?.map(\.run), equals: [second.record.id], "the second is recorded")
        try expect(
            waiting?.map(\.reason),
            equals: ["waits its turn behind run \(first.record.id)"],
            "and says what it waits for"
        )
        let third = try run(bundle, schedule.seenUntil, slot(.skip))
        let skipped = try await start(harness, &schedule, third, cancelling: [first.record.id])
        try expect(skipped?.map(\.outcome), equals: [.overlapped], "the third is left out")
        try expect(skipped?.map(\.run), equals: [nil], "it has no run")
        try expect(try await harness.cancelled().isEmpty, "nothing makes room for it")
        let fourth = try run(bundle, schedule.seenUntil, slot(.cancel_oldest))
        _ = try await start(harness, &schedule, fourth)
        let ids = [first, second, fourth].map(\.record.id)
        try expect(try await harness.runs(), equals: ids, "the runs there are")
        try expect(try await harness.cancelled(), equals: Array(ids.prefix(2)), "those that were older")
    }
}
