import Testing
import TradingDomain

@testable import PaperVenue

/// Every code by a request that deserves it.
@Suite("Refusals")
struct RefusalTests {
    /// What differs from a good order, and the code that it deserves.
    struct Case: CustomStringConvertible, Sendable {
        let code: Int
        let changes: [String: String?]

        init(_ code: Int, _ changes: [String: String?]) {
            self.code = code
            self.changes = changes
        }

        var description: String { "\(code) \(changes)" }
    }

    static let cases: [Case] = [
        Case(-1102, ["symbol": nil]),
        Case(-1102, ["side": nil]),
        Case(-1102, ["type": nil]),
        Case(-1102, ["price": nil]),
        Case(-1102, ["timeInForce": nil]),
        Case(-1102, ["quantity": nil]),
        Case(-1102, ["price": ""]),
        Case(-1117, ["side": "HOLD"]),
        Case(-1116, ["type": "NOSUCH"]),
        Case(-4120, ["type": "STOP_MARKET", "price": nil, "timeInForce": nil]),
        Case(-1115, ["timeInForce": "DAY"]),
        Case(-1106, ["type": "MARKET", "price": nil]),
        Case(-1106, ["type": "MARKET", "timeInForce": nil]),
        Case(-1121, ["symbol": "NOSUCHUSDT"]),
        Case(-1121, ["symbol": "btcusdt"]),
        Case(-4061, ["positionSide": "LONG"]),
        Case(-4060, ["positionSide": "UP"]),
        Case(-1100, ["price": "9e4"]),
        Case(-1100, ["price": "abc"]),
        Case(-1118, ["newClientOrderId": ""]),
        Case(-4015, ["newClientOrderId": "a b"]),
        Case(-4015, ["newClientOrderId": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]),
        Case(-1136, ["newOrderRespType": "FULL"]),
        Case(-4001, ["price": "-1"]),
        Case(-4013, ["price": "500"]),
        Case(-4002, ["price": "5000000"]),
        Case(-4014, ["price": "94000.05"]),
        Case(-1111, ["price": "94000.001"]),
        Case(-1111, ["quantity": "0.0105"]),
        Case(-1111, ["price": "94000.000000001"]),
        Case(-4003, ["quantity": "0"]),
        Case(-4003, ["quantity": "-1"]),
        Case(-4005, ["quantity": "1001"]),
        Case(-4005, ["type": "MARKET", "price": nil, "timeInForce": nil, "quantity": "121"]),
        Case(-4016, ["price": "99750.10"]),
        Case(-4024, ["side": "SELL", "price": "90249.90"]),
        Case(-4164, ["quantity": "0.001", "price": "49999.9"]),
        Case(-2022, ["reduceOnly": "true"]),
        Case(-4062, ["reduceOnly": "maybe"]),
        Case(-2019, ["quantity": "50"]),
        Case(-5022, ["timeInForce": "GTX", "price": "95000.1"]),
        Case(-5021, ["timeInForce": "FOK"]),
        Case(-5039, ["selfTradePreventionMode": "MAYBE"]),
        Case(-5038, ["type": "MARKET", "price": nil, "timeInForce": nil, "priceMatch": "QUEUE"]),
        Case(-5037, ["price": nil, "priceMatch": "NEAREST"]),
        Case(-1106, ["priceMatch": "QUEUE"]),
        Case(-5040, ["timeInForce": "GTD", "goodTillDate": "1795219300000"]),
        Case(-1102, ["timeInForce": "GTD"]),
        Case(-1130, ["recvWindow": "60001"]),
        Case(-1130, ["recvWindow": "soon"]),
    ]

