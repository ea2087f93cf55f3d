public import TradingDomain

/// What the venue takes of one symbol: its filters, in fixed point.
public struct SymbolRules: Hashable, Sendable {
    /// Least, most and step of a quantity.
    public struct Lots: Hashable, Sendable {
        public let least: Quantity
        public let most: Quantity
        public let step: Quantity

        public init(least: Quantity, most: Quantity, step: Quantity) {
            self.least = least
            self.most = most
            self.step = step
        }
    }

    public let symbol: Symbol
    /// What the order's value, commission and profit are counted in.
    public let currency: Currency
    public let isTrading: Bool
    public let priceLeast: Price
    public let priceMost: Price
    /// Counted from ``priceLeast``.
    public let tick: Price
    public let limitLots: Lots
    public let marketLots: Lots
    public let minimumNotional: Money
    /// A buy may be priced up to mark × this.
    public let multiplierUp: FixedDecimal
    /// A sell may be priced down to mark × this.
    public let multiplierDown: FixedDecimal

    public init(
        symbol: Symbol,
        currency: Currency,
        isTrading: Bool,
        priceLeast: Price,
        priceMost: Price,
        tick: Price,
        limitLots: Lots,
        marketLots: Lots,
        minimumNotional: Money,
        multiplierUp: FixedDecimal,
        multiplierDown: FixedDecimal
    ) {
        self.symbol = symbol
        self.currency = currency
        self.isTrading = isTrading
        self.priceLeast = priceLeast
        self.priceMost = priceMost
        self.tick = tick
        self.limitLots = limitLots
        self.marketLots = marketLots
        self.minimumNotional = minimumNotional
        self.multiplierUp = multiplierUp
        self.multiplierDown = multiplierDown
    }

    /// The instrument that these rules are of: always open, one coin a contract.
    public var instrument: Instrument {
        Instrument(
            symbol: symbol,
            venue: "BINANCE-USDM",
            currency: currency,
            assetClass: .crypto,
            tick: tick,
            lot: limitLots.step,
            minimumNotional: minimumNotional,
            marketMost: marketLots.most,
            calendar: "24/7"
        )
    }
}

/// An order as it goes to the venue: on its grids, and by our knowledge within its filters.
public struct FuturesOrder: Hashable, Sendable {
    /// How long it may rest, in the venue's words.
    public enum TimeInForce: String, Hashable, Sendable, CaseIterable {
        case goodTillCancel = "GTC"
        case immediateOrCancel = "IOC"
        case fillOrKill = "FOK"
        /// Post only.
        case goodTillCrossing = "GTX"
    }

    /// Who gives way when an order would trade with another of the same account.
    public enum SelfTradePrevention: String, Hashable, Sendable, CaseIterable {
        case expireTaker = "EXPIRE_TAKER"
        case expireMaker = "EXPIRE_MAKER"
        case expireBoth = "EXPIRE_BOTH"
        case none = "NONE"
    }

    public let id: ClientOrderID
    public let symbol: Symbol
    public let side: Side
    public let quantity: Quantity
    /// `nil` for a market order.
    public let price: Price?
    /// `nil` for a market order.
    public let timeInForce: TimeInForce?
    public let reduceOnly: Bool
    public let selfTradePrevention: SelfTradePrevention?
    /// Signed into the request, and never taken anew.
    public let requestTime: Timestamp
    /// The venue takes no copy that arrives later than this after ``requestTime``.
    public let validFor: Duration
}

/// Why we do not send an order that the venue would refuse.
public enum OrderRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownSymbol(Symbol)
    case notTrading(Symbol)
    case priceOutOfRange(Price, least: Price, most: Price)
    case quantityBelowLeast(Quantity, least: Quantity)
    case quantityAboveMost(Quantity, most: Quantity)
    case belowMinimumNotional(Money, least: Money)
    case marketOrderInstead

    /// Stable name for rows and metrics.
    public var code: String {
        switch self {
        case .unknownSymbol: "unknown_symbol"
        case .notTrading: "symbol_not_trading"
        case .priceOutOfRange: "price_out_of_range"
        case .quantityBelowLeast: "quantity_below_least"
        case .quantityAboveMost: "quantity_above_most"
        case .belowMinimumNotional: "notional_below_least"
        case .marketOrderInstead: "replacement_not_limit"
        }
    }

    public var description: String {
        switch self {
        case .unknownSymbol(let symbol):
            "The venue does not list \(symbol). Correct its name; `BTCUSDT` is how they look."
        case .notTrading(let symbol): "The venue does not trade \(symbol) now. Wait, or choose another."
        case .priceOutOfRange(let price, let least, let most):
            "The price \(price) is outside what the venue takes, \(least) to \(most). Price it within."
        case .quantityBelowLeast(let quantity, let least):
            "The quantity \(quantity) is below the venue's least of \(least). Send fewer and larger orders."
        case .quantityAboveMost(let quantity, let most):
            "The quantity \(quantity) is above the venue's most of \(most). Split the order."
        case .belowMinimumNotional(let value, let least):
            "The order is worth \(value), below the venue's least of \(least). Send fewer and larger orders."
        case .marketOrderInstead: "Only a limit order can take another's place. Cancel that one, then send this."
        }
    }
}

