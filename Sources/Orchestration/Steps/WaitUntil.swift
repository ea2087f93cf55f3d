import ExecutionEngine
import MarketData
import TradingDomain
import Workflows
import YAMLNodes

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
                doc: "a time of the session that is open when the step begins, or of the next one: close - 30m"
            ),
        ],
        outputs: [.init("at", .timestamp, "the time that was waited for")],
        oneInputOf: ["at", "session"],
        doc: "Waits for a time. One that has passed is no wait; the run's `timeout` still counts."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        if let time = call.inputs["at"]?.timestampValue { return .wait(until: time) }
        guard let text = call.text("session") else { throw call.missing("session") }
        let wanted: SessionTime
        do {
            wanted = try SessionTime(parsing: text)
        } catch {
            throw StepFailure("bad_session_time", "\(call.place): \(error.message). \(error.help ?? "")")
        }
        return .wait(until: try time(wanted, call, context))
    }

    /// From the session around, or after, the moment at which the step became ready: the same in a resumed run.
    private func time(_ wanted: SessionTime, _ call: StepCall, _ context: StepContext) throws -> Timestamp {
        guard let instrument = context.desk.market.instruments.first else {
            throw StepFailure(
                "no_session",
                "\(call.place): \(context.desk.market.title) has no instrument, so no session."
            )
        }
        var phase = context.desk.hours.phase(of: instrument, at: call.startedAt)
        if case .closed(let next?) = phase { phase = context.desk.hours.phase(of: instrument, at: next) }
        guard case .open(let open, let close) = phase else {
            throw StepFailure("no_session", "\(call.place): no session is known after \(call.startedAt).")
        }
        switch wanted {
        case .open(let offset): return open + offset
        case .close(let offset): return close + offset
        case .wall:
            throw StepFailure(
                "bad_session_time",
                "\(call.place): wait.until knows no wall times. Write open + 15m or close - 1h, or give `at`."
            )
        }
    }
}
