public import TradingDomain

/// What happens when an order would trade with another of its owner; the incoming order's mode decides.
public enum SelfTradePrevention: String, Codable, Hashable, Sendable, CaseIterable {
    /// They trade.
    case none = "NONE"
    /// The rest of the incoming order expires.
    case expireTaker = "EXPIRE_TAKER"
    /// The resting order expires, and the incoming one goes on.
    case expireMaker = "EXPIRE_MAKER"
    /// Both expire.
    case expireBoth = "EXPIRE_BOTH"
}

/// An order on its way into a book.
public struct IncomingOrder: Hashable, Sendable {
    /// What becomes of the part that does not trade at once.
    public enum Rest: Hashable, Sendable {
        /// It waits in the book at its price.
        case rests
        /// It expires.
        case immediateOrCancel
        /// Nothing trades unless all of it does.
        case fillOrKill
        /// It rests, and an order that would trade at once is refused whole.
        case postOnly
    }

    public let id: BookOrderID
    public let owner: BookOwner
    public let side: Side
    /// The worst price it accepts; `nil` for a market order, whose rest expires.
    public let limit: Price?
    public let quantity: Quantity
    public let rest: Rest
    public let prevention: SelfTradePrevention

    public init(
        id: BookOrderID,
        owner: BookOwner = .anonymous,
        side: Side,
        limit: Price?,
        quantity: Quantity,
        rest: Rest = .rests,
        prevention: SelfTradePrevention = .expireMaker
    ) {
        self.id = id
        self.owner = owner
        self.side = side
        self.limit = limit
        self.quantity = quantity
        self.rest = rest
        self.prevention = prevention
    }

    /// Whether it would trade with an order at `price` on the other side.
    func accepts(_ price: Price) -> Bool {
        guard let limit else { return true }
        return side == .buy ? price <= limit : price >= limit
    }

    /// Whether an order of `other` is one that it must not trade with.
    func avoids(_ other: BookOwner) -> Bool {
        prevention != .none && owner != .anonymous && owner == other
    }
}

/// Why a book took an order in no part; nothing changed then.
public enum BookRefusal: String, Hashable, Sendable {
    case duplicateID = "duplicate_id"
    case quantityNotPositive = "quantity_not_positive"
    /// Post-only, and it would trade at once.
    case wouldTrade = "would_trade"
    /// A post-only order without a price cannot rest.
    case priceMissing = "price_missing"
    case unknownOrder = "unknown_order"
}

/// Why an order left a book, or never got in, without being filled.
public enum BookExit: String, Hashable, Sendable {
    case cancelled
    /// The rest of an immediate or market order.
    case unfilled
    /// A fill-or-kill order that could not be filled whole.
    case killed
    case selfTrade = "self_trade"
}

/// What a book did, in the order in which it did it.
public enum BookEvent: Hashable, Sendable {
    /// A trade at the resting order's price; `makerOpen` and `takerOpen` are what is left of the two.
    case traded(
        maker: BookOrderID,
        taker: BookOrderID,
        price: Price,
        quantity: Quantity,
        makerOpen: Quantity,
        takerOpen: Quantity
    )
    /// What is left of an order now waits in the book.
    case rested(RestingOrder)
    /// A resting order was made smaller and kept its priority.
    case reduced(RestingOrder)
    /// `open` is what was left of it.
    case left(BookOrderID, open: Quantity, BookExit)
    case refused(BookOrderID, BookRefusal)
}
