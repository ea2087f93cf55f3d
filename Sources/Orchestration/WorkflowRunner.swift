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
        var last: [StepRecord] = []
        var watch = RunWatch(claimed, desk, control, progress)
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
                let context = StepContext(
                    desk: desk,
                    run: record,
                    claim: claimed.claim,
                    now: now,
                    parents: { [noted = journal.parents, working] in noted + working.map(\.parent) },
                    approvals: approvals,
                    control: control
                )
                let results: [StepResult]
                do {
                    results = try await start(calls, context, watch.cancellation, journal)
                } catch is CancellationError where control.isStopping {
                    continue  // the next look stops the run, and says which orders are open
                }
                let ended = zip(calls, results).compactMap { call, result -> EndedCall? in
                    guard case .done(let outcome, let notes) = result else { return nil }
                    return EndedCall(call: call, outcome: outcome, notes: notes, startedAt: now)
                }
                last += try await store(ended, claimed.claim, in: &run, &journal, &approvals)
                for (call, result) in zip(calls, results) {
                    switch result {
                    case .done: break
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
            var noted: Set<StepPath> = []
            let expired = over.map { waited, outcome in
                let isFirst = noted.insert(waited.call.instance).inserted
                let notes = isFirst ? watch.cancellation.map { journal.cancelled(waited.call, $0) } : nil
                return EndedCall(call: waited.call, outcome: outcome, notes: notes ?? [], startedAt: waited.startedAt)
            }
            last += try await store(expired, claimed.claim, in: &run, &journal, &approvals)
            let answered = try await asked.collect(desk, run: record.id, at: now, watch.cancellation).map { answer in
                let call = answer.step.call
                let added = answer.notes + (watch.cancellation.map { journal.cancelled(call, $0) } ?? [])
                return EndedCall(call: call, outcome: answer.outcome, notes: added, startedAt: answer.step.startedAt)
            }
            last += try await store(answered, claimed.claim, in: &run, &journal, &approvals)
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
            let filled = finished.map { call, parent, startedAt in
                progress(.parent(ParentProgress(of: parent), at: call.path))
                return EndedCall(
                    call: call,
                    outcome: ExecuteOrder.outcome(parent, uses: call.uses),
                    notes: [.parent(parent.submission.order.symbol, parent.submission.id)],
                    startedAt: startedAt
                )
            }
            last += try await store(filled, claimed.claim, in: &run, &journal, &approvals)
        }
        for event in run.takeEvents() {
            journal.take(event)
            progress(.event(event))
        }
        return try await finish(run, claimed, journal.ordered(by: run.items), after: last)
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
        let allowed = calls.map { cancellation == nil || $0.effect == .order || journal.hasOrder(inside: $0.instance) }
        let outcomes = await perform(calls.indices.filter { allowed[$0] }, of: calls, context)
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

    /// What the calls at `places` came to, each in a task of its own unless it is alone.
    private func perform(
        _ places: [Int],
        of calls: [StepCall],
        _ context: StepContext
    ) async -> [Int: Result<StepResult, any Error>] {
        let performer = StepPerformer(catalog: catalog, context: context, control: control)
        @Sendable func perform(_ call: StepCall) async -> Result<StepResult, any Error> {
            if let deadline = call.workflowDeadline, deadline.time <= context.now {
                return .success(StepPerformer.timedOut(call, deadline))
            }
            return await performer.perform(call)
        }
        guard places.count > 1 else {
            guard let place = places.first else { return [:] }
            return [place: await perform(calls[place])]
        }
        return await withTaskGroup(of: (Int, Result<StepResult, any Error>).self) { group in
            for place in places { group.addTask { (place, await perform(calls[place])) } }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
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

    /// A call with what it came to.
    private struct EndedCall {
        let call: StepCall
        let outcome: StepOutcome
        let notes: [ItemNote]
        let startedAt: Timestamp
    }

    /// Outcomes of one transaction: more would only make it long.
    private static let mostOutcomes = 64

    /// Makes outcomes durable, in one transaction unless there are very many, and then lets them count, in their order.
    ///
    /// - Returns: What ended the run and has no effect, and so may be done again: it becomes durable with the run's end.
    private func store(
        _ ended: [EndedCall],
        _ claim: RunClaim,
        in run: inout WorkflowRun,
        _ journal: inout RunNotes,
        _ approvals: inout RunApprovals
    ) async throws -> [StepRecord] {
        guard !ended.isEmpty else { return [] }
        let now = await desk.clock.now()
        for start in stride(from: 0, to: ended.count, by: Self.mostOutcomes) {
            let group = ended[start..<min(start + Self.mostOutcomes, ended.count)]
            let records = try group.map { step in
                StepRecord(
                    path: "\(step.call.path)",
                    uses: step.call.uses,
                    effect: step.call.effect.rawValue,
                    outcome: try StoredJSON.write(StoredOutcome(outcome: step.outcome, notes: step.notes)),
                    startedAt: step.startedAt,
                    doneAt: now
                )
            }
            // An error ends the run as it is here, so nothing that is not durable counts.
            for step in group { run.complete(step.call.path, with: step.outcome, at: now) }
            let isRepeatable = group.allSatisfy { $0.call.effect == .pure || $0.call.effect == .read }
            let isLast = run.isFinished && isRepeatable && group.endIndex == ended.endIndex
            if !isLast { try await desk.store.complete(records, of: claim) }
            for step in group {
                journal.add(step.notes, at: step.call.path)
                approvals.take(step.call.uses, at: step.call.path, step.outcome)
            }
            if isLast { return records }
        }
        return []
    }

    /// Takes the parents whose end is stored out of `working`, in the order their steps began.
    private func collect(_ working: inout [WorkingStep]) async throws -> [(StepCall, ParentRecord, Timestamp)] {
        let isFinal = await desk.engine.areFinal(working.map(\.parent))
        guard isFinal.contains(true) else { return [] }
        let ended = zip(working, isFinal).filter(\.1).map(\.0)
        let records = try await desk.journal.parents(ended.map(\.parent))
        // The engine may know an end whose batch is still being committed; only what is stored has happened.
        let stored = Dictionary(
            records.filter(\.state.isFinal).map { ($0.submission.id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        working.removeAll { stored[$0.parent] != nil }
        return ended.compactMap { entry in stored[entry.parent].map { (entry.call, $0, entry.startedAt) } }
    }

    // MARK: End

    /// Parents whose events and market are in memory at a time.
    private static let mostTapes = 100

    private func finish(
        _ run: WorkflowRun,
        _ claimed: ClaimedRun,
        _ notes: [ItemNote],
        after last: [StepRecord]
    ) async throws -> RunReport {
        let ids = notes.compactMap { note in
            if case .parent(_, let id) = note { id } else { nil }
        }
        let now = await desk.clock.now()
        let reader = TapeReader(market: desk.market, hours: desk.hours)
        var builder = ReportBuilder()
        // A basket is reported as a whole; the parents of any other run are not kept.
        let isRebalance = notes.lastRebalance != nil
        var basket: [ParentRecord] = []
        for start in stride(from: 0, to: ids.count, by: Self.mostTapes) {
            let group = Array(ids[start..<min(start + Self.mostTapes, ids.count)])
            let parents = try await desk.journal.parents(group)
            let tapes = reader.records(parents, run: claimed.record.id, now: now)
            try await desk.store.save(tapes, of: claimed.claim)
            builder.add(parents, tapes)
            if isRebalance { basket += parents }
        }
        let items = builder.items(notes)
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
        report.rebalance = await RebalanceReport.make(notes, basket, on: desk)
        try await desk.store.resolve(try Self.outcomes(notes, items, claimed.record.account), of: claimed.claim)
        let text = try StoredJSON.write(report)
        try await desk.store.finish(claimed.claim, after: last, status: status, report: text, at: now)
        return report
    }
}
