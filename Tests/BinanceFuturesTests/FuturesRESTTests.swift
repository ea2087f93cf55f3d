import MarketData
import Networking
import Testing
import TradingDomain

@testable import BinanceFutures

@Suite("Requests to a venue")
struct FuturesRESTTests {
    private let venue: ScriptedVenue
    private let rest: FuturesREST

    init() async throws {
        venue = try await ScriptedVenue()
        let credentials = try FuturesCredentials(key: "the-key", secret: "the-secret")
        rest = FuturesREST(.local(port: venue.port), credentials: credentials)
    }

    private func order() throws -> FuturesOrder {
        try Samples.rules().prepare(try Samples.child(validFor: .seconds(5)), mark: nil, prevention: .expireMaker)
    }

    @Test("An order carries its intent's time and validity, and its signature covers the body")
    func place() async throws {
        try await venue.answer("POST /fapi/v1/order", 200, Samples.order(Samples.id(1)))
        let order = try order()
        let (verdict, answer) = await rest.place(order)
        #expect(verdict == .accepted && answer?.brokerID.text == "283194212001")
        let asked = try #require(try await venue.asked("POST /fapi/v1/order").first)
        #expect(asked.key == "the-key" && asked.query.isEmpty)
        let sent = asked.parameters
        #expect(sent["timestamp"] == String(order.requestTime.milliseconds) && sent["recvWindow"] == "5000")
        #expect(sent["newClientOrderId"] == Samples.id(1).text && sent["type"] == "LIMIT" && sent["price"] == "95000")
        #expect(sent["timeInForce"] == "GTC" && sent["selfTradePreventionMode"] == "EXPIRE_MAKER")
        #expect(sent["reduceOnly"] == nil)
        let signer = FuturesSigner(try FuturesCredentials(key: "the-key", secret: "the-secret"))
        let cut = try #require(asked.body.firstRange(of: "&signature="))
        #expect(
            asked.body[cut.upperBound...] == signer.signature(query: "", body: String(asked.body[..<cut.lowerBound]))
        )
        // Nothing but the order: no question for the time delays it.
        #expect(try await venue.asked("GET /fapi/v1/time").isEmpty)
    }

    @Test("An order leaves once, whatever the connection does")
    func once() async throws {
        // A first request leaves a connection open that libcurl would like to use again.
        try await venue.answer("POST /fapi/v1/order", 200, Samples.order(Samples.id(1)))
        try await venue.answer("POST /fapi/v1/order", 0, "")
        #expect(await rest.place(try order()).verdict == .accepted)
        guard case .unknown = await rest.place(try order()).verdict else {
            Issue.record("a cut connection proves nothing")
            return
        }
        #expect(try await venue.asked("POST /fapi/v1/order").count == 2)
    }

    @Test("Without a listener nothing was sent")
    func unreachable() async throws {
        let closed = FuturesREST(.local(port: 9), credentials: try FuturesCredentials(key: "k", secret: "s"))
        let verdict = await closed.place(try order()).verdict
        guard case .unavailable(_, .notReached) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        let error = await #expect(throws: FuturesError.self) { try await closed.openOrders() }
        #expect(error?.code == "http_connect_failed")
    }

    @Test("After a refusal by rate nothing is sent until the venue's time is over")
    func paused() async throws {
        let body = #"{"code":-1003,"msg":"Too many requests; current limit is 2400."}"#
        try await venue.answer("POST /fapi/v1/order", 429, body, headers: ["Retry-After": "300"])
        for _ in 1...2 {
            let verdict = await rest.place(try order()).verdict
            guard case .unavailable = verdict else {
                Issue.record("\(verdict)")
                return
            }
        }
        #expect(try await venue.asked("POST /fapi/v1/order").count == 1)
        // Longer than a question is worth waiting for: it says so at once.
        let error = await #expect(throws: FuturesError.self) { try await rest.openOrders() }
        #expect(error?.code == "rate_limited")
        #expect(try await venue.asked("GET /fapi/v1/openOrders").isEmpty)
    }

    @Test("Without a key only market data is asked for")
    func noKey() async throws {
        let open = FuturesREST(.local(port: venue.port), credentials: nil)
        try await venue.answer("GET /fapi/v1/exchangeInfo", 200, Samples.exchangeInfo)
        #expect(try await open.rules()[Samples.bitcoin] == (try Samples.rules()))
        let error = await #expect(throws: FuturesError.self) { try await open.openOrders() }
        #expect(error == .noCredentials(call: "GET /fapi/v1/openOrders"))
        #expect(try await venue.asked("GET /fapi/v1/openOrders").isEmpty)
    }

    @Test("An answer that is not understood says where; no secret is in any error")
    func unreadable() async throws {
        try await venue.answer("GET /fapi/v1/openOrders", 200, #"[{"orderId":"x"}]"#)
        let error = await #expect(throws: FuturesError.self) { try await rest.openOrders() }
        let text = "\(try #require(error))"
        #expect(text.contains("GET /fapi/v1/openOrders") && text.contains("orderId"))
        #expect(!text.contains("the-key") && !text.contains("signature"))
        try await venue.answer("GET /fapi/v3/balance", 502, "<html>")
        let page = await #expect(throws: FuturesError.self) { try await rest.balances() }
        #expect(page?.code == "venue_unreadable")
    }

    @Test("Trades are read page by page, and a week at a time")
    func trades() async throws {
        let first = (1...1000).map { Samples.trade($0, "0.001") }.joined(separator: ",")
        try await venue.answer("GET /fapi/v1/userTrades", 200, "[\(first)]")
        try await venue.answer(
            "GET /fapi/v1/userTrades",
            200,
            "[\(Samples.trade(1000, "0.001")),\(Samples.trade(1001, "0.002"))]"
        )
        try await venue.answer("GET /fapi/v1/userTrades", 200, "[]")
        let since = Timestamp(milliseconds: 1_795_000_000_000)
        let trades = try await rest.trades(Samples.bitcoin, since: since, until: since + .seconds(8 * 86_400))
        #expect(trades.map(\.id) == Array(1...1001))
        let asked = try await venue.asked("GET /fapi/v1/userTrades").map(\.parameters)
        #expect(asked.map { $0["fromId"] } == [nil, "1000", nil])
        #expect(asked.map { $0["startTime"] } == ["1795000000000", nil, "1795604800000"])
        #expect(asked[1]["endTime"] == nil, "the venue takes no times beside an id")
    }

    @Test("Spans of a week cover every millisecond once", arguments: [0, 1, 6 * 86_400, 7 * 86_400, 30 * 86_400])
    func weeks(seconds: Int) {
        let since = Timestamp(milliseconds: 1000)
        let spans = FuturesREST.weeks(since, since + .seconds(seconds))
        #expect(spans.first?.lowerBound == 1000 && spans.last?.upperBound == 1000 + Int64(seconds) * 1000)
        for (one, next) in zip(spans, spans.dropFirst()) { #expect(next.lowerBound == one.upperBound + 1) }
        #expect(spans.allSatisfy { $0.count <= 7 * 86_400_000 })
    }

    @Test("Candles become bars of whole minutes")
    func bars() async throws {
        let rows = """
            [[1795219140000,"95110.00","95150.20","95100.10","95120.40","182.403",1795219199999,"17349821.22",2410,"90","8570123.11","0"],
            [1795219200000,"95120.40","95150.20","95100.10","95120.40","1",1795219259999,"95120.40",2,"1","1","0"]]
            """
        try await venue.answer("GET /fapi/v1/klines", 200, rows)
        let end = Timestamp(milliseconds: 1_795_219_200_000)
        let bars = try await rest.bars(Samples.bitcoin, from: end - .seconds(60), to: end)
        #expect(bars.count == 1, "the second ends after what was asked for")
        let bar = try #require(bars.first)
        #expect(bar.start == end - .seconds(60) && bar.end == end)
        #expect(bar.close == (try Samples.price("95120.4")))
        #expect(bar.turnover == (try FixedDecimal(parsing: "17349821.22")))
        let asked = try await venue.asked("GET /fapi/v1/klines").map(\.parameters)
        #expect(asked.first?["startTime"] == "1795219080001" && asked.first?["endTime"] == "1795219140000")
    }

    @Test("Modes that cannot be booked are refused with what to do")
    func modes() async throws {
        try await venue.answer("GET /fapi/v1/positionSide/dual", 200, #"{"dualSidePosition":false}"#)
        try await venue.answer("GET /fapi/v1/multiAssetsMargin", 200, #"{"multiAssetsMargin":false}"#)
        try await venue.answer("GET /fapi/v1/feeBurn", 200, #"{"feeBurn":true}"#)
        let fees = await #expect(throws: FuturesError.self) { try await rest.checkModes() }
        #expect(fees == .setup(.feesInAnotherAsset))
        let other = try await ScriptedVenue()
        try await other.answer("GET /fapi/v1/positionSide/dual", 200, #"{"dualSidePosition":true}"#)
        let credentials = try FuturesCredentials(key: "k", secret: "s")
        let hedged = FuturesREST(.local(port: other.port), credentials: credentials)
        let mode = await #expect(throws: FuturesError.self) { try await hedged.checkModes() }
        #expect(mode == .setup(.hedgeMode))
    }

    @Test("A margin type that is so already is no error; a listen key that is gone is told")
    func already() async throws {
        try await venue.answer(
            "POST /fapi/v1/marginType",
            400,
            #"{"code":-4046,"msg":"No need to change margin type."}"#
        )
        try await rest.setMarginType(Samples.bitcoin, .crossed)
        try await venue.answer("PUT /fapi/v1/listenKey", 200, "{}")
        try await venue.answer("PUT /fapi/v1/listenKey", 400, #"{"code":-1125,"msg":"This listenKey does not exist."}"#)
        #expect(try await rest.keepListenKey())
        #expect(try await !rest.keepListenKey())
        let asked = try #require(try await venue.asked("PUT /fapi/v1/listenKey").first)
        #expect(asked.query.isEmpty && asked.key == "the-key", "no signature, and no key in the address")
    }

    @Test("The venue's time is measured by itself and not by this machine's time of day")
    func clock() async throws {
        try await venue.answer("GET /fapi/v1/time", 200, #"{"serverTime":1795219200123}"#)
        try await rest.measureClock()
        let time = try #require(rest.venueTime)
        let least = try #require(rest.venueTimeAtLeast)
        #expect(abs((time - Timestamp(milliseconds: 1_795_219_200_123)).milliseconds) < 60_000)
        #expect(least <= time)
    }
}
