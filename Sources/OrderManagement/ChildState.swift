public import TradingDomain

/// A child order's state on its two axes, as the fold of its events.
public struct ChildState: Codable, Hashable, Sendable {
    public let order: ChildOrder
    public private(set) var life: ChildLife = .planned
    public private(set) var outstanding: OutstandingRequest = .none
    public private(set) var filled = Quantity.zero
    /// The venue's cumulative executed quantity, once it is final.
    public private(set) var executed: Quantity?
    /// Reports are told apart by trade id; a repeated one changes nothing.
    private var trades: Set<TradeID> = []

    public init(_ order: ChildOrder) { self.order = order }

    /// What this child may still fill: its reservation in the parent (I1).
    ///
    /// All its unfilled quantity until it is final; afterwards only what the venue executed and we have not seen.
    public var open: Quantity {
        guard life.isFinal else { return max(order.request.quantity - filled, .zero) }
        return max((executed ?? filled) - filled, .zero)
    }

    /// The venue filled more than we asked for: recorded, alerted, never hidden.
    public var isOverfilled: Bool { filled > order.request.quantity }

    /// Whether an event changes this state; a repeated or contradicting one does not and is not recorded again.
    public func accepts(_ event: ChildEvent) -> Bool {
        switch event {
        case .intended: false
        case .filled(let fill): !trades.contains(fill.tradeID)
        case .acknowledged: life == .planned || life == .sent || life == .unknown
        case .rejected: !life.isFinal && filled.isZero
        // What the venue has acknowledged was placed, whatever a late error of the connection says.
        case .notPlaced: (life == .planned || life == .sent || life == .unknown) && filled.isZero
        case .cancelled, .expired: !life.isFinal
        case .cancelRequested: !life.isFinal && outstanding == .none
        case .cancelRefused: outstanding == .cancelPending
        case .unknown: !life.isFinal && life != .unknown
        }
    }

    /// Applies an event that ``accepts(_:)`` said yes to.
    public mutating func apply(_ event: ChildEvent) {
        switch event {
        case .intended:
            break
        case .acknowledged:
            life = filled.isZero ? .acknowledged : .partiallyFilled
        case .filled(let fill):
            trades.insert(fill.tradeID)
            filled += fill.quantity
            // A final state stays as it is: late fills count and never reopen the order.
            if !life.isFinal {
                if filled >= order.request.quantity {
                    close(.filled, executed: filled)
                } else {
                    life = .partiallyFilled
                }
            }
        case .rejected:
            close(.rejected, executed: .zero)
        case .notPlaced:
            close(.notPlaced, executed: .zero)
        case .cancelled(let executed):
            close(executed >= order.request.quantity ? .filled : .cancelled, executed: executed)
        case .expired(let executed):
            close(executed >= order.request.quantity ? .filled : .expired, executed: executed)
        case .cancelRequested:
            outstanding = .cancelPending
        case .cancelRefused:
            outstanding = .none
        case .unknown:
            life = .unknown
        }
    }

    private mutating func close(_ life: ChildLife, executed: Quantity) {
        self.life = life
        self.executed = executed
        outstanding = .none
    }
}