    @Test("New orders", arguments: cases)
    func orders(_ test: Case) {
        var desk = Desk()
        var fields = [
            "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010",
            "price": "94000",
        ]
        for (key, value) in test.changes { fields[key] = value }
        let before = desk.exchange.snapshot
        var items = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.replacing(" ", with: "%20"))" }
        items.append("timestamp=\(desk.now.milliseconds)")
        let text = items.joined(separator: "&")
        let answer = desk.send(
            "POST",
            "/fapi/v1/order",
            body: text + "&signature=" + Signature.make(text, secret: "test-secret"),
            key: "test-key"
        )
        #expect(answer.code == test.code, "\(answer.text)")
        #expect(answer.status == 400)
        #expect(answer.text("msg")?.isEmpty == false)
        #expect(desk.exchange.snapshot == before, "what was refused must leave no trace")
        #expect(desk.told().isEmpty)
    }

    @Test("Who asks, and when")
    func identity() {
        var desk = Desk()
        let path = "/fapi/v2/account"
        let time = desk.now.milliseconds
        func signed(_ text: String) -> String { text + "&signature=" + Signature.make(text, secret: "test-secret") }
        let zeros = String(repeating: "0", count: 64)
        let cases: [(query: String, key: String?, code: Int, status: Int)] = [
            ("timestamp=\(time)&signature=0", nil, -2014, 401),
            ("timestamp=\(time)&signature=\(zeros)", "unknown", -2015, 401),
            ("signature=" + Signature.make("", secret: "test-secret"), "test-key", -1102, 400),
            ("timestamp=\(time)", "test-key", -1102, 400),
            ("timestamp=\(time)&signature=\(zeros)", "test-key", -1022, 400),
            (signed("timestamp=\(time - 5001)"), "test-key", -1021, 400),
            (signed("timestamp=\(time - 101)&recvWindow=100"), "test-key", -1021, 400),
            (signed("timestamp=\(time + 1000)"), "test-key", -1021, 400),
            (signed("timestamp=\(time)&timestamp=\(time)"), "test-key", -1101, 400),
        ]
        for test in cases {
            let answer = desk.send("GET", path, query: test.query, key: test.key)
            #expect(answer.code == test.code, "\(test.query): \(answer.text)")
            #expect(answer.status == test.status)
        }
        for offset: Int64 in [-5000, 0, 999] {
            let answer = desk.send("GET", path, query: signed("timestamp=\(time + offset)"), key: "test-key")
            #expect(answer.status == 200, "offset \(offset): \(answer.text)")
        }
        #expect(desk.send("GET", "/fapi/v1/nothing").code == -5000)
    }

    @Test("A request that waited inside is judged a second time where it is carried out")
    func lateInside() {
        var desk = Desk()
        let text = "symbol=BTCUSDT&timestamp=\(desk.now.milliseconds)&recvWindow=1000"
        let query = text + "&signature=" + Signature.make(text, secret: "test-secret")
        let later = Timestamp(nanoseconds: desk.now.nanoseconds + 1_001_000_000)
        let request = VenueRequest(
            method: "DELETE",
            path: "/fapi/v1/allOpenOrders",
            query: query,
            apiKey: "test-key",
            arrived: desk.now
        )
        let answer = desk.exchange.handle(request, at: later)
        #expect(answer.status == 400)
        #expect(answer.body.contains("-5028"))
    }

    @Test("Everything else that can be refused")
    func others() {
        var desk = Desk()
        let order = desk.order("BUY", "0.010", "94000", id: "one")
        let id = order.text("orderId")
        let s = "BTCUSDT"
        func modify(
            _ desk: inout Desk,
            _ quantity: String,
            _ price: String?,
            reduceOnly: String? = nil
        ) -> Int? {
            desk.call(
                "PUT",
                "/fapi/v1/order",
                [
                    "symbol": s, "side": "BUY", "quantity": quantity, "price": price, "orderId": id,
                    "reduceOnly": reduceOnly,
                ]
            ).code
        }
        #expect(desk.order("BUY", "0.010", "94000", id: "one").code == -4116)
        #expect(modify(&desk, "0.010", "94000") == -5027)
        #expect(modify(&desk, "0.010", nil) == -1102)
        #expect(modify(&desk, "0.010", "94000.05") == -4014)
        #expect(modify(&desk, "0.001", "49000") == -5029)
        #expect(modify(&desk, "0.020", "94000", reduceOnly: "true") == -5047)
        #expect(modify(&desk, "40", "94000") == -2019)
        desk.call("POST", "/fapi/v1/leverage", ["symbol": s, "leverage": "125"])
        #expect(desk.order("BUY", "0.600", "94000").code == -2027)
        desk.call("POST", "/fapi/v1/leverage", ["symbol": s, "leverage": "20"])
        #expect(desk.call("DELETE", "/fapi/v1/order", ["symbol": s]).code == -1102)
        #expect(desk.call("DELETE", "/fapi/v1/order", ["symbol": s, "orderId": "1"]).code == -2011)
        #expect(desk.call("GET", "/fapi/v1/order", ["symbol": s, "orderId": "1"]).code == -2013)
        #expect(desk.call("GET", "/fapi/v1/openOrder", ["symbol": s, "origClientOrderId": "two"]).code == -2013)
        #expect(desk.call("POST", "/fapi/v1/leverage", ["symbol": s, "leverage": "0"]).code == -4028)
        #expect(desk.call("POST", "/fapi/v1/leverage", ["symbol": s, "leverage": "126"]).code == -4028)
        #expect(desk.call("POST", "/fapi/v1/marginType", ["symbol": s, "marginType": "CROSSED"]).code == -4046)
        #expect(desk.call("POST", "/fapi/v1/marginType", ["symbol": s, "marginType": "ISOLATED"]).code == -4047)
        #expect(desk.call("POST", "/fapi/v1/positionSide/dual", ["dualSidePosition": "false"]).code == -4059)
        #expect(desk.call("POST", "/fapi/v1/positionSide/dual", ["dualSidePosition": "true"]).code == -4067)
        #expect(desk.call("POST", "/fapi/v1/multiAssetsMargin", ["multiAssetsMargin": "false"]).code == -4171)
        #expect(desk.call("POST", "/fapi/v1/positionMargin", ["symbol": s, "amount": "1", "type": "1"]).code == -4049)
        #expect(desk.call("POST", "/fapi/v1/positionMargin", ["symbol": s, "amount": "0", "type": "1"]).code == -4055)
        #expect(desk.call("POST", "/fapi/v1/batchOrders", ["batchOrders": "[]"]).code == -4082)
        #expect(desk.call("POST", "/fapi/v1/batchOrders", ["batchOrders": "[1"]).code == -1130)
        #expect(
            desk.call("DELETE", "/fapi/v1/batchOrders", ["symbol": s, "orderIdList": "[1,2,3,4,5,6,7,8,9,10,11]"]).code
                == -4032
        )
        #expect(desk.call("GET", "/fapi/v1/userTrades", ["symbol": s, "fromId": "1", "startTime": "1"]).code == -1128)
        #expect(desk.call("GET", "/fapi/v1/allOrders", ["symbol": s, "startTime": "2", "endTime": "1"]).code == -1023)
        #expect(
            desk.call("GET", "/fapi/v1/allOrders", ["symbol": s, "startTime": "0", "endTime": "604800001"]).code
                == -4165
        )
        #expect(desk.send("GET", "/fapi/v1/depth", query: "symbol=BTCUSDT&limit=7").code == -4021)
        #expect(desk.send("GET", "/fapi/v1/depth").code == -1102)
        #expect(desk.send("GET", "/fapi/v1/klines", query: "symbol=BTCUSDT&interval=7m").code == -1120)
        #expect(
            desk.send("GET", "/fapi/v1/aggTrades", query: "symbol=BTCUSDT&startTime=0&endTime=3600001").code == -1127
        )
        #expect(desk.send("PUT", "/fapi/v1/listenKey", key: "test-key").code == -1125)
        desk.call("DELETE", "/fapi/v1/order", ["symbol": s, "orderId": id])
        desk.order("BUY", "0.010")
        #expect(desk.call("POST", "/fapi/v1/marginType", ["symbol": s, "marginType": "ISOLATED"]).code == -4048)
        #expect(desk.call("POST", "/fapi/v1/positionSide/dual", ["dualSidePosition": "true"]).code == -4068)
        #expect(desk.order("BUY", "0.010", reduceOnly: "true").code == -2022)
        #expect(
            desk.call(
                "POST",
                "/fapi/v1/order",
                [
                    "symbol": s, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010",
                    "priceMatch": "QUEUE_20",
                ]
            ).code == nil
        )
        desk.exchange.market(.book(Desk.bitcoin, bids: [(price("94999"), quantity("1"))], asks: []), at: desk.now)
        #expect(
            desk.call(
                "POST",
                "/fapi/v1/order",
                [
                    "symbol": s, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010",
                    "priceMatch": "OPPONENT",
                ]
            ).code == -5041
        )
        desk.quote("94999.90", "99800.00")
        #expect(desk.order("BUY", "0.010").code == -4131)
        var empty = Desk(hasBook: false)
        #expect(empty.order("BUY", "0.010").code == -1112)
    }

    @Test("Open orders have a limit, and symbols that do not trade take none")
    func closed() {
        var rules = VenueSymbol.bitcoin
        rules.mostOrders = 2
        var desk = Desk()
        desk.exchange.change(rules)
        desk.order("BUY", "0.010", "94000")
        desk.order("BUY", "0.010", "94000")
        #expect(desk.order("BUY", "0.010", "94000").code == -2025)
        rules.mostOrders = 200
        rules.status = .settling
        desk.exchange.change(rules)
        #expect(desk.order("BUY", "0.010", "94000").code == -4140)
        rules.status = .closed
        desk.exchange.change(rules)
        #expect(desk.order("BUY", "0.010", "94000").code == -4141)
    }
}
