/// The name of an execution algorithm as shown everywhere, such as `TWAP_AGGRESSIVE`.
public struct AlgorithmName: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }

    public static let market = AlgorithmName(unchecked: "MARKET")
    public static let twap = AlgorithmName(unchecked: "TWAP")
    public static let twapAggressive = AlgorithmName(unchecked: "TWAP_AGGRESSIVE")
    public static let twapStandard = AlgorithmName(unchecked: "TWAP_STANDARD")
    public static let vwap = AlgorithmName(unchecked: "VWAP")
    public static let vwapDynamic = AlgorithmName(unchecked: "VWAP_DYNAMIC")
    public static let limit = AlgorithmName(unchecked: "LIMIT")
    public static let pov = AlgorithmName(unchecked: "POV")
    public static let iceberg = AlgorithmName(unchecked: "ICEBERG")
    public static let passive = AlgorithmName(unchecked: "PASSIVE")
    public static let aggressive = AlgorithmName(unchecked: "AGGRESSIVE")
    public static let adaptive = AlgorithmName(unchecked: "ADAPTIVE")
    public static let liquidityAware = AlgorithmName(unchecked: "LIQUIDITY_AWARE")
    public static let implementationShortfall = AlgorithmName(unchecked: "IMPLEMENTATION_SHORTFALL")
}

/// What a parent does with the quantity it missed, after an outage or when a slice did not fill.
public enum CatchUpPolicy: Hashable, Sendable, Codable {
    /// Spread what was missed over the slices that are left.
    case spread
    /// Leave it unfilled.
    case skip
    /// Send it with the next slice, at most `maximumSlices` slices' worth at once.
    case burst(maximumSlices: Int)
}
