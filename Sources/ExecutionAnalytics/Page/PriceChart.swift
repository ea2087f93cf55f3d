import TradingDomain

/// The market's price with the fills on it and the prices that they are held to; its volume below.
struct PriceChart {
    private let item: ExecutionPage
    private let frame = ChartFrame(height: 290)
    private let time: TimeScale
    private let level: Scale
    /// Where the volume bars end and the prices begin.
    private let divide: Double

    init(_ item: ExecutionPage) {
        self.item = item
        let fills = item.cost.facts.fills
        let start = min(item.tape?.start ?? item.arrivedAt, item.arrivedAt)
        let end = max(item.endedAt, fills.last?.at ?? item.endedAt)
        let pad = max(1, (end - start).nanoseconds / 1_000_000_000 / 40)
        time = TimeScale(start, end + .seconds(pad), start: frame.left, end: frame.right)
        var levels = fills.map(\.price.approximate) + [item.cost.facts.arrivalPrice.approximate]
        levels += (item.tape?.buckets ?? []).compactMap { $0.price?.approximate }
        if let vwap = item.vwap { levels.append(vwap) }
        let low = levels.min() ?? 0
        let high = levels.max() ?? 0
        let room = max((high - low) * 0.08, abs(high) * 0.00005)
        divide = frame.bottom - (item.tape == nil ? 0 : 46)
        level = Scale(low - room, high + room, start: divide - 6, end: frame.top)
    }

    func markup(id: String) -> Markup {
        let currency = item.cost.facts.instrument.currency.rawValue
        var parts = frame.rows(level, 5, unit: currency) { value, places in Words.number(value, min(places, 6)) }
        parts += frame.times(time)
        parts += volumeBars
        if item.tape != nil {
            let arrived = time(item.arrivedAt)
            parts.append(frame.line(arrived, frame.top, arrived, frame.bottom, "moment"))
            parts.append(
                arrived > (frame.left + frame.right) / 2
                    ? frame.text(arrived - 4, frame.top - 6, "arrival", "label end")
                    : frame.text(arrived + 4, frame.top - 6, "arrival", "label")
            )
        }
        let lines = benchmarks
        parts += lines.map { frame.line(frame.left, level($0.value), frame.right, level($0.value), $0.style) }
        if let tape = item.tape {
            let points = tape.buckets.compactMap { bucket in
                bucket.price.map { (x: time(bucket.end), y: level($0.approximate)) }
            }
            parts.append(frame.path(points, "price"))
        }
        parts += marks
        parts += frame.notes(
            lines.map { (y: level($0.value), words: "\($0.name) \($0.words)", style: $0.style) }
        )
        return frame.image(
            id: id,
            title: "Price of \(item.cost.facts.instrument.symbol.text) with fills",
            description: "\(item.cost.facts.fills.count) fills between "
                + "\(Words.price(item.cost.facts.fills.map(\.price).min())) and "
                + "\(Words.price(item.cost.facts.fills.map(\.price).max())) \(currency), average "
                + "\(Words.price(item.cost.averagePrice)), arrival \(Words.price(item.cost.facts.arrivalPrice)), "
                + "VWAP \(Words.number(item.vwap, 4)). Larger marks are larger fills.",
            parts
        )
    }

    private var benchmarks: [(name: String, value: Double, words: String, style: String)] {
        let arrival = item.cost.facts.arrivalPrice
        var lines = [("arrival", arrival.approximate, Words.price(arrival), "arrival")]
        if let average = item.cost.averagePrice {
            lines.append(("average", average.approximate, Words.price(average), "average"))
        }
        if let vwap = item.vwap { lines.append(("VWAP", vwap, Words.number(vwap, vwap < 1 ? 6 : 4), "vwap")) }
        return lines
    }

    /// Fills with an area in proportion to their quantity.
    private var marks: [Markup] {
        let fills = item.cost.facts.fills
        let most = fills.map(\.quantity.approximate).max() ?? 1
        let largest = fills.count > 100 ? 4.0 : 6.5
        return fills.map { fill in
            let radius = max(1.8, largest * (fill.quantity.approximate / most).squareRoot())
            return tag(
                "circle",
                [
                    "class": "fill", "cx": Words.point(time(fill.at)),
                    "cy": Words.point(level(fill.price.approximate)), "r": Words.point(radius),
                ]
            )
        }
    }

    private var volumeBars: [Markup] {
        guard let tape = item.tape else { return [] }
        let most = tape.buckets.map(\.volume.approximate).max() ?? 0
        guard most > 0 else { return [] }
        let scale = Scale(0, most, start: frame.bottom, end: divide + 8)
        var from = tape.start
        var bars: [Markup] = []
        for bucket in tape.buckets {
            let left = time(from)
            from = bucket.end
            guard bucket.volume > .zero else { continue }
            let top = scale(bucket.volume.approximate)
            bars.append(
                tag(
                    "rect",
                    [
                        "class": "volume", "x": Words.point(left), "y": Words.point(top),
                        "width": Words.point(max(0.5, time(bucket.end) - left - 0.5)),
                        "height": Words.point(max(0.3, frame.bottom - top)),
                    ]
                )
            )
        }
        return bars + [
            frame.text(frame.right + 8, frame.bottom - 16, "market volume,", "label market"),
            frame.text(
                frame.right + 8,
                frame.bottom - 2,
                "most \(Words.number(most, most < 10 ? 2 : 0))",
                "label market"
            ),
        ]
    }
}
