/// The name of an execution algorithm as shown everywhere, such as `TWAP_AGGRESSIVE`.
public struct AlgorithmName: TextID {
    public let text: String
    public init(unchecked text: String) { self.text = text }

    public static let market = AlgorithmName(unchecked: "MARKET")
    public static let twap = AlgorithmName(unchecked: "TWAP")
    public static let twapAggressive = AlgorithmName(unchecked: "TWAP_AGGRESSIVE")
    public static let twapStandard = AlgorithmName(unchecked: "TWAP_STANDARD")
    public static let vwap = AlgorithmName(unchecked: "VWAP")
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
