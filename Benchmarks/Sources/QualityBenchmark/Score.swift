import Foundation

/// What came of every session, by contender.
struct Score {
    private var days: [(name: String, outcomes: [Trial.Outcome])] = []
    private let count: Int

    init(count: Int) { self.count = count }

    var sessions: Int { days.count }

    mutating func add(_ day: String, _ outcomes: [Trial.Outcome]) { days.append((day, outcomes)) }

    mutating func add(_ other: Score) { days += other.days }

    func median(_ contender: Int) -> Double { Self.median(errors(contender)) }

    /// Sessions in which one is nearer than the other.
    func wins(_ one: Int, against other: Int) -> Int {
        days.count { $0.outcomes[one].trackingBps < $0.outcomes[other].trackingBps }
    }

    /// The sessions in which one is further away than the other, by how much, the worst first.
    func losses(_ one: Int, against other: Int) -> [String] {
        days.map { ($0.name, $0.outcomes[one].trackingBps, $0.outcomes[other].trackingBps) }
            .filter { $0.1 >= $0.2 }
            .sorted { ($1.1 - $1.2, $0.0) < ($0.1 - $0.2, $1.0) }
            .map { String(format: "%@ %.2f bps against %.2f", Self.padded($0.0, 28), $0.1, $0.2) }
    }

    static func header(_ titles: [String]) -> String {
        padded("median bps", 36) + titles.map { left($0, 14) }.joined()
    }

    static func row(_ name: String, _ errors: [Double]) -> String {
        padded("  " + name, 36) + errors.map { left(String(format: "%.2f", $0), 14) }.joined()
    }

    /// The medians of a part.
    func summary(_ title: String) -> String {
        guard !days.isEmpty else { return Self.padded(title, 24) + " no session with history" }
        return Self.padded("\(title) (\(days.count))", 36)
            + (0..<count).map { Self.left(String(format: "%.2f", median($0)), 14) }.joined()
    }

    /// Everything by contender: median, mean, worst, participation, filled, children.
    func table(_ titles: [String]) -> String {
        let head = ["median bps", "mean bps", "worst bps", "participation", "filled", "children", "worst in"]
        var lines = [Self.padded("\(days.count) sessions", 16) + head.map { Self.left($0, 14) }.joined()]
        for (index, title) in titles.enumerated() {
            let errors = errors(index)
            let outcomes = days.map { $0.outcomes[index] }
            let worst = days.max { $0.outcomes[index].trackingBps < $1.outcomes[index].trackingBps }
            let cells = [
                String(format: "%.2f", median(index)),
                String(format: "%.2f", errors.reduce(0, +) / Double(max(1, errors.count))),
                String(format: "%.2f", errors.max() ?? 0),
                String(format: "%.3f %%", Self.median(outcomes.map(\.participation))),
                String(format: "%.1f %%", Self.median(outcomes.map(\.filled))),
                String(format: "%.0f", Self.median(outcomes.map { Double($0.children) })),
            ]
            lines.append(
                Self.padded(title, 16) + cells.map { Self.left($0, 14) }.joined() + "  " + (worst?.name ?? "")
            )
        }
        return lines.joined(separator: "\n")
    }

    private func errors(_ contender: Int) -> [Double] { days.map { $0.outcomes[contender].trackingBps } }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func left(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
