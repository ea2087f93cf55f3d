import TradingDomain
import Workflows

/// What a run's risk checks let through and what people approved of it, by the scope of the step.
///
/// A scope is the list of steps that a step stands in; an approval binds everything that runs inside its scope.
public struct RunApprovals: Sendable {
    private var checks: [(scope: StepPath, orders: [Value])] = []
    private var plans: [(scope: StepPath, documents: Set<String>)] = []

    public init() {}

    /// Takes note of a step that is done.
    mutating func take(_ uses: String, at path: StepPath, _ outcome: StepOutcome) {
        guard case .success(let output, _, _) = outcome else { return }
        switch uses {
        case "risk.check":
            checks.removeAll { $0.scope == path.scope }
            checks.append((path.scope, output["approved"].listValue ?? []))
        case ApprovalWait.name:
            let documents = (output["orders"].listValue ?? []).compactMap { $0.recordValue?["document"].textValue }
            if !documents.isEmpty { plans.append((path.scope, Set(documents))) }
        default: break
        }
    }

    /// The orders of the last risk check before the step at `path`, in its own scope or the nearest around it.
    func lastCheck(for path: StepPath) -> [Value] {
        checks.filter { path.isInside($0.scope) }.max { $0.scope.text.utf8.count < $1.scope.text.utf8.count }?.orders
            ?? []
    }

    /// Whether people were asked where the step at `path` runs, and about another order than this.
    func forbid(_ order: Value.Record, at path: StepPath) -> Bool {
        let binding = plans.filter { path.isInside($0.scope) }
        guard !binding.isEmpty else { return false }
        guard let document = order["document"].textValue else { return true }
        return !binding.contains { $0.documents.contains(document) }
    }
}

extension StepPath {
    /// The list of steps that the step of this path stands in.
    var scope: StepPath {
        guard let cut = text.lastIndex(of: "/") else { return .root }
        return StepPath(String(text[..<cut]))
    }
}
