/// How two samples go together.
public enum Correlation {
    /// Pearson's correlation, −1 … 1.
    ///
    /// - Returns: `nil` for fewer than two pairs, or where one of the samples does not vary.
    public static func linear(_ pairs: [(Double, Double)]) -> Double? {
        guard pairs.count >= 2 else { return nil }
        let count = Double(pairs.count)
        let first = pairs.reduce(0) { $0 + $1.0 } / count
        let second = pairs.reduce(0) { $0 + $1.1 } / count
        var (cross, left, right) = (0.0, 0.0, 0.0)
        for pair in pairs {
            cross += (pair.0 - first) * (pair.1 - second)
            left += (pair.0 - first) * (pair.0 - first)
            right += (pair.1 - second) * (pair.1 - second)
        }
        guard left > 0, right > 0 else { return nil }
        return min(1, max(-1, cross / (left * right).squareRoot()))
    }

    /// Spearman's rank correlation, −1 … 1; equal values share the mean of their ranks.
    ///
    /// - Returns: `nil` as ``linear(_:)``.
    public static func rank(_ pairs: [(Double, Double)]) -> Double? {
        let first = ranks(pairs.map(\.0))
        let second = ranks(pairs.map(\.1))
        return linear(Array(zip(first, second)))
    }

    private static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        var ranks = Array(repeating: 0.0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }
}
