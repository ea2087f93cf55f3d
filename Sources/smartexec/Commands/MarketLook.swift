import ArgumentParser
import ExecutionEngine
import Foundation
import MarketData
import PostgresStore
import TradingDomain

/// Which market is looked at, and when.
struct MarketLookOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Show what the market of this ticker is like.", valueName: "ticker"))
    var symbol: String?

    @Option(help: ArgumentHelp("When; the session's close unless given.", valueName: "time"))
    var at: String?

    @Option(
        help: ArgumentHelp("A folder or file of market data to replay; may be given several times.", valueName: "path")
    )
    var data: [String] = []

    @Option(help: ArgumentHelp("The session, such as 2019-02-15.", valueName: "date"))
    var session: String?

    @Option(help: "Seed of the generated market.")
    var seed: UInt64?

    func validate() throws {
        let stray = at != nil || session != nil || seed != nil || !data.isEmpty
        guard symbol != nil || !stray else {
            throw ValidationError("--at, --data, --session and --seed choose a market: give its --symbol too.")
        }
    }
}

/// What a market is like at a moment of a session: its feed from the open on, through the quality gate, as an engine sees it.
struct MarketLook {
    /// What is shown, for programs.
    private struct Page: Encodable {
        let symbol: Symbol
        let at: Timestamp
        let price: Price?
        let marketState: String
        let conditions: MarketConditions?
        let dataQuality: DataQuality
        let recentTrades: Int
    }

    private let page: Page
    private let title: String

    /// Replays the session up to the moment asked for.
    ///
    /// - Throws: ``CommandFailure`` for an unknown ticker or a moment outside the session, and the errors of the data.
    init(_ name: String, _ options: MarketLookOptions, _ loaded: LoadedConfiguration) async throws {
        guard let asked = Symbol(name) else {
            throw CommandFailure(.usage, "'\(name.prefix(64))' is no ticker: 1 to 24 of A-Z, 0-9 and . ^ / = _ -")
        }
        var request = LaunchRequest(clock: nil)
        (request.data, request.session, request.seed) = (options.data, options.session, options.seed)
        let market = try await request.market(loaded.configuration)
        let (source, session) = (market.source, market.session)
        var cache = AssetCacheManager()
        for instrument in source.instruments { cache.learn(instrument) }
        // `BTC/USDT` and `BTCUSDT` are one.
        let named = source.instruments.first { AssetCacheManager.name($0.symbol) == AssetCacheManager.name(asked) }
        guard let symbol = named?.symbol else {
            let known = source.instruments.prefix(12).map(\.symbol.text).joined(separator: ", ")
            let rest = source.instruments.count > 12 ? ", ..." : ""
            throw CommandFailure(.usage, "There is no \(asked) in this market. It has \(known)\(rest).")
        }
        let end = try Self.end(options.at, session)
        var feed = try MergedFeed(
            source: source,
            symbols: [symbol],
            from: session.open - .nanoseconds(1),
            to: end
        )
        let routing = loaded.configuration.routing
        var board = MarketBoard(rules: routing.states + MarketStateRule.standard, dwell: routing.stateDwell)
        var gate = QualityGate()
        while let event = try feed.next() {
            guard gate.screen(event, at: event.at).lets else { continue }
            board.apply(event)
            cache.apply(event)
        }
        let asset = cache.asset(symbol, at: end)
        page = Page(
            symbol: symbol,
            at: end,
            price: asset?.price,
            marketState: board.state(symbol).text,
            conditions: board.conditions(symbol),
            dataQuality: gate.quality(of: symbol) ?? DataQuality(),
            recentTrades: asset?.trades.count ?? 0
        )
        title = "\(source.title), session \(session.date)"
    }

    private static func end(_ text: String?, _ session: TradingSession) throws -> Timestamp {
        guard let text else { return session.close }
        guard let at = Timestamp(text) else {
            throw CommandFailure(.usage, "'\(text.prefix(64))' is no time. Give --at as 2026-01-02T16:00:00Z.")
        }
        guard at > session.open, at <= session.close else {
            throw CommandFailure(
                .usage,
                "\(at) is outside session \(session.date), \(session.open) to \(session.close). Give another --session or --at."
            )
        }
        return at
    }

