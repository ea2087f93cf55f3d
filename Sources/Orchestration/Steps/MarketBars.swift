import ExecutionEngine
import MarketData
import TradingDomain
import Workflows

/// `market.bars`: one instrument's recent past as a document of bounded size, and nothing of what comes later (I9).
struct MarketBars: WorkflowStep {
    /// Farthest look back.
    private static let spanMax = Duration.seconds(1500 * 86_400)

    let signature = StepSignature(
        "market.bars",
        .read,
        inputs: [
            .required("ticker", .ticker),
            .required("span", .duration, doc: "how far back from now, at most 1500d"),
        ],
        outputs: [
            .init(
                "bars",
                .text,
                "a title, a heading and at most \(BarDocument.linesMax) bars as comma-separated lines"
            ),
            .init("count", .int),
            .init("interval", .duration, "of one bar: the finest at which the document stays short"),
        ],
        doc: "Bars of one instrument up to now, as a document for agents."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        let symbol = try call.ticker("ticker")
        if let unknown = context.unknown(symbol) { return unknown }
        guard let span = call.inputs["span"]?.durationValue, span > .zero, span <= Self.spanMax else {
            throw StepFailure("bad_span", "\(call.place): `span` must be more than nothing and at most 1500d.")
        }
        let bars = try context.desk.market.bars(symbol, from: context.now - span, to: context.now)
        let document = BarDocument(symbol, bars, until: context.now)
        let output = Value.Record(
            "market.bars output",
            [
                ("bars", .text(document.text)), ("count", .int(Int64(document.bars.count))),
                ("interval", .duration(document.interval)),
            ]
        )
        return .done(.success(output: output), notes: [])
    }
}

/// Bars as text: `start,open,high,low,close,volume`, one line each, oldest first.
struct BarDocument {
    /// An agent's prompt holds so much without drowning; some 25 KB.
    static let linesMax = 400
    /// From a minute on; longer than the span needs is not taken.
    private static let intervals: [Duration] = [60, 300, 900, 1800, 3600, 14_400, 86_400, 7 * 86_400].map {
        .seconds($0)
    }

    let bars: [Bar]
    let interval: Duration
    let text: String

    /// Bars joined to the finest interval at which they are few enough.
    init(_ symbol: Symbol, _ source: [Bar], until now: Timestamp) {
        var joined = source
        var interval = source.map { $0.end - $0.start }.max() ?? .seconds(60)
        for wider in Self.intervals where joined.count > Self.linesMax && wider > interval {
            joined = Self.joined(source, to: wider)
            interval = wider
        }
        bars = Array(joined.suffix(Self.linesMax))
        self.interval = interval
        let title = "# \(symbol), bars of \(Value.duration(interval)), times in UTC, up to \(now)"
        let lines = bars.map { "\($0.start),\($0.open),\($0.high),\($0.low),\($0.close),\($0.volume)" }
        text = ([title, "start,open,high,low,close,volume"] + lines).joined(separator: "\n") + "\n"
    }

    /// Bars by the whole intervals since 1970 UTC in which they end.
    private static func joined(_ bars: [Bar], to interval: Duration) -> [Bar] {
        let length = interval.nanoseconds
        var groups: [(place: Int64, bars: [Bar])] = []
        for bar in bars {
            // A bar that ends on the line belongs to what was before it.
            let place = (bar.end.nanoseconds - 1) / length
            if groups.last?.place == place {
                groups[groups.count - 1].bars.append(bar)
            } else {
                groups.append((place, [bar]))
            }
        }
        return groups.compactMap { group in
            guard let first = group.bars.first, let last = group.bars.last else { return nil }
            return Bar(
                symbol: first.symbol,
                start: first.start,
                end: last.end,
                open: first.open,
                high: group.bars.map(\.high).max() ?? first.high,
                low: group.bars.map(\.low).min() ?? first.low,
                close: last.close,
                volume: group.bars.reduce(Quantity.zero) { $0.addingClamped($1.volume) }
            )
        }
    }
}

extension StepContext {
    /// The end of an item whose ticker the market does not have; `nil` when it has it.
    func unknown(_ symbol: Symbol) -> StepResult? {
        guard desk.instrument(symbol) == nil else { return nil }
        let message = "No instrument is known as \(symbol) in \(desk.market.title). Check the spelling."
        return .done(
            .ended(.rejected, note: message),
            notes: [.ended(symbol, status: .rejected, code: "SYMBOL_UNKNOWN", message: message)]
        )
    }
}
