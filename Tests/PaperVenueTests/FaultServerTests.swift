import Foundation
import Testing

@testable import PaperVenue

@Suite("Faults at the venue's door", .serialized, .ownThreads)
struct FaultServerTests {
    private func status(_ client: VenueClient, of clientID: String) throws -> String {
        let answer = try client.signed(
            "GET",
            "/fapi/v1/order",
            ["symbol": "BTCUSDT", "origClientOrderId": clientID]
        )
        let fields = try VenueClient.object(answer.body)
        return fields["status"] as? String ?? "\(fields["code"] ?? "?")"
    }

    @Test(
        "What an answer says and whether the order exists are two things",
        arguments: [
            (FaultKind.unknownExecuted, 503, "NEW"), (.unknownNotExecuted, 503, "-2013"),
            (.timeoutExecuted, 408, "NEW"),
            (.rateLimited, 429, "-2013"), (.banned, 418, "-2013"), (.timestampRefused, 400, "-2013"),
            (.throttled, 503, "-2013"), (.unavailable, 503, "-2013"), (.internalError, 503, "-2013"),
            (.delayAnswer, 200, "NEW"), (.delayRequest, 200, "NEW"),
        ]
    )
    func answers(_ kind: FaultKind, _ wanted: Int, _ order: String) async throws {
        try await withVenue(faults: [FaultRule(kind, next: 1, delayMilliseconds: 50, retryAfterSeconds: 7)]) { server in
            let client = try VenueClient(port: server.port)
            let answer = try client.rest("fault-1")
            #expect(answer.status == wanted, "\(answer.body)")
            if wanted == 429 || wanted == 418 { #expect(answer.headers["retry-after"] == "7") }
            #expect(try status(client, of: "fault-1") == order)
            // The rule is used up.
            #expect(try client.rest("fault-2").status == 200)
        }
    }

    @Test(
        "A cut connection says nothing; the order may exist",
        arguments: [(FaultKind.cutExecuted, "NEW"), (.cutNotExecuted, "-2013")]
    )
    func cuts(_ kind: FaultKind, _ order: String) async throws {
        try await withVenue(faults: [FaultRule(kind, next: 1)]) { server in
            let client = try VenueClient(port: server.port)
            #expect(throws: RawConnection.ConnectionLost.self) { try client.rest("cut-1") }
            let later = try VenueClient(port: server.port)
            #expect(try status(later, of: "cut-1") == order)
        }
    }

    @Test("User events are doubled, dropped, swapped")
    func events() async throws {
        try await withVenue { server in
            let client = try VenueClient(port: server.port)
            let key = try #require(
                VenueClient.object(try client.call("POST", "/fapi/v1/listenKey").body)["listenKey"] as? String
            )
            let socket = try RawConnection(port: server.port)
            _ = try socket.upgrade("/ws/\(key)")
            func give(_ fault: String) throws {
                _ = try client.admin("DELETE", "faults")
                let answer = try client.admin("POST", "faults", body: "faults:\n  - fault: \(fault)\n    next: 1\n")
                #expect(answer.status == 200, "\(answer.body)")
            }
            func next() throws -> String {
                let order = try VenueClient.object(try socket.text())["o"] as? [String: Any]
                return "\(order?["c"] ?? "?") \(order?["X"] ?? "?")"
            }
            try give("duplicate-events")
            _ = try client.rest("twice")
            #expect(try [next(), next()] == ["twice NEW", "twice NEW"])
            try give("drop-events")
            _ = try client.rest("dropped")
            try give("reorder-events")
            _ = try client.rest("first")
            _ = try client.rest("second")
            #expect(try [next(), next()] == ["second NEW", "first NEW"])
        }
    }