    func show(_ console: Console, _ format: OutputFormat) throws -> ExitStatus {
        guard format == .table else {
            console.print(try Listing.json(page))
            return .success
        }
        console.print("\(page.symbol) at \(page.at) · \(title)", wrapping: true)
        guard let conditions = page.conditions else {
            console.print("Nothing has happened yet. Give a later --at.")
            return .success
        }
        var table = Table([.text("Condition"), .text("Value")])
        for (name, value) in Self.rows(conditions) { table.add([name, value ?? ""]) }
        table.add(["Market state", page.marketState])
        console.print(table.rendered(width: console.output.width, style: console.style))
        let quality = page.dataQuality
        let problems = quality.problems.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        console.print("")
        console.print(
            "Data: \(quality.accepted) events let through, \(quality.withheld) withheld"
                + (problems.isEmpty ? "." : " (\(problems.joined(separator: ", "))).")
        )
        if let last = quality.last { console.print("Last problem: \(last)", wrapping: true) }
        return .success
    }

    /// Every condition with its unit; what was not measured is empty.
    private static func rows(_ found: MarketConditions) -> [(String, String?)] {
        let basis = found.liquidityBasis == .touch ? "best level: no depth in the data" : "best five levels"
        return [
            ("Last told", "\(found.at)"),
            ("Best bid", found.bid.map { "\($0)" }),
            ("Best ask", found.ask.map { "\($0)" }),
            ("Spread", found.spreadBps.map { "\(RoutingText.number($0)) bps" }),
            ("Liquidity, bids", found.bidLiquidity.map { "\($0) (\(basis))" }),
            ("Liquidity, asks", found.askLiquidity.map { "\($0) (\(basis))" }),
            ("Imbalance", found.imbalance.map { RoutingText.number($0) }),
            ("Volume, last minute", found.lastMinuteVolume.map { "\($0)" }),
            ("Volume, mean minute", found.minuteVolume.map { RoutingText.number($0.approximate) }),
            ("Volume, session", found.dailyVolume.map { "\($0)" }),
            ("Volatility of a minute", found.volatility.map { "\(RoutingText.number($0 * 10_000)) bps" }),
            ("Trend", found.trend.map { RoutingText.number($0) }),
            ("Liquidity score", found.liquidityScore.map { RoutingText.number($0) }),
        ]
    }
}

/// What accounts have learned from their past executions.
enum LearnedRoutesPage {
    private struct Line: Encodable {
        let account: AccountID
        let learnedAt: Timestamp
        let cell: LearnedRoutes.Cell?
    }

    static func show(
        _ loaded: LoadedConfiguration,
        _ global: GlobalOptions,
        _ console: Console
    ) async throws -> ExitStatus {
        let database = try await Database.open(loaded, console)
        let learned = try await PostgresQueries(pool: database.pool).learnedRoutes()
        await database.pool.close()
        let lines = learned.filter { matches($0.account, global.account) }.flatMap { account, routes in
            routes.cells.isEmpty
                ? [Line(account: account, learnedAt: routes.learnedAt, cell: nil)]
                : routes.cells.map { Line(account: account, learnedAt: routes.learnedAt, cell: $0) }
        }
        try Listing(console: console, format: global.output).show(
            lines,
            empty: "Nothing has been learned yet: `routing.strategy: learned` learns with its first order of a day.",
            [
                .text("Account"), .text("Learned at").expendable(1), .text("Market"), .text("Size"), .text("Algorithm"),
                .number("Orders"), .number("Filled %"), .number("Slip bps"), .number("Cost bps"),
            ]
        ) { index in
            let line = lines[index]
            let head = [line.account.text, "\(line.learnedAt)"]
            guard let cell = line.cell else { return head + [String](repeating: "", count: 7) }
            return head + [
                cell.marketState, cell.bucket.rawValue, cell.algorithm.text, "\(cell.samples)",
                RoutingText.number(cell.fillRate * 100), ReportPrinter.bps(cell.slippageBps),
                ReportPrinter.bps(cell.costBps),
            ]
        }
        return .success
    }
}
