public import ExecutionEngine
public import OrderManagement
public import TradingDomain

/// What the broker tells whoever drives the engine.
public enum FuturesBrokerEvent: Hashable, Sendable {
    /// For the engine, as it is.
    case report(BrokerEvent)
    /// Something may not have been told: compare the account with the venue now.
    case reconcile(reason: String)
    /// The account's stream is open.
    case connected
    /// It is gone, or did not open, and is being opened again.
    case disconnected(reason: String)
    case alert(code: String, message: String)
}

/// One account at Binance USDⓈ-M futures, behind the engine's broker port.
///
/// Nothing is ever sent twice. An order is signed with the time and the validity of its committed intent, so that every copy
/// of it dies at the venue after that, whoever sends it. What became of it is told by ``events``.
///
/// Wiring: `init`, ``prepare()`` (checks the account and reads filters), then ``run()`` for as long as the account is worked;
/// ``events`` feed the engine, and ``Broker/venueTime()`` is the engine's clock.
public actor FuturesBroker: Broker {
    /// How an account is traded.
    public struct Settings: Sendable {
        public var symbols: [Symbol]
        public var selfTradePrevention = FuturesOrder.SelfTradePrevention.expireMaker
        /// Set at the start for each symbol, 1 to 125; `nil` leaves the account's.
        public var leverage: Int?
        /// Set at the start for each symbol; `nil` leaves the account's.
        public var marginType: MarginType?
        /// How often the venue's clock is measured again.
        public var clockInterval = Duration.seconds(600)
        /// How often the stream's key is prolonged; it lasts an hour.
        public var keyInterval = Duration.seconds(1800)
        /// So long an order waits for the answer to the question for a mark price: much less than it is valid.
        var markPatience = Duration.seconds(1)

        public init(symbols: [Symbol]) { self.symbols = symbols }
    }

    /// Filters are read again at most so often when the venue refuses an order by one.
    private static let rulesInterval = Duration.seconds(60)
    /// A mark price that is older judges nothing.
    static let markAge = Duration.seconds(10)

    public nonisolated let events: AsyncStream<FuturesBrokerEvent>
    private nonisolated let told: AsyncStream<FuturesBrokerEvent>.Continuation
    /// Unbounded: the engine's reservations and the intents' validity bound what can be in it.
    private nonisolated let outbox: AsyncStream<[BrokerCommand]>
    private nonisolated let accepted: AsyncStream<[BrokerCommand]>.Continuation

    nonisolated let rest: FuturesREST
    let settings: Settings
    let account: AccountID
    private let streams: StreamOpener
    var reports: VenueReports
    /// Commands that wait for one about the same order to be answered; an entry for every order that has one under way.
    private var lanes: [ClientOrderID: [BrokerCommand]] = [:]
    private var marks: [Symbol: (price: Price, at: ContinuousClock.Instant)] = [:]
    private var markAskedAt: [Symbol: ContinuousClock.Instant] = [:]
    /// When a refusal by a filter last had the filters read.
    private var rulesReadAt: ContinuousClock.Instant?
    private var stream: (any VenueStream)?
    /// Client ids by the venue's ids, of orders that were heard of.
    var clientIDs: [Int64: ClientOrderID] = [:]

    /// - Parameters:
    ///   - account: As fills name it.
    ///   - currency: What the account is counted in, such as USDT.
    ///   - rest: The venue, with the account's credentials.
    ///   - settings: What is traded, and how.
    ///   - streams: Opens the account's stream.
    public init(
        account: AccountID,
        currency: Currency,
        rest: FuturesREST,
        settings: Settings,
        streams: @escaping StreamOpener
    ) {
        self.account = account
        self.rest = rest
        self.settings = settings
        self.streams = streams
        reports = VenueReports(account: account, currency: currency, rules: [:])
        (events, told) = AsyncStream.makeStream()
        (outbox, accepted) = AsyncStream.makeStream()
        rest.notify { [told] in told.yield(.alert(code: $0.code, message: $0.message)) }
    }

    deinit {
        told.finish()
        accepted.finish()
    }

    // MARK: Start

    /// Measures the clock, reads the filters, checks the account's modes and sets leverage and margin type.
    ///
    /// - Throws: ``FuturesError`` saying what to change; nothing was traded.
    public func prepare() async throws(FuturesError) {
        try await rest.measureClock()
        try await readRules()
        let unknown = settings.symbols.filter { reports.rules[$0] == nil }
        guard unknown.isEmpty else { throw .setup(.unknownSymbols(unknown.map(\.text))) }
        try await rest.checkModes()
        for symbol in settings.symbols {
            if let type = settings.marginType { try await rest.setMarginType(symbol, type) }
            if let leverage = settings.leverage { try await rest.setLeverage(symbol, leverage) }
        }
    }

    /// Takes note of replacements that whoever held the account before may have sent, oldest first: the venue knows them
    /// by the id of the first of their chain.
    public func inherit(_ replacements: [ChildOrder]) { for order in replacements { expect(order) } }

    /// What may be traded: every listed symbol, by name.
    public var instruments: [Instrument] {
        reports.rules.values.filter(\.isTrading).map(\.instrument).sorted { $0.symbol < $1.symbol }
    }

    /// Takes note of a mark price, by which price bands are judged.
    public func note(mark: Price, of symbol: Symbol) { marks[symbol] = (mark, .now) }

    // MARK: The engine's port

    public func venueTime() async -> Timestamp {
        if let time = rest.venueTime { return time }
        // Asked before `prepare()`: measured now. Where that fails there is no better clock than none.
        _ = try? await rest.measureClock()
        return rest.venueTime ?? Timestamp(nanoseconds: 0)
    }

    public func send(_ commands: [BrokerCommand]) { accepted.yield(commands) }

    // MARK: Running

    /// Sends what the engine gives and follows the account's stream, until it is cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.followAccount() }
            group.addTask { await self.keepTime() }
            group.addTask { await self.keepKey() }
            for await batch in outbox {
                for job in jobs(of: batch) { group.addTask { await self.work(job) } }
            }
            group.cancelAll()
        }
    }

    /// Commands that go out as one request.
    struct Job: Sendable {
        let lanes: [ClientOrderID]
        let commands: [BrokerCommand]
    }

    /// What can be sent at once; a command about an order that has one under way waits in its lane.
    private func jobs(of batch: [BrokerCommand]) -> [Job] {
        var jobs: [Job] = []
        var cancels: [Symbol: [(lane: ClientOrderID, command: BrokerCommand)]] = [:]
        for command in batch {
            if case .replace(let order) = command { expect(order) }
            let lane = reports.chains.root(of: command.order)
            guard lanes[lane] == nil else {
                lanes[lane]?.append(command)
                continue
            }
            lanes[lane] = []
            if case .cancel(_, let symbol) = command {
                cancels[symbol, default: []].append((lane, command))
            } else {
                jobs.append(Job(lanes: [lane], commands: [command]))
            }
        }
        for symbol in cancels.keys.sorted() {
            var rest = (cancels[symbol] ?? [])[...]
            while !rest.isEmpty {
                let part = rest.prefix(FuturesREST.cancelsMost)
                rest = rest.dropFirst(part.count)
                jobs.append(Job(lanes: part.map(\.lane), commands: part.map(\.command)))
            }
        }
        return jobs
    }

    private func work(_ job: Job) async {
        await perform(job.commands)
        await withDiscardingTaskGroup { group in
            for lane in job.lanes { group.addTask { await self.goOn(lane) } }
        }
    }

    private func goOn(_ lane: ClientOrderID) async {
        while let next = lanes[lane]?.first {
            lanes[lane]?.removeFirst()
            await perform([next])
        }
        lanes[lane] = nil
    }

    func tell(_ event: FuturesBrokerEvent) { told.yield(event) }
    func report(_ event: BrokerEvent) { told.yield(.report(event)) }

    // MARK: What has to be kept up

    func readRules() async throws(FuturesError) {
        reports.rules = try await rest.rules()
    }

    /// Reads the filters again after the venue refused an order by one.
    ///
    /// - Returns: Whether the symbol's are others than the order was sent by.
    func rulesMayHaveChanged(_ symbol: Symbol, _ message: VenueMessage) async -> Bool {
        guard rulesReadAt.map({ .now - $0 > Self.rulesInterval }) ?? true else { return false }
        rulesReadAt = .now
        let before = reports.rules[symbol]
        do {
            try await readRules()
        } catch {
            tell(.alert(code: "filters_unreadable", message: "The venue's filters could not be read anew: \(error)"))
            return false
        }
        guard reports.rules[symbol] != before else { return false }
        let words =
            "The venue changed what it takes of \(symbol) and refused an order: \(message.message) New orders follow the "
        tell(.alert(code: "filters_changed", message: words + "new filters; check orders that are being worked."))
        return true
    }

    /// The mark price of a symbol, when it is recent.
    func mark(of symbol: Symbol) -> Price? {
        marks[symbol].flatMap { .now - $0.at <= Self.markAge ? $0.price : nil }
    }

    /// Asks for the mark price of a symbol; where none comes soon, orders are judged by the venue alone.
    ///
    /// - Returns: Whether it was told.
    @discardableResult
    func readMark(_ symbol: Symbol) async -> Bool {
        markAskedAt[symbol] = .now
        let told = await withTaskGroup(of: Price?.self) { [rest, patience = settings.markPatience] group in
            group.addTask { try? await rest.funding(symbol).markPrice }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let told, told > .zero else { return false }
        note(mark: told, of: symbol)
        return true
    }

    /// Reads the mark price that an order's limit is held to, unless it is known, or was asked for a moment ago.
    func seeMark(for order: ChildOrder) async {
        let symbol = order.instrument.symbol
        guard order.request.type.limitPrice != nil, !order.request.isReduceOnly, mark(of: symbol) == nil,
            markAskedAt[symbol].map({ .now - $0 > Self.markAge }) ?? true
        else { return }
        await readMark(symbol)
    }

    /// Measures the clock after the venue refused a request for its time.
    func measureClockAgain() async {
        do {
            try await rest.measureClock()
        } catch {
            tell(.alert(code: "venue_clock_unknown", message: "The venue's clock could not be measured: \(error)"))
        }
    }

    private func keepTime() async {
        while (try? await Task.sleep(for: settings.clockInterval)) != nil { await measureClockAgain() }
    }

    private func keepKey() async {
        while (try? await Task.sleep(for: settings.keyInterval)) != nil {
            do {
                if try await !rest.keepListenKey() { await stream?.stop() }
            } catch {
                // The key lasts for another half hour, and the next try is before that.
                tell(
                    .alert(
                        code: "listen_key_not_kept",
                        message: "The account's stream could not be prolonged: \(error)"
                    )
                )
            }
        }
    }

    // MARK: The account's stream

    /// Between one stream's end and the next, where nothing says why it ended.
    private static let streamPause = Duration.seconds(1)

    private func followAccount() async {
        while !Task.isCancelled {
            let stream = streams { [rest] in
                let key = try await rest.listenKey()
                return "\(rest.addresses.streams)/private/ws?listenKey=\(key)"
            }
            self.stream = stream
            await stream.listen { await self.take($0) }
            await stream.stop()
            // Cancelled while it waits means that the loop ends.
            try? await Task.sleep(for: Self.streamPause)
        }
    }

    /// Takes what the stream tells; `false` when it has to be opened anew.
    private func take(_ event: StreamEvent) async -> Bool {
        switch event {
        case .connected: tell(.connected)
        case .disconnected(let reason): tell(.disconnected(reason: reason))
        case .text(let text):
            do {
                return take(try UserStreamEvent(parsing: text))
            } catch {
                tell(
                    .alert(
                        code: "stream_unreadable",
                        message: "A message of the account's stream is not understood: \(error)"
                    )
                )
                tell(.reconcile(reason: "a message of the account's stream was not understood"))
            }
        }
        return true
    }

    func take(_ event: UserStreamEvent) -> Bool {
        switch event {
        case .order(let update):
            clientIDs[update.orderID] = update.id
            let (events, notes) = reports.reports(of: update)
            for event in events { report(event) }
            for note in notes { tell(.alert(code: note.code, message: note.message)) }
        case .account(let update):
            // Trades are told by their orders; whatever else moved is found by comparing.
            if update.reason != "ORDER" { tell(.reconcile(reason: "the venue booked \(update.reason)")) }
        case .listenKeyExpired: return false
        case .marginCall(let symbols):
            let names = symbols.map(\.text).joined(separator: ", ")
            tell(
                .alert(code: "margin_call", message: "The venue warns of liquidation: \(names). Add margin or reduce.")
            )
        case .configurationChanged:
            tell(.reconcile(reason: "the account's configuration was changed"))
        case .ignored: break
        }
        return true
    }
}
