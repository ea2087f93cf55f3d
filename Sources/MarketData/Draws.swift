import TradingDomain

/// Counter-based randomness of the generated market: a hash of seed, name, purpose and day, without state.
///
/// The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014). Only additions, products and square roots follow, so a seed gives the same market on
/// every machine.
struct Draws {
    private let key: UInt64

    init(seed: UInt64, _ name: String, _ purpose: String, _ day: Int = 0) {
        var hash = Self.mix(seed)
        for byte in name.utf8 { hash = Self.mix(hash ^ UInt64(byte)) }
        for byte in purpose.utf8 { hash = Self.mix(hash ^ UInt64(byte) << 8) }
        key = Self.mix(hash ^ UInt64(bitPattern: Int64(day)))
    }

    func bits(_ draw: Int) -> UInt64 {
        Self.mix(key &+ (UInt64(truncatingIfNeeded: draw) &+ 1) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// A number in [0, 1) with 53 random bits.
    func uniform(_ draw: Int) -> Double { Double(bits(draw) >> 11) * 0x1p-53 }

    /// Nearly normal, with mean 0 and variance 1: the sum of four uniform numbers, so never beyond 3.5.
    func normal(_ draw: Int) -> Double {
        let bits = bits(draw)
        let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        return (Double(sum) - 131_070) * (1.732_050_807_568_877_2 / 65_536)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// eˣ for |x| ≤ 4 within 1e-13, from sums and products alone.
    static func exponential(_ x: Double) -> Double {
        let part = x / 16
        var sum = 1.0
        for term in stride(from: 9.0, through: 1, by: -1) { sum = 1 + part * sum / term }
        for _ in 0..<4 { sum *= sum }
        return sum
    }
}
