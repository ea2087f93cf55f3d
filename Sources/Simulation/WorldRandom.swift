/// SplitMix64: the one source of chance in a world, so that a failure replays from its seed.
struct WorldRandom: Sendable {
    private var state: UInt64

    init(_ seed: UInt64) {
        // Mixed, since a state that grows with the seed as it grows with each number gives all seeds one sequence.
        state = Self.mix(seed &+ 0x632B_E59B_D9B4_E019)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    private static func mix(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number in 0 ..< `bound`.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// True in so many of 1000 cases.
    mutating func chance(_ perMille: Int) -> Bool { below(1000) < perMille }

    mutating func duration(_ milliseconds: ClosedRange<Int>) -> Duration {
        .milliseconds(milliseconds.lowerBound + below(milliseconds.count))
    }
}
