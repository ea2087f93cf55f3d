/// Counter-based randomness: a hash of (seed, event, draw), without state, the same after a takeover.
///
/// The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014).
public struct CounterRandom: Hashable, Sendable {
    private let key: UInt64

    /// Makes the source of one event of one parent.
    public init(seed: UInt64, parent: String, event: Int) {
        var hash = Self.mix(seed)
        for byte in parent.utf8 { hash = Self.mix(hash ^ UInt64(byte)) }
        key = Self.mix(hash ^ UInt64(bitPattern: Int64(event)))
    }

    /// A number in [0, 1) with 53 random bits.
    public func uniform(_ draw: UInt64) -> Double { Double(bits(draw) >> 11) * 0x1p-53 }

    public func bits(_ draw: UInt64) -> UInt64 { Self.mix(key &+ (draw &+ 1) &* 0x9E37_79B9_7F4A_7C15) }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
