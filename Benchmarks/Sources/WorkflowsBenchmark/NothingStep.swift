import Orchestration
import Synchronization
import TradingDomain
import Workflows

/// A step that does nothing; like any step that reads, its output is durable before the next one begins.
struct NothingStep: WorkflowStep {
    let signature = StepSignature("bench.nothing", .read, inputs: [], outputs: [.init("n", .int)], doc: "Nothing.")
    let watch: FirstStepWatch

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        watch.note()
        return .done(.success(output: Value.Record("bench.nothing output", [("n", .int(1))])), notes: [])
    }
}

/// Remembers when a step began first since it was last asked.
final class FirstStepWatch: Sendable {
    private let first = Mutex<ContinuousClock.Instant?>(nil)

    func note() { first.withLock { $0 = $0 ?? .now } }

    /// When the first step began; forgets it.
    func take() -> ContinuousClock.Instant? {
        first.withLock { first in
            defer { first = nil }
            return first
        }
    }
}
