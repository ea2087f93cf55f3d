public import MarketData
public import TradingDomain
public import Workflows
import YAMLNodes

/// Starts the runs of schedules: looks what is due by the database's clock, and records a tick for each time together with
/// its run, so that a time starts one run whatever number of schedulers looks.
///
/// It starts runs and works none: they are `ready` for whoever claims them.
public actor Scheduler {
    /// What happened, for people and logs.
    public enum Event: Sendable {
        case ticked(ScheduleKey, ScheduleTick)
        /// A schedule fires no more until somebody looks at it; told once.
        case broken(ScheduleKey, String)
        /// The database's clock is behind what it has shown before; told once for each schedule.
        case waitsForClock(ScheduleKey, until: Timestamp)
    }

    /// A run that a tick wants, for whoever knows accounts and markets.
    public struct Request: Sendable {
        public let schedule: StoredSchedule
        public let bundle: WorkflowBundle
        /// As the schedule gives them; the rest has defaults.
        public let inputs: [String: Value]
        public let dueAt: Timestamp

        public init(schedule: StoredSchedule, bundle: WorkflowBundle, inputs: [String: Value], dueAt: Timestamp) {
            self.schedule = schedule
            self.bundle = bundle
            self.inputs = inputs
            self.dueAt = dueAt
        }
    }

    /// What is made of a request.
    public enum Answer: Sendable {
        case run(ScheduledRun)
        /// Why there is none; it is recorded with the tick.
        case refused(String)
    }

    /// When a schedule fires next.
    public struct Next: Codable, Hashable, Sendable {
        public let schedule: ScheduleKey
        public let time: Timestamp
        /// What clocks in the schedule's zone show then.
        public let local: String

        public init(schedule: ScheduleKey, time: Timestamp, local: String) {
            self.schedule = schedule
            self.time = time
            self.local = local
        }
    }

    /// How a look ended.
    public struct Look: Sendable {
        /// The database's clock when it began.
        public let now: Timestamp
        /// The soonest first; paused schedules and those without a next time are left out.
        public let next: [Next]
    }

    /// A clock this far behind is told; less is what clocks do when they are set right.
    private static let clockPatience = Duration.seconds(60)

    private let store: any ScheduleStore
    private let catalog: StepCatalog
    private let calendar: @Sendable (String) throws -> TradingCalendar
    private let makeRun: @Sendable (Request) async throws -> Answer
    private let tell: @Sendable (Event) -> Void
    private var definitions: [String: Result<WorkflowBundle, ScheduleProblem>] = [:]
    private var prepared: [StoredDefinition: Result<FireTimes, ScheduleProblem>] = [:]
    private var told: Set<String> = []

    /// One schedule of one definition.
    private struct StoredDefinition: Hashable {
        let hash: String
        let id: String
    }

    /// A scheduler over a store.
    ///
    /// - Parameters:
    ///   - store: Where schedules are.
    ///   - catalog: The step types that definitions are read with.
    ///   - calendar: The market calendar of a code.
    ///   - makeRun: Makes the run that a tick starts; it throws when it does not know, and the tick is tried again.
    ///   - tell: Called with each event.
    public init(
        store: any ScheduleStore,
        catalog: StepCatalog = .standard,
        calendar: @escaping @Sendable (String) throws -> TradingCalendar,
        makeRun: @escaping @Sendable (Request) async throws -> Answer,
        tell: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.store = store
        self.catalog = catalog
        self.calendar = calendar
        self.makeRun = makeRun
        self.tell = tell
    }

    /// Deals with every time that has come.
    ///
    /// - Throws: The store's errors and those of `makeRun`; what was not recorded is found again by the next look.
    public func look() async throws -> Look {
        let board = try await store.board()
        var next: [Next] = []
        for schedule in board.schedules {
            guard let times = try await times(of: schedule, at: board.now) else { continue }
            let seen = try await deal(with: schedule, times, until: board.now)
            guard schedule.pausedBy == nil, let time = times.next(after: max(seen, board.now)) else { continue }
            next.append(Next(schedule: schedule.key, time: time, local: times.zone.text(time)))
        }
        next.sort { ($0.time, $0.schedule) < ($1.time, $1.schedule) }
        return Look(now: board.now, next: next)
    }

    /// Looks again and again: at the next due time, and once a second for what others changed, until `isStopped`.
    ///
    /// An error of the surroundings is told to `failed`, and the next look comes two seconds later.
    public func run(
        until isStopped: @Sendable () -> Bool,
        looked: @Sendable (Look) -> Void = { _ in },
        failed: @Sendable (any Error) -> Void
    ) async {
        while !isStopped() {
            var wait = Duration.seconds(1)
            do {
                let look = try await look()
                looked(look)
                if let soonest = look.next.first {
                    wait = max(.milliseconds(5), min(wait, soonest.time - look.now))
                }
            } catch {
                failed(error)
                wait = .seconds(2)
            }
            // In short sleeps, so that a stop is noticed.
            let end = ContinuousClock.now + wait
            while !isStopped(), ContinuousClock.now < end {
                let rest = min(.milliseconds(100), end - ContinuousClock.now)
                // A cancelled sleep ends early, and the loop asks whether to stop.
                try? await Task.sleep(for: rest)
                if Task.isCancelled { return }
            }
        }
    }

    // MARK: - One schedule

    /// - Returns: Up to where its times are dealt with.
    private func deal(
        with schedule: StoredSchedule,
        _ times: FireTimes,
        until now: Timestamp
    ) async throws -> Timestamp {
        if schedule.seenUntil > now + Self.clockPatience, told.insert("clock \(schedule.key)").inserted {
            tell(.waitsForClock(schedule.key, until: schedule.seenUntil))
        }
        let planner = TickPlanner(times)
        var current = schedule
        while let due = times.next(after: current.seenUntil), due <= now {
            let unfinished = try await store.unfinished(of: schedule.key)
            guard
                var plan = planner.plan(
                    after: current.seenUntil,
                    until: now,
                    pausedBy: current.pausedBy,
                    unfinished: unfinished
                )
            else { break }
            let run = try await fill(&plan, current, times.schedule)
            // Somebody else was faster, or changed the schedule: the next look sees what is left.
            guard let ticks = try await store.commit(plan, of: current, run: run) else { break }
            for tick in ticks { tell(.ticked(schedule.key, tick)) }
            current.seenUntil = plan.seenUntil
        }
        return current.seenUntil
    }

    /// Makes the run of a plan's started tick; a tick without one is refused.
    private func fill(
        _ plan: inout TickPlan,
        _ schedule: StoredSchedule,
        _ definition: WorkflowSchedule
    ) async throws -> ScheduledRun? {
        guard let index = plan.ticks.firstIndex(where: { $0.outcome == .started }) else { return nil }
        let request = Request(
            schedule: schedule,
            bundle: try bundle(of: schedule.definitionHash),
            inputs: definition.inputs,
            dueAt: plan.ticks[index].dueAt
        )
        switch try await makeRun(request) {
        case .run(let run):
            plan.ticks[index].run = run.record.id
            return run
        case .refused(let why):
            plan.ticks[index].outcome = .refused
            plan.ticks[index].reason = why
            // Nothing takes the place of the runs that go on.
            plan.cancelled = []
            return nil
        }
    }

    // MARK: - Definitions

    private func times(of schedule: StoredSchedule, at now: Timestamp) async throws -> FireTimes? {
        let key = StoredDefinition(hash: schedule.definitionHash, id: schedule.key.id)
        if prepared[key] == nil {
            if definitions[key.hash] == nil {
                let sources = try await store.sources(of: key.hash)
                definitions[key.hash] = Self.compile(schedule.key.workflow, sources, catalog)
            }
            prepared[key] = prepare(schedule, at: now)
        }
        switch prepared[key] {
        case .success(let times)?: return times
        case .failure(let problem)?:
            if told.insert("\(schedule.key) \(key.hash)").inserted { tell(.broken(schedule.key, "\(problem)")) }
            return nil
        case nil: return nil
        }
    }

    private func prepare(_ schedule: StoredSchedule, at now: Timestamp) -> Result<FireTimes, ScheduleProblem> {
        do throws(ScheduleProblem) {
            let bundle = try bundle(of: schedule.definitionHash)
            return .success(try bundle.fireTimes(of: schedule.key.id, around: now, calendar: calendar))
        } catch {
            return .failure(error)
        }
    }

    private func bundle(of hash: String) throws(ScheduleProblem) -> WorkflowBundle {
        guard let known = definitions[hash] else { throw .unreadable(hash, why: "it is not stored.") }
        return try known.get()
    }

    /// Compiles stored source texts.
    public static func compile(
        _ workflow: String,
        _ sources: [String: String],
        _ catalog: StepCatalog
    ) -> Result<WorkflowBundle, ScheduleProblem> {
        func stored(_ name: String) -> SourceFile? {
            sources[name].map { SourceFile(name: "\(name).yaml (as applied)", text: $0) }
        }
        guard let source = stored(workflow) else { return .failure(.unreadable(workflow, why: "its text is missing.")) }
        let result = WorkflowCompiler(registry: catalog.registry).compile(source, resolver: stored)
        guard let bundle = result.bundle else {
            let first = result.diagnostics.first { $0.severity == .error }?.message ?? "it does not compile"
            return .failure(.unreadable(workflow, why: "\(first)."))
        }
        return .success(bundle)
    }
}

extension WorkflowBundle {
    /// The times of one of the workflow's schedules.
    ///
    /// - Throws: `ScheduleProblem`.
    public func fireTimes(
        of id: String,
        around time: Timestamp,
        calendar: (String) throws -> TradingCalendar
    ) throws(ScheduleProblem) -> FireTimes {
        guard let schedule = root.schedules.first(where: { $0.id == id }) else {
            throw .unreadable(root.name, why: "it has no schedule '\(id)'.")
        }
        do {
            return try FireTimes(schedule, around: time, calendar: calendar)
        } catch let problem as ScheduleProblem {
            throw problem
        } catch {
            throw .unreadable(root.name, why: "\(error).")
        }
    }
}
