public import ExecutionAnalytics
import ExecutionEngine
import MarketData
public import TradingDomain

/// What the market did around one parent order, kept with the run for reports.
public struct TapeRecord: Hashable, Sendable {
    public let run: RunID
    public let parent: ParentOrderID
    public let tape: MarketTape

    public init(run: RunID, parent: ParentOrderID, tape: MarketTape) {
        self.run = run
        self.parent = parent
        self.tape = tape
    }

    /// Reads the market around a parent that was admitted, up to `now` and no later (I9).
    ///
    /// - Returns: `nil` when it was not admitted, or the market cannot be read again.
    static func record(_ parent: ParentRecord, run: RunID, from market: any MarketSource, now: Timestamp) -> TapeRecord?
    {
        guard let admission = parent.admission else { return nil }
        let end = min(parent.result?.endedAt ?? now, now)
        let window = TapeRecorder.window(arrival: admission.arrival.at, end: end)
        var recorder = TapeRecorder(arrival: admission.arrival.at, end: end)
        do {
            var events = try market.events(parent.submission.order.symbol, from: window.from, to: window.to)
            while let event = try events.next() { recorder.add(event) }
        } catch {
            return nil  // The engine has read the same data; a chart is not worth a run.
        }
        return TapeRecord(run: run, parent: parent.submission.id, tape: recorder.finish())
    }
}
