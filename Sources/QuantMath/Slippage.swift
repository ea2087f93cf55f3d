public import TradingDomain

/// The seeds' slippage: measured (SL-1) and predicted (SL-3), both as *fractions*, where the rest is in basis points.
public enum Slippage {
    /// SL-1: `(actual − expected) ÷ expected` for a buy, mirrored for a sell; positive is worse.
    ///
    /// - Returns: A fraction of the expected price.
    /// - Throws: ``FormulaError`` when a price is not greater than zero.
    public static func fraction(_ side: Side, expected: Double, actual: Double) throws(FormulaError) -> Double {
        try FormulaError.requirePositive(expected, "expected price")
        try FormulaError.requirePositive(actual, "actual price")
        return (side == .buy ? actual - expected : expected - actual) / expected
    }

    /// SL-1 in basis points.
    ///
    /// - Throws: ``FormulaError`` when a price is not greater than zero.
    public static func bps(_ side: Side, expected: Price, actual: Price) throws(FormulaError) -> Double {
        try fraction(side, expected: expected.approximate, actual: actual.approximate) * 10_000
    }

    /// SL-3 as it stands: `0.5 × size ÷ liquidity + 0.3 × volatility + 0.2 × spreadBps ÷ 10000`.
    ///
    /// - Parameters:
    ///   - size: Of the order, zero or more.
    ///   - liquidity: Of the top five levels, greater than zero, in the unit of `size`.
    ///   - volatility: Over the execution's horizon, as a fraction; a daily one alone exceeds the starting limit.
    ///   - spreadBps: Basis points, zero or more.
    /// - Returns: A fraction of the price.
    /// - Throws: ``FormulaError`` for anything else; no liquidity means: do not trade.
    public static func predictedFraction(
        size: Double,
        liquidity: Double,
        volatility: Double,
        spreadBps: Double
    ) throws(FormulaError) -> Double {
        try FormulaError.requireNonNegative(size, "size")
        try FormulaError.requirePositive(liquidity, "liquidity")
        try FormulaError.requireNonNegative(volatility, "volatility")
        try FormulaError.requireNonNegative(spreadBps, "spread")
        return 0.5 * size / liquidity + 0.3 * volatility + 0.2 * spreadBps / 10_000
    }

    /// SL-3 with size ÷ liquidity capped at 1, for decisions about real orders.
    ///
    /// - Throws: ``FormulaError`` as ``predictedFraction(size:liquidity:volatility:spreadBps:)``.
    public static func boundedPredictedFraction(
        size: Double,
        liquidity: Double,
        volatility: Double,
        spreadBps: Double
    ) throws(FormulaError) -> Double {
        try predictedFraction(
            size: min(size, liquidity),
            liquidity: liquidity,
            volatility: volatility,
            spreadBps: spreadBps
        )
    }
}
