import ExecutionEngine
import TradingDomain
import Workflows

/// A step that waits for its parent order.
struct WorkingStep: Sendable {
    let call: StepCall
    let parent: ParentOrderID
    let startedAt: Timestamp
    /// Its deadline has passed and it was cancelled.
    var isLate = false
}

/// What a runner notices between turns: a wish to stop or to cancel, and how far the orders are.
///
/// It goes by the wall clock and not by events, so that a run in virtual time is not slowed down.
struct RunWatch {
    /// How often the store is asked whether another process cancelled the run.
    private static let storeInterval = Duration.seconds(1)
    /// How often progress is told.
    private static let progressInterval = Duration.milliseconds(50)

    private let run: RunID
    private let desk: Desk
    private let control: RunControl
    private let tell: @Sendable (WorkflowRunner.Progress) -> Void
    /// Set once the run is to end early, durably.
    private(set) var cancellation: RunCancellation?
    private var askedAt: ContinuousClock.Instant?
    private var toldAt: ContinuousClock.Instant?
    private var told: [ParentOrderID: ParentProgress] = [:]

    init(
        _ claimed: ClaimedRun,
        _ desk: Desk,
        _ control: RunControl,
        _ tell: @escaping @Sendable (WorkflowRunner.Progress) -> Void
    ) {
        run = claimed.record.id
        // Nobody can have cancelled a run that did not exist.
        askedAt = claimed.isNew ? .now : nil
        self.desk = desk
        self.control = control
        self.tell = tell
    }

    /// Tells how far the orders are, and looks for wishes.
    ///
    /// - Throws: ``RunStopped`` when the run is to stop here, and the store's errors.
    mutating func look(_ working: [WorkingStep]) async throws {
        let now = ContinuousClock.now
        if toldAt.map({ now - $0 >= Self.progressInterval }) ?? true {
            toldAt = now
            try await report(working)
        }
        if control.isStopping {
            throw RunStopped(
                run: run,
                at: await desk.clock.now(),
                openOrders: await desk.engine.progress(of: working.map(\.parent)).filter { !$0.state.isFinal }
            )
        }
        guard cancellation == nil else { return }
        if let wish = control.cancellation {
            // Durable first: whoever resumes the run after a crash must not go on trading.
            try await desk.store.cancel(run, wish)
            try await begin(try await desk.store.cancellation(of: run) ?? wish, working)
        } else if askedAt.map({ now - $0 >= Self.storeInterval }) ?? true {
            askedAt = now
            guard let wish = try await desk.store.cancellation(of: run) else { return }
            try await begin(wish, working)
        }
    }

    /// Asks the engine to cancel a parent of a run that is ending early.
    func cancel(_ parents: [ParentOrderID]) async throws {
        guard let cancellation, !parents.isEmpty else { return }
        await desk.engine.enqueue(
            parents.map { .command(ParentCommand(parent: $0, kind: .cancel, reason: cancellation.text)) }
        )
        try await desk.clock.settle()
    }

    private mutating func begin(_ wish: RunCancellation, _ working: [WorkingStep]) async throws {
        cancellation = wish
        tell(.cancelling(wish))
        try await cancel(working.map(\.parent))
    }

    private mutating func report(_ working: [WorkingStep]) async throws {
        tell(.clock(await desk.clock.now()))
        guard !working.isEmpty else { return }
        let places = Dictionary(working.map { ($0.parent, $0.call.path) }, uniquingKeysWith: { first, _ in first })
        for order in await desk.engine.progress(of: working.map(\.parent)) where told[order.id] != order {
            told[order.id] = order
            if let path = places[order.id] { tell(.parent(order, at: path)) }
        }
    }
}
