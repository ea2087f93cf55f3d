import Crypto
import Foundation
import Testing

@testable import PaperVenue

@Suite("Requests over a WebSocket", .serialized, .ownThreads)
struct RequestSocketTests {
    /// A client of the address for requests, signing as section 13 says: over the parameters sorted by name.
    private struct Caller {
        let socket: RawConnection
        let client: VenueClient

        init(_ server: VenueServer, _ query: String = "") throws {
            client = try VenueClient(port: server.port)
            socket = try RawConnection(port: server.port)
            #expect(try socket.upgrade("/ws-fapi/v1\(query)").status == 101)
        }

        func send(_ text: String) throws -> [String: Any] {
            try socket.sendFrame(1, text)
            return try VenueClient.object(try socket.text())
        }

        func signed(
            _ method: String,
            _ fields: [String: String],
            secret: String = "test-secret",
            time: String? = nil
        ) throws -> [String: Any] {
            var all = fields
            all["apiKey"] = "test-key"
            all["timestamp"] = try time ?? "\(client.venueTime())"
            let text = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
            let code = HMAC<SHA256>.authenticationCode(
                for: Data(text.utf8),
                using: SymmetricKey(data: Data(secret.utf8))
            )
            all["signature"] = code.map { String(format: "%02x", $0) }.joined()
            let members = all.map { name, value in
                name == "timestamp" ? "\"\(name)\":\(value)" : "\"\(name)\":\"\(value)\""
            }
            return try send("{\"id\":\"one\",\"method\":\"\(method)\",\"params\":{\(members.joined(separator: ","))}}")
        }
    }

    private func result(_ answer: [String: Any]) throws -> [String: Any] {
        #expect(answer["id"] as? String == "one" && answer["status"] as? Int == 200, "\(answer)")
        return try #require(answer["result"] as? [String: Any])
    }

    private func code(_ answer: [String: Any]) -> Int? { (answer["error"] as? [String: Any])?["code"] as? Int }

    @Test("An order is placed, found, changed and cancelled, and is the one that HTTP shows")
    func order() async throws {
        try await withVenue { server in
            let caller = try Caller(server)
            let price = { (share: Double) in String(format: "%.1f", (try caller.client.bestBid() * share).rounded()) }
            let fields = [
                "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010",
                "price": try price(0.97), "newClientOrderId": "by:socket/1",
            ]
            let placed = try caller.signed("order.place", fields)
            let order = try result(placed)
            #expect(order["status"] as? String == "NEW" && order["clientOrderId"] as? String == "by:socket/1")
            let limits = try #require(placed["rateLimits"] as? [[String: Any]])
            #expect(limits.map { $0["rateLimitType"] as? String } == ["REQUEST_WEIGHT", "ORDERS", "ORDERS"])
            #expect(limits.map { $0["limit"] as? Int } == [2400, 300, 1200])
            #expect(limits[1]["count"] as? Int == 1 && limits[2]["count"] as? Int == 1)

            let name = ["symbol": "BTCUSDT", "origClientOrderId": "by:socket/1"]
            let shown = try result(try caller.signed("order.status", name))
            let overHTTP = try VenueClient.object(
                try caller.client.signed(
                    "GET",
                    "/fapi/v1/order",
                    ["symbol": "BTCUSDT", "origClientOrderId": "by%3Asocket%2F1"]
                ).body
            )
            #expect(NSDictionary(dictionary: shown) == NSDictionary(dictionary: overHTTP))
            let change = ["side": "BUY", "quantity": "0.020", "price": try price(0.96)]
            let changed = try result(try caller.signed("order.modify", name.merging(change) { $1 }))
            #expect(changed["origQty"] as? String == "0.020")
            #expect(try result(try caller.signed("order.cancel", name))["status"] as? String == "CANCELED")
            #expect(code(try caller.signed("order.cancel", name)) == -2011)
        }
    }

