import Glibc

/// The standard normal distribution, accurate far into its tails.
public enum NormalDistribution {
    /// `φ(x) = e^(−x²/2) ÷ √(2π)`.
    public static func density(_ x: Double) -> Double { exp(-0.5 * x * x) / (2 * Double.pi).squareRoot() }

    /// `Φ(x)`, the share below `x`; keeps its digits where the share is as small as 10⁻³⁰⁰.
    public static func cumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    /// The `x` below which `share` of the distribution lies.
    ///
    /// Newton's method on `ln Φ`, which is concave: from a start that is surely too low every step stays below the root, so
    /// it needs no table of coefficients and no bracket.
    ///
    /// - Throws: ``FormulaError`` unless `0 < share < 1`.
    public static func quantile(_ share: Double) throws(FormulaError) -> Double {
        try FormulaError.requireFinite(share, "share")
        guard share > 0, share < 1 else {
            throw .outOfRange(input: "share", value: share, range: "0 … 1, both excluded")
        }
        guard share != 0.5 else { return 0 }
        guard share < 0.5 else { return try -quantile(1 - share) }
        // Φ(−t) ≤ e^(−t²/2) ÷ 2 makes this a lower bound.
        var x = -(-2 * log(share)).squareRoot()
        for _ in 0..<newtonStepsMax {
            let below = cumulative(x)
            guard below > 0 else { break }  // Below the smallest number: nothing left to refine.
            let step = below * (log(share) - log(below)) / density(x)
            guard step.isFinite else { break }
            x += step
            if step.magnitude <= 1e-15 * x.magnitude { break }
        }
        return x
    }

    /// `e^(x²) · erfc(x)` for `x ≥ 0`, which neither overflows nor underflows.
    ///
    /// From 25 on by the asymptotic series, whose first dropped term is below 10⁻¹² there.
    static func scaledComplement(_ x: Double) -> Double {
        guard x >= 25 else { return exp(x * x) * erfc(x) }
        let square = 1 / (2 * x * x)
        let series = 1 - square * (1 - 3 * square * (1 - 5 * square * (1 - 7 * square)))
        return series / (x * Double.pi.squareRoot())
    }

    /// The method doubles its digits with each step; six are usual.
    private static let newtonStepsMax = 50
}
