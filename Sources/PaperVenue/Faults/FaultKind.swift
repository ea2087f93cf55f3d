/// Something a venue, or the way to it, can do wrong.
public enum FaultKind: String, CaseIterable, Sendable, Codable {
    // What becomes of a request.

    /// Executed; the answer never comes.
    case dropAnswer = "drop-answer"
    /// Executed at once; the answer comes after `delay`.
    case delayAnswer = "delay-answer"
    /// Executed and answered after `delay`, as if it had waited in a queue on the way.
    case delayRequest = "delay-request"
    /// Executed; the answer is 503 "Unknown error, …".
    case unknownExecuted = "unknown-executed"
    /// Not executed; the answer is the same.
    case unknownNotExecuted = "unknown-not-executed"
    /// Executed; the connection ends instead of an answer.
    case cutExecuted = "cut-executed"
    /// Not executed; the connection ends.
    case cutNotExecuted = "cut-not-executed"
    /// Executed; after `delay` the answer is 408 with −1007.
    case timeoutExecuted = "timeout-executed"
    /// 429 with −1003 and `Retry-After`; not executed.
    case rateLimited = "rate-limited"
    /// 418 with −1003 and `Retry-After`; not executed.
    case banned
    /// −1021; not executed.
    case timestampRefused = "timestamp-refused"
    /// 503 with −1008; not executed. Requests that only reduce pass.
    case throttled
    /// 503 "Service Unavailable."; not executed.
    case unavailable
    /// 503 with −1001; not executed.
    case internalError = "internal-error"

    // What becomes of a cancel, and of user events.

    /// Part of the order fills before the cancel is executed, and the fill is reported after the cancel.
    case fillAfterCancel = "fill-after-cancel"
    case duplicateEvents = "duplicate-events"
    /// An event comes after the one that follows it.
    case reorderEvents = "reorder-events"
    /// Events come after `delay`; later ones overtake them.
    case delayEvents = "delay-events"
    case dropEvents = "drop-events"

    // What becomes of the venue.

    /// Every stream's connection ends once.
    case disconnectStreams = "disconnect-streams"
    /// Every listen key ends, with its event.
    case expireListenKeys = "expire-listen-keys"
    /// Streams are cut and none can be opened, while requests are answered.
    case streamsDown = "streams-down"
    /// Requests find their connection cut, while streams go on.
    case restDown = "rest-down"
    /// The clock of the venue's gateway is wrong by `shift`: the time that it says, and judges requests by.
    case clockSkew = "clock-skew"
}

extension FaultKind {
    /// What a rule of this kind waits for.
    enum Scope { case requests, cancels, events, moments, windows }

    var scope: Scope {
        switch self {
        case .dropAnswer, .delayAnswer, .delayRequest, .unknownExecuted, .unknownNotExecuted, .cutExecuted,
            .cutNotExecuted, .timeoutExecuted, .rateLimited, .banned, .timestampRefused, .throttled, .unavailable,
            .internalError:
            .requests
        case .fillAfterCancel: .cancels
        case .duplicateEvents, .reorderEvents, .delayEvents, .dropEvents: .events
        case .disconnectStreams, .expireListenKeys: .moments
        case .streamsDown, .restDown, .clockSkew: .windows
        }
    }

    /// Whether the request is executed although its answer says nothing of it.
    var executes: Bool {
        switch self {
        case .dropAnswer, .delayAnswer, .delayRequest, .unknownExecuted, .cutExecuted, .timeoutExecuted: true
        default: false
        }
    }
}

/// What a request wants, as far as faults tell requests apart.
public enum RequestClass: String, CaseIterable, Sendable, Codable {
    /// New orders, single or in a batch, and conditional ones.
    case place
    case cancel
    case modify
    /// Questions about orders and own trades.
    case query
    /// Balances, positions, settings.
    case account
    case listenKey = "listen-key"
    case market

    /// Sorts a request by method and path.
    public init(method: String, path: String) {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        switch (name, method) {
        case ("order", "POST"), ("batchOrders", "POST"), ("test", "POST"), ("algoOrder", "POST"): self = .place
        case ("order", "PUT"), ("batchOrders", "PUT"): self = .modify
        case ("order", "DELETE"), ("batchOrders", "DELETE"), ("allOpenOrders", _), ("algoOrder", "DELETE"),
            ("algoOpenOrders", _), ("countdownCancelAll", _):
            self = .cancel
        case ("order", _), ("openOrder", _), ("openOrders", _), ("allOrders", _), ("userTrades", _),
            ("orderAmendment", _), ("algoOrder", _), ("openAlgoOrders", _), ("allAlgoOrders", _), ("batchOrders", _):
            self = .query
        case ("listenKey", _): self = .listenKey
        case ("ping", _), ("time", _), ("exchangeInfo", _), ("depth", _), ("trades", _), ("historicalTrades", _),
            ("aggTrades", _), ("klines", _), ("continuousKlines", _), ("indexPriceKlines", _), ("markPriceKlines", _),
            ("premiumIndexKlines", _), ("premiumIndex", _), ("fundingRate", _), ("fundingInfo", _), ("24hr", _),
            ("price", _), ("bookTicker", _), ("openInterest", _):
            self = .market
        default: self = .account
        }
    }
}