extension SymbolRules {
    /// Puts an order on the venue's grids and checks it against the filters, as the venue would.
    ///
    /// A price goes to the tick that is no worse for the trader, a quantity down to whole steps.
    ///
    /// - Parameters:
    ///   - order: As its intent was committed.
    ///   - mark: The mark price, where it is known; bands and the value of market orders are judged by it.
    ///   - reduceOnly: Whether it may only reduce the position; such an order may be of any value.
    ///   - prevention: Sent with orders for which the venue has it.
    /// - Returns: The order as it may be sent.
    /// - Throws: ``OrderRefusal`` for an order that the venue would refuse.
    public func prepare(
        _ order: ChildOrder,
        mark: Price?,
        reduceOnly: Bool = false,
        prevention: FuturesOrder.SelfTradePrevention? = nil
    ) throws(OrderRefusal) -> FuturesOrder {
        guard isTrading else { throw .notTrading(symbol) }
        let price = try order.request.type.limitPrice.map { price throws(OrderRefusal) in
            try checked(price, order.side, mark)
        }
        let lots = price == nil ? marketLots : limitLots
        let quantity = order.request.quantity.rounded(toLot: lots.step)
        guard quantity >= lots.least, quantity > .zero else {
            throw .quantityBelowLeast(order.request.quantity, least: lots.least)
        }
        guard quantity <= lots.most else { throw .quantityAboveMost(quantity, most: lots.most) }
        if let valued = price ?? mark, !reduceOnly {
            let value = instrument.notional(valued, quantity)
            guard value >= minimumNotional else { throw .belowMinimumNotional(value, least: minimumNotional) }
        }
        let time: FuturesOrder.TimeInForce? = price == nil ? nil : Self.timeInForce(order.request)
        let allows = time == nil || time == .goodTillCancel || time == .immediateOrCancel
        return FuturesOrder(
            id: order.id,
            symbol: symbol,
            side: order.side,
            quantity: quantity,
            price: price,
            timeInForce: time,
            reduceOnly: reduceOnly,
            selfTradePrevention: allows ? prevention : nil,
            requestTime: order.requestTime,
            validFor: order.validFor
        )
    }

    private func checked(_ asked: Price, _ side: Side, _ mark: Price?) throws(OrderRefusal) -> Price {
        // The grid begins at the least price, which need not be a whole number of ticks.
        guard asked >= priceLeast else { throw .priceOutOfRange(asked, least: priceLeast, most: priceMost) }
        let price = priceLeast + (asked - priceLeast).rounded(to: tick, for: side)
        guard price <= priceMost else { throw .priceOutOfRange(price, least: priceLeast, most: priceMost) }
        guard let mark, mark > .zero else { return price }
        let bound = Price(
            units: Int64(
                clamping: (FixedDecimal(units: Int128(mark.units)) * (side == .buy ? multiplierUp : multiplierDown))
                    .units
            )
        )
        // A limit beyond the band only says how far the order may trade. One a thousandth inside its edge is nearer, and the
        // mark price may move so far before the order arrives.
        let margin = bound.units / 1000
        let edge = Price(units: side == .buy ? bound.units - margin : bound.units + margin)
        guard side == .buy ? price > edge : price < edge else { return price }
        return priceLeast + (max(edge, priceLeast) - priceLeast).rounded(to: tick, for: side)
    }

    private static func timeInForce(_ request: ChildRequest) -> FuturesOrder.TimeInForce {
        switch request.timeInForce {
        case .immediateOrCancel: .immediateOrCancel
        case .fillOrKill: .fillOrKill
        // The venue is always open: a day has no end there.
        case .day, .goodTillCancel: request.isPostOnly ? .goodTillCrossing : .goodTillCancel
        }
    }
}
