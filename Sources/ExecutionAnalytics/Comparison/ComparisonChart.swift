import TradingDomain

/// Slippage of each group as a bar from zero to its mean, with a line at its median.
struct ComparisonChart {
    /// Rows of one image: more would not fit on a printed page.
    static let rowsMax = 30
    private static let row = 26.0

    private let rows: [ComparisonRow]
    private let frame: ChartFrame
    private let scale: Scale

    /// Draws `rows` on a scale that `all` share.
    init(_ rows: [ComparisonRow], of all: [ComparisonRow]) {
        self.rows = rows
        frame = ChartFrame(width: 700, height: 14 + Self.row * Double(rows.count) + 40, left: 150, right: 520)
        let values: [Double] = all.flatMap { [$0.meanSlippageBps, $0.medianSlippageBps].compactMap(\.self) } + [0]
        let low = values.min() ?? 0
        let high = values.max() ?? 0
        let room = max(0.5, (high - low) * 0.03)
        scale = Scale(low - room, high + room, start: frame.left, end: frame.right)
    }

    func markup(id: String) -> Markup {
        let zero = scale(0)
        let (values, places) = scale.ticks(6)
        var parts = values.flatMap { value in
            [
                frame.line(scale(value), frame.top, scale(value), frame.bottom, "grid"),
                frame.text(scale(value), frame.bottom + 17, Words.number(value, places, signed: true), "label middle"),
            ]
        }
        parts.append(frame.text((frame.left + frame.right) / 2, frame.height - 5, "bps; + is a cost", "unit middle"))
        for (index, row) in rows.enumerated() {
            parts += marks(row, frame.top + Self.row * (Double(index) + 0.5))
        }
        parts.append(frame.line(zero, frame.top, zero, frame.bottom, "axis"))
        return frame.image(
            id: id,
            title: "Mean slippage by group",
            description: rows.map { "\($0.value) \(Words.bps($0.meanSlippageBps)) bps" }.joined(separator: ", "),
            parts
        )
    }

    private func marks(_ row: ComparisonRow, _ middle: Double) -> [Markup] {
        var parts = [frame.text(frame.left - 8, middle + 4, Words.cut(row.value, 19), "label end strong")]
        guard let mean = row.meanSlippageBps else {
            return parts + [frame.text(frame.right + 10, middle + 4, "nothing filled", "label faint")]
        }
        let (zero, end) = (scale(0), scale(mean))
        parts.append(
            tag(
                "rect",
                [
                    "class": "fill", "x": Words.point(min(zero, end)), "y": Words.point(middle - 6),
                    "width": Words.point(max(0.8, abs(end - zero))), "height": "12",
                ]
            )
        )
        if let median = row.medianSlippageBps {
            parts.append(frame.line(scale(median), middle - 9, scale(median), middle + 9, "limit"))
        }
        parts.append(frame.text(frame.right + 58, middle + 4, Words.bps(mean), "label end number"))
        parts.append(frame.text(frame.right + 70, middle + 4, "of \(row.executions)", "label faint"))
        return parts
    }
}
