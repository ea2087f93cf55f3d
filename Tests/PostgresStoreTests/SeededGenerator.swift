/// SplitMix64, so that a failing case can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

/// Draws texts from the characters that quoting gets wrong.
func nastyText(using random: inout SeededGenerator) -> String {
    let pieces = [
        "\"", "\\", "'", ",", "{", "}", " ", "NULL", "null", "\n", "\t", "$1", "é", "🦊", "\u{1}", "a", "\\\\", "\\\"",
        "--", ";", "%", "e\u{301}", "\r\n",
    ]
    return (0..<Int.random(in: 0...8, using: &random)).map { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &random)]
    }
    .joined()
}
