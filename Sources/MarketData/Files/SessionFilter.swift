internal import TradingDomain

/// Asks whether a time is in an instrument's session, once per minute: sessions open and close on whole minutes.
struct SessionFilter {
    let instrument: Instrument
    let isInSession: @Sendable (Instrument, Timestamp) -> Bool
    private var minute = Int64.min
    private var answer = false

    init(_ instrument: Instrument, _ isInSession: @escaping @Sendable (Instrument, Timestamp) -> Bool) {
        self.instrument = instrument
        self.isInSession = isInSession
    }

    mutating func contains(_ time: Timestamp) -> Bool {
        let asked = time.nanoseconds / 60_000_000_000
        if asked != minute {
            minute = asked
            answer = isInSession(instrument, time)
        }
        return answer
    }

    /// A bar belongs to the session when it begins or ends in it: an hourly bar stamped 09:00 trades from 09:30 on.
    mutating func contains(from start: Timestamp, to end: Timestamp) -> Bool {
        contains(start) || contains(end - .nanoseconds(1))
    }
}
