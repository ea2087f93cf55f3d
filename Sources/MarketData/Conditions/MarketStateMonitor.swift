public import TradingDomain

/// Tells the state of a market from what is measured of it (RO-4).
///
/// The first rule whose bounds hold names the state. A state holds on until its *leaving* thresholds are passed, and for at
/// least ``dwell``, so that it does not flicker. Equal measures at equal times give equal states. A user's own state is a rule
/// more: `monitor.add(MarketStateRule("crowded", .init(.spreadBps, enter: 8, leave: 6)))`.
public struct MarketStateMonitor: Codable, Hashable, Sendable {
    /// How long a state lasts at least, unless told otherwise.
    public static let standardDwell = Duration.seconds(120)

    public private(set) var rules: [MarketStateRule]
    /// How long a state lasts at least.
    public let dwell: Duration
    public private(set) var state = MarketState.normal
    /// When the state began; `nil` while nothing has been observed.
    public private(set) var since: Timestamp?

    public init(rules: [MarketStateRule] = MarketStateRule.standard, dwell: Duration = standardDwell) {
        self.rules = rules
        self.dwell = dwell
    }

    /// Adds a rule before all others: its author knows best.
    public mutating func add(_ rule: MarketStateRule) { rules.insert(rule, at: 0) }

    /// Takes what is measured at a time, not before the one of the last call, and returns the state from then on.
    @discardableResult
    public mutating func observe(_ measures: MarketMeasures, at now: Timestamp) -> MarketState {
        let next = rules.first { $0.holds(measures, current: state) }?.state ?? .normal
        guard let since else {
            (self.state, self.since) = (next, now)
            return state
        }
        if next != state, now - since >= dwell { (state, self.since) = (next, now) }
        return state
    }
}
