import ExecutionEngine
import MarketData
import TradingDomain
import Workflows

/// `wait.until`: goes on at a time of the run's clock; nothing is held meanwhile.
struct WaitUntil: WorkflowStep {
    let signature = StepSignature(
        "wait.until",
        .read,
        inputs: [
            .optional("at", .timestamp, doc: "a time, such as ${{ run.started_at + duration(\"1h\") }}"),
            .optional(
                "session",
                .text,
                role: .sessionTime,
                doc:
                    "a time of the session that is open when the step begins, or of the next one: close - 30m, \"15:30\""
            ),
            .optional(
                "timezone",
                .text,
                role: .zone,
                doc: "whose clocks show the wall time, such as Europe/London; the exchange's when it is left out"
            ),
        ],
        outputs: [.init("at", .timestamp, "the time that was waited for")],
        oneInputOf: ["at", "session"],
        doc: "Waits for a time. One that has passed is no wait; the run's `timeout` still counts."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let zone = call.text("timezone")
        if let time = call.inputs["at"]?.timestampValue { return .wait(until: time) }
        guard let text = call.text("session") else { throw call.missing("session") }
        // Of a text that was computed; a text that is no time is told by the clock.
        if zone != nil, let time = try? SessionTime(parsing: text), !time.isWall {
            throw StepFailure(
                "bad_session_time",
                "\(call.place): `timezone` goes with a wall time such as \"15:30\", and has no effect on `\(text)`. "
                    + "Leave it out."
            )
        }
        guard let instrument = context.desk.market.instruments.first else {
            throw StepFailure(
                "no_session",
                "\(call.place): \(context.desk.market.title) has no instrument, so no session."
            )
        }
        // By the moment at which the step became ready: the same in a resumed run.
        let clock = SessionClock(desk: context.desk)
        return .wait(until: try clock.time(text, of: instrument, around: call.startedAt, in: zone, call))
    }
}
