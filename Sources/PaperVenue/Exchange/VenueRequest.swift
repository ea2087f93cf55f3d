public import TradingDomain

/// A request as it came over the wire, nothing of it decoded: signatures are over the bytes that were sent.
public struct VenueRequest: Hashable, Sendable {
    /// In capitals.
    public var method: String
    /// Without the query.
    public var path: String
    /// What stood behind the question mark, raw; empty when nothing did.
    public var query: String
    public var body: String
    /// The header `X-MBX-APIKEY`.
    public var apiKey: String?
    /// What its signature is over; `nil` for query and body as they stand.
    public var signed: String?
    /// Where it came from; weights are counted by it.
    public var address: String
    /// When it reached the venue; `nil` when it is handled at once.
    ///
    /// A request that waited inside is judged twice, by this time and by the time it is handled at (−1021, −5028).
    public var arrived: Timestamp?

    public init(
        method: String,
        path: String,
        query: String = "",
        body: String = "",
        apiKey: String? = nil,
        signed: String? = nil,
        address: String = "127.0.0.1",
        arrived: Timestamp? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.apiKey = apiKey
        self.signed = signed
        self.address = address
        self.arrived = arrived
    }
}

/// What goes back.
public struct VenueAnswer: Sendable {
    public var status: Int
    /// In the order they are to be sent; the content type is among them, the length is not.
    public var headers: [(name: String, value: String)]
    /// JSON.
    public var body: String

    public init(status: Int, headers: [(name: String, value: String)], body: String) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What the world around the accounts does: the liquidity they trade against, and prices that come from elsewhere.
public enum VenueMarketEvent: Sendable {
    /// The whole background book from now on, best levels first. Levels that meet orders of accounts trade with them.
    case book(Symbol, bids: [(Price, Quantity)], asks: [(Price, Quantity)])
    /// Somebody trades; orders of accounts at this price and better take part first.
    case trade(Symbol, price: Price, quantity: Quantity, buyerIsMaker: Bool)
    case mark(Symbol, Price)
    /// The rate of the coming settlements, a share of the position's worth.
    case funding(Symbol, FixedDecimal)
    /// Candles of one minute from before the venue began, oldest first.
    case history(Symbol, [VenueCandle])
}

/// What the exchange has to tell, in the order in which it happened.
public enum ExchangeEvent: Hashable, Sendable {
    /// For the sockets of an account's listen key. `key` is `nil` when it has none and nobody is to be told.
    case user(account: String, key: String?, event: String, json: String)
    /// For whoever subscribed to the stream, such as `btcusdt@depth@100ms`; `json` is not wrapped.
    case market(stream: String, json: String)
}
