import Synchronization

/// How many agents a process asks at the moment for runs of its own, whatever number of lines it has.
public final class AgentLoad: Sendable {
    private let count = Mutex(0)

    public init() {}

    /// Agents that are being asked.
    public var current: Int { count.withLock { $0 } }

    func change(by difference: Int) { count.withLock { $0 += difference } }
}
