import Foundation
import OrderManagement
import PostgresStore
import SmartExecutorKit
import Synchronization
import Testing

/// A venue that quotes all the time and fills what crosses at once.
private final class QuickVenue: LiveVenue {
    let title = "QUICK VENUE"
    let fingerprint = "quick"
    let instruments: [Instrument]
    let news: AsyncStream<VenueNews>
    private let teller: AsyncStream<VenueNews>.Continuation
    private let followed = Mutex<Set<Symbol>>([])
    private let trades = Mutex<Int>(0)
    private let executed = Mutex<Set<ClientOrderID>>([])
    private let sent = Mutex<[BrokerCommand]>([])
    /// Commands are swallowed from now on.
    let isDeaf = Mutex(false)

    init(_ names: [String]) throws {
        instruments = try names.map { name in
            Instrument(
                symbol: try #require(Symbol(name)),
                venue: "QUICK",
                currency: .usdt,
                assetClass: .crypto,
                lot: try Quantity(parsing: "0.001"),
                calendar: "24/7"
            )
        }
        (news, teller) = AsyncStream.makeStream()
    }

    func start(_ replacements: [ChildOrder]) {}
    func balance(_ currency: Currency) -> Money { Money(units: 100_000 * Int128(FixedDecimal.scale), currency) }

    var clock: Timestamp { Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000_000)) }
    var commands: [BrokerCommand] { sent.withLock { $0 } }

    func follow(_ symbols: [Symbol]) {
        for symbol in symbols where followed.withLock({ $0.insert(symbol).inserted }) { quote(symbol) }
    }

    func quote(_ symbol: Symbol) {
        guard let size = try? Quantity(parsing: "50") else { return }
        let quote = Quote(
            symbol: symbol,
            at: clock,
            bid: Price(units: 99_00000000),
            bidSize: size,
            ask: Price(units: 101_00000000),
            askSize: size
        )
        teller.yield(.market(.quote(quote)))
    }

    func bars(of symbol: Symbol, from: Timestamp, to: Timestamp) -> [Bar] { [] }

    func venueTime() -> Timestamp { clock }

    func send(_ commands: [BrokerCommand]) {
        sent.withLock { $0 += commands }
        if isDeaf.withLock({ $0 }) { return }
        for command in commands {
            switch command {
            case .place(let order), .replace(let order): execute(order)
            case .cancel(let id, _): teller.yield(.report(.cancelled(id, executed: .zero)))
            }
        }
    }

    private func execute(_ order: ChildOrder) {
        executed.withLock { _ = $0.insert(order.id) }
        let trade = trades.withLock { count in
            count += 1
            return count
        }
        let price = Price(units: order.side == .buy ? 101_00000000 : 99_00000000)
        teller.yield(.report(.acknowledged(order.id, BrokerOrderID(unchecked: "v\(trade)"), at: clock)))
        teller.yield(
            .report(
                .filled(
                    Fill(
                        account: order.account,
                        symbol: order.instrument.symbol,
                        tradeID: TradeID(unchecked: "t\(trade)"),
                        clientOrderID: order.id,
                        side: order.side,
                        quantity: order.request.quantity,
                        price: price,
                        notional: order.instrument.notional(price, order.request.quantity),
                        commission: Money(units: 5_000_000, .usdt),
                        tradedAt: clock
                    )
                )
            )
        )
    }

    /// Tells a trade of the account's that nobody here has asked for.
    func tellForeign(_ instrument: Instrument, _ quantity: Quantity) {
        let price = Price(units: 101_00000000)
        let fill = Fill(
            account: AccountID(unchecked: "quick"),
            symbol: instrument.symbol,
            tradeID: TradeID(unchecked: "foreign"),
            clientOrderID: ClientOrderID(unchecked: "web_1"),
            side: .buy,
            quantity: quantity,
            price: price,
            notional: instrument.notional(price, quantity),
            commission: Money(units: 5_000_000, .usdt),
            tradedAt: clock
        )
        teller.yield(.report(.filled(fill)))
    }

    func query(_ order: ClientOrderID, _ symbol: Symbol) -> BrokerAnswer {
        // On a machine that stood still somebody asks before what was told has been heard.
        executed.withLock { $0.contains(order) }
            ? .unavailable(reason: "it was told already") : .notFound(venueTime: clock)
    }
    func accountReport(since: Timestamp) -> AccountReportAnswer { .report(BrokerAccountReport(venueTime: clock)) }
    func cancelAll(_ symbols: [Symbol]) -> CancelAllAnswer { .accepted }
    func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) -> DeadManAnswer { .unsupported }
    func close() { teller.finish() }
}

