import TradingDomain
import Workflows

/// `model.targets`: the target weights of a model portfolio from the configuration.
struct ModelTargets: WorkflowStep {
    let signature = StepSignature(
        "model.targets",
        .read,
        inputs: [.required("model", .text, role: .model, doc: "a name under `models:` of the configuration")],
        outputs: [.init("model", .text), .init("weights", .text, "the target weights as a document")],
        doc: "Target weights in percent of equity."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        guard let name = call.text("model") else { throw call.missing("model") }
        guard let targets = context.desk.models[name] else {
            let known = context.desk.models.keys.sorted().joined(separator: ", ")
            throw StepFailure(
                "unknown_model",
                "There is no model '\(name)'. Known: \(known.isEmpty ? "none" : known). Add it under `models:`."
            )
        }
        let output = Value.Record(
            "model.targets output",
            [("model", .text(name)), ("weights", .text(try StoredJSON.encode(targets)))]
        )
        return .done(.success(output: output), notes: [])
    }
}
