public import Matching
public import OrderManagement
public import TradingDomain

/// An order as the simulated venue keeps it.
public struct VenueOrder: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable {
        case working, filled, cancelled, expired, rejected, replaced
    }

    public let order: ChildOrder
    public let brokerID: BrokerOrderID
    public let arrivedAt: Timestamp
    /// Which order of the venue it was, from 1: its priority among those that arrived at one instant.
    public let place: Int
    public internal(set) var state: State
    public internal(set) var fills: [Fill] = []
    /// What the order whose place it took had executed itself, and with those before it; absent for an order of its own.
    public internal(set) var predecessorExecuted: Quantity?
    public internal(set) var carried: Quantity?
    /// Which order took its place.
    public internal(set) var successor: ClientOrderID?
    /// Why it was rejected.
    public internal(set) var rejection: String?
    /// What is ahead of it at its price, where the market tells enough to know; stored whenever the order is, and brought up
    /// to date after a restart by the market data since.
    public internal(set) var queue: QueuePosition?

    init(order: ChildOrder, brokerID: BrokerOrderID, arrivedAt: Timestamp, place: Int) {
        self.order = order
        self.brokerID = brokerID
        self.arrivedAt = arrivedAt
        self.place = place
        state = .working
    }

    public var executed: Quantity { fills.reduce(.zero) { $0 + $1.quantity } }
    public var remaining: Quantity { order.request.quantity - (carried ?? .zero) - executed }

    /// The venue's own id of an order of ours.
    static func brokerID(of order: ClientOrderID) -> BrokerOrderID {
        BrokerOrderID(unchecked: "pv-\(order.text.dropFirst(3))")
    }

    /// How it came to be at the venue.
    var arrival: BrokerEvent {
        guard let old = order.replaces else { return .acknowledged(order.id, brokerID, at: arrivedAt) }
        return .replaced(old, by: order.id, brokerID, executed: predecessorExecuted ?? .zero, at: arrivedAt)
    }

    /// The price at which it waits in the book; `nil` for an order that takes what is there or ends.
    var restingPrice: Price? {
        switch order.request.timeInForce {
        case .day, .goodTillCancel: order.request.type.limitPrice
        case .immediateOrCancel, .fillOrKill: nil
        }
    }

    /// The order's story as reports, oldest first.
    public var reports: [BrokerEvent] {
        if state == .rejected {
            return [.rejected(order.id, code: "REJECTED", message: rejection ?? "rejected")]
        }
        var reports = [arrival]
        reports += fills.map(BrokerEvent.filled)
        switch state {
        case .cancelled: reports.append(.cancelled(order.id, executed: executed))
        case .expired: reports.append(.expired(order.id, executed: executed))
        case .replaced:
            if let successor {
                let broker = Self.brokerID(of: successor)
                reports.append(.replaced(order.id, by: successor, broker, executed: executed, at: arrivedAt))
            }
        case .working, .filled, .rejected: break
        }
        return reports
    }
}

extension ChildOrder {
    /// Whether it would trade with what is offered at `touch`.
    func isMarketable(at touch: Price) -> Bool {
        guard let limit = request.type.limitPrice else { return true }
        return side == .buy ? touch <= limit : touch >= limit
    }
}