private struct BuyingAgent: TradingAgent {
    let descriptor = AgentDescriptor(id: AgentID(unchecked: "buyer"))

    func decide(_ request: DecisionRequest) async throws -> [AgentReply] {
        request.symbols.map { symbol in
            var draft = DecisionDraft(symbol: symbol, action: .buy, rationale: "asked, so bought")
            draft.size = .deltaPercentOfEquity(FixedDecimal(5))
            return .decision(draft)
        }
    }
}

@Suite("A floor beside a living venue")
struct LiveFloorTests {
    private func open(_ venue: QuickVenue, _ database: TestDatabase) async throws -> PaperFloor {
        let hours = try MarketHours(default: "24/7")
        var plan = PaperFloor.Plan(
            account: AccountID(unchecked: "quick"),
            environment: .paper,
            cash: Money(units: 100_000 * Int128(FixedDecimal.scale), .usdt),
            limits: try RiskLimits(maxPositionPercent: FixedDecimal(10), priceCollarBps: FixedDecimal(500)),
            market: VenueHistory(venue),
            hours: hours,
            session: try hours.session(on: venue.clock.utcDate),
            seed: 1,
            agents: { AgentDesk([BuyingAgent()], now: $0) }
        )
        plan.venue = venue
        plan.slippage = try SlippageSettings(limitBps: 1000)
        return try await PaperFloor.open(plan, on: try await StateDatabase.open(.url(database.url)))
    }

    @Test("Decisions become orders at the venue, and its fills the account's positions")
    func trades() async throws {
        let database = try await TestDatabase.make("live")
        let venue = try QuickVenue(["BTCUSDT", "ETHUSDT"])
        let floor = try await open(venue, database)
        let item = try await floor.executor.processTicker("BTCUSDT", urgency: .critical, agent: "buyer")
        #expect(item.status == .success, "\(item.message)")
        #expect(item.filledQuantity == item.quantity)
        let position = await floor.portfolio.position(try #require(Symbol("BTCUSDT")))
        #expect(position.quantity == item.filledQuantity && position.quantity > .zero)
        #expect(venue.commands.count == 1)
        // The intent's time is the venue's, taken before it was sent.
        guard case .place(let order) = try #require(venue.commands.first) else { return }
        #expect(order.requestTime <= venue.clock && venue.clock - order.requestTime < .seconds(600))
        let other = try await floor.executor.processTicker("ETHUSDT", urgency: .critical, agent: "buyer")
        #expect(other.status == .success, "\(other.message)")
        let unknown = try await floor.executor.processTicker("NOSUCH", urgency: .critical, agent: "buyer")
        #expect(unknown.status != .success && unknown.message.contains("NOSUCH"), "\(unknown.message)")
        #expect(venue.commands.count == 2)
        await floor.close()
        try await database.drop()
    }

    @Test("The engine goes on without a step that waits: a report that comes late is booked")
    func unattended() async throws {
        let database = try await TestDatabase.make("live")
        let venue = try QuickVenue(["BTCUSDT"])
        let floor = try await open(venue, database)
        try await floor.desk.clock.watch([try #require(Symbol("BTCUSDT"))])
        let before = await floor.engine.view(try #require(Symbol("BTCUSDT")))?.mid
        #expect(before == Price(units: 100_00000000))
        try await floor.risk.activateKillSwitch("drill")
        // Nobody advances the clock; the loop itself looks at the kill switch.
        while await floor.engine.halt.halt == nil { try await Task.sleep(for: .milliseconds(10)) }
        await floor.close()
        // Closed, time goes no further.
        #expect(try await floor.desk.clock.advance() == false)
        try await database.drop()
    }

    @Test("What somebody else buys while the floor is open gets a price, so that orders go on and it can be closed")
    func stranger() async throws {
        let database = try await TestDatabase.make("live")
        let venue = try QuickVenue(["BTCUSDT", "ETHUSDT"])
        let floor = try await open(venue, database)
        let foreign = venue.instruments[1]
        #expect(await floor.engine.view(foreign.symbol)?.mid == nil)
        venue.tellForeign(foreign, try Quantity(parsing: "0.5"))
        // A deadline only guards against hanging.
        for _ in 0..<6000 where await floor.engine.view(foreign.symbol)?.mid == nil {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(await floor.portfolio.position(foreign.symbol).quantity == (try Quantity(parsing: "0.5")))
        #expect(await floor.engine.view(foreign.symbol)?.mid == Price(units: 100_00000000))
        #expect(await floor.engine.unpricedSymbols.isEmpty)
        await floor.close()
        try await database.drop()
    }
}
