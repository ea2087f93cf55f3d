public import TradingDomain

/// How the money that several decisions ask for is divided among them.
public enum BasketMethod: String, Codable, Hashable, Sendable, CaseIterable {
    /// The same for each.
    case equal
    /// In proportion to one over the volatility of a day: each then moves the book about as much.
    case inverseVolatility = "inverse_volatility"
}

/// Divides the money of a basket's opening orders anew, and never spends more than they asked for together.
///
/// Orders that only reduce a position stay as decided.
public struct BasketSizer: Sendable {
    public let method: BasketMethod

    public init(_ method: BasketMethod) { self.method = method }

    /// Orders of new sizes.
    public struct Sized: Hashable, Sendable {
        /// In the order given, in whole lots; together worth at most what was asked.
        public let orders: [ProposedOrder]
        /// Orders whose share is less than one lot, or whose volatility is not known.
        public let dropped: [ProposedOrder]
    }

    /// Divides the value of `orders` among them.
    ///
    /// - Parameters:
    ///   - orders: Orders that open or add, of one currency, each at the size that its decision asked for.
    ///   - largest: Most that one order may be worth.
    ///   - volatilities: By symbol, as a fraction of the price, greater than zero; read by `inverse_volatility` alone.
    /// - Returns: What each gets; a share above `largest` is cut to it and not given to others.
    public func sized(_ orders: [ProposedOrder], largest: Money, volatilities: [Symbol: Double]) -> Sized {
        let budget = orders.value(in: largest.currency)
        let weights = orders.map { weight(of: $0, volatilities) }
        let total = weights.reduce(Int128.zero) { $0 + ($1 ?? 0) }
        var (kept, dropped): ([ProposedOrder], [ProposedOrder]) = ([], [])
        for (order, weight) in zip(orders, weights) {
            var sized = order
            if let weight, total > 0 {
                let share = Rounding.floor(budget.units, times: weight, over: total) ?? 0
                let money = min(Money(units: share, budget.currency), largest)
                sized.quantity = order.instrument.quantity(for: money, at: order.referencePrice)
            } else {
                sized.quantity = .zero
            }
            if sized.quantity.isZero { dropped.append(order) } else { kept.append(sized) }
        }
        return Sized(orders: kept, dropped: dropped)
    }

    /// A whole number in proportion to the order's share; `nil` where it has none.
    private func weight(of order: ProposedOrder, _ volatilities: [Symbol: Double]) -> Int128? {
        switch method {
        case .equal: return 1
        case .inverseVolatility:
            // Nothing real moves less than this in a day; an idle quote must not take the whole basket.
            let least = 0.0001
            guard let volatility = volatilities[order.symbol], volatility.isFinite, volatility > 0 else { return nil }
            return Int128((1_000_000 / max(volatility, least)).rounded())
        }
    }
}
