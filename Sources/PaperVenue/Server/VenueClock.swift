import Glibc
import TradingDomain

/// The venue's time: the wall's, or a multiple of it from a start on.
struct VenueClock: Sendable {
    /// Venue seconds in one of the wall's.
    let factor: Int
    private let start: Timestamp
    private let startNanoseconds: Int64

    /// Begins with the wall's time, or with `start` where that is later: time never steps back behind it.
    init(factor: Int = 1, notBefore start: Timestamp? = nil) {
        self.factor = factor
        let wall = Self.nanoseconds(CLOCK_REALTIME)
        self.start = Timestamp(nanoseconds: max(wall, start?.nanoseconds ?? wall))
        startNanoseconds = Self.nanoseconds(CLOCK_MONOTONIC)
    }

    var now: Timestamp {
        Timestamp(
            nanoseconds: start.nanoseconds + (Self.nanoseconds(CLOCK_MONOTONIC) - startNanoseconds) * Int64(factor)
        )
    }

    /// Nanoseconds of the wall in a span of the venue's time.
    func wallNanoseconds(_ span: Duration) -> Int64 { span.nanoseconds / Int64(factor) }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
