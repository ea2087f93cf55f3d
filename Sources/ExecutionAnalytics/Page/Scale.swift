import TradingDomain

/// Maps values to coordinates along one axis, with ticks at round values.
struct Scale {
    let from: Double
    let to: Double
    private let start: Double
    private let end: Double

    /// Values `from` … `to` at coordinates `start` … `end`; equal values get some room around them.
    init(_ from: Double, _ to: Double, start: Double, end: Double) {
        let room = to > from ? 0 : max(abs(from) * 0.0005, 1e-6)
        self.from = from - room
        self.to = max(from, to) + room
        self.start = start
        self.end = end
    }

    func callAsFunction(_ value: Double) -> Double { start + (value - from) / (to - from) * (end - start) }

    /// About `count` round values inside the range, and the decimals that they need.
    func ticks(_ count: Int) -> (values: [Double], places: Int) {
        let raw = (to - from) / Double(max(1, count))
        var power = 1.0
        var places = 0
        while power > raw, places < 8 {
            power /= 10
            places += 1
        }
        while power * 10 <= raw { power *= 10 }
        let step = ([1, 2, 5, 10].first { $0 * power >= raw } ?? 10) * power
        if step >= power * 10, places > 0 { places -= 1 }
        let first = (from / step).rounded(.up)
        let last = (to / step).rounded(.down)
        guard last >= first, last - first < 100 else { return ([], places) }
        return ((Int(first)...Int(last)).map { Double($0) * step }, places)
    }
}

/// A time axis: seconds since its start.
struct TimeScale {
    private static let steps: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400,
    ]

    let origin: Timestamp
    let end: Timestamp
    let scale: Scale

    init(_ from: Timestamp, _ to: Timestamp, start: Double, end: Double) {
        origin = from
        self.end = max(to, from + .seconds(1))
        scale = Scale(0, (self.end - from).seconds, start: start, end: end)
    }

    func callAsFunction(_ time: Timestamp) -> Double { scale((time - origin).seconds) }

    /// At most `count` + 1 round times with their labels.
    func ticks(_ count: Int) -> [(x: Double, label: String)] {
        let span = (end - origin).nanoseconds / 1_000_000_000
        // Labels with seconds are wider, so there are fewer of them.
        let step =
            Self.steps.first { span / $0 <= Int64($0 < 60 ? count * 2 / 3 : count) } ?? max(86_400, span / Int64(count))
        let length = step * 1_000_000_000
        var time = Timestamp(nanoseconds: (origin.nanoseconds + length - 1) / length * length)
        var ticks: [(Double, String)] = []
        while time <= end, ticks.count <= count {
            ticks.append((self(time), Words.clock(time, seconds: step < 60)))
            time = time + .seconds(step)
        }
        return ticks
    }
}
