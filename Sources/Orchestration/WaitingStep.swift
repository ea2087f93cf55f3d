import TradingDomain
import Workflows

/// A step that waits for a time of the run's clock; it holds nothing.
struct WaitingStep: Sendable {
    let call: StepCall
    let time: Timestamp
    let startedAt: Timestamp
    /// The market data ended before its time.
    var hasNoMarket = false

    /// The next time at which something becomes of it.
    var wakesAt: Timestamp { min(time, call.deadline?.time ?? time) }

    /// Takes those that are over out of `waiting`: their time or deadline has come, or the run ends early.
    static func collect(
        _ waiting: inout [WaitingStep],
        at now: Timestamp,
        _ cancellation: RunCancellation?
    ) -> [(WaitingStep, StepOutcome)] {
        var over: [(WaitingStep, StepOutcome)] = []
        waiting.removeAll { step in
            guard let outcome = step.outcome(at: now, cancellation) else { return false }
            over.append((step, outcome))
            return true
        }
        return over
    }

    private func outcome(at now: Timestamp, _ cancellation: RunCancellation?) -> StepOutcome? {
        if let cancellation { return .ended(.failed, note: cancellation.text) }
        if time <= now {
            return .success(output: Value.Record("\(call.uses) output", [("at", .timestamp(time))]))
        }
        if let deadline = call.deadline, deadline.time <= now {
            let message = "\(call.place): \(deadline.text), and waited for \(time)."
            return .failed(code: CallDeadline.code, message: message)
        }
        guard hasNoMarket else { return nil }
        let message = "\(call.place): the market data ended before \(time). Give data that reaches it."
        return .failed(code: "market_ended", message: message)
    }
}
