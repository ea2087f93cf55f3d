import Foundation
import Testing

@testable import PaperVenue

@Suite("The venue's streams", .serialized, .ownThreads)
struct StreamServerTests {
    @Test("Market streams come raw and wrapped, and depth continues the snapshot")
    func market() async throws {
        try await withVenue { server in
            let raw = try RawConnection(port: server.port)
            #expect(try raw.upgrade("/public/ws/btcusdt@bookTicker").status == 101)
            let quote = try VenueClient.object(try raw.text())
            #expect(quote["e"] as? String == "bookTicker" && quote["s"] as? String == "BTCUSDT")
            let wrapped = try RawConnection(port: server.port)
            #expect(try wrapped.upgrade("/stream?streams=btcusdt@aggTrade/ethusdt@markPrice@1s").status == 101)
            let names = try wrapped.texts { $0.contains("markPriceUpdate") }.map {
                try VenueClient.object($0)["stream"] as? String
            }
            #expect(Set(names).isSubset(of: ["btcusdt@aggTrade", "ethusdt@markPrice@1s"]))

            let depth = try RawConnection(port: server.port)
            _ = try depth.upgrade("/public/ws/btcusdt@depth@100ms")
            let begun = try VenueClient.object(try depth.text())
            let snapshot = try VenueClient.object(
                try RawConnection(port: server.port).request("GET", "/fapi/v1/depth?symbol=BTCUSDT&limit=1000").body
            )
            let last = try #require(snapshot["lastUpdateId"] as? Int)
            var previous = try #require(begun["u"] as? Int)
            var isCovered = false
            for _ in 0..<20 {
                let event = try VenueClient.object(try depth.text())
                let (first, final) = (try #require(event["U"] as? Int), try #require(event["u"] as? Int))
                #expect(event["pu"] as? Int == previous && first <= final)
                isCovered = isCovered || first <= last && last <= final
                previous = final
            }
            #expect(isCovered || previous >= last)
        }
    }

    @Test("Subscriptions change while a connection is open; fragments and pings are understood")
    func subscribing() async throws {
        try await withVenue { server in
            let socket = try RawConnection(port: server.port)
            _ = try socket.upgrade("/public/ws")
            try socket.sendFrame(1, #"{"method":"SUBSCRIBE","params":["btcusdt@boo"#, fin: false)
            try socket.sendFrame(0, #"kTicker"],"id":"a-1"}"#)
            #expect(try socket.text() == #"{"result":null,"id":"a-1"}"#)
            #expect(try socket.text().contains("bookTicker"))
            try socket.sendFrame(10, "")
            try socket.sendFrame(9, "hello")
            var frame = try socket.frame()
            while frame.opcode == 1 { frame = try socket.frame() }
            #expect(frame == RawConnection.Frame(opcode: 10, payload: Array("hello".utf8)))
            try socket.sendFrame(1, #"{"method":"UNSUBSCRIBE","params":["btcusdt@bookTicker"],"id":2}"#)
            _ = try socket.texts { $0 == #"{"result":null,"id":2}"# }
            try socket.sendFrame(1, #"{"method":"LIST_SUBSCRIPTIONS","id":3}"#)
            #expect(try socket.text() == #"{"result":[],"id":3}"#)
        }
    }

    @Test("A connection that was used for requests can become a stream, and a refused one says so")
    func keptConnection() async throws {
        try await withVenue { server in
            let connection = try RawConnection(port: server.port)
            for _ in 0..<2 { #expect(try connection.request("GET", "/fapi/v1/ping").status == 200) }
            let answer = try connection.upgrade("/public/ws/0")
            #expect(answer.status == 101)
            // The sample of RFC 6455, section 1.3.
            #expect(answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            try connection.sendFrame(1, #"{"method":"SUBSCRIBE","params":["ethusdt@bookTicker"],"id":1}"#)
            #expect(try connection.text() == #"{"result":null,"id":1}"#)
            #expect(try connection.text().contains("ETHUSDT"))
            let wrong = try RawConnection(port: server.port).upgrade("/nothing/here")
            #expect(wrong.status == 404 && wrong.headers["connection"] == "close")
        }
    }

    @Test("The venue pings, cuts who does not answer, and ends old connections")
    func pings() async throws {
        var limits = StreamLimits()
        limits.pingEvery = 0.05
        limits.pongWithin = 10
        try await withVenue(streams: limits) { server in
            let silent = try RawConnection(port: server.port)
            _ = try silent.upgrade("/ws")
            #expect(try silent.frame().opcode == 9)
            #expect(throws: RawConnection.ConnectionLost.self) { while true { _ = try silent.frame() } }
        }
        limits.pongWithin = 60
        limits.longest = 2
        try await withVenue(streams: limits) { server in
            let old = try RawConnection(port: server.port)
            _ = try old.upgrade("/ws")
            var frame = try old.frame()
            while frame.opcode == 9 { frame = try old.frame() }
            #expect(frame.opcode == 8)
        }
    }

    @Test("Who sends too much is closed; who reads nothing is cut off")
    func bounds() async throws {
        var limits = StreamLimits()
        limits.backlogMax = 1 << 16
        try await withVenue(streams: limits) { server in
            let loud = try RawConnection(port: server.port)
            _ = try loud.upgrade("/ws")
            for _ in 0..<20 { try? loud.sendFrame(10, "") }  // the last ones may find it closed
            #expect(try loud.frame().opcode == 8)
        }
        #expect(StreamLimits().messagesPerSecond == 10)
    }

    @Test("User events reach every socket of the key, in the order answer first or event first")
    func userEvents() async throws {
        try await withVenue { server in
            let client = try VenueClient(port: server.port)
            let key = try #require(
                VenueClient.object(try client.call("POST", "/fapi/v1/listenKey").body)["listenKey"] as? String
            )
            let one = try RawConnection(port: server.port)
            _ = try one.upgrade("/private/ws?listenKey=\(key)")
            let two = try RawConnection(port: server.port)
            _ = try two.upgrade("/private/stream")
            try two.sendFrame(1, "{\"method\":\"SUBSCRIBE\",\"params\":[\"\(key)\"],\"id\":1}")
            #expect(try two.text() == #"{"result":null,"id":1}"#)
            #expect(try client.rest("seen-1").status == 200)
            let raw = try one.text()
            #expect(raw.contains("ORDER_TRADE_UPDATE") && raw.contains("\"c\":\"seen-1\""))
            #expect(try two.text() == "{\"stream\":\"\(key)\",\"data\":\(raw)}")
        }
    }
}
