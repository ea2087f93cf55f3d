public import TradingDomain
import YAMLNodes

/// A run of a workflow as a pure state machine: outcomes of steps in, calls that can start out.
///
/// It knows no clock, database or task. Everything it does follows from the bundle, the inputs and the outcomes in the
/// order in which ``complete(_:with:at:)`` took them, so that a run restored with the committed outcomes in the order of
/// their commits stands exactly where it stood.
public struct WorkflowRun: Sendable {
    public let bundle: WorkflowBundle
    public let facts: RunFacts
    /// How the run ended; `nil` while it goes on.
    public internal(set) var result: RunResult?

    /// Business time as far as outcomes told it; it moves with them, so that a restored run reads the same times.
    var now: Timestamp
    var scopes: [Scope] = []
    var loops: [Loop] = []
    var forks: [Fork] = []
    /// Calls that wait for their outcome, by path, with the scope that they belong to.
    var active: [StepPath: (call: StepCall, scope: Int)] = [:]
    /// Active calls that ``ready()`` has not handed out yet.
    var fresh: [StepPath] = []
    var events: [RunEvent] = []
    /// Items that must start because outcomes of theirs are on record.
    var evidence: Set<StepPath> = []

    /// Most items of one foreach.
    public static let mostItems = 10_000

    /// Starts a run with inputs by name; defaults are filled in.
    ///
    /// - Throws: ``WorkflowInputError`` when an input is missing, unknown, of another type or out of its bounds.
    public init(_ bundle: WorkflowBundle, inputs: [String: Value], facts: RunFacts) throws(WorkflowInputError) {
        let checked = try bundle.definition.checked(inputs, types: bundle.types)
        self.bundle = bundle
        self.facts = facts
        now = facts.startedAt
        startInstance(of: bundle.root, inputs: checked, at: .root, parent: nil, order: [])
    }

    // MARK: - Driving

    /// Calls that can start now and were not handed out before, in the order of the file and of the items.
    public mutating func ready() -> [StepCall] {
        defer { fresh = [] }
        return fresh.compactMap { active[$0]?.call }.sorted { $0.order.lexicographicallyPrecedes($1.order) }
    }

    /// Every call that waits for its outcome, whether handed out or not, in order.
    public var outstanding: [StepCall] {
        active.values.map(\.call).sorted { $0.order.lexicographicallyPrecedes($1.order) }
    }

    /// Takes the outcome of a call, and the business time at which it was made durable.
    ///
    /// - Returns: False, and nothing changes, when no such call is outstanding: it is unknown or complete already.
    @discardableResult
    public mutating func complete(_ path: StepPath, with outcome: StepOutcome, at time: Timestamp? = nil) -> Bool {
        guard let (call, scope) = active.removeValue(forKey: path) else { return false }
        if let time { now = max(now, time) }
        fresh.removeAll { $0 == path }
        apply(outcome, of: call, in: scope)
        scopes[scope].isWaiting = false
        advance(scope)
        return true
    }

    /// Replays committed outcomes of a run that was interrupted.
    ///
    /// - Parameter outcomes: In the order of their commits, with the business times of those. Another order works too, save that a foreach that stops at a
    ///   failure may then leave out items that had started without an outcome.
    /// - Returns: Paths that belong to no step that this run reaches; not empty means that the record is of another run.
    @discardableResult
    public mutating func restore(_ outcomes: [(path: StepPath, outcome: StepOutcome, at: Timestamp)]) -> [StepPath] {
        var waiting = outcomes
        var evidenceUsed = false
        while !waiting.isEmpty {
            let before = waiting.count
            waiting = waiting.filter { !complete($0.path, with: $0.outcome, at: $0.at) }
            guard waiting.count == before else { continue }
            guard !evidenceUsed else { break }
            evidenceUsed = true
            admit(waiting.map(\.path))
        }
        evidence = []
        return waiting.map(\.path)
    }

    /// What happened since it was last asked.
    public mutating func takeEvents() -> [RunEvent] {
        defer { events = [] }
        return events
    }

    public var isFinished: Bool { result != nil }

    /// All foreach items so far, outer ones first, in item order.
    public var items: [ItemState] {
        loops.flatMap { loop in
            loop.items.filter { $0.isStarted }.map {
                ItemState(path: loop.path.item($0.key), key: $0.key, result: $0.result)
            }
        }
    }

    /// The output of a finished top-level step, such as `steps.report`; `nil` when it did not run.
    public func output(of id: String) -> Value? { scopes.first?.outputs[id] }
}
