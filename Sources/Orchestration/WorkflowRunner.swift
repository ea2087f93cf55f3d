public import ExecutionEngine
import MarketData
public import TradingDomain
public import Workflows

/// Interprets one claimed run: starts steps that can start, makes each outcome durable before it counts, waits for
/// parent orders, and lets business time pass while nothing else is to be done.
///
/// Runnable steps start in item order and their results apply in item order, whatever finishes first, so that a run in
/// virtual time depends on its inputs alone.
public struct WorkflowRunner: Sendable {
    /// What a run tells while it goes on.
    public enum Progress: Sendable {
        /// The run is claimed and goes on from here.
        case started(RunID)
        case event(RunEvent)
        /// How far a parent order is, by the step that waits for it; told when it changed, at most 20 times a second.
        case parent(ParentProgress, at: StepPath)
        /// Business time, at most 20 times a second.
        case clock(Timestamp)
        /// The run starts nothing more and cancels what is open.
        case cancelling(RunCancellation)
        /// People are asked; told again by a resumed run.
        case asking(ApprovalRequest)
    }

    /// How long a run whose time stands still waits before it looks at answers and wishes again; wall clock.
    private static let peopleCheck = Duration.milliseconds(100)

    private let desk: Desk
    private let catalog: StepCatalog
    private let control: RunControl
    private let parksForPeople: Bool
    private let progress: @Sendable (Progress) -> Void

    public init(
        desk: Desk,
        catalog: StepCatalog,
        control: RunControl = RunControl(),
        parksForPeople: Bool = false,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.desk = desk
        self.catalog = catalog
        self.control = control
        self.parksForPeople = parksForPeople
        self.progress = progress
    }

    /// Runs to the end.
    ///
    /// A cancelled run starts nothing more: what is open is cancelled at the venue with proof, fills count, and every item
    /// that has no order ends FAILED.
    ///
    /// - Returns: The report, which is stored with the run.
    /// - Throws: ``RunStopped`` when its ``RunControl`` asked for that, ``RunParked``, ``RunStoreError/fenced(_:)`` when another worker
    ///   took over, and the stores' and engine's errors; the run then stays as it is and can be resumed.
    public func run(_ claimed: ClaimedRun, _ bundle: WorkflowBundle, inputs: [String: Value]) async throws -> RunReport
    {
        let record = claimed.record
        var run = try WorkflowRun(
            bundle,
            inputs: inputs,
            facts: RunFacts(id: record.id, startedAt: record.startedAt)
        )
        var journal = RunNotes()
        var approvals = RunApprovals(isNeeded: bundle.uses(ApprovalWait.name))
        var done: [(path: StepPath, outcome: StepOutcome, at: Timestamp)] = []
        for step in claimed.done {
            let stored = try StoredOutcome(json: step.outcome)
            done.append((StepPath(step.path), stored.outcome, step.doneAt))
            journal.add(stored.notes, at: StepPath(step.path))
            approvals.take(step.uses, at: StepPath(step.path), stored.outcome)
        }
        let strangers = run.restore(done)
        guard strangers.isEmpty else {
            throw StepFailure(
                "run_does_not_fit",
                "Run \(record.id) has done steps that its workflow does not have: \(strangers[0]). It cannot go on."
            )
        }
        var working: [WorkingStep] = []
        var waiting: [WaitingStep] = []
        var asked = AskedSteps()
        var watch = RunWatch(record.id, desk, control, progress)
        progress(.started(record.id))
        while !run.isFinished {
            for event in run.takeEvents() {
                journal.take(event)
                progress(.event(event))
            }
            try await watch.look(working)
            let calls = run.ready()
            let now = await desk.clock.now()
            if !calls.isEmpty {
                let parents = journal.parents + working.map(\.parent)
                let context = StepContext(
                    desk: desk,
                    run: record,
                    claim: claimed.claim,
                    now: now,
                    parents: parents,
                    approvals: approvals
                )
                let results = try await start(calls, context, watch.cancellation, journal)
                for (call, result) in zip(calls, results) {
                    switch result {
                    case .done(let outcome, let added):
                        let at = try await store(call, outcome, added, claimed.claim, from: now)
                        journal.add(added, at: call.path)
                        approvals.take(call.uses, at: call.path, outcome)
                        run.complete(call.path, with: outcome, at: at)
                    case .ask(let question):
                        asked.add(AskedStep(call: call, question: question, startedAt: now))
                        progress(.asking(question.request))
                    case .wait(let time): waiting.append(WaitingStep(call: call, time: time, startedAt: now))
                    case .work(let submission):
                        let record = try await desk.engine.submit(submission)
                        working.append(WorkingStep(call: call, parent: record.submission.id, startedAt: now))
                        try await watch.cancel([record.submission.id])
                    }
                }
                try await desk.clock.settle()
                continue
            }
            let over = WaitingStep.collect(&waiting, at: now, watch.cancellation)
            for (waited, outcome) in over {
                let added = watch.cancellation.map { journal.cancelled(waited.call, $0) } ?? []
                let at = try await store(waited.call, outcome, added, claimed.claim, from: waited.startedAt)
                journal.add(added, at: waited.call.path)
                run.complete(waited.call.path, with: outcome, at: at)
            }
            let answered = try await asked.collect(desk, run: record.id, at: now, watch.cancellation)
            for answer in answered {
                let call = answer.step.call
                let added = answer.notes + (watch.cancellation.map { journal.cancelled(call, $0) } ?? [])
                let at = try await store(call, answer.outcome, added, claimed.claim, from: answer.step.startedAt)
                journal.add(added, at: call.path)
                approvals.take(call.uses, at: call.path, answer.outcome)
                run.complete(call.path, with: answer.outcome, at: at)
            }
            guard over.isEmpty, answered.isEmpty else { continue }
            let finished = try await collect(&working)
            if finished.isEmpty {
                guard !working.isEmpty || !waiting.isEmpty || !asked.isEmpty else {
                    throw StepFailure("run_stuck", "Run \(record.id) has nothing to do and has not ended.")
                }
                try await cancelLate(&working, at: now)
                if try await !waitForPeople(asked, claimed.claim, isAlone: working.isEmpty && waiting.isEmpty) {
                    try await pass(working, &waiting, asked)
                }
                continue
            }
            for (call, parent, startedAt) in finished {
                progress(.parent(ParentProgress(of: parent), at: call.path))
                let outcome = ExecuteOrder.outcome(parent, uses: call.uses)
                let added = [ItemNote.parent(parent.submission.order.symbol, parent.submission.id)]
                let at = try await store(call, outcome, added, claimed.claim, from: startedAt)
                journal.add(added, at: call.path)
                run.complete(call.path, with: outcome, at: at)
            }
        }
        for event in run.takeEvents() {
            journal.take(event)
            progress(.event(event))
        }
        return try await finish(run, claimed, journal.ordered(by: run.items))
    }

