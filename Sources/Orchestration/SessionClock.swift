import ExecutionEngine
import MarketData
import TradingDomain
import Workflows
import YAMLNodes

/// Times of a session as files write them, on the clock.
struct SessionClock {
    let desk: Desk

    /// The time that `text` means in the session that is open at `moment`, or in the next one.
    ///
    /// - Parameters:
    ///   - text: Such as `close - 30m`, or a wall time such as `15:30` on the session's date.
    ///   - instrument: Whose sessions count.
    ///   - moment: Business time.
    ///   - zone: Whose clocks show a wall time; `nil` for those at the exchange.
    ///   - call: For messages.
    /// - Returns: The time, which may have passed.
    /// - Throws: ``StepFailure`` for a text that is no such time, and where no session or zone is known.
    func time(
        _ text: String,
        of instrument: Instrument,
        around moment: Timestamp,
        in zone: String? = nil,
        _ call: StepCall
    ) throws -> Timestamp {
        let wanted: SessionTime
        do {
            wanted = try SessionTime(parsing: text)
        } catch {
            throw StepFailure("bad_session_time", "\(call.place): \(error.message). \(error.help ?? "")")
        }
        var phase = desk.hours.phase(of: instrument, at: moment)
        if case .closed(let next?) = phase { phase = desk.hours.phase(of: instrument, at: next) }
        guard case .open(let open, let close) = phase else {
            throw StepFailure("no_session", "\(call.place): no session is known after \(moment).")
        }
        switch wanted {
        case .open(let offset): return open + offset
        case .close(let offset): return close + offset
        case .wall(let minutes):
            // A session that begins in the evening is the next day's; one that ends at midnight is not.
            let lastMoment = close - .nanoseconds(1)
            let exchange = try clock(desk.hours.zone(of: instrument) ?? zone, around: lastMoment, call)
            let date = exchange.local(lastMoment).date
            let shown = try zone.map { try clock($0, around: lastMoment, call) } ?? exchange
            return shown.instant(date, minute: minutes)
        }
    }

    private func clock(_ zone: String?, around moment: Timestamp, _ call: StepCall) throws -> ZoneClock {
        guard let zone else {
            throw StepFailure(
                "bad_session_time",
                "\(call.place): the time zone of \(desk.market.title) is not known. Write open + 15m or close - 1h."
            )
        }
        do {
            return try ZoneClock.named(zone, around: moment.utcDate)
        } catch {
            throw StepFailure("bad_session_time", "\(call.place): \(error)")
        }
    }
}
