import Testing

@testable import PaperVenue

@Suite("Streams")
struct StreamTests {
    struct Address: Sendable {
        let uri: String
        let route: StreamPath.Route
        var combined = false
        var names: [String] = []
        var events: Set<String>? = nil
    }

    @Test(
        "Addresses of section 1, routed and not",
        arguments: [
            Address(uri: "/public/ws/btcusdt@bookTicker", route: .public, names: ["btcusdt@bookTicker"]),
            Address(
                uri: "/market/stream?streams=btcusdt@aggTrade/ethusdt@aggTrade",
                route: .market,
                combined: true,
                names: ["btcusdt@aggTrade", "ethusdt@aggTrade"]
            ),
            Address(uri: "/public/ws", route: .public), Address(uri: "/public/stream", route: .public, combined: true),
            Address(uri: "/private/ws?listenKey=KEY", route: .private, names: ["KEY"]),
            Address(
                uri: "/private/stream?listenKey=KEY&events=ORDER_TRADE_UPDATE/ACCOUNT_UPDATE",
                route: .private,
                combined: true,
                names: ["KEY"],
                events: ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"]
            ),
            Address(uri: "/ws", route: .unrouted), Address(uri: "/ws/", route: .unrouted),
            Address(uri: "/ws/17", route: .unrouted),
            Address(uri: "/ws/!markPrice@arr", route: .unrouted, names: ["!markPrice@arr"]),
            Address(
                uri: "/stream?streams=btcusdt%40depth%40100ms",
                route: .unrouted,
                combined: true,
                names: ["btcusdt@depth@100ms"]
            ),
            Address(
                uri: "/ws/" + String(repeating: "k", count: 64),
                route: .unrouted,
                names: [String(repeating: "k", count: 64)]
            ),
        ]
    )
    func addresses(_ wanted: Address) throws {
        let path = try #require(StreamPath(wanted.uri))
        #expect(path.route == wanted.route)
        #expect(path.isCombined == wanted.combined)
        #expect(path.names == wanted.names)
        #expect(path.events == wanted.events)
    }

