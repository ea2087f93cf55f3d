import ExecutionEngine
import MarketData
import Synchronization
import TradingDomain

/// The clock beside a living venue: its news, the engine's timers, and other people's wishes, as they come.
///
/// The engine is turned whether or not a step waits for it, for as long as the floor is open: reports of open orders
/// do not wait for a run. Business time is the venue's.
actor LiveDriver: TradingClock {
    /// Longest time between two looks at the kill switch and at commands.
    private static let controlCheck = Duration.seconds(1)
    /// How long a newly followed symbol may take to show its first price.
    private static let firstPrice = Duration.seconds(10)
    /// So many of earlier sessions are read of each symbol.
    private let profileSessions: Int

    private let engine: SmartExecutionEngine
    private let venue: any LiveVenue
    private let market: any MarketSource
    private let hours: MarketHours
    private let signal: AsyncStream<Void>.Continuation
    private let signals: AsyncStream<Void>
    /// News that no turn has taken yet.
    private let inbox = Mutex<[VenueNews]>([])

    private var gate = QualityGate()
    private var followed: Set<Symbol> = []
    private var following: Task<Void, any Error>?
    /// Brings a price of what turned out to be held, one attempt at a time.
    private var pricing: Task<Void, Never>?
    private var pricedAt: ContinuousClock.Instant?
    /// Between two such attempts.
    private static let pricingInterval = Duration.seconds(5)
    private var tasks: [Task<Void, Never>] = []
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// Steps that wait for the next thing to happen.
    private var steps: [CheckedContinuation<Void, Never>] = []
    private var alarms: [Timestamp] = []
    private var controlsCheckedAt = ContinuousClock.now
    /// The newest that the market told: business time is never behind what is known (I9).
    private let newest = Mutex(Timestamp(nanoseconds: 0))
    /// So far the market's word may be ahead of our idea of the venue's clock.
    private static let leadMost = Duration.milliseconds(500)
    /// What ended the engine.
    private var failure: (any Error)?
    private var isClosed = false

    /// A driver that turns `engine` once ``start()`` is called.
    ///
    /// - Parameters:
    ///   - engine: Of the account.
    ///   - venue: Where its orders go.
    ///   - market: The venue's past; a ``VenueHistory`` is filled for each symbol that is followed.
    ///   - profileSessions: Earlier sessions whose bars are read of each symbol that is followed.
    ///   - hours: When a symbol's session began.
    init(
        engine: SmartExecutionEngine,
        venue: any LiveVenue,
        market: any MarketSource,
        profileSessions: Int,
        hours: MarketHours
    ) {
        self.engine = engine
        self.venue = venue
        self.market = market
        self.profileSessions = profileSessions
        self.hours = hours
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func now() -> Timestamp { instant }

    nonisolated var speed: Int? { 1 }

    /// The venue's time, also for callers that cannot wait.
    nonisolated var instant: Timestamp {
        let clock = venue.clock
        return max(clock, min(newest.withLock { $0 }, clock + Self.leadMost))
    }

    /// Begins to listen and to turn the engine.
    func start() async {
        await venue.start(await engine.replacements)
        let (venue, signal) = (venue, signal)
        tasks.append(
            Task { [weak self] in
                for await item in venue.news {
                    guard let self else { return }
                    inbox.withLock { $0.append(item) }
                    signal.yield()
                }
            }
        )
        tasks.append(Task { [weak self] in await self?.run() })
    }

    /// Ends; the engine is turned no more.
    func close() async {
        isClosed = true
        pricing?.cancel()
        for task in tasks { task.cancel() }
        signal.finish()
        for task in tasks { await task.value }
        resumeSteps()
        await pricing?.value
    }

    // MARK: Time

    func watch(_ symbols: [Symbol]) async throws {
        let previous = following
        let task = Task {
            _ = await previous?.result
            try await follow(symbols)
        }
        following = task
        try await task.value
    }

    private func follow(_ symbols: [Symbol]) async throws {
        let known = Dictionary(venue.instruments.map { ($0.symbol, $0) }, uniquingKeysWith: { first, _ in first })
        let new = symbols.compactMap { followed.contains($0) ? nil : known[$0] }
        guard !new.isEmpty else { return }
        for instrument in new {
            let now = instant
            guard case .open(let open, _) = hours.phase(of: instrument, at: now) else { continue }
            let past = open - .seconds(86_400 * profileSessions)
            if let history = market as? VenueHistory { try await history.load(instrument.symbol, from: past, to: now) }
            let today = try market.bars(instrument.symbol, from: open, to: now).map(MarketEvent.bar)
            await exclusively { await engine.observe(today.filter { gate.screen($0, at: $0.at).lets }, at: now) }
        }
        try await venue.follow(new.map(\.symbol))
        followed.formUnion(new.map(\.symbol))
        let end = ContinuousClock.now + Self.firstPrice
        for instrument in new {
            while await engine.view(instrument.symbol)?.mid == nil, ContinuousClock.now < end {
                guard try await advance() else { return }
            }
        }
    }

    func settle() async throws {
        try throwFailure()
        try await exclusively { try await step() }
    }

    func advance() async throws -> Bool { try await advance(limit: nil) }

    func advance(to time: Timestamp) async throws -> Bool { try await advance(limit: time) }

    private func advance(limit: Timestamp?) async throws -> Bool {
        try throwFailure()
        try Task.checkCancellation()
        guard !isClosed else { return false }
        if let limit {
            guard limit > instant else { return true }
            alarms.append(limit)
            signal.yield()
        }
        await withCheckedContinuation { steps.append($0) }
        try throwFailure()
        return !isClosed
    }

    private func throwFailure() throws { if let failure { throw failure } }

    // MARK: The loop

    private func run() async {
        var iterator = signals.makeAsyncIterator()
        while !isClosed {
            let wait = await untilNext()
            if wait > .zero {
                let timer = Task { [signal] in
                    // One that was cancelled has nothing to wake for.
                    if (try? await Task.sleep(for: wait)) != nil { signal.yield() }
                }
                let isOpen: Void? = await iterator.next()
                timer.cancel()
                guard isOpen != nil else { break }
            }
            do {
                try await exclusively {
                    if .now - controlsCheckedAt >= Self.controlCheck {
                        controlsCheckedAt = .now
                        try await engine.checkControls(at: instant)
                        await bringPrices()
                    }
                    try await step()
                }
            } catch {
                failure = error
                break
            }
            resumeSteps()
        }
        resumeSteps()
    }

    /// Lets market data flow of what is held and was not known when the floor was opened: bought by somebody else.
    ///
    /// Beside the loop, which the first price needs to go on.
    private func bringPrices() async {
        guard pricing == nil, pricedAt.map({ .now - $0 >= Self.pricingInterval }) ?? true else { return }
        let symbols = await engine.unpricedSymbols.filter { !followed.contains($0) }
        guard !symbols.isEmpty, !isClosed else { return }
        pricedAt = .now
        pricing = Task { [weak self] in
            do {
                try await self?.watch(symbols)
            } catch {
                // It is tried again; what lacks a price is told by whoever needs one.
            }
            await self?.priced()
        }
    }

    private func priced() { pricing = nil }

    /// How long nothing has to be done unless something comes in.
    private func untilNext() async -> Duration {
        guard inbox.withLock({ $0.isEmpty }) else { return .zero }
        let now = instant
        let next = [await engine.nextWake, alarms.min()].compactMap(\.self).min()
        return min(Self.controlCheck, next.map { max(.zero, $0 - now) } ?? Self.controlCheck)
    }

    private func resumeSteps() {
        let now = instant
        alarms.removeAll { $0 <= now }
        let resumed = steps
        steps = []
        for step in resumed { step.resume() }
    }

    /// Runs `body` while nobody else changes the engine.
    private func exclusively(_ body: () async throws -> Void) async rethrows {
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer { if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() } }
        try await body()
    }

    private func step() async throws {
        let news = inbox.withLock { news in
            defer { news = [] }
            return news
        }
        let told = news.compactMap { if case .market(let event) = $0 { event.at } else { nil } }.max()
        if let told { newest.withLock { $0 = max($0, told) } }
        let now = instant
        await engine.enqueue(inputs(from: news, at: now))
        try await engine.turn(at: now)
    }

    /// What the engine is told: all reports, trades and depths, and of quotes that came meanwhile only the newest.
    private func inputs(from news: [VenueNews], at now: Timestamp) -> [EngineInput] {
        var newest: [Symbol: Int] = [:]
        for (index, item) in news.enumerated() {
            if case .market(.quote(let quote)) = item { newest[quote.symbol] = index }
        }
        var inputs: [EngineInput] = []
        for (index, item) in news.enumerated() {
            switch item {
            case .report(let event): inputs.append(.broker(event))
            case .disconnected(let reason): inputs.append(.disconnected(reason: reason))
            case .connected: inputs.append(.connected)
            case .reconcile(let reason): inputs.append(.untold(reason: reason))
            case .alert(let code, let message): inputs.append(.alert(code: code, message: message))
            case .market(let event):
                if case .quote(let quote) = event, newest[quote.symbol] != index { continue }
                let verdict = gate.screen(event, at: now)
                if let problem = verdict.problem { inputs.append(.dataProblem(problem)) }
                if verdict.lets { inputs.append(.market(event)) }
            }
        }
        return inputs
    }
}
