import TradingDomain

/// Slippage of each execution as a bar from zero: to the right it cost, to the left it gained.
struct SlippageChart {
    /// Rows of one image: more would not fit on a printed page.
    static let rowsMax = 30
    private static let row = 26.0

    private let items: [ExecutionPage]
    private let frame: ChartFrame
    private let scale: Scale

    /// Draws `items`, of which all have a slippage, on a scale that `all` share.
    init(_ items: [ExecutionPage], of all: [ExecutionPage]) {
        self.items = items
        frame = ChartFrame(width: 700, height: 30 + Self.row * Double(items.count) + 40, left: 88, right: 440)
        let values =
            all.compactMap { $0.slippage?.value } + all.flatMap { $0.slippage?.expected ?? [] } + [
                QualityTargets.slippageBps, 0,
            ]
        let low = values.min() ?? 0
        let high = values.max() ?? 0
        let room = (high - low) * 0.03
        scale = Scale(min(low - room, -room), high + room, start: frame.left, end: frame.right)
    }

    func markup(id: String) -> Markup {
        let zero = scale(0)
        let target = scale(QualityTargets.slippageBps)
        let (values, places) = scale.ticks(6)
        var parts = values.flatMap { value in
            [
                frame.line(scale(value), frame.top, scale(value), frame.bottom, "grid"),
                frame.text(scale(value), frame.bottom + 17, Words.number(value, places, signed: true), "label middle"),
            ]
        }
        parts.append(frame.text((frame.left + frame.right) / 2, frame.height - 5, "bps; + is a cost", "unit middle"))
        for (index, item) in items.enumerated() {
            parts += row(item, frame.top + Self.row * (Double(index) + 0.5))
        }
        parts.append(frame.line(zero, frame.top, zero, frame.bottom, "axis"))
        parts.append(frame.line(target, frame.top - 8, target, frame.bottom, "limit"))
        parts.append(
            frame.text(
                target,
                frame.top - 12,
                "target below \(Words.number(QualityTargets.slippageBps, 0))",
                target > frame.right - 60 ? "label end" : "label middle"
            )
        )
        return frame.image(
            id: id,
            title: "Slippage by item",
            description: items.map { item in
                "\(item.cost.facts.instrument.symbol.text) \(Words.bps(item.slippage?.value)) bps"
            }.joined(separator: ", "),
            parts
        )
    }

    private func row(_ item: ExecutionPage, _ middle: Double) -> [Markup] {
        guard let slippage = item.slippage, let value = slippage.value else { return [] }
        let zero = scale(0)
        let end = scale(value)
        let verdict = slippage.verdict ?? .missed
        var parts: [Markup] = []
        if let expected = slippage.expected {
            let from = max(frame.left, min(frame.right, scale(expected[0])))
            let to = max(frame.left, min(frame.right, scale(expected[1])))
            parts.append(
                tag(
                    "rect",
                    [
                        "class": "range", "x": Words.point(from), "y": Words.point(middle - 10),
                        "width": Words.point(max(1, to - from)), "height": "20",
                    ]
                )
            )
        }
        parts.append(
            tag(
                "rect",
                [
                    "class": "bar \(verdict.style)", "x": Words.point(min(zero, end)), "y": Words.point(middle - 6),
                    "width": Words.point(max(0.8, abs(end - zero))), "height": "12",
                ]
            )
        )
        let ticker = item.cost.facts.instrument.symbol.text
        parts.append(frame.text(frame.left - 8, middle + 4, Words.cut(ticker, 11), "label end strong"))
        parts.append(frame.text(frame.right + 58, middle + 4, Words.bps(value), "label end number"))
        parts.append(frame.text(frame.right + 68, middle + 4, "\(verdict.sign) \(verdict.rawValue)", "label"))
        parts.append(frame.text(frame.right + 176, middle + 4, slippage.short, "label faint"))
        return parts
    }
}

extension QualityTarget {
    /// The benchmark in a word.
    var short: String { against == "interval VWAP" ? "vs VWAP" : "vs arrival" }
}

extension TargetVerdict {
    /// A sign that does without colour.
    var sign: String {
        switch self {
        case .met: "✓"
        case .asExpected: "≈"
        case .missed: "✗"
        }
    }

    /// The class of its marks.
    var style: String {
        switch self {
        case .met: "met"
        case .asExpected: "expected"
        case .missed: "missed"
        }
    }
}

extension Words {
    /// At most `count` characters; a longer text ends in an ellipsis.
    static func cut(_ text: String, _ count: Int) -> String {
        text.count <= count ? text : text.prefix(count - 1) + "…"
    }
}
