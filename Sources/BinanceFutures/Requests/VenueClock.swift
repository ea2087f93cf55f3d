public import TradingDomain

/// One question for the venue's time, and its answer.
public struct ClockSample: Hashable, Sendable {
    public let sentAt: ContinuousClock.Instant
    public let receivedAt: ContinuousClock.Instant
    public let serverTime: Timestamp

    public init(sentAt: ContinuousClock.Instant, receivedAt: ContinuousClock.Instant, serverTime: Timestamp) {
        self.sentAt = sentAt
        self.receivedAt = receivedAt
        self.serverTime = serverTime
    }

    /// How long the answer took; it cannot be told which part of it was the way there.
    public var roundTrip: Duration { receivedAt - sentAt }
}

/// The venue's clock, carried on by this machine's monotonic clock.
///
/// The machine's time of day is never asked, so it may be wrong or jump.
public struct VenueClock: Hashable, Sendable {
    /// The answer that took least time, of the last round of questions.
    private let sample: ClockSample

    /// - Parameter samples: The answers of one round, at least one; the quickest counts.
    public init?(_ samples: [ClockSample]) {
        guard let best = samples.min(by: { $0.roundTrip < $1.roundTrip }) else { return nil }
        sample = best
    }

    /// The venue's time by the best estimate: the answer was given halfway.
    public func time(at instant: ContinuousClock.Instant) -> Timestamp {
        sample.serverTime + (instant - (sample.sentAt + sample.roundTrip / 2))
    }

    /// What the venue's clock surely shows at least: the answer was given no later than it came.
    public func earliest(at instant: ContinuousClock.Instant) -> Timestamp {
        sample.serverTime + (instant - sample.receivedAt)
    }

    /// The estimate is off by no more than this, drift left aside.
    public var uncertainty: Duration { sample.roundTrip / 2 }
}

extension Timestamp {
    /// A time as this venue writes it: whole milliseconds since 1970.
    init(milliseconds: Int64) {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        self.init(nanoseconds: overflow ? (milliseconds < 0 ? .min : .max) : nanoseconds)
    }

    /// Whole milliseconds since 1970, rounded down.
    var milliseconds: Int64 { (nanoseconds - (nanoseconds % 1_000_000 + 1_000_000) % 1_000_000) / 1_000_000 }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero.
    var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