    @Test("A fill may be told after the cancel that it beat")
    func fillAfterCancel() async throws {
        try await withVenue(faults: [FaultRule(.fillAfterCancel, next: 1, delayMilliseconds: 100)]) { server in
            let client = try VenueClient(port: server.port)
            let key = try #require(
                VenueClient.object(try client.call("POST", "/fapi/v1/listenKey").body)["listenKey"] as? String
            )
            let socket = try RawConnection(port: server.port)
            _ = try socket.upgrade("/private/ws?listenKey=\(key)")
            _ = try client.rest("late")
            let cancelled = try client.signed(
                "DELETE",
                "/fapi/v1/order",
                ["symbol": "BTCUSDT", "origClientOrderId": "late"]
            )
            #expect(cancelled.body.contains("\"status\":\"CANCELED\""), "\(cancelled.body)")
            #expect(cancelled.body.contains("\"executedQty\":\"0.005\""), "\(cancelled.body)")
            let told = try socket.texts { $0.contains("\"x\":\"TRADE\"") }.filter { $0.contains("ORDER_TRADE_UPDATE") }
            let kinds = try told.map { text in
                let order = try VenueClient.object(text)["o"] as? [String: Any]
                return "\(order?["x"] ?? "") \(order?["l"] ?? "")"
            }
            #expect(kinds.first?.hasPrefix("NEW") == true)
            #expect(kinds.suffix(2).first?.hasPrefix("CANCELED") == true && kinds.last == "TRADE 0.005")
        }
    }

    @Test("Requests can be down while streams go on, and the other way round")
    func partialOutages() async throws {
        try await withVenue { server in
            let client = try VenueClient(port: server.port)
            let socket = try RawConnection(port: server.port)
            _ = try socket.upgrade("/public/ws/btcusdt@bookTicker")
            _ = try socket.text()
            _ = try client.admin("POST", "faults", body: "faults:\n  - fault: rest-down\n")
            #expect(throws: RawConnection.ConnectionLost.self) { try client.call("GET", "/fapi/v1/ping") }
            for _ in 0..<5 { _ = try socket.text() }
            _ = try client.admin("DELETE", "faults")
            _ = try client.admin("POST", "faults", body: "faults:\n  - fault: streams-down\n")
            #expect(throws: RawConnection.ConnectionLost.self) { while true { _ = try socket.frame() } }
            let again = try VenueClient(port: server.port)
            #expect(try again.call("GET", "/fapi/v1/ping").status == 200)
            #expect(throws: RawConnection.ConnectionLost.self) {
                try RawConnection(port: server.port).upgrade("/public/ws/btcusdt@bookTicker")
            }
            _ = try client.admin("DELETE", "faults")
            #expect(try RawConnection(port: server.port).upgrade("/ws").status == 101)
        }
    }

    @Test("A clock that is ahead is seen by everyone, and a client without it is refused")
    func skew() async throws {
        try await withVenue { server in
            let client = try VenueClient(port: server.port)
            let target = try client.target("/fapi/v2/balance", [:])
            _ = try client.admin("POST", "faults", body: "faults:\n  - fault: clock-skew\n    shift_ms: 20000\n")
            let answer = try client.connection.request("GET", target, headers: ["X-MBX-APIKEY": "test-key"])
            #expect(answer.status == 400 && answer.body.contains("-1021"), "\(answer.body)")
            // Measured anew, its offset is right again.
            #expect(try client.signed("GET", "/fapi/v2/balance").status == 200)
        }
    }

    @Test("A clock that is behind goes on, and so does the market by the true time; afterwards it is right again")
    func behind() async throws {
        try await withVenue { server in
            let client = try VenueClient(port: server.port)
            func time() throws -> Int64 {
                let fields = try VenueClient.object(try client.call("GET", "/fapi/v1/time").body)
                return try #require((fields["serverTime"] as? NSNumber)?.int64Value)
            }
            let before = try time()
            let target = try client.target("/fapi/v2/balance", [:])
            _ = try client.admin("POST", "faults", body: "faults:\n  - fault: clock-skew\n    shift_ms: -600000\n")
            let wrong = try time()
            #expect(wrong + 600_000 >= before)
            let refused = try client.connection.request("GET", target, headers: ["X-MBX-APIKEY": "test-key"])
            #expect(refused.status == 400 && refused.body.contains("-1021"), "\(refused.body)")
            // It is not frozen until the true time has come back to it.
            while try time() == wrong {}
            let placed = try VenueClient.object(try client.rest("behind").body)
            let stamped = try #require((placed["updateTime"] as? NSNumber)?.int64Value)
            #expect(try (before...time() + 600_000).contains(stamped))
            _ = try client.admin("DELETE", "faults")
            #expect(try time() >= wrong + 600_000)
            #expect(try client.signed("GET", "/fapi/v2/balance").status == 200)
        }
    }

    @Test("A listen key ends with its event")
    func expiry() async throws {
        try await withVenue { server in
            let client = try VenueClient(port: server.port)
            let key = try #require(
                VenueClient.object(try client.call("POST", "/fapi/v1/listenKey").body)["listenKey"] as? String
            )
            let socket = try RawConnection(port: server.port)
            _ = try socket.upgrade("/private/ws?listenKey=\(key)")
            _ = try client.admin("POST", "faults", body: "faults:\n  - fault: expire-listen-keys\n")
            let event = try VenueClient.object(try socket.text())
            #expect(event["e"] as? String == "listenKeyExpired" && event["listenKey"] as? String == key)
            #expect(try client.call("PUT", "/fapi/v1/listenKey").body.contains("-1125"))
        }
    }
}
