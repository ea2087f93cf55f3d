/// How long to wait before the next try of something that failed; a plain value.
///
/// The wait grows from `initial` by doubling, up to `maximum`. What is waited is drawn between half of that and the whole,
/// so that many clients of a server that went down do not come back together. After a success that lasted it begins anew.
public struct Backoff: Hashable, Sendable {
    public let initial: Duration
    public let maximum: Duration
    /// A success shorter than this counts as one more failure.
    public let stableAfter: Duration
    /// Failures in a row.
    public private(set) var failures = 0

    /// - Parameters:
    ///   - initial: The first wait, greater than zero.
    ///   - maximum: The longest, no less than `initial`.
    ///   - stableAfter: How long a connection has to last for the count to begin anew.
    public init(
        initial: Duration = .milliseconds(250),
        maximum: Duration = .seconds(30),
        stableAfter: Duration = .seconds(30)
    ) {
        precondition(initial > .zero && initial <= maximum, "0 < \(initial) ≤ \(maximum) must hold")
        self.initial = initial
        self.maximum = maximum
        self.stableAfter = stableAfter
    }

    /// Returns how long to wait after one more failure.
    ///
    /// - Parameters:
    ///   - lasted: How long it had worked before it failed; `nil` when it did not work at all.
    ///   - draw: A random number, 0 up to and without 1.
    /// - Returns: From half the current wait to the whole of it.
    public mutating func wait(lasted: Duration?, draw: Double) -> Duration {
        precondition((0..<1).contains(draw), "a draw is in 0..<1, not \(draw)")
        if let lasted, lasted >= stableAfter { failures = 0 }
        var whole = initial
        for _ in 0..<failures where whole < maximum { whole *= 2 }
        failures += 1
        return min(whole, maximum) * ((1 + draw) / 2)
    }
}
