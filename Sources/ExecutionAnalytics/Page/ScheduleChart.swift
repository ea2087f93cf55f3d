import TradingDomain

/// How far the plan, the fills and the market were, in percent, over the time of an execution.
struct ScheduleChart {
    private let item: ExecutionPage
    private let frame = ChartFrame(height: 250)
    private let time: TimeScale
    private let share: Scale

    init(_ item: ExecutionPage) {
        self.item = item
        let end = max(item.scheduleEnd, item.endedAt, item.cost.facts.fills.last?.at ?? item.endedAt)
        time = TimeScale(item.arrivedAt, end, start: frame.left, end: frame.right)
        share = Scale(0, 100, start: frame.bottom, end: frame.top)
    }

    func markup(id: String) -> Markup {
        let filled = item.cost.fillRate * 100
        var parts = frame.rows(share, 4, unit: "% of order, % of volume") { value, _ in Words.number(value, 0) }
        parts += frame.times(time)
        var notes = [(share(min(filled, 100)), "filled \(Words.percent(item.cost.fillRate))", "filled")]
        if let market = marketPoints {
            notes.append((market.last?.y ?? frame.top, "market volume", "market"))
        }
        if !item.schedule.isEmpty {
            let points = planPoints
            parts.append(frame.path(points, "plan", steps: true))
            notes.append((points.last?.y ?? frame.top, "plan", "plan"))
        }
        if let market = marketPoints { parts.append(frame.path(market, "market")) }
        parts.append(frame.path(filledPoints, "filled", steps: true))
        parts += dots
        parts += frame.notes(notes.map { (y: $0.0, words: $0.1, style: $0.2) })
        let words =
            "\(item.cost.facts.fills.count) fills reach \(Words.percent(item.cost.fillRate)) of the order by "
            + "\(Words.clock(item.cost.facts.fills.last?.at ?? item.endedAt)) UTC; planned until "
            + "\(Words.clock(item.scheduleEnd)) UTC. The numbers are in the table below."
        return frame.image(
            id: id,
            title: "Schedule, fills and market volume of \(item.cost.facts.instrument.symbol.text)",
            description: words,
            parts
        )
    }

    private var planPoints: [(x: Double, y: Double)] {
        var sum = 0.0
        var points = [(x: time(item.arrivedAt), y: share(0))]
        for slice in item.schedule {
            sum += slice.quantity.approximate
            points.append((time(slice.due), share(sum / item.cost.facts.ordered.approximate * 100)))
        }
        points.append((frame.right, points.last?.y ?? share(0)))
        return points
    }

    private var filledPoints: [(x: Double, y: Double)] {
        var sum = 0.0
        var points = [(x: time(item.arrivedAt), y: share(0))]
        for fill in item.cost.facts.fills {
            sum += fill.quantity.approximate
            points.append((x(fill.at), share(min(100, sum / item.cost.facts.ordered.approximate * 100))))
        }
        points.append((max(points.last?.x ?? frame.left, x(item.endedAt)), points.last?.y ?? share(0)))
        return points
    }

    private var dots: [Markup] {
        guard item.cost.facts.fills.count <= 60 else { return [] }
        return filledPoints.dropFirst().dropLast().map { point in
            tag("circle", ["class": "dot", "cx": Words.point(point.x), "cy": Words.point(point.y), "r": "3"])
        }
    }

    private func x(_ at: Timestamp) -> Double { min(frame.right, max(frame.left, time(at))) }

    /// The market's volume since arrival as a share of that until the order ended.
    private var marketPoints: [(x: Double, y: Double)]? {
        guard let tape = item.tape else { return nil }
        let inside = tape.buckets.filter { $0.end > item.arrivedAt && $0.end <= item.endedAt }
        let total = inside.reduce(0) { $0 + $1.volume.approximate }
        guard total > 0 else { return nil }
        var sum = 0.0
        return [(x: frame.left, y: share(0))]
            + inside.map { bucket in
                sum += bucket.volume.approximate
                return (x(bucket.end), share(sum / total * 100))
            }
    }
}
