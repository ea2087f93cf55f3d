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
    /// The second order took the place of the first, which had executed so much under its own id.
    ///
    /// A replacement that the venue refuses is a `rejected` of the second order; the first works on.
    case replaced(ClientOrderID, by: ClientOrderID, BrokerOrderID, executed: Quantity, at: Timestamp)
    /// The command surely did not arrive: the order can be given up at once.
    case notPlaced(ClientOrderID, reason: String)
    /// The command may have arrived; nobody knows.
    case unknown(ClientOrderID, reason: String)

    /// The order that it is about; of a replacement the new one.
    public var order: ClientOrderID {
        switch self {
        case .acknowledged(let order, _, _), .rejected(let order, _, _), .cancelled(let order, _),
            .expired(let order, _), .cancelRefused(let order, _, _), .notPlaced(let order, _), .unknown(let order, _),
            .replaced(_, let order, _, _, _):
            order
        case .filled(let fill): fill.clientOrderID
        }
    }

    /// The line of a child's journal that it becomes.
    package var change: ChildEvent {
        switch self {
        case .acknowledged(_, let broker, let at): .acknowledged(broker, at: at)
        case .filled(let fill): .filled(fill)
        case .rejected(_, let code, let message): .rejected(code: code, message: message)
        case .cancelled(_, let executed): .cancelled(executed: executed)
        case .expired(_, let executed): .expired(executed: executed)
        case .cancelRefused(_, let code, let message): .cancelRefused(code: code, message: message)
        case .replaced(_, _, let broker, let executed, let at): .replaced(executed: executed, broker, at: at)
        case .notPlaced(_, let reason): .notPlaced(reason: reason)
        case .unknown(_, let reason): .unknown(reason: reason)
        }
    }
}
