import Foundation

/// What one run of the loop made durable, in which time, at which cost.
struct LoopMeasurement: Sendable, CustomStringConvertible {
    let parents: Int
    /// Rows of `order_events`, counted in the table.
    let events: Int
    /// Rows inserted into events, fills, ledger, intents and children; keys and updated rows are not counted.
    let rows: Int
    let elapsed: Duration
    /// Of each commit, shortest first.
    let latencies: [Duration]
    /// Processor seconds of this process.
    let ours: Double
    /// Processor seconds of the server.
    let server: Double

    var eventsPerSecond: Double { Double(events) / seconds }

    private var seconds: Double { elapsed / .seconds(1) }

    var description: String {
        let batches = latencies.count
        let parts = [
            "\(parents) parents: \(Int(eventsPerSecond)) order events/s",
            "\(Int(Double(rows) / seconds)) rows/s", "\(batches) batches of \(events / max(1, batches)) events",
            "commit p50 \(milliseconds(0.5)) p99 \(milliseconds(0.99)) ms",
            String(format: "CPU per event %.1f us ours", ours / Double(events) * 1e6)
                + String(format: " + %.1f us server", server / Double(events) * 1e6),
            String(format: "%d events in %.2f s", events, seconds), "verified",
        ]
        return parts.joined(separator: ", ")
    }

    private func milliseconds(_ share: Double) -> String {
        guard !latencies.isEmpty else { return "-" }
        let place = min(latencies.count - 1, Int(Double(latencies.count) * share))
        return String(format: "%.2f", latencies[place] / .milliseconds(1))
    }
}
