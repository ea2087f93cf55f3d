import TradingDomain

/// A WebSocket for requests (`/ws-fapi/v1`): each message is a call of its own, answered by its id.
///
/// A call is carried out as the request of section 13's method over HTTP would be, faults and limits included; its signature
/// is over its parameters sorted by name. Sessions need Ed25519 keys, which accounts here do not have.
final class RequestSocket: SocketPurpose {
    let messagesPerSecond: Int? = nil
    private let desk: VenueDesk
    private let address: String
    /// Whether answers tell the limits, where a call does not say.
    private let tellsLimits: Bool
    private var port: (any StreamPort)?

    /// - Returns: `nil` for another address.
    init?(_ desk: VenueDesk, _ uri: String, address: String) {
        let halves = uri.split(separator: "?", maxSplits: 1)
        guard halves.first == "/ws-fapi/v1" || halves.first == "/ws-fapi/v1/" else { return nil }
        self.desk = desk
        self.address = address
        tellsLimits = halves.count < 2 || !halves[1].split(separator: "&").contains("returnRateLimits=false")
    }

    var isOffered: Bool { desk.isOpen }

    func opened(_ port: any StreamPort) -> Bool {
        self.port = port
        return desk.isOpen
    }

    func closed() { port = nil }

    func receive(_ text: String) -> Bool {
        guard let port else { return false }
        let call: SocketCall
        do {
            call = try SocketCall(text, from: address)
        } catch {
            port.send(error.answer)
            return true
        }
        let reply = Reply(call.id, call.tellsLimits ?? tellsLimits, desk, port)
        switch call.kind {
        case .request(let request): desk.receive(request, reply)
        case .session(let name): reply.answerSession(name)
        }
        return true
    }

    /// Where the answer to one call goes.
    private final class Reply: ReplyPort {
        private let id: WireValue
        private let tellsLimits: Bool
        private let desk: VenueDesk
        private let port: any StreamPort

        init(_ id: WireValue, _ tellsLimits: Bool, _ desk: VenueDesk, _ port: any StreamPort) {
            self.id = id
            self.tellsLimits = tellsLimits
            self.desk = desk
            self.port = port
        }

        func cut() { port.cut() }

        func answer(_ answer: VenueAnswer) {
            let isGood = (200..<300).contains(answer.status)
            var body = answer.body
            if !isGood,
                let seconds = answer.headers.first(where: { $0.name == "Retry-After" }).flatMap({ Int64($0.value) }),
                let error = WireReader.read(body)
            {
                let now = desk.time().milliseconds
                let data = WireValue.object(["serverTime": .number(now), "retryAfter": .number(now + seconds * 1000)])
                body = error.with(["data": data]).json
            }
            send(answer.status, isGood ? "result" : "error", body, limits(answer.headers))
        }

        /// Sessions are for keys that no account here has.
        func answerSession(_ name: String) {
            guard name != "session.logon" else {
                return send(400, "error", JSONText.error(-4056, "Invalid api key type."), [])
            }
            let status = WireValue.object([
                "apiKey": .null, "authorizedSince": .null, "connectedSince": .null,
                "returnRateLimits": .flag(tellsLimits), "serverTime": .number(desk.time().milliseconds),
            ])
            send(200, "result", status.json, [])
        }

        private func send(_ status: Int, _ name: String, _ body: String, _ limits: [WireValue]) {
            var text = "{\"id\":\(id.json),\"status\":\(status),\"\(name)\":\(body)"
            if tellsLimits { text += ",\"rateLimits\":\(WireValue.list(limits).json)" }
            port.send(text + "}")
        }

        private func limits(_ headers: [(name: String, value: String)]) -> [WireValue] {
            let settings = desk.exchange.settings
            let kinds: [(header: String, limit: WireValue)] = [
                ("X-MBX-USED-WEIGHT-1M", Exchange.limit("REQUEST_WEIGHT", "MINUTE", 1, settings.weightPerMinute)),
                ("X-MBX-ORDER-COUNT-10S", Exchange.limit("ORDERS", "SECOND", 10, settings.ordersPerTenSeconds)),
                ("X-MBX-ORDER-COUNT-1M", Exchange.limit("ORDERS", "MINUTE", 1, settings.ordersPerMinute)),
            ]
            return kinds.compactMap { kind in
                headers.first { $0.name == kind.header }.map { kind.limit.with(["count": .number($0.value)]) }
            }
        }
    }
}
