import NIOCore
import NIOPosix
import TradingDomain

/// Where an answer goes.
protocol ReplyPort: AnyObject {
    func answer(_ answer: VenueAnswer)
    /// Ends the connection without a word.
    func cut()
}

/// Where a stream's messages go.
protocol StreamPort: AnyObject {
    func send(_ text: String)
    func cut()
}

/// The exchange with its market, its faults, its memory and everyone connected to it.
///
/// Confined to one event loop: requests, the market's moments and timers take their turns there.
final class VenueDesk {
    let loop: any EventLoop
    private let pool: NIOThreadPool
    let clock: VenueClock
    let adminToken: String
    private let log: VenueLog?
    private let failed: (VenueFailure) -> Void
    var exchange: Exchange
    private var tape: any MarketTape
    var plan: FaultPlan
    var hub = StreamHub()
    private var streams: [StreamHub.SocketID: any StreamPort] = [:]
    private var outbox = Outbox()
    private var isSyncing = false
    /// The latest background book of each symbol.
    var books: [Symbol: VenueMarketEvent] = [:]
    /// User events that wait for the next one to overtake them.
    var held: [(key: String, event: String, json: String)] = []
    var lastTime: Timestamp
    /// Up to when the exchange was told what happened.
    private var told: Timestamp
    private(set) var isOpen = true

    /// Opens the market; `failed` is called when the venue's memory cannot be written, and nothing is answered after that.
    ///
    /// - Throws: What is wrong with the market's files.
    init(
        loop: any EventLoop,
        pool: NIOThreadPool,
        clock: VenueClock,
        exchange: Exchange,
        tape: any MarketTape,
        faults: FaultSchedule,
        log: VenueLog?,
        adminToken: String,
        failed: @escaping (VenueFailure) -> Void
    ) throws {
        self.loop = loop
        self.pool = pool
        self.clock = clock
        self.exchange = exchange
        self.tape = tape
        self.log = log
        self.adminToken = adminToken
        self.failed = failed
        lastTime = clock.now
        told = lastTime
        plan = FaultPlan(seed: faults.seed)
        plan.add(faults.rules, at: lastTime)
        for event in try self.tape.opening(at: lastTime) {
            self.exchange.market(event, at: lastTime)
            remember(event)
        }
        self.exchange.advance(to: lastTime)
        commit {}
    }

    /// The venue's time, by which it matches; it never steps back.
    ///
    /// What faults do to its clock is only in what it says.
    func time() -> Timestamp {
        lastTime = max(lastTime, clock.now)
        exchange.skew = plan.skew(at: lastTime).milliseconds
        return lastTime
    }

    // MARK: Requests

    /// Answers a request, or does with it what a fault says.
    func receive(_ request: VenueRequest, _ reply: any ReplyPort) {
        guard isOpen else { return reply.cut() }
        if request.path.hasPrefix("/admin/") { return administer(request, reply) }
        let real = clock.now
        guard !plan.isOpen(.restDown, at: real) else { return reply.cut() }
        let text = request.query + request.body
        let kind = RequestClass(method: request.method, path: request.path)
        guard let rule = plan.fault(on: kind, text, at: real) else {
            return execute(request) { reply.answer($0) }
        }
        hit(rule, request, reply)
    }

    /// Hands a request to the exchange; `done` gets the answer once what it changed is on the disk.
    func execute(_ request: VenueRequest, _ done: @escaping (VenueAnswer) -> Void) {
        let now = tell()
        let answer = exchange.handle(request, at: now)
        commit { done(answer) }
    }

    // MARK: What leaves

    /// Stores what changed and lets answer and events go once that is on the disk.
    func commit(_ answer: @escaping () -> Void) {
        let records = exchange.takeRecords()
        let events = exchange.takeEvents()
        if let log, !records.isEmpty {
            do {
                try log.append(records, at: lastTime)
                outbox.wrote()
            } catch {
                return fail(error)
            }
        }
        let publish = { self.publish(events) }
        for act in exchange.settings.answerFirst ? [answer, publish] : [publish, answer] {
            if let ready = outbox.put(act) { ready() }
        }
        sync()
    }

    /// Brings what was written to the disk; what is written meanwhile goes with the next round.
    private func sync() {
        guard let log, outbox.isDirty, !isSyncing, isOpen else { return }
        isSyncing = true
        let written = outbox.written
        let done: EventLoopFuture<Void> = pool.runIfActive(eventLoop: loop) { try log.sync() }
        done.assumeIsolated().whenComplete { result in
            self.isSyncing = false
            if case .failure(let error) = result {
                return self.fail(
                    error as? VenueFailure ?? .cannotWrite(path: "the venue's state", reason: "\(error)")
                )
            }
            for act in self.outbox.becameDurable(written) { act() }
            self.sync()
        }
    }

    private func fail(_ failure: VenueFailure) {
        guard isOpen else { return }
        close()
        failed(failure)
    }

    func publish(_ events: [ExchangeEvent]) {
        for event in events {
            switch event {
            case .market(let stream, let json): send(hub.deliveries(ofStream: stream, json))
            case .user(_, let key, let kind, let json):
                guard let key else { continue }
                publish((key, kind, json))
            }
        }
    }

    func send(_ deliveries: [(StreamHub.SocketID, String)]) {
        for (id, text) in deliveries { streams[id]?.send(text) }
    }

    // MARK: Time

    /// Tells the exchange what happened up to now.
    @discardableResult
    func tell() -> Timestamp {
        let now = time()
        do {
            for (at, event) in try tape.events(to: clock.now) {
                told = min(now, max(at, told))
                exchange.market(event, at: told)
                remember(event)
            }
        } catch {
            // The files were read when the venue began.
            preconditionFailure("the market's tape ended: \(error)")
        }
        exchange.advance(to: now)
        told = now
        return now
    }

    /// Does what is due: the market, timers, faults that have their moment.
    ///
    /// Called every few milliseconds.
    func tick() {
        guard isOpen else { return }
        for kind in plan.takeMoments(at: clock.now) {
            if kind == .disconnectStreams { cutStreams() } else { expireListenKeys() }
        }
        if plan.isOpen(.streamsDown, at: clock.now) { cutStreams() }
        tell()
        commit {}
    }

    private func remember(_ event: VenueMarketEvent) {
        if case .book(let symbol, _, _) = event { books[symbol] = event }
    }

    // MARK: Streams

    /// Whether streams can be opened now.
    var takesStreams: Bool { isOpen && !plan.isOpen(.streamsDown, at: clock.now) }

    /// - Returns: `nil` when the connection must end.
    func open(_ path: StreamPath, _ port: any StreamPort) -> StreamHub.SocketID? {
        guard takesStreams, let id = hub.open(path) else { return nil }
        streams[id] = port
        exchange.followed = hub.wanted
        return id
    }

    /// - Returns: The answer to a client's message; `nil` when the connection must end.
    func receive(_ text: String, from id: StreamHub.SocketID) -> String? {
        let answer = hub.receive(text, from: id)
        exchange.followed = hub.wanted
        return answer
    }

    func closed(_ id: StreamHub.SocketID) {
        streams[id] = nil
        hub.close(id)
        exchange.followed = hub.wanted
    }

    private func cutStreams() {
        for id in streams.keys.sorted() { streams[id]?.cut() }
    }

    /// Ends everything; what was answered is on the disk.
    func close() {
        guard isOpen else { return }
        isOpen = false
        cutStreams()
    }

}
