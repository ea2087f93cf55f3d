import Assembly
import BenchmarkPrograms
import BinanceFutures
import ExecutionAlgorithms
import ExecutionEngine
import Foundation
import MarketData
import OrderManagement
import Orchestration
import Portfolio
import RiskRules
import TradingAgents
import TradingDomain

/// When one order reached each station, in nanoseconds of the monotonic clock.
struct OrderTimes {
    /// The engine was asked to work a decision that the workflow's gates and risk had let through.
    let accepted: Int64
    /// The journal knew no such parent, and it was in the engine's inbox.
    let asked: Int64
    /// Admitted, routed, its intent durable: the engine gave it to the broker.
    let given: Int64
    /// Its last byte was read from the venue's socket, by another process.
    let arrived: Int64
}

/// The program's own floor beside a living venue, as `smartexec run` opens it, and orders that take at once.
struct OrderFloor {
    private let floor: PaperFloor
    private let exchange: LineProgram
    private let venue: WatchedVenue
    private let socket: LineProgram
    private let instrument: Instrument

    /// - Parameters:
    ///   - database: Where everything is kept.
    ///   - program: The venue.
    ///   - server: The program that stamps what arrives and passes it on to the venue.
    /// - Throws: What keeps the floor from opening.
    init(database: String, venue program: String, server: String) async throws {
        exchange = try LineProgram(program)
        let port = try exchange.line()
        socket = try LineProgram(server, ["stamps", port])
        let rest = FuturesREST(
            try .other(rest: "http://127.0.0.1:\(try socket.line())", streams: "ws://127.0.0.1:\(port)"),
            credentials: try FuturesCredentials(key: "test-key", secret: "test-secret")
        )
        let account = AccountID(unchecked: "bench")
        venue = WatchedVenue(
            try await FuturesVenue.open(
                account,
                currency: .usdt,
                rest: rest,
                streams: WebSocketOpener.opener(),
                leverage: nil,
                title: "BENCH",
                fingerprint: "bench"
            )
        )
        guard let found = venue.instruments.first(where: { $0.symbol.text == "BTCUSDT" }) else {
            throw BenchmarkFailure("the venue does not trade BTCUSDT")
        }
        instrument = found
        let hours = try MarketHours(default: "24/7")
        var plan = PaperFloor.Plan(
            account: account,
            environment: .paper,
            cash: try await venue.balance(.usdt),
            limits: try RiskLimits(maxPositionPercent: FixedDecimal(90), maxDailyLossPercent: FixedDecimal(90)),
            market: VenueHistory(venue),
            hours: hours,
            session: try hours.session(on: venue.clock.utcDate),
            seed: 1,
            agents: { AgentDesk([], now: $0) }
        )
        plan.venue = venue
        plan.slippage = try SlippageSettings(limitBps: 1000)
        floor = try await PaperFloor.open(plan, on: try await StateDatabase.open(.url(database)))
        try await floor.desk.clock.watch([instrument.symbol])
    }

    func close() async { await floor.close() }

    /// Works one order from its decision to its end, from idle: it buys ten lots, or sells what is held.
    ///
    /// - Throws: When it was not sent, or did not arrive.
    func work(_ number: Int) async throws -> OrderTimes {
        let (engine, clock) = (floor.engine, floor.desk.clock)
        // What the order before leaves to be made durable would be waited for.
        try await Task.sleep(for: .milliseconds(50))
        guard let price = await engine.view(instrument.symbol)?.mid else { throw BenchmarkFailure("there is no price") }
        let seed = UInt64(number)
        let held = await engine.portfolio.position(instrument.symbol).quantity
        let submission = ParentSubmission(
            id: ParentOrderID(digest: withUnsafeBytes(of: seed.bigEndian, Array.init) + [0, 0]),
            account: floor.desk.account,
            order: ProposedOrder(
                instrument: instrument,
                side: held > .zero ? .sell : .buy,
                quantity: held > .zero ? held : Quantity(units: instrument.lot.units * 10),
                referencePrice: price,
                urgency: .critical,
                urgencySource: "benchmark",
                note: "benchmark"
            ),
            choice: .explicit(.market, AlgorithmParameters()),
            run: nil,
            stepPath: nil,
            submittedAt: await clock.now(),
            seed: seed
        )
        _ = venue.takeGiven()
        // What follows is what the runner of workflows does.
        let accepted = Monotonic.now
        _ = try await engine.submit(submission)
        let asked = Monotonic.now
        try await clock.settle()
        var stored = try await floor.desk.journal.parents([submission.id]).first
        while stored?.state.isFinal != true {
            guard try await clock.advance() else { throw BenchmarkFailure("the floor was closed") }
            stored = try await floor.desk.journal.parents([submission.id]).first
        }
        let all = venue.takeGiven()
        guard let given = all.first else {
            throw BenchmarkFailure(
                "order \(number) ended \(stored?.state.rawValue ?? "unknown"): \(stored?.result?.reason ?? "")"
            )
        }
        // What did not fill at once was sent anew; the first is measured.
        let stamps = try all.map { _ in try socket.line().split(separator: " ") }
        guard stamps[0].count == 2, let arrived = Int64(stamps[0][0]), stamps[0][1] == given.order.text else {
            throw BenchmarkFailure("order \(given.order) was sent, and \(stamps[0]) arrived")
        }
        return OrderTimes(accepted: accepted, asked: asked, given: given.at, arrived: arrived)
    }
}
