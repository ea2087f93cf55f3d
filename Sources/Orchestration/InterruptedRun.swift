public import TradingDomain

/// An error of the surroundings, such as a database that is gone: no item is at fault, so none fails by it.
///
/// The run that meets one stops, stays as it is and can be resumed.
public protocol EnvironmentError: Error {
    /// Whether this case is one of the surroundings.
    var isEnvironmental: Bool { get }
}

/// A run that could not go on: what it had made durable stays, and ``SmartExecutor/resume(_:)`` goes on from there.
public struct InterruptedRun: Error, CustomStringConvertible {
    public let run: RunID
    /// What stopped it.
    public let cause: any Error

    public init(run: RunID, cause: any Error) {
        self.run = run
        self.cause = cause
    }

    public var code: String { "run_interrupted" }

    public var description: String { "\(cause)\n\(advice)" }

    /// What to do once the cause is gone.
    public var advice: String {
        "Run \(run) stopped there and is kept. Once that is put right, `smartexec runs resume \(run)` goes on with it; "
            + "no step and no order is repeated."
    }
}
