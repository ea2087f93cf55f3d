public import ExecutionEngine
import Failpoints
public import MarketData
import Synchronization
public import TradingDomain

/// How business time relates to the wall clock.
public enum Pace: Hashable, Sendable {
    /// As fast as the machine goes: time jumps to the next event.
    case virtual
    /// So many market seconds in one second: 1 for real time, 60 for a minute a second.
    case paced(Int)
}

/// The clock of a simulated market: one sequence of market data, the venue's reports and the engine's timers.
///
/// Time jumps from event to event and only while nobody has anything else to do, so a run depends on its inputs
/// alone. Paced, the same sequence waits for the wall clock in between, and several runs may share it: their steps exclude
/// one another, and time goes on while any of them lets it.
public actor PaperDriver: TradingClock {
    /// Longest wall time that a paced step waits before it looks at the kill switch and at commands again.
    private static let controlCheck = Duration.seconds(1)

    private let engine: SmartExecutionEngine
    private let broker: SimulatedBroker
    private let source: any MarketSource
    /// Market data begins after this: the session's open.
    private let dayOpen: Timestamp
    private let end: Timestamp
    private let pace: Pace
    private let wallStart: ContinuousClock.Instant
    private var controlsCheckedAt: ContinuousClock.Instant
    private let businessStart: Timestamp
    private let clock: Mutex<Timestamp>
    private var feed: MergedFeed
    /// Right behind the feed: what it withholds reaches neither venue nor engine.
    private var gate = QualityGate()
    private var followed: Set<Symbol> = []
    /// Symbols that the source has.
    private let known: Set<Symbol>
    private var watching: Task<Void, any Error>?
    private var isBusy = false
    /// Those that wait to change venue and engine, in the order they came.
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// A clock that stands at `start` inside the session from `dayOpen` to `end`.
    public init(
        engine: SmartExecutionEngine,
        broker: SimulatedBroker,
        source: any MarketSource,
        dayOpen: Timestamp,
        start: Timestamp,
        end: Timestamp,
        pace: Pace
    ) {
        self.engine = engine
        self.broker = broker
        self.source = source
        feed = MergedFeed(source: source)
        known = Set(source.instruments.map(\.symbol))
        self.dayOpen = dayOpen
        self.end = end
        self.pace = pace
        clock = Mutex(start)
        businessStart = start
        wallStart = .now
        controlsCheckedAt = wallStart
    }

    public func now() -> Timestamp { instant }

    public nonisolated var speed: Int? {
        switch pace {
        case .virtual: nil
        case .paced(let speed): speed
        }
    }

    /// The business time, also for callers that cannot wait.
    public nonisolated var instant: Timestamp { clock.withLock { $0 } }

    private var time: Timestamp { instant }

    public func watch(_ symbols: [Symbol]) async throws {
        // One at a time: whoever asks for a symbol that is just being followed waits until its past is known.
        let previous = watching
        let task = Task {
            _ = await previous?.result
            try await exclusively { try await follow(symbols) }
        }
        watching = task
        try await task.value
    }

    private func follow(_ symbols: [Symbol]) async throws {
        var past = MergedFeed(source: source)
        for symbol in symbols where known.contains(symbol) && followed.insert(symbol).inserted {
            try past.add(symbol, from: dayOpen, to: time)
            try feed.add(symbol, from: time, to: end)
        }
        var events: [MarketEvent] = []
        while let event = try past.next() { if await passes(event) { events.append(event) } }
        guard !events.isEmpty else { return }
        await broker.show(events)
        await engine.observe(events, at: time)
    }

    /// Moves to the next event: market data, a report of the venue, or a timer of the engine.
    public func advance() async throws -> Bool { try await advance(limit: nil) }

    /// Also where nothing happens by then; not past the end of the market data.
    public func advance(to time: Timestamp) async throws -> Bool { try await advance(limit: time) }

    private func advance(limit: Timestamp?) async throws -> Bool {
        let candidates = [feed.nextAt, await broker.nextEventAt, await engine.nextWake, limit].compactMap { $0 }
        guard let earliest = candidates.min(), earliest <= end else { return false }
        let next = max(earliest, time)
        if !(try await reach(next)) { return true }  // The wait was cut short to look at what others ask.
        try await exclusively {
            // Another run may have let time pass meanwhile.
            let now = max(next, time)
            clock.withLock { $0 = now }
            try await step(try await takeEvents(until: now))
        }
        return true
    }

    public func settle() async throws { try await exclusively { try await step([]) } }

    /// Runs `body` while nobody else changes venue and engine; an actor alone lets others in at every `await`.
    private func exclusively(_ body: () async throws -> Void) async throws {
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer {
            // Whoever comes next takes over before anybody new can.
            if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
        }
        try await body()
    }

    private func step(_ events: [MarketEvent]) async throws {
        let reports = try await broker.advance(to: time, events)
        failpoint("reports.received", if: !reports.isEmpty)
        await engine.enqueue(events.map(EngineInput.market) + reports.map(EngineInput.broker))
        try await engine.turn(at: time)
    }

    private func takeEvents(until time: Timestamp) async throws -> [MarketEvent] {
        var events: [MarketEvent] = []
        while let next = feed.nextAt, next <= time, let event = try feed.next() {
            if await passes(event) { events.append(event) }
        }
        return events
    }

    /// Whether the gate lets an event through; the engine is told what is wrong with it.
    ///
    /// A replayed event is told when it happened, so none is stale.
    private func passes(_ event: MarketEvent) async -> Bool {
        let verdict = gate.screen(event, at: event.at)
        if let problem = verdict.problem { await engine.enqueue([.dataProblem(problem)]) }
        return verdict.lets
    }

    /// What the gate has seen of an instrument's data; `nil` before its first event.
    public func dataQuality(of symbol: Symbol) -> DataQuality? { gate.quality(of: symbol) }

    /// Waits until the wall clock has reached business time `next`; `false` when it stopped halfway.
    private func reach(_ next: Timestamp) async throws -> Bool {
        guard case .paced(let speed) = pace else { return true }
        let due = wallStart + (next - businessStart) / speed
        let wait = due - ContinuousClock.now
        if wait > .zero { try await Task.sleep(for: min(wait, Self.controlCheck)) }
        // Also a busy market, which never waits that long, is interrupted to look.
        if .now - controlsCheckedAt >= Self.controlCheck {
            controlsCheckedAt = .now
            try await exclusively {
                try await engine.checkControls(at: time)
                try await engine.turn(at: time)
            }
        }
        return wait <= Self.controlCheck
    }
}
