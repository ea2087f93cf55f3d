import ExecutionEngine
import TradingDomain
import Workflows

/// `notify.send`: tells people something, at least once, under a key that is the same for every try.
///
/// A message that does not get through does not fail the run unless the file says so: what was traded matters more than who
/// heard of it. The step's output and the run's report say that it was not delivered.
struct NotifySend: WorkflowStep {
    /// Tries where the file has no `retry`: twice more, within seconds, when nobody was reached.
    static let retry = RetryPolicy(
        attempts: 3,
        firstWait: .seconds(1),
        factor: FixedDecimal(2),
        maxWait: .seconds(10),
        kinds: [NotificationFailure.Kind.notReached.rawValue, CallDeadline.code]
    )

    let signature = StepSignature(
        "notify.send",
        .notify,
        inputs: [
            .required("to", .text, role: .channel, doc: "a channel of the configuration's `notifications`"),
            .required("text", .text, isTemplate: true, doc: "for people; its first line is the subject"),
            .optional(
                "must_arrive",
                .bool,
                default: .bool(false),
                doc: "fails the step when nobody was reached; else the run goes on and says so"
            ),
        ],
        outputs: [
            .init("delivered", .bool),
            .init("problem", .optional(.text), "why it was not"),
        ],
        doc: "Tells people, at least once; each try has the same key."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        guard let channel = call.text("to") else { throw call.missing("to") }
        guard let text = call.text("text") else { throw call.missing("text") }
        let message = NotificationMessage(
            key: "\(context.run.id)/\(call.path)",
            text: text,
            account: context.desk.account,
            run: context.run.id,
            at: context.now
        )
        do throws(NotificationFailure) {
            try await context.desk.notifications.send(message, to: channel)
        } catch {
            throw StepFailure(error.code, "\(call.place): \(error.message)")
        }
        return .done(.success(output: Self.output(problem: nil)), notes: [])
    }

    private static func output(problem: String?) -> Value.Record {
        Value.Record(
            "notify.send output",
            [("delivered", .bool(problem == nil)), ("problem", problem.map { .text($0) } ?? .null)]
        )
    }

    /// What a failed try comes to in the end: the run goes on, unless the message had to arrive.
    static func tolerated(_ result: StepResult, of call: StepCall) -> StepResult {
        guard call.uses == "notify.send", call.inputs["must_arrive"]?.boolValue != true,
            case .done(.failed(_, let message), _) = result
        else { return result }
        let problem = "not delivered: \(message)"
        return .done(.success(output: output(problem: problem), note: problem), notes: [])
    }
}
