import Testing
import TradingDomain

/// Random numbers of a test, from its seed alone.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    }

    /// A number with a random number of digits, so that small and large ones are equally common.
    mutating func integer(digits: Int) -> Int64 {
        let bound = (0..<Int.random(in: 1...digits, using: &self)).reduce(Int64(1)) { value, _ in value * 10 }
        return Int64.random(in: -bound...bound, using: &self)
    }
}
