public import ExecutionEngine
import Synchronization
public import TradingDomain

/// Why a run is to end early, and who says so.
public struct RunCancellation: Codable, Hashable, Sendable {
    /// A person's or a program's name.
    public var by: String
    /// May be empty.
    public var reason: String

    public init(by: String, reason: String = "") {
        self.by = by
        self.reason = reason
    }

    /// By a newer run of the same concurrency key, whose `when_full` is `cancel_oldest`.
    public static func replaced(by run: RunID) -> RunCancellation {
        RunCancellation(by: "concurrency", reason: "run \(run) takes its place")
    }

    /// What items and orders say about it: `cancelled by user`, with the reason when there is one.
    public var text: String { reason.isEmpty ? "cancelled by \(by)" : "cancelled by \(by): \(reason)" }
}

/// Thrown by a run that was asked to stop: nothing is half done, and it can be resumed by any process.
public struct RunStopped: Error, Hashable, Sendable, CustomStringConvertible {
    public let run: RunID
    /// Business time at which it stopped.
    public let at: Timestamp
    /// Orders that are open and not being worked until somebody resumes the run.
    public let openOrders: [ParentProgress]

    public var code: String { "run_stopped" }

    public var description: String {
        "Run \(run) stopped at \(at) with \(openOrders.count) open orders. `smartexec runs resume \(run)` goes on with it."
    }
}

/// What whoever watches over a run asks of it while it goes on; the run looks between turns.
///
/// A stop wins over a cancel: a cancel is durable first, and whoever resumes the run then winds it down.
public final class RunControl: Sendable {
    private struct State {
        var isStopping = false
        var cancellation: RunCancellation?
    }

    private let state = Mutex(State())

    public init() {}

    /// Asks the run to stop where nothing is half done; ``RunStopped`` is thrown from there.
    public func stop() { state.withLock { $0.isStopping = true } }

    /// Asks the run to start nothing more and to cancel what is open; the first request stands.
    public func cancel(_ cancellation: RunCancellation) {
        state.withLock { $0.cancellation = $0.cancellation ?? cancellation }
    }

    /// Whether it was asked to stop.
    public var isStopping: Bool { state.withLock { $0.isStopping } }
    /// How it was asked to end early.
    public var cancellation: RunCancellation? { state.withLock { $0.cancellation } }
}
