public import ExecutionAnalytics
import ExecutionEngine
public import TradingDomain

/// What the market did around one parent order and after it, kept with the run for reports.
public struct TapeRecord: Hashable, Sendable {
    public let run: RunID
    public let parent: ParentOrderID
    public let tape: MarketTape
    /// Absent for parents without a fill, and in rows from before it was kept.
    public let aftermath: Aftermath?

    public init(run: RunID, parent: ParentOrderID, tape: MarketTape, aftermath: Aftermath? = nil) {
        self.run = run
        self.parent = parent
        self.tape = tape
        self.aftermath = aftermath
    }
}
