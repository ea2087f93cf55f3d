import TradingDomain

/// The drawing area of a chart with its axes; coordinates are user units of the `viewBox`.
struct ChartFrame {
    let width: Double
    let height: Double
    let left: Double
    let right: Double
    let top = 30.0
    let bottom: Double

    /// An area with room for labels: `left` and `right` are coordinates, `bottom` is where the time axis lies.
    init(width: Double = 560, height: Double, left: Double = 54, right: Double = 428) {
        self.width = width
        self.height = height
        self.left = left
        self.right = right
        bottom = height - 40
    }

    /// The whole image with its title and description for those who cannot see it.
    func image(id: String, title: String, description: String, _ parts: [Markup]) -> Markup {
        let label = [
            tag("title", ["id": "\(id)-title"], text: title), tag("desc", ["id": "\(id)-desc"], text: description),
        ]
        return tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": "0 0 \(Words.point(width)) \(Words.point(height))",
                "role": "img", "aria-labelledby": "\(id)-title \(id)-desc",
            ],
            label + parts
        )
    }

    func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> Markup {
        tag(
            "line",
            [
                "class": style, "x1": Words.point(x1), "y1": Words.point(y1), "x2": Words.point(x2),
                "y2": Words.point(y2),
            ]
        )
    }

    func text(_ x: Double, _ y: Double, _ words: String, _ style: String = "label") -> Markup {
        tag("text", ["class": style, "x": Words.point(x), "y": Words.point(y)], text: words)
    }

    /// Horizontal grid lines with labels left of them.
    func rows(_ scale: Scale, _ count: Int, unit: String, label: (Double, Int) -> String) -> [Markup] {
        let (values, places) = scale.ticks(count)
        return values.flatMap { value in
            [
                line(left, scale(value), right, scale(value), "grid"),
                text(left - 6, scale(value) + 4, label(value, places), "label end"),
            ]
        } + [text(6, 14, unit, "unit")]
    }

    /// The time axis.
    func times(_ scale: TimeScale) -> [Markup] {
        [line(left, bottom, right, bottom, "axis")]
            + scale.ticks(7).flatMap { tick in
                [
                    line(tick.x, bottom, tick.x, bottom + 4, "axis"),
                    text(tick.x, bottom + 17, tick.label, "label middle"),
                ]
            } + [text((left + right) / 2, height - 5, "time, UTC", "unit middle")]
    }

    /// A path through points; with steps each value stands until the next.
    func path(_ points: [(x: Double, y: Double)], _ style: String, steps: Bool = false) -> Markup {
        guard let first = points.first else { return .empty }
        var data = "M\(Words.point(first.x)) \(Words.point(first.y))"
        for point in points.dropFirst() {
            data +=
                steps
                ? "H\(Words.point(point.x))V\(Words.point(point.y))"
                : "L\(Words.point(point.x)) \(Words.point(point.y))"
        }
        return tag("path", ["class": style, "d": data])
    }

    /// Labels right of the area, each at its height, moved apart so that none covers another.
    func notes(_ notes: [(y: Double, words: String, style: String)]) -> [Markup] {
        let gap = 14.0
        let sorted = notes.enumerated().sorted { ($0.element.y, $0.offset) < ($1.element.y, $1.offset) }.map(\.element)
        var places: [Double] = []
        for note in sorted { places.append(max(note.y, (places.last ?? -gap) + gap)) }
        var floor = bottom + 4
        for index in places.indices.reversed() {
            places[index] = min(places[index], floor)
            floor = places[index] - gap
        }
        return zip(sorted, places).map { note, y in text(right + 8, y + 4, note.words, "label \(note.style)") }
    }
}