    // MARK: Steps

    /// Runs the calls at once; order steps ask for their parents afterwards, in item order.
    ///
    /// In a cancelled run most of them end instead.
    ///
    /// - Throws: The first call's error of the surroundings, once all have ended: what they made durable is found again.
    private func start(
        _ calls: [StepCall],
        _ context: StepContext,
        _ cancellation: RunCancellation?,
        _ journal: RunNotes
    ) async throws -> [StepResult] {
        let performer = StepPerformer(catalog: catalog, context: context, control: control)
        let allowed = calls.map { cancellation == nil || $0.effect == .order || journal.hasOrder(inside: $0.instance) }
        let outcomes = await withTaskGroup(of: (Int, Result<StepResult, any Error>).self) { group in
            for (index, call) in calls.enumerated() where allowed[index] {
                if let deadline = call.workflowDeadline, deadline.time <= context.now {
                    group.addTask { (index, .success(StepPerformer.timedOut(call, deadline))) }
                } else {
                    group.addTask { (index, await performer.perform(call)) }
                }
            }
            var results: [Int: Result<StepResult, any Error>] = [:]
            for await (index, result) in group { results[index] = result }
            return results
        }
        var results: [Int: StepResult] = [:]
        for index in calls.indices { results[index] = try outcomes[index]?.get() }
        guard let cancellation else { return calls.indices.compactMap { results[$0] } }
        var noted: Set<StepPath> = []
        for (index, call) in calls.enumerated() {
            if case .work(let submission)? = results[index] {
                // An order that was asked for before belongs to its engine; a new one is not asked for any more.
                if try await !desk.journal.parents([submission.id]).isEmpty { continue }
                results[index] = nil
            }
            guard results[index] == nil else { continue }
            results[index] = .done(
                .ended(.failed, note: cancellation.text),
                notes: call.effect == .order || noted.insert(call.instance).inserted
                    ? journal.cancelled(call, cancellation) : []
            )
        }
        return calls.indices.compactMap { results[$0] }
    }

    /// Cancels orders whose step had only so long; what they filled counts, and their step ends with it.
    private func cancelLate(_ working: inout [WorkingStep], at now: Timestamp) async throws {
        for index in working.indices where !working[index].isLate {
            guard let deadline = working[index].call.deadline, deadline.time <= now else { continue }
            working[index].isLate = true
            let reason = "timed out: \(deadline.text)"
            await desk.engine.enqueue([
                .command(ParentCommand(parent: working[index].parent, kind: .cancel, reason: reason))
            ])
            try await desk.clock.settle()
        }
    }

