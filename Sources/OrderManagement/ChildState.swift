public import TradingDomain

/// A child order's state on its two axes with its quantities, as the fold of its events.
///
/// Which event changes what is ``ChildStateTable``; here an event becomes a trigger by its quantities, and the
/// quantities follow.
public struct ChildState: Codable, Hashable, Sendable {
    public let order: ChildOrder
    public private(set) var life: ChildLife = .planned
    public private(set) var outstanding: OutstandingRequest = .none
    public private(set) var filled = Quantity.zero
    /// The venue's cumulative executed quantity under this id, once it is final and told.
    public private(set) var executed: Quantity?
    /// Total of the order that this one is to replace; `nil` for an order of its own.
    private let predecessor: Quantity?
    /// What the orders before it in a chain of replacements had executed when it took over; `nil` until it has.
    public private(set) var carried: Quantity?
    /// Whether the venue has told `carried`, rather than only shown by a trade that it took over.
    private var isCarriedTold = false
    /// Reports are told apart by trade id; a repeated one changes nothing.
    private var trades: Set<TradeID> = []

    /// A child whose intent was just committed.
    ///
    /// - Parameters:
    ///   - order: As it is sent.
    ///   - predecessor: Total of the order that it replaces, in the same units; `nil` when it replaces none.
    public init(_ order: ChildOrder, over predecessor: Quantity? = nil) {
        self.order = order
        self.predecessor = predecessor
    }

    /// A replacement that is not known to have taken its predecessor's place.
    public var isReplacing: Bool { predecessor != nil && carried == nil }

    /// What may trade under this id in all: the total without what the chain had executed before.
    public var share: Quantity { order.request.quantity - (carried ?? .zero) }

    /// What this child may still fill: its reservation in the parent (I1).
    ///
    /// All its unfilled quantity until it is final; afterwards only what the venue executed and we have not seen. A
    /// replacement that is pending holds what it asks for beyond its predecessor, so that both hold the larger total.
    public var open: Quantity {
        if life.isFinal { return max((executed ?? filled) - filled, .zero) }
        if let predecessor, carried == nil { return max(order.request.quantity - predecessor, .zero) }
        return max(share - filled, .zero)
    }

    /// The venue filled more than we asked for: recorded, alerted, never hidden.
    public var isOverfilled: Bool { filled > share }

    /// What an event does to this state: where it leads, or why it changes nothing and is not recorded again.
    public func transition(for event: ChildEvent) -> ChildTransition {
        ChildStateTable.transition(life, outstanding, trigger(of: event))
    }

    /// Whether an event changes this state.
    public func accepts(_ event: ChildEvent) -> Bool {
        if case .to = transition(for: event) { true } else { false }
    }

    /// What an event means to this state, its quantities looked at.
    public func trigger(of event: ChildEvent) -> ChildTrigger {
        switch event {
        case .intended: .repeated
        case .acknowledged: filled.isZero ? .acknowledged : .acknowledgedTrading
        case .filled(let fill) where trades.contains(fill.tradeID): .repeated
        case .filled(let fill) where filled + fill.quantity < share: .filledInPart
        case .filled(let fill): filled + fill.quantity == share ? .filledInWhole : .filledBeyond
        case .rejected: filled.isZero && !hasTakenOver ? .rejected : .contradicted
        case .notPlaced: filled.isZero && !hasTakenOver ? .notPlaced : .contradicted
        case .cancelled(let executed): executed >= share ? .endedWhole : .cancelled
        case .expired(let executed): executed >= share ? .endedWhole : .expired
        case .unknown: .unknown
        case .cancelRequested: .cancelRequested
        case .cancelRefused: .cancelRefused
        case .replaced(let executed, _, _): isNews(executed) ? .tookOver : .repeated
        case .resolved(let executed, _):
            executed >= share ? .resolvedWhole : max(executed, filled).isZero ? .resolvedNothing : .resolvedPart
        }
    }

    private var hasTakenOver: Bool { predecessor != nil && carried != nil }

    private func isNews(_ executed: Quantity?) -> Bool {
        predecessor != nil && (carried == nil || (executed != nil && !isCarriedTold))
    }

    /// Applies an event that ``accepts(_:)`` says yes to; another changes nothing.
    public mutating func apply(_ event: ChildEvent) {
        guard case .to(let life, let outstanding) = transition(for: event) else { return }
        if case .filled(let fill) = event {
            trades.insert(fill.tradeID)
            filled += fill.quantity
        }
        move(to: life, outstanding, executed: Self.executed(event) ?? filled)
    }

    /// As it is after a trade.
    func with(_ fill: Fill) -> ChildState {
        var next = self
        next.apply(.filled(fill))
        return next
    }

    /// The order that is to take its place was committed.
    mutating func beginReplacement() { take(.replaceRequested) }

    /// That order was refused, or never reached the venue.
    mutating func dropReplacement() { take(.replaceRefused) }

    /// Another order has its place now; `executed` is what the venue says was traded under this id until then.
    mutating func endReplaced(executed: Quantity?) {
        if life == .replaced, self.executed == nil { self.executed = executed }
        guard case .to(let life, let outstanding) = ChildStateTable.transition(life, outstanding, .replaced) else {
            return
        }
        move(to: life, outstanding, executed: executed)
    }

    /// Takes note of what the chain had executed before this order; `isTold` when the venue said so.
    mutating func carry(_ quantity: Quantity, isTold: Bool) {
        carried = quantity
        isCarriedTold = isCarriedTold || isTold
        if !life.isFinal, share <= filled { move(to: .filled, .none, executed: filled) }
    }

    private mutating func take(_ trigger: ChildTrigger) {
        guard case .to(let life, let outstanding) = ChildStateTable.transition(life, outstanding, trigger) else {
            return
        }
        move(to: life, outstanding, executed: nil)
    }

    private mutating func move(to life: ChildLife, _ outstanding: OutstandingRequest, executed: Quantity?) {
        if life.isFinal, !self.life.isFinal { self.executed = executed }
        self.life = life
        self.outstanding = outstanding
    }

    /// What the venue has executed under this id, as an event that ends it says.
    private static func executed(_ event: ChildEvent) -> Quantity? {
        switch event {
        case .cancelled(let executed), .expired(let executed), .resolved(let executed, _): executed
        case .rejected, .notPlaced: .zero
        case .intended, .acknowledged, .filled, .unknown, .cancelRequested, .cancelRefused, .replaced: nil
        }
    }
}
