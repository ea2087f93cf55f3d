public import TradingDomain

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
