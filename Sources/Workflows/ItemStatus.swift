/// How an item, a child run or a run ended (SX-1).
public enum ItemStatus: String, Hashable, Sendable, Codable, CaseIterable, CustomStringConvertible {
    case success = "SUCCESS"
    case partial = "PARTIAL"
    case hold = "HOLD"
    case abstain = "ABSTAIN"
    case blocked = "BLOCKED"
    case rejected = "REJECTED"
    case failed = "FAILED"

    public var description: String { rawValue }

    /// The status of a whole made of parts: the worst that any part stated, and SUCCESS when none stated one.
    ///
    /// FAILED > BLOCKED > REJECTED > PARTIAL > ABSTAIN > SUCCESS > HOLD. HOLD is weakest because it says "nothing was to
    /// do here": a list of which one name traded and the others held is a SUCCESS, one of which all held is a HOLD.
    public static func combined(_ parts: some Sequence<ItemStatus>) -> ItemStatus {
        parts.max { $0.weight < $1.weight } ?? .success
    }

    /// True for what ended as it should: SUCCESS, PARTIAL and HOLD.
    public var countsAsSucceeded: Bool { self == .success || self == .partial || self == .hold }

    private var weight: Int {
        switch self {
        case .hold: 0
        case .success: 1
        case .abstain: 2
        case .partial: 3
        case .rejected: 4
        case .blocked: 5
        case .failed: 6
        }
    }
}
