import Foundation
import TradingDomain
import Testing

@testable import PaperVenue

/// A venue in this process, and its end.
func withVenue(
    state: String? = nil,
    faults: [FaultRule] = [],
    streams: StreamLimits = StreamLimits(),
    change: (inout VenueSetup) -> Void = { _ in },
    _ body: (VenueServer) async throws -> Void
) async throws {
    let settings = ExchangeSettings.standard
    var setup = VenueSetup(settings: settings, tape: GeneratedTape(symbols: settings.symbols, seed: 7))
    setup.stateFolder = state
    setup.faults = FaultSchedule(seed: 7, rules: faults)
    setup.streams = streams
    change(&setup)
    let server = try await VenueServer.start(setup)
    do {
        try await body(server)
    } catch {
        try await server.stop()
        throw error
    }
    try await server.stop()
}

@Suite("The venue's server", .serialized, .ownThreads)
struct ServerTests {
    @Test("A connection is kept, and pipelined requests are answered in order")
    func pipelining() async throws {
        try await withVenue { server in
            let connection = try RawConnection(port: server.port)
            let first = try connection.request("GET", "/fapi/v1/ping")
            #expect(first.status == 200 && first.body == "{}")
            #expect(first.headers["content-type"]?.hasPrefix("application/json") == true)
            #expect(first.headers["x-mbx-used-weight-1m"] != nil)
            let paths = ["/fapi/v1/time", "/fapi/v1/ping", "/fapi/v1/noSuchThing", "/fapi/v1/ping"]
            try connection.send(paths.map { RawConnection.text("GET", $0) }.joined())
            let answers = try paths.map { _ in try connection.answer() }
            #expect(answers[0].body.contains("serverTime"))
            #expect(answers[1].body == "{}")
            #expect(answers[2].body.contains("-5000"))
            #expect(answers[3].body == "{}")
        }
    }

    @Test("A body may come in chunks and in pieces; one that is too large is refused")
    func bodies() async throws {
        try await withVenue { server in
            let connection = try RawConnection(port: server.port)
            let head =
                "PUT /admin/none HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX-Venue-Admin: test-admin\r\n\r\n"
            try connection.send(head + "5\r\nhello\r\n")
            try connection.send("6\r\n world\r\n0\r\n\r\n")
            #expect(try connection.answer().status == 404)
            let large = try RawConnection(port: server.port)
            try large.send("POST /fapi/v1/order HTTP/1.1\r\nHost: x\r\nContent-Length: \((1 << 20) + 1)\r\n\r\n")
            try large.send([UInt8](repeating: 120, count: (1 << 20) + 1))
            #expect(try large.answer().status == 413)
            #expect(throws: RawConnection.ConnectionLost.self) { try large.request("GET", "/fapi/v1/ping") }
        }
    }

    @Test("Without the token nothing is administered")
    func token() async throws {
        try await withVenue { server in
            let answer = try RawConnection(port: server.port).request("GET", "/admin/record")
            #expect(answer.status == 401 && answer.body.contains("X-Venue-Admin"))
            let client = try VenueClient(port: server.port)
            #expect(try client.admin("GET", "clock").body.contains("\"factor\":1"))
            #expect(try client.admin("GET", "record").body.hasPrefix("{\"test\":{"))
            #expect(
                try client.admin("POST", "faults", body: "faults:\n  - fault: bann\n").body.contains("faults.yaml:2:12")
            )
        }
    }

    @Test("A port that is taken is refused with what to do")
    func takenPort() async throws {
        try await withVenue { server in
            let failure = await #expect(throws: VenueFailure.self) {
                try await withVenue(change: { $0.port = server.port }) { _ in }
            }
            #expect(failure == .portTaken(port: server.port))
        }
    }

    @Test("An order is known after the venue was stopped and started, and after its folder was copied while it ran")
    func durability() async throws {
        let folder = NSTemporaryDirectory() + "venue-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var key = ""
        try await withVenue(state: folder) { server in
            let client = try VenueClient(port: server.port)
            #expect(try client.rest("kept-1").status == 200)
            key = try client.call("POST", "/fapi/v1/listenKey").body
            // What a machine that loses its power now would find.
            try FileManager.default.createDirectory(atPath: folder + "/copy", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: folder + "/venue.log", toPath: folder + "/copy/venue.log")
            let second = await #expect(throws: VenueFailure.self) { try await withVenue(state: folder) { _ in } }
            #expect(second?.code == "state_in_use")
        }
        for place in [folder, folder + "/copy"] {
            try await withVenue(state: place) { server in
                let client = try VenueClient(port: server.port)
                let found = try client.signed(
                    "GET",
                    "/fapi/v1/order",
                    ["symbol": "BTCUSDT", "origClientOrderId": "kept-1"]
                )
                #expect(found.body.contains("\"status\":\"NEW\""), "\(found.body)")
                #expect(try client.call("POST", "/fapi/v1/listenKey").body == key)
            }
        }
    }

    @Test("Time goes as fast as the clock says")
    func clock() async throws {
        try await withVenue(change: { $0.clockFactor = 60 }) { server in
            let client = try VenueClient(port: server.port)
            // The readings lie somewhere within the requests, so the wall clock is read around both.
            let before = ContinuousClock.now
            let first = try client.venueTime()
            try await Task.sleep(for: .milliseconds(300))
            let venue = try client.venueTime() - first
            let wall = (ContinuousClock.now - before).milliseconds
            #expect(venue >= 60 * 300 && venue <= 60 * (wall + 1))
        }
    }
}
