import Synchronization

/// Counters, gauges and histograms of a process, by name and labels (AN-6); metrics of a user's own go the same way.
///
/// A metric comes into being when it is first used, as what it was first used as: another use of its name is counted in
/// ``MetricsSnapshot/misuses`` and otherwise ignored, since a wrong metric must not stop an order. At most
/// ``seriesMax`` series are kept, so that a label that never repeats cannot eat the memory.
public final class PerformanceMetricsCollector: Sendable {
    /// Series, over all metrics.
    public static let seriesMax = 10_000
    /// Buckets of a histogram that names none, as Prometheus has them, in seconds.
    public static let defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// Upper bounds of `execution_slippage_bps` (OP-1).
    public static let slippageBuckets = [0.5, 1, 2, 5, 10, 20]

    private struct Key: Hashable {
        let name: String
        let labels: [String: String]
    }

    private struct State {
        var kinds: [String: MetricsSnapshot.Kind] = [:]
        var helps: [String: String] = [:]
        var buckets: [String: [Double]] = [:]
        var numbers: [Key: Double] = [:]
        var histograms: [Key: MetricsSnapshot.Histogram] = [:]
        var misuses = 0
    }

    private let state = Mutex(State())

    public init() {
        describe(
            "execution_slippage_bps",
            "Slippage against arrival of ended orders in basis points; gains are negative"
        )
        setBuckets("execution_slippage_bps", Self.slippageBuckets)
        describe("execution_shortfall_bps", "Implementation shortfall in basis points of the paper notional")
        setBuckets("execution_shortfall_bps", Self.slippageBuckets)
        describe("execution_seconds", "From arrival to the last fill")
        setBuckets("execution_seconds", [1, 5, 30, 60, 300, 900, 1800, 3600, 7200, 14_400, 23_400])
        describe("executions_total", "Orders that ended, by algorithm and status")
        describe("execution_notional_total", "Booked value of the fills, by currency")
        describe("execution_fees_last", "Commission of the last order that ended, negative for a rebate")
        describe("execution_targets_total", "Quality targets of ended orders, by verdict")
        describe("execution_fill_ratio", "Filled over ordered of the last order that ended")
    }

    /// Says what a metric means, for whoever exports it.
    public func describe(_ name: String, _ help: String) { state.withLock { $0.helps[name] = help } }

    /// Chooses a histogram's upper bounds, ascending; those of one that has values stay.
    public func setBuckets(_ name: String, _ buckets: [Double]) {
        state.withLock { state in
            guard state.kinds[name] == nil, !buckets.isEmpty,
                zip(buckets, buckets.dropFirst()).allSatisfy({ $0 < $1 }), buckets.allSatisfy(\.isFinite)
            else {
                state.misuses += 1
                return
            }
            state.buckets[name] = buckets
        }
    }

    /// Adds to a counter; what is negative or not finite is a misuse.
    public func increment(_ name: String, by amount: Double = 1, _ labels: [String: String] = [:]) {
        state.withLock { state in
            guard amount >= 0, amount.isFinite, Self.use(&state, name, .counter, labels) else {
                state.misuses += 1
                return
            }
            state.numbers[Key(name: name, labels: labels), default: 0] += amount
        }
    }

    /// Sets a gauge.
    public func set(_ name: String, to value: Double, _ labels: [String: String] = [:]) {
        state.withLock { state in
            guard value.isFinite, Self.use(&state, name, .gauge, labels) else {
                state.misuses += 1
                return
            }
            state.numbers[Key(name: name, labels: labels)] = value
        }
    }

    /// Counts a value into a histogram.
    public func observe(_ name: String, _ value: Double, _ labels: [String: String] = [:]) {
        state.withLock { state in
            guard value.isFinite, Self.use(&state, name, .histogram, labels) else {
                state.misuses += 1
                return
            }
            let bounds = state.buckets[name] ?? Self.defaultBuckets
            let key = Key(name: name, labels: labels)
            state.histograms[key, default: MetricsSnapshot.Histogram(bounds: bounds)].add(value)
        }
    }

    /// Everything as it is now, by name and labels in order.
    public var snapshot: MetricsSnapshot {
        state.withLock { state in
            let numbers = state.numbers.map { key, value in
                MetricsSnapshot.Series(name: key.name, labels: key.labels, value: .number(value))
            }
            let histograms = state.histograms.map { key, value in
                MetricsSnapshot.Series(name: key.name, labels: key.labels, value: .histogram(value))
            }
            return MetricsSnapshot(
                kinds: state.kinds,
                helps: state.helps.filter { state.kinds[$0.key] != nil },
                series: (numbers + histograms).sorted { ($0.name, $0.order) < ($1.name, $1.order) },
                misuses: state.misuses
            )
        }
    }

    private static func use(
        _ state: inout State,
        _ name: String,
        _ kind: MetricsSnapshot.Kind,
        _ labels: [String: String]
    ) -> Bool {
        let key = Key(name: name, labels: labels)
        let isThere = state.numbers[key] != nil || state.histograms[key] != nil
        guard isThere || state.numbers.count + state.histograms.count < seriesMax else { return false }
        if let known = state.kinds[name] { return known == kind }
        state.kinds[name] = kind
        return true
    }
}

/// The metrics of a process at one moment, for an exporter.
public struct MetricsSnapshot: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable { case counter, gauge, histogram }

    /// Values counted by size.
    public struct Histogram: Hashable, Sendable {
        /// Upper bounds, ascending; beyond the last there is one more bucket.
        public let bounds: [Double]
        /// Values per bucket, not cumulated: one more than bounds.
        public private(set) var counts: [Int]
        public private(set) var count = 0
        public private(set) var sum = 0.0

        init(bounds: [Double]) {
            self.bounds = bounds
            counts = Array(repeating: 0, count: bounds.count + 1)
        }

        mutating func add(_ value: Double) {
            counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
            count += 1
            sum += value
        }

        /// How many values are at most each bound, as Prometheus writes them.
        public var cumulated: [Int] {
            counts.dropLast().reduce(into: []) { $0.append(($0.last ?? 0) + $1) }
        }
    }

    public enum Value: Hashable, Sendable {
        case number(Double)
        case histogram(Histogram)
    }

    /// One metric with one set of labels.
    public struct Series: Hashable, Sendable {
        public let name: String
        public let labels: [String: String]
        public let value: Value

        fileprivate var order: String {
            labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        }
    }

    public let kinds: [String: Kind]
    public let helps: [String: String]
    public let series: [Series]
    /// Uses that were ignored: another kind under a known name, values that are not finite, too many series.
    public let misuses: Int

    /// One series' value.
    public subscript(_ name: String, _ labels: [String: String] = [:]) -> Value? {
        series.first { $0.name == name && $0.labels == labels }?.value
    }
}