    @Test("Balances, positions, books, prices and listen keys are what HTTP gives")
    func questions() async throws {
        try await withVenue { server in
            let caller = try Caller(server)
            let balances = try caller.signed("v2/account.balance", [:])["result"] as? [[String: Any]]
            #expect(balances?.first { $0["asset"] as? String == "USDT" }?["balance"] as? String == "10000.00000000")
            let account = try result(try caller.signed("v2/account.status", [:]))
            #expect(account["availableBalance"] as? String == "10000.00000000")
            #expect((try caller.signed("v2/account.position", [:])["result"] as? [Any])?.isEmpty == true)
            let book = try caller.send(#"{"id":7,"method":"depth","params":{"symbol":"BTCUSDT","limit":5}}"#)
            #expect(book["id"] as? Int == 7)
            #expect(((book["result"] as? [String: Any])?["bids"] as? [Any])?.count == 5)
            for method in ["ticker.price", "ticker.book"] {
                let told = try caller.send("{\"id\":null,\"method\":\"\(method)\",\"params\":{\"symbol\":\"ETHUSDT\"}}")
                #expect(told["id"] is NSNull && (told["result"] as? [String: Any])?["symbol"] as? String == "ETHUSDT")
            }
            for method in ["userDataStream.start", "userDataStream.ping", "userDataStream.stop"] {
                let told = try caller.send("{\"id\":1,\"method\":\"\(method)\",\"params\":{\"apiKey\":\"test-key\"}}")
                #expect(told["status"] as? Int == 200, "\(told)")
            }
        }
    }

    @Test(
        "What is no call, not allowed or not known is refused with its id",
        arguments: [
            ("{", "null", -1135), ("[1]", "null", -1135), (#"{"id":3}"#, "3", -1102),
            (#"{"id":"four","method":"order.guess"}"#, #""four""#, -5000),
            (#"{"id":5,"method":"depth","params":[1]}"#, "5", -1130),
            (#"{"id":6,"method":"depth","params":{"symbol":["BTCUSDT"]}}"#, "6", -1130),
            (#"{"id":7,"method":"depth","params":{"symbol":"NOSUCH"}}"#, "7", -1121),
            (#"{"id":8,"method":"order.place","params":{"symbol":"BTCUSDT"}}"#, "8", -2014),
            (#"{"id":9,"method":"session.logon","params":{"apiKey":"test-key"}}"#, "9", -4056),
        ]
    )
    func refusals(_ text: String, _ id: String, _ wanted: Int) async throws {
        try await withVenue { server in
            let socket = try Caller(server).socket
            try socket.sendFrame(1, text)
            let answer = try socket.text()
            #expect(answer.hasPrefix("{\"id\":\(id),\"status\":4"), "\(answer)")
            #expect(code(try VenueClient.object(answer)) == wanted, "\(answer)")
        }
    }

    @Test("A wrong signature and a name without its key are refused; limits are told unless they are not wanted")
    func keys() async throws {
        try await withVenue { server in
            let caller = try Caller(server, "?returnRateLimits=false")
            let forged = try caller.signed("order.status", ["symbol": "BTCUSDT", "orderId": "1"], secret: "other")
            #expect(code(forged) == -1022 && forged["rateLimits"] == nil)
            let told = try caller.send(#"{"id":1,"method":"ticker.price","params":{"returnRateLimits":true}}"#)
            #expect((told["rateLimits"] as? [Any])?.count == 1)
            let status = try caller.send(#"{"id":2,"method":"session.status"}"#)
            #expect((status["result"] as? [String: Any])?["apiKey"] is NSNull)
            #expect(try RawConnection(port: server.port).upgrade("/ws-fapi/v2").status == 404)
        }
    }

    @Test("Times that no calendar has are refused", arguments: ["-9223372036854775808", "-1", "9223372036854775807"])
    func times(_ time: String) async throws {
        try await withVenue { server in
            let client = try VenueClient(port: server.port)
            for name in ["startTime", "endTime"] {
                let answer = try client.signed("GET", "/fapi/v1/allOrders", ["symbol": "BTCUSDT", name: time])
                #expect(answer.status == 400, "\(answer.body)")
            }
            let caller = try Caller(server)
            let told = try caller.signed("order.status", ["symbol": "BTCUSDT", "orderId": "1"], time: time)
            #expect([-1100, -1021].contains(code(told)), "\(told)")
        }
    }

    @Test("Faults meet these requests too: a limit says until when, and a cut ends the connection with the order there")
    func faults() async throws {
        let rules = [FaultRule(.rateLimited, next: 1, retryAfterSeconds: 7), FaultRule(.cutExecuted, next: 1)]
        try await withVenue(faults: rules) { server in
            let caller = try Caller(server)
            let price = String(format: "%.1f", (try caller.client.bestBid() * 0.97).rounded())
            let fields = [
                "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010",
                "price": price, "newClientOrderId": "cut-1",
            ]
            let limited = try caller.signed("order.place", fields)
            let data = (limited["error"] as? [String: Any])?["data"] as? [String: Int]
            #expect(limited["status"] as? Int == 429 && code(limited) == -1003, "\(limited)")
            #expect(data.map { ($0["retryAfter"] ?? 0) - ($0["serverTime"] ?? 0) } == 7000)
            #expect(throws: RawConnection.ConnectionLost.self) { try caller.signed("order.place", fields) }
            let found = try VenueClient(port: server.port).signed(
                "GET",
                "/fapi/v1/order",
                ["symbol": "BTCUSDT", "origClientOrderId": "cut-1"]
            )
            #expect(found.status == 200, "\(found.body)")
        }
    }
}
