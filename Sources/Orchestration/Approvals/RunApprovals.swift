import TradingDomain
import Workflows

/// What a run's risk checks let through and what people approved of it, by the scope of the step.
///
/// A scope is the list of steps that a step stands in; an approval binds everything that runs inside its scope.
public struct RunApprovals: Sendable {
    /// Nothing is kept of a run that asks nobody, however long its lists are.
    private let isNeeded: Bool
    private var checks: [StepPath: [Value]] = [:]
    private var plans: [StepPath: Set<String>] = [:]

    /// Of a run whose workflow asks people, or not.
    public init(isNeeded: Bool = true) { self.isNeeded = isNeeded }

    /// Takes note of a step that is done.
    mutating func take(_ uses: String, at path: StepPath, _ outcome: StepOutcome) {
        guard isNeeded, case .success(let output, _, _) = outcome, let scope = path.scopes.first else { return }
        switch uses {
        case "risk.check": checks[scope] = output["approved"].listValue ?? []
        case ApprovalWait.name:
            let documents = (output["orders"].listValue ?? []).compactMap { $0.recordValue?["document"].textValue }
            if !documents.isEmpty { plans[scope, default: []].formUnion(documents) }
        default: break
        }
    }

    /// The orders of the last risk check before the step at `path`, in its own scope or the nearest around it.
    func lastCheck(for path: StepPath) -> [Value] { path.scopes.lazy.compactMap { checks[$0] }.first ?? [] }

    /// Whether people were asked where the step at `path` runs, and about another order than this.
    func forbid(_ order: Value.Record, at path: StepPath) -> Bool {
        guard isNeeded else { return false }
        let binding = path.scopes.compactMap { plans[$0] }
        guard !binding.isEmpty else { return false }
        guard let document = order["document"].textValue else { return true }
        return !binding.contains { $0.contains(document) }
    }
}

extension StepPath {
    /// The lists of steps that the step of this path stands in, the innermost first and the run's own last.
    var scopes: [StepPath] {
        var depth = 0
        var cuts: [String.Index] = []
        // A key may hold a slash.
        for (index, character) in zip(text.indices, text) {
            switch character {
            case "[": depth += 1
            case "]": depth -= 1
            case "/" where depth == 0: cuts.append(index)
            default: break
            }
        }
        return cuts.reversed().map { StepPath(String(text[..<$0])) } + [.root]
    }
}
