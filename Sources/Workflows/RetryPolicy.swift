public import TradingDomain

/// How often a step that failed is tried again, and how long it waits in between.
///
/// Only steps that `read` or `notify` may have one: an order is reconciled, never sent again.
public struct RetryPolicy: Hashable, Sendable {
    /// Tries in all, the first included: 2 to 20.
    public let attempts: Int
    public let firstWait: Duration
    /// What each wait is multiplied by for the next one: 1 to 10.
    public let factor: FixedDecimal
    public let maxWait: Duration
    /// Codes of failures that are worth another try; `nil` means all.
    public let kinds: [String]?

    public init(attempts: Int, firstWait: Duration, factor: FixedDecimal, maxWait: Duration, kinds: [String]? = nil) {
        self.attempts = attempts
        self.firstWait = firstWait
        self.factor = factor
        self.maxWait = maxWait
        self.kinds = kinds
    }

    /// The wait before try `attempt`, counted from 2, in exact decimals and at most ``maxWait``.
    public func wait(before attempt: Int) -> Duration {
        var wait = Int128(firstWait.nanoseconds)
        for _ in 0..<max(0, attempt - 2) {
            guard wait < Int128(maxWait.nanoseconds) else { break }
            wait = wait * factor.units / Int128(FixedDecimal.scale)
        }
        return .nanoseconds(Int64(min(wait, Int128(maxWait.nanoseconds))))
    }

    /// Whether a failure with this code is worth another try.
    public func covers(_ code: String) -> Bool { kinds?.contains(code) ?? true }
}
