/// Which way an order trades.
public enum Side: String, Codable, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case buy = "BUY"
    case sell = "SELL"

    public var opposite: Side { self == .buy ? .sell : .buy }

    /// 1 for a buy, −1 for a sell.
    public var sign: Int64 { self == .buy ? 1 : -1 }

    public var description: String { rawValue }
}

/// How fast a decision should be executed; it never decides whether.
public enum Urgency: String, Codable, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case critical = "CRITICAL"
    case high = "HIGH"
    case medium = "MEDIUM"
    case low = "LOW"

    /// Reads an urgency in upper case, also by its alias `IMMEDIATE` for ``critical``.
    public init?(alias text: some StringProtocol) {
        self.init(rawValue: text == "IMMEDIATE" ? "CRITICAL" : String(text))
    }

    public var description: String { rawValue }
}

/// Where a run may send orders; a decision names the highest one it may reach.
public enum TradingEnvironment: String, Codable, Hashable, Sendable, CaseIterable, Comparable {
    case backtest = "BACKTEST"
    case paper = "PAPER"
    case live = "LIVE"

    public static func < (left: TradingEnvironment, right: TradingEnvironment) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .backtest: 0
        case .paper: 1
        case .live: 2
        }
    }
}
