public import TradingDomain

/// What stands before every request: limits, paths, keys, signatures and times.
extension Exchange {
    /// Answers a request.
    ///
    /// Timers that are due by `time` act first.
    public mutating func handle(_ request: VenueRequest, at time: Timestamp) -> VenueAnswer {
        advance(to: time)
        var headers = [(name: "Content-Type", value: "application/json")]
        var call = VenueCall(request)
        var answer: (status: Int, value: WireValue)
        do {
            answer = (200, try run(&call))
        } catch {
            answer = (error.status, error.value)
            if let seconds = error.retryAfter { headers.append(("Retry-After", String(seconds))) }
        }
        settle()
        headers.append(("X-MBX-USED-WEIGHT-1M", String(meter.used(request.address))))
        if call.countsOrders {
            let used = meter.orders(call.account)
            headers.append(("X-MBX-ORDER-COUNT-10S", String(used.tenSeconds)))
            headers.append(("X-MBX-ORDER-COUNT-1M", String(used.minute)))
        }
        return VenueAnswer(status: answer.status, headers: headers, body: answer.value.json)
    }

    private mutating func run(_ call: inout VenueCall) throws(Refusal) -> WireValue {
        let request = call.request
        guard let route = VenueRoute.all[request.method + " " + request.path] else {
            try meter.charge(1, to: request.address, at: now, settings)
            throw Refusal.path(request.path, request.method)
        }
        // The weight can depend on parameters; what is malformed weighs as if it had none.
        let parameters: RequestParameters
        do {
            parameters = try RequestParameters(query: request.query, body: request.body)
        } catch {
            try meter.charge(1, to: request.address, at: now, settings)
            throw error
        }
        call.parameters = parameters
        try meter.charge(route.weight(parameters), to: request.address, at: now, settings)
        try authorise(&call, route)
        if let orders = route.orders {
            try meter.order(call.account, orders, at: now, settings)
            call.countsOrders = true
        }
        return try route.run(&self, call)
    }

    private func authorise(_ call: inout VenueCall, _ route: VenueRoute) throws(Refusal) {
        guard route.security != .none else { return }
        guard let key = call.request.apiKey, !key.isEmpty else { throw Refusal.keyFormat }
        guard let name = accountsByKey[key], let account = accounts[name] else { throw Refusal.key }
        call.account = name
        guard route.security == .signed else { return }
        let timestamp = try call.parameters.requiredInteger("timestamp")
        guard timestamp >= 0 else { throw Refusal.illegal("timestamp", #"^[0-9]{1,20}$"#) }
        let signature = try call.parameters.required("signature")
        guard Signature.isValid(signature, of: call.request, secret: account.settings.secret) else {
            throw Refusal.wrongSignature
        }
        let window = try call.parameters.integer("recvWindow") ?? 5000
        guard (0...60_000).contains(window) else { throw Refusal.invalid("recvWindow") }
        let arrived = (call.request.arrived?.milliseconds ?? now) + skew
        guard timestamp < arrived + 1000 else { throw Refusal.late(by: 0) }
        guard arrived - timestamp <= window else { throw Refusal.late(by: arrived - timestamp) }
        // Commands are judged once more where they are carried out.
        guard !route.isCommand || said - timestamp <= window else { throw Refusal.lateInside }
    }
}

/// A request on its way through the venue.
struct VenueCall: Sendable {
    let request: VenueRequest
    var parameters = RequestParameters()
    /// Whose key it carried; empty without one.
    var account = ""
    var countsOrders = false

    init(_ request: VenueRequest) { self.request = request }
}

/// What a path does.
struct VenueRoute: Sendable {
    enum Security: Sendable { case none, key, signed }
    typealias Weight = @Sendable (RequestParameters) -> Int
    typealias Run = @Sendable (inout Exchange, VenueCall) throws(Refusal) -> WireValue

    let name: String
    let security: Security
    let weight: Weight
    /// What it takes of the order limits.
    var orders: (tenSeconds: Int, minute: Int)?
    /// Changes something at the matching engine.
    var isCommand = false
    let run: Run

    static let all: [String: VenueRoute] = Dictionary(
        uniqueKeysWithValues: (marketRoutes + orderRoutes + accountRoutes).map { ($0.name, $0) }
    )

    static func open(_ name: String, _ weight: @escaping Weight, _ run: @escaping Run) -> VenueRoute {
        VenueRoute(name: name, security: .none, weight: weight, run: run)
    }

    static func open(_ name: String, _ weight: Int, _ run: @escaping Run) -> VenueRoute {
        open(name, { _ in weight }, run)
    }

    static func keyed(_ name: String, _ weight: Int, _ run: @escaping Run) -> VenueRoute {
        VenueRoute(name: name, security: .key, weight: { _ in weight }, run: run)
    }

    static func question(_ name: String, _ weight: @escaping Weight, _ run: @escaping Run) -> VenueRoute {
        VenueRoute(name: name, security: .signed, weight: weight, run: run)
    }

    static func question(_ name: String, _ weight: Int, _ run: @escaping Run) -> VenueRoute {
        question(name, { _ in weight }, run)
    }

    static func command(
        _ name: String,
        _ weight: Int,
        orders: (tenSeconds: Int, minute: Int)? = nil,
        _ run: @escaping Run
    ) -> VenueRoute {
        VenueRoute(
            name: name,
            security: .signed,
            weight: { _ in weight },
            orders: orders,
            isCommand: true,
            run: run
        )
    }

    /// One weight with a symbol, another without.
    static func bySymbol(_ with: Int, _ without: Int) -> Weight {
        { $0.has("symbol") ? with : without }
    }
}
