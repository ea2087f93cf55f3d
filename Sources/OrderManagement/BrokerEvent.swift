public import TradingDomain

/// What a broker tells about one of our orders.
///
/// Reports may come late, twice, or out of order.
public enum BrokerEvent: Codable, Hashable, Sendable {
    case acknowledged(ClientOrderID, BrokerOrderID, at: Timestamp)
    case filled(Fill)
    /// Surely not placed.
    case rejected(ClientOrderID, code: String, message: String)
    /// `executed` is the venue's cumulative executed quantity at the end.
    case cancelled(ClientOrderID, executed: Quantity)
    case expired(ClientOrderID, executed: Quantity)
    case cancelRefused(ClientOrderID, code: String, message: String)
    /// The command surely did not arrive: the order can be given up at once.
    case notPlaced(ClientOrderID, reason: String)
    /// The command may have arrived; nobody knows.
    case unknown(ClientOrderID, reason: String)

    public var order: ClientOrderID {
        switch self {
        case .acknowledged(let order, _, _), .rejected(let order, _, _), .cancelled(let order, _),
            .expired(let order, _), .cancelRefused(let order, _, _), .notPlaced(let order, _), .unknown(let order, _):
            order
        case .filled(let fill): fill.clientOrderID
        }
    }
}
