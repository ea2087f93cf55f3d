public import TradingDomain

/// A basket of orders as a whole: what the account comes to while its orders are worked in their order, and afterwards.
///
/// Each order has passed the rules one after the other when this is asked; here the plan as a whole is added up again, on
/// its own, so that no rule's mistake about one order brings the account over its bounds.
public struct BasketPath: Codable, Hashable, Sendable {
    /// Sum of the positions' magnitudes, live orders filled in the worst way.
    public let grossBefore: Money
    public let grossAfter: Money
    /// Signed sum of the positions once all orders of the basket have filled.
    public let netBefore: Money
    public let netAfter: Money
    /// The least free cash: before the first order, and right after each that adds exposure is paid with its fees.
    public let cashLow: Money
    /// Value of all orders.
    public let turnover: Money
    /// Why the basket must not be traded as a whole; `nil` when it may.
    public let violation: Violation?

    /// A bound that the basket as a whole is beyond.
    public struct Violation: Codable, Hashable, Sendable {
        /// `basket_gross_above_limit` or `basket_cash_negative`.
        public let code: String
        public let message: String
    }

    /// Follows `orders` one by one, each filled whole.
    ///
    /// Sells that only reduce bring their cash before the orders behind them where `limits` say that buys wait for sells;
    /// else they bring nothing.
    public init(_ orders: [ProposedOrder], _ snapshot: RiskSnapshot, _ limits: RiskLimits) {
        var account = snapshot
        var low = snapshot.freeCash
        var turnover = Money.zero(snapshot.equity.currency)
        for order in orders {
            if account.holdings[order.symbol] == nil {
                let holding = RiskSnapshot.Holding(instrument: order.instrument, mark: order.referencePrice)
                account.holdings[order.symbol] = holding
            }
            let adds = !account.onlyReduces(order)
            let value = order.instrument.notional(account.mark(for: order), order.quantity)
            let fees = value.percent(limits.cashReservePercent)
            turnover += order.notional
            switch order.side {
            case .sell:
                // What opens a short brings nothing that may be spent.
                let cash = adds || !limits.sellsFundBuys ? Money.zero(value.currency) : value - fees
                account.trade(.sell, order.instrument, order.quantity, for: cash)
            case .buy:
                let price = account.payPrice(for: order)
                let cost = order.instrument.notional(price, order.quantity)
                account.trade(
                    .buy,
                    order.instrument,
                    order.quantity,
                    for: cost + cost.percent(limits.cashReservePercent)
                )
                if adds { low = min(low, account.freeCash) }
            }
        }
        (grossBefore, netBefore) = Self.exposure(snapshot)
        // Only what was traded has changed: a basket of one among many positions is cheap.
        let traded = Set(orders.map(\.symbol))
        grossAfter = traded.reduce(grossBefore) { $0 + account.worstExposure($1) - snapshot.worstExposure($1) }
        netAfter = traded.reduce(netBefore) { $0 + Self.value($1, account) - Self.value($1, snapshot) }
        cashLow = low
        self.turnover = turnover
        let most = snapshot.equity.percent(limits.maxGrossExposurePercent)
        if limits.requireCash, low.isNegative, low < snapshot.freeCash {
            violation = Violation(
                code: "basket_cash_negative",
                message:
                    "Worked in their order, the orders would leave \(low) of free cash. Put sells before buys, or buy "
                    + "less; nothing of the basket was approved."
            )
        } else if grossAfter > most, grossAfter > grossBefore {
            violation = Violation(
                code: "basket_gross_above_limit",
                message:
                    "All orders together would bring the positions from \(grossBefore) to \(grossAfter); the limit is "
                    + "\(limits.maxGrossExposurePercent) % of equity (\(most)). Nothing of the basket was approved."
            )
        } else {
            violation = nil
        }
    }

    /// The whole in one line, for people.
    public var words: String {
        "basket: gross \(grossBefore) to \(grossAfter), net \(netBefore) to \(netAfter), turnover \(turnover), least cash on "
            + "the way \(cashLow)"
    }

    /// Of all symbols: the sum of what each may come to, and the signed sum of what is held.
    private static func exposure(_ account: RiskSnapshot) -> (gross: Money, net: Money) {
        let zero = Money.zero(account.equity.currency)
        var (gross, net) = (account.others?.worst ?? zero, account.others?.net ?? zero)
        for symbol in account.holdings.keys {
            gross += account.worstExposure(symbol)
            net += value(symbol, account)
        }
        for symbol in account.open.keys where account.holdings[symbol] == nil { gross += account.worstExposure(symbol) }
        return (gross, net)
    }

    private static func value(_ symbol: Symbol, _ account: RiskSnapshot) -> Money {
        guard let holding = account.holdings[symbol], !holding.quantity.isZero else {
            return .zero(account.equity.currency)
        }
        return holding.instrument.notional(holding.mark, holding.quantity)
    }
}
