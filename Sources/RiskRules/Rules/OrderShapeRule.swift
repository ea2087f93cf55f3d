public import TradingDomain

/// Refuses orders that no venue could take: a size that is not in whole lots, no price, a foreign currency.
public struct OrderShapeRule: RiskRule {
    public let name = "order_shape"

    public init() {}

    public func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict {
        let lot = order.instrument.lot
        if order.quantity <= .zero || order.quantity.rounded(toLot: lot) != order.quantity {
            return block(
                order,
                "quantity_not_in_lots",
                nil,
                "\(order.quantity) \(order.symbol) is not a positive number of lots of \(lot). Round it first."
            )
        }
        if order.referencePrice <= .zero {
            return block(
                order,
                "no_reference_price",
                nil,
                "\(order.key) was sized at \(order.referencePrice). Size it again at a live price."
            )
        }
        guard order.instrument.currency == snapshot.equity.currency else {
            return block(
                order,
                "currency_mismatch",
                nil,
                "\(order.symbol) trades in \(order.instrument.currency), the account is in "
                    + "\(snapshot.equity.currency). Use an account in that currency."
            )
        }
        return pass(order)
    }
}
