import TradingDomain

/// The sums over one parent's fills, exact.
struct Execution {
    let quantity: Quantity
    /// Sum of the booked amounts.
    let notional: FixedDecimal
    let commission: FixedDecimal
    /// Notional over quantity and multiplier, rounded half-even to 10⁻⁸; absent when nothing filled.
    let averagePrice: Price?
    private let side: Side

    init(fills: [Fill], side: Side, instrument: Instrument) {
        self.side = side
        quantity = fills.reduce(.zero) { $0 + $1.quantity }
        notional = fills.reduce(.zero) { $0 + $1.notional.amount }
        commission = fills.reduce(.zero) { $0 + $1.commission.amount }
        let contracts = FixedDecimal(units: Int128(quantity.units)) * instrument.contractMultiplier
        averagePrice = contracts > .zero ? Price(units: Int64((notional / contracts).units)) : nil
    }

    /// Slippage in basis points of `benchmark`: positive when a buy paid more or a sell received less.
    func slippageBps(against benchmark: Price) -> Double? {
        guard let averagePrice, benchmark.units > 0 else { return nil }
        let difference = Double((averagePrice - benchmark).units) * Double(side.sign)
        return difference / Double(benchmark.units) * 10_000
    }
}
