public import ExecutionEngine
public import MarketData
import Synchronization
public import TradingDomain

/// An account at Binance USDⓈ-M futures with the market data beside it, as a floor by the wall clock needs them.
public final class FuturesVenue: LiveVenue {
    public let title: String
    public let fingerprint: String
    public let instruments: [Instrument]
    public let news: AsyncStream<VenueNews>
    private let told: AsyncStream<VenueNews>.Continuation
    private let rest: FuturesREST
    private let broker: FuturesBroker
    private let feed: FuturesMarketFeed
    private let leverage: Int?
    private let tasks = Mutex<[Task<Void, Never>]>([])
    private let followed = Mutex<Set<Symbol>>([])
    private let streamPatience: Duration

    /// Measures the venue's clock, reads what it trades, and checks the account's modes.
    ///
    /// - Parameters:
    ///   - account: As fills name it.
    ///   - currency: What the account is counted in, such as USDT.
    ///   - rest: The venue, with the account's credentials.
    ///   - streams: Opens the account's and the market's streams.
    ///   - leverage: What each symbol that is followed is set to; `nil` leaves the account's.
    ///   - title: What heads the output of a run.
    ///   - fingerprint: Names the venue in seeds.
    ///   - streamPatience: So long a start waits for the account's stream; of one that opens later it is told, since what it
    ///     missed has to be asked for.
    /// - Returns: The venue; it sends and listens once it is started.
    /// - Throws: ``FuturesError`` saying what to change; nothing was traded.
    public static func open(
        _ account: AccountID,
        currency: Currency,
        rest: FuturesREST,
        streams: @escaping StreamOpener,
        leverage: Int?,
        title: String,
        fingerprint: String,
        streamPatience: Duration = .seconds(10)
    ) async throws(FuturesError) -> FuturesVenue {
        let settings = FuturesBroker.Settings(symbols: [])
        let broker = FuturesBroker(
            account: account,
            currency: currency,
            rest: rest,
            settings: settings,
            streams: streams
        )
        try await broker.prepare()
        return FuturesVenue(
            rest: rest,
            broker: broker,
            feed: FuturesMarketFeed(rest: rest, streams: streams),
            instruments: await broker.instruments,
            leverage: leverage,
            title: title,
            fingerprint: fingerprint,
            streamPatience: streamPatience
        )
    }

    private init(
        rest: FuturesREST,
        broker: FuturesBroker,
        feed: FuturesMarketFeed,
        instruments: [Instrument],
        leverage: Int?,
        title: String,
        fingerprint: String,
        streamPatience: Duration
    ) {
        self.rest = rest
        self.broker = broker
        self.feed = feed
        self.instruments = instruments
        self.leverage = leverage
        self.title = title
        self.fingerprint = fingerprint
        self.streamPatience = streamPatience
        (news, told) = AsyncStream.makeStream()
    }

    public var clock: Timestamp { rest.venueTime ?? Timestamp(nanoseconds: 0) }

    public func start(_ replacements: [ChildOrder]) async {
        await broker.inherit(replacements)
        let (broker, feed, told) = (broker, feed, told)
        let (opened, opening) = AsyncStream<Void>.makeStream()
        let started = [
            Task { await broker.run() },
            Task { await feed.run() },
            Task {
                var wasLost = false
                for await event in broker.events {
                    switch event {
                    case .report(let report): told.yield(.report(report))
                    case .connected:
                        // The engine compares as it starts, which is after the one that the start waits for, and only that.
                        let isLate = if case .terminated = opening.yield() { true } else { false }
                        opening.finish()
                        if isLate || wasLost { told.yield(.connected) }
                    case .reconcile(let reason): told.yield(.reconcile(reason: reason))
                    case .alert(let code, let message): told.yield(.alert(code: code, message: message))
                    case .disconnected(let reason):
                        let words =
                            "The account's stream was lost (\(reason)). It is being opened again; until then nothing "
                        told.yield(.alert(code: "venue_stream_lost", message: words + "is heard of open orders."))
                        told.yield(.disconnected(reason: reason))
                        wasLost = true
                    }
                }
            },
            Task {
                for await event in feed.events {
                    switch event {
                    case .market(let event): told.yield(.market(event))
                    case .mark(let symbol, let price): await broker.note(mark: price, of: symbol)
                    case .alert(let code, let message): told.yield(.alert(code: code, message: message))
                    case .disconnected(let reason):
                        let words = "Market data was lost (\(reason)). It is being opened again; prices grow old."
                        told.yield(.alert(code: "market_stream_lost", message: words))
                    }
                }
            },
        ]
        tasks.withLock { $0 += started }
        let patience = Task { [streamPatience] in
            try? await Task.sleep(for: streamPatience)
            opening.finish()
        }
        for await _ in opened {}
        patience.cancel()
    }

    public func balance(_ currency: Currency) async throws -> Money {
        try await rest.balances().first { $0.currency == currency } ?? .zero(currency)
    }

    public func follow(_ symbols: [Symbol]) async throws {
        let known = followed.withLock { $0 }
        let new = symbols.filter { !known.contains($0) }
        await feed.watch(new)
        // Until all is done it is no symbol that is followed: asked again, the leverage is set again.
        if let leverage { for symbol in new { try await rest.setLeverage(symbol, leverage) } }
        followed.withLock { $0.formUnion(new) }
    }

    public func bars(of symbol: Symbol, from: Timestamp, to: Timestamp) async throws -> [Bar] {
        try await rest.bars(symbol, from: from, to: to)
    }

    public func close() async {
        let started = tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in started { task.cancel() }
        for task in started { await task.value }
        told.finish()
    }

    // MARK: The engine's port

    public func venueTime() async -> Timestamp { await broker.venueTime() }
    public func send(_ commands: [BrokerCommand]) async { await broker.send(commands) }
    public func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer {
        await broker.query(order, symbol)
    }
    public func accountReport(since: Timestamp) async -> AccountReportAnswer {
        await broker.accountReport(since: since)
    }
    public func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer { await broker.cancelAll(symbols) }
    public func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer {
        await broker.armDeadMan(after, symbols)
    }
}
