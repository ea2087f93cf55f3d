import ExecutionEngine
import TradingDomain
import Workflows
import YAMLNodes

/// Times of a session as files write them, on the clock.
struct SessionClock {
    let desk: Desk

    /// The time that `text` means in the session that is open at `moment`, or in the next one.
    ///
    /// - Throws: ``StepFailure`` for a text that is no such time, and where no session is known.
    func time(_ text: String, of instrument: Instrument, around moment: Timestamp, _ call: StepCall) throws -> Timestamp
    {
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
        case .wall:
            throw StepFailure(
                "bad_session_time",
                "\(call.place): \(call.uses) knows no wall times. Write open + 15m or close - 1h."
            )
        }
    }
}
