public import TradingDomain

/// Weights or quantities that cannot be apportioned.
public enum ApportionmentError: Error, Hashable, Sendable, CustomStringConvertible {
    case noWeights
    case negativeWeight(index: Int)
    case zeroWeights
    case negativeQuantity(Int64)

    public var code: String {
        switch self {
        case .noWeights: "no_weights"
        case .negativeWeight: "negative_weight"
        case .zeroWeights: "zero_weights"
        case .negativeQuantity: "negative_quantity"
        }
    }

    public var description: String {
        switch self {
        case .noWeights: "There are no slices to spread the order over. Give at least one."
        case .negativeWeight(let index):
            "The weight of slice \(index + 1) is negative or not a number. Weights are 0 or more."
        case .zeroWeights: "Every slice has weight 0, so nothing can be placed. Give at least one positive weight."
        case .negativeQuantity(let quantity): "Cannot spread \(quantity) lots: the quantity must be 0 or more."
        }
    }
}

/// Splits whole lots over slices so that they sum exactly to the total.
public enum Apportionment {
    /// Evenly spread in time: `floor(Q·C_i + ½) − floor(Q·C_{i−1} + ½)` with cumulative weight shares C (AL-13).
    ///
    /// - Parameters:
    ///   - lots: What to split, zero or more.
    ///   - weights: Whole numbers, zero or more, not all zero.
    /// - Returns: One share per weight; they sum to `lots`.
    /// - Throws: ``ApportionmentError`` for input that has no answer.
    public static func cumulative(_ lots: Int64, over weights: [Int64]) throws(ApportionmentError) -> [Int64] {
        let total = try check(lots, weights)
        var seen: Int128 = 0
        var placed: Int128 = 0
        return weights.map { weight in
            seen += Int128(weight)
            let until = (2 * Int128(lots) * seen + total) / (2 * total)
            defer { placed = until }
            return Int64(until - placed)
        }
    }

    /// Largest remainder (Hamilton): exact ties go to the earliest slice.
    ///
    /// - Parameters:
    ///   - lots: What to split, zero or more.
    ///   - weights: Whole numbers, zero or more, not all zero.
    /// - Returns: One share per weight; they sum to `lots`, and a slice of weight zero gets nothing.
    /// - Throws: ``ApportionmentError`` for input that has no answer.
    public static func largestRemainder(_ lots: Int64, over weights: [Int64]) throws(ApportionmentError) -> [Int64] {
        let total = try check(lots, weights)
        var shares = weights.map { Int64(Int128(lots) * Int128($0) / total) }
        let remainders = weights.map { Int128(lots) * Int128($0) % total }
        let order = weights.indices.sorted { (remainders[$1], $0) < (remainders[$0], $1) }
        for index in order.prefix(Int(lots - shares.reduce(0, +))) { shares[index] += 1 }
        return shares
    }

    /// Largest remainder in whole lots of `lot`; an odd rest goes to the last slice with positive weight.
    ///
    /// - Parameters:
    ///   - quantity: What to split, zero or more.
    ///   - lot: Greater than zero.
    ///   - weights: Whole numbers, zero or more, not all zero.
    /// - Returns: One quantity per weight; they sum to `quantity`.
    /// - Throws: ``ApportionmentError`` for input that has no answer.
    public static func largestRemainder(
        _ quantity: Quantity,
        lot: Quantity,
        over weights: [Int64]
    ) throws(ApportionmentError) -> [Quantity] {
        var shares = try largestRemainder(quantity.lots(of: lot), over: weights).map { Quantity(units: $0 * lot.units) }
        let rest = quantity - quantity.rounded(toLot: lot)
        if let last = weights.lastIndex(where: { $0 > 0 }) { shares[last] += rest }
        return shares
    }

    /// Weights as whole numbers, for shares that come as doubles such as a volume profile: 53 bits are kept.
    ///
    /// - Parameter weights: Finite, zero or more.
    /// - Returns: Whole numbers in the same proportions.
    /// - Throws: ``ApportionmentError/negativeWeight(index:)`` for a weight that is negative or not finite.
    public static func whole(_ weights: [Double]) throws(ApportionmentError) -> [Int64] {
        for (index, weight) in weights.enumerated() where !(weight >= 0 && weight.isFinite) {
            throw .negativeWeight(index: index)
        }
        let largest = weights.max() ?? 0
        guard largest > 0 else { return weights.map { _ in 0 } }
        return weights.map { Int64(($0 / largest * 0x1p52).rounded()) }
    }

    private static func check(_ lots: Int64, _ weights: [Int64]) throws(ApportionmentError) -> Int128 {
        guard !weights.isEmpty else { throw .noWeights }
        if let index = weights.firstIndex(where: { $0 < 0 }) { throw .negativeWeight(index: index) }
        guard lots >= 0 else { throw .negativeQuantity(lots) }
        let total = weights.reduce(Int128(0)) { $0 + Int128($1) }
        guard total > 0 else { throw .zeroWeights }
        return total
    }
}
