import ExecutionEngine
import Orchestration
import TradingDomain

/// Draws a run's progress for a terminal of some size: state in, lines out.
struct ProgressView: Hashable, Sendable {
    /// Columns and rows of the terminal.
    var width: Int
    var height: Int
    /// Market seconds in one of the wall clock; `nil` in virtual time.
    var speed: Int?
    /// Whether bars may be drawn with block characters.
    var isUnicode: Bool
    /// What a person can do.
    var hint: String
    var style: TextStyle

    private static let longestName = 16
    private static let wordWidth = 15
    private static let percentWidth = 5
    private static let longestBar = 24
    private static let shortestBar = 6

    /// One line per item in flight, as many as fit, then a summary and, below it, what is asked.
    ///
    /// - Parameters:
    ///   - state: What is known of the run.
    ///   - elapsed: Wall time since the run began here.
    ///   - question: Lines that must be seen, whatever else has to give way.
    /// - Returns: At most `height - 1` lines, none wider than `width - 1` columns.
    func lines(_ state: RunProgress, elapsed: Duration, question: [String] = []) -> [String] {
        let asked = question.flatMap { $0.wrapped(toWidth: width - 1) }.suffix(max(1, height - 2))
        let room = max(0, height - 2 - asked.count)
        var shown = state.items
        var more: [String] = []
        if shown.count > room {
            let hidden = shown.count - max(0, room - 1)
            shown = Array(shown.prefix(max(0, room - 1)))
            if room > 0 { more = ["\(ellipsis) \(hidden) more"] }
        }
        let items = table(shown, state.now) + more
        let all = items + [summary(state, elapsed)]
        return all.map { $0.truncated(toWidth: width - 1) } + asked.map { style.bold($0) }
    }

    /// Rows that lines take on a terminal of `width` columns, on which they may have been drawn when it was wider.
    static func rows(of lines: [String], width: Int) -> Int {
        lines.reduce(0) { $0 + max(1, ($1.displayWidth + width - 1) / max(1, width)) }
    }

    /// What a plain line says of an order: `TWAP 60 % (3 of 5), until 14:36:00Z`.
    static func words(_ order: ParentProgress) -> String {
        let end = order.end.map { ", until \($0.clockText)" } ?? ""
        return "\(order.word) \(percent(order)) (\(order.filled) of \(order.quantity))\(end)"
    }

    /// The items' lines with their columns aligned and bars of one length, or without bars where there is no room.
    private func table(_ items: [RunProgress.Item], _ now: Timestamp?) -> [String] {
        let nameWidth = min(Self.longestName, items.map(\.name.displayWidth).max() ?? 0)
        let amounts = items.map { $0.order.map { "\($0.filled)/\($0.quantity)" } ?? "" }
        let amountWidth = amounts.map(\.displayWidth).max() ?? 0
        let ends = items.map { $0.order.map { eta($0, now) } ?? "" }
        let endWidth = ends.map(\.displayWidth).max() ?? 0
        let used = nameWidth + Self.wordWidth + Self.percentWidth + amountWidth + endWidth + 6
        let barWidth = min(Self.longestBar, width - 1 - used)
        return items.indices.map { index in
            let name = items[index].name.truncated(toWidth: nameWidth).padded(to: nameWidth)
            guard let order = items[index].order else { return "\(name)  deciding" }
            let bar = barWidth >= Self.shortestBar ? bar(order.share, barWidth) + " " : ""
            let percent = Self.percent(order).leftPadded(to: Self.percentWidth)
            return "\(name)  \(order.word.padded(to: Self.wordWidth)) \(bar)\(percent)  "
                + amounts[index].padded(to: amountWidth) + ends[index]
        }
    }

    private func eta(_ order: ParentProgress, _ now: Timestamp?) -> String {
        guard let end = order.end, !order.state.isFinal, order.state != .closing else { return "" }
        let until = "  until \(end.clockText)"
        guard let speed, let now, end > now else { return until }
        return "\(until), \(ReportPrinter.time((end - now).seconds / Double(speed))) left"
    }

    private func bar(_ share: Double, _ width: Int) -> String {
        let full = Int((share * Double(width)).rounded(.down))
        let (done, open) = isUnicode ? ("█", "░") : ("#", ".")
        return String(repeating: done, count: full) + String(repeating: open, count: width - full)
    }

    private func summary(_ state: RunProgress, _ elapsed: Duration) -> String {
        var parts = ["\(state.finished) of \(state.total) done"]
        if !state.items.isEmpty { parts.append("\(state.items.count) in flight") }
        if let now = state.now { parts.append("market \(now.clockText)") }
        parts.append(ReportPrinter.time(elapsed.seconds))
        parts.append(state.cancellation?.text ?? hint)
        return parts.joined(separator: ", ")
    }

    private var ellipsis: String { isUnicode ? "…" : "..." }

    private static func percent(_ order: ParentProgress) -> String { "\(Int((order.share * 100).rounded(.down))) %" }
}

extension Timestamp {
    /// The time of day in UTC, to the second: `14:36:00Z`.
    var clockText: String {
        let second = 86_400
        let seconds = Int(nanoseconds / 1_000_000_000)
        let day = ((seconds % second) + second) % second
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(two(day / 3600)):\(two(day / 60 % 60)):\(two(day % 60))Z"
    }
}

extension String {
    /// Filled up with spaces on the right to `width` columns.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - displayWidth)) }

    /// Filled up with spaces on the left to `width` columns.
    func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - displayWidth)) + self }
}