    /// Waits a moment for answers where time stands still meanwhile; `false` where it passes.
    ///
    /// In virtual time a person is waited for as an agent is: nothing happens on the market until the answer is there, so a
    /// run depends on what people say and not on how long they take.
    ///
    /// - Throws: ``RunParked`` when nothing but people keeps the run and it is not to wait for them here.
    private func waitForPeople(_ asked: AskedSteps, _ claim: RunClaim, isAlone: Bool) async throws -> Bool {
        guard !asked.isEmpty else { return false }
        let standsStill = desk.clock.speed == nil
        if parksForPeople, isAlone || standsStill, try await desk.store.park(claim) {
            throw RunParked(run: claim.run, requests: asked.steps.map(\.question.request))
        }
        guard standsStill else { return false }
        try await Task.sleep(for: Self.peopleCheck)
        return true
    }

    /// Lets time pass for steps that wait for it or for their orders.
    private func pass(_ working: [WorkingStep], _ waiting: inout [WaitingStep], _ asked: AskedSteps) async throws {
        let times = waiting.map(\.wakesAt) + working.filter { !$0.isLate }.compactMap { $0.call.deadline?.time }
        let goesOn =
            if let next = times.min() { try await desk.clock.advance(to: next) } else { try await desk.clock.advance() }
        guard !goesOn else { return }
        guard waiting.isEmpty else {
            for index in waiting.indices { waiting[index].hasNoMarket = true }
            return
        }
        guard asked.isEmpty || !working.isEmpty else { return try await Task.sleep(for: Self.peopleCheck) }
        throw StepFailure(
            "market_ended",
            "The market data ended with \(working.count) orders still working. Give data to the session's end."
        )
    }

    /// Makes an outcome durable; the business time that is stored with it.
    private func store(
        _ call: StepCall,
        _ outcome: StepOutcome,
        _ notes: [ItemNote],
        _ claim: RunClaim,
        from start: Timestamp
    ) async throws -> Timestamp {
        let record = StepRecord(
            path: "\(call.path)",
            uses: call.uses,
            effect: call.effect.rawValue,
            outcome: try StoredJSON.encode(StoredOutcome(outcome: outcome, notes: notes)),
            startedAt: start,
            doneAt: await desk.clock.now()
        )
        try await desk.store.complete(record, of: claim)
        return record.doneAt
    }

    /// Takes the parents that are final out of `working`, in the order their steps began.
    private func collect(_ working: inout [WorkingStep]) async throws -> [(StepCall, ParentRecord, Timestamp)] {
        var ended: [WorkingStep] = []
        var open: [WorkingStep] = []
        for entry in working {
            if await desk.engine.isFinal(entry.parent) { ended.append(entry) } else { open.append(entry) }
        }
        guard !ended.isEmpty else { return [] }
        working = open
        let records = try await desk.journal.parents(ended.map(\.parent))
        return ended.compactMap { entry in
            records.first { $0.submission.id == entry.parent }.map { (entry.call, $0, entry.startedAt) }
        }
    }

    // MARK: End

    private func finish(_ run: WorkflowRun, _ claimed: ClaimedRun, _ notes: [ItemNote]) async throws -> RunReport {
        let ids = notes.compactMap { note in
            if case .parent(_, let id) = note { id } else { nil }
        }
        let now = await desk.clock.now()
        let parents = try await desk.journal.parents(ids)
        let reader = TapeReader(market: desk.market, hours: desk.hours)
        let tapes = reader.records(parents, run: claimed.record.id, now: now)
        let items = ReportBuilder(parents, tapes).items(notes)
        let result = run.result
        let statuses = items.map(\.status) + [result?.status ?? .failed]
        let status = items.isEmpty ? (result?.status ?? .failed) : ItemStatus.combined(statuses)
        let message = result.flatMap { $0.message.isEmpty ? nil : $0.message }
        var report = RunReport(
            run: claimed.record.id,
            workflow: claimed.record.workflow,
            status: status,
            account: claimed.record.account,
            market: desk.market.title,
            startedAt: claimed.record.startedAt,
            endedAt: now,
            items: items,
            message: items.isEmpty || status == .failed ? message : nil
        )
        report.rebalance = await RebalanceReport.make(notes, parents, on: desk)
        for note in notes {
            guard case .decision(let symbol, let id, let key, let agent, _, _) = note,
                let item = items.first(where: { $0.decision == id && $0.ticker == symbol.text })
            else { continue }
            try await desk.store.resolve(
                decision: DecisionKey(account: claimed.record.account, agent: agent, key: key),
                outcome: try StoredJSON.encode(item),
                of: claimed.claim
            )
        }
        try await desk.store.save(tapes, of: claimed.claim)
        try await desk.store.finish(claimed.claim, status: status, report: try StoredJSON.encode(report), at: now)
        return report
    }
}