    @Test("Other addresses open no stream", arguments: ["/", "/fapi/v1/ping", "/public", "/other/ws", "/unrouted/ws"])
    func noStreams(_ uri: String) { #expect(StreamPath(uri) == nil) }

    @Test(
        "Each route carries its own streams",
        arguments: [
            ("btcusdt@bookTicker", StreamPath.Route.public), ("!bookTicker", .public),
            ("btcusdt@depth5@100ms", .public),
            ("btcusdt@depth", .public), ("btcusdt@trade", .public), ("btcusdt@aggTrade", .market),
            ("!markPrice@arr@1s", .market), ("btcusdt@kline_1m", .market), ("!ticker@arr", .market),
            ("!contractInfo", .market), ("btcusdt_perpetual@continuousKline_1m", .market),
        ]
    )
    func routes(_ stream: String, _ route: StreamPath.Route) {
        #expect(StreamPath.carries(route, stream))
        #expect(StreamPath.carries(.unrouted, stream))
        #expect(!StreamPath.carries(route == .public ? .market : .public, stream))
        #expect(!StreamPath.carries(.private, stream))
    }

    private func open(_ uri: String, _ hub: inout StreamHub) throws -> Int {
        let path = try #require(StreamPath(uri))
        let id = hub.open(path)
        return try #require(id)
    }

    private func hub(_ uri: String) throws -> (StreamHub, Int) {
        var hub = StreamHub()
        let id = try open(uri, &hub)
        return (hub, id)
    }

    @Test(
        "Messages and their answers, ids echoed as they came",
        arguments: [
            (
                #"{"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":1}"#, #"{"result":null,"id":1}"#
            ),
            (
                #"{"method":"SUBSCRIBE","params":[],"id":"5e7f-\"x\""}"#, #"{"result":null,"id":"5e7f-\"x\""}"#
            ),
            (#"{"method":"LIST_SUBSCRIPTIONS","id":null}"#, #"{"result":["ethusdt@depth"],"id":null}"#),
            (#"{"method":"LIST_SUBSCRIPTIONS"}"#, #"{"result":["ethusdt@depth"],"id":null}"#),
            (#"{"method":"UNSUBSCRIBE","params":["ethusdt@depth"],"id":312}"#, #"{"result":null,"id":312}"#),
            (#"{"method":"SET_PROPERTY","params":["combined",true],"id":5}"#, #"{"result":null,"id":5}"#),
            (#"{"method":"GET_PROPERTY","params":["combined"],"id":2}"#, #"{"result":false,"id":2}"#),
            (
                #"{"method":"SET_PROPERTY","params":["other",true],"id":5}"#,
                #"{"error":{"code":0,"msg":"Unknown property"},"id":5}"#
            ),
            (
                #"{"method":"SET_PROPERTY","params":["combined",1],"id":5}"#,
                #"{"error":{"code":1,"msg":"Invalid value type: expected Boolean"},"id":5}"#
            ),
            ("nonsense", #"{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}"#),
            (
                #"{"method":"SUBSCRIBE","id":9}"#,
                #"{"error":{"code":2,"msg":"Invalid request: params must be a list of stream names"},"id":9}"#
            ),
        ]
    )
    func messages(_ text: String, _ answer: String) throws {
        var (hub, id) = try hub("/public/ws/ethusdt@depth")
        #expect(hub.receive(text, from: id) == answer)
    }

    @Test("Messages are wrapped by path or property, and come only over their route")
    func routing() throws {
        var hub = StreamHub()
        let raw = try open("/public/ws/btcusdt@bookTicker", &hub)
        let wrapped = try open("/stream?streams=btcusdt@bookTicker", &hub)
        let elsewhere = try open("/market/ws/btcusdt@bookTicker", &hub)
        let sent = hub.deliveries(ofStream: "btcusdt@bookTicker", #"{"u":1}"#)
        #expect(sent.map(\.0) == [raw, wrapped])
        #expect(sent.map(\.1) == [#"{"u":1}"#, #"{"stream":"btcusdt@bookTicker","data":{"u":1}}"#])
        #expect(hub.wanted == ["btcusdt@bookTicker"])
        for id in [raw, wrapped, elsewhere] { hub.close(id) }
        #expect(hub.isEmpty)
        #expect(hub.wanted == [])
    }

    @Test("Several sockets share a listen key, also one that was subscribed to as a stream")
    func listenKeys() throws {
        var hub = StreamHub()
        let first = try open("/private/ws?listenKey=K1", &hub)
        let second = try open("/private/stream", &hub)
        let some = try open("/private/ws?listenKey=K1&events=ACCOUNT_UPDATE", &hub)
        let wrong = try open("/public/ws?listenKey=K1", &hub)
        _ = hub.receive(#"{"method":"SUBSCRIBE","params":["K1"],"id":1}"#, from: second)
        let orders = hub.deliveries(ofKey: "K1", kind: "ORDER_TRADE_UPDATE", "{}")
        #expect(orders.map(\.0) == [first, second])
        #expect(orders.map(\.1) == ["{}", #"{"stream":"K1","data":{}}"#])
        // In the order of subscribing: the second came last.
        #expect(hub.deliveries(ofKey: "K1", kind: "ACCOUNT_UPDATE", "{}").map(\.0) == [first, some, second])
        #expect(hub.deliveries(ofKey: "K2", kind: "ORDER_TRADE_UPDATE", "{}").isEmpty)
        #expect(hub.socketIDs.contains(wrong))
    }

    @Test("A connection has at most 1024 streams")
    func tooMany() throws {
        var (hub, id) = try hub("/public/ws")
        let names = (0..<1024).map { "\"s\($0)@depth\"" }.joined(separator: ",")
        #expect(hub.receive("{\"method\":\"SUBSCRIBE\",\"params\":[\(names)],\"id\":1}", from: id) != nil)
        #expect(hub.receive(#"{"method":"SUBSCRIBE","params":["one@depth"],"id":1}"#, from: id) == nil)
    }
}
