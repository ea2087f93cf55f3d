import Synchronization
import Workflows
import YAMLNodes

/// The workflows that were run last, so that equal files are compiled once.
final class CompiledWorkflows: Sendable {
    private struct Key: Hashable {
        let name: String
        let text: String
    }

    /// More than a desk has workflows; texts that change all the time do not pile up.
    private static let capacity = 64
    private let known = Mutex<[Key: WorkflowBundle]>([:])

    /// The workflow of a file, compiled by `compile` unless it and every file that it runs are as they were.
    func workflow(
        _ source: SourceFile,
        _ resolver: (String) -> SourceFile?,
        _ compile: () throws -> WorkflowBundle
    ) throws -> WorkflowBundle {
        let key = Key(name: source.name, text: source.text)
        if let found = known.withLock({ $0[key] }), Self.isCurrent(found, resolver) { return found }
        let made = try compile()
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[key] = made
        }
        return made
    }

    private static func isCurrent(_ found: WorkflowBundle, _ resolver: (String) -> SourceFile?) -> Bool {
        found.children.allSatisfy { resolver($0.key)?.text == $0.value.definition.source.text }
    }
}
