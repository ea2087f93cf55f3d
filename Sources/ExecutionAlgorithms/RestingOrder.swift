public import TradingDomain

/// One child at a time at a fixed price, until all is filled or time is up: what LIMIT and ICEBERG have in common.
///
/// ```text
/// resting ──child filled, more left──▶ resting ──new limit, or a pause──▶ withdrawn ──▶ resting
///    │ all filled, time is up, or the venue rejects twice
///    ▼
/// finished
/// ```
public struct RestingOrder: Codable, Hashable, Sendable {
    /// Children that the venue may end without our asking before the order gives up.
    private static let rejectionsMax = 3

    /// The worst price that may be paid or taken.
    public private(set) var price: Price
    /// Most that one child shows; `nil` for everything.
    public let display: Quantity?
    /// How far a piece may differ from `display` by chance, as a fraction, 0 … 1.
    public let variance: Double
    /// When the order gives up.
    public private(set) var until: Timestamp
    private var pieces = 0
    private var rejections = 0
    private var finished = false
    /// We asked for the open child to end; its end counts against nobody.
    private var withdrawn: Bool?

    public init(price: Price, display: Quantity?, variance: Double, until: Timestamp) {
        self.price = price
        self.display = display
        self.variance = min(max(variance, 0), 1)
        self.until = until
    }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        guard !finished else {
            if event == .resumed { actions.finish("the order had ended") }
            return
        }
        switch event {
        case .started, .resumed, .timer:
            work(context, into: &actions)
        case .filled:
            if context.progress.filled >= context.progress.total {
                finish("filled", into: &actions)
            } else if context.progress.open <= .zero {
                work(context, into: &actions)
            }
        case .childClosed(_, let life):
            if life != .filled, withdrawn != true { rejections += 1 }
            withdrawn = nil
            if rejections >= Self.rejectionsMax {
                finish("the venue ended \(rejections) children", into: &actions)
            } else {
                work(context, into: &actions)
            }
        case .refused:
            if context.progress.open <= .zero { finish("refused", into: &actions) }
        case .paused:
            withdraw(context, into: &actions)
        case .amended(let change):
            price = change.limitPrice ?? price
            until = change.endTime ?? until
            // Where quantity grew what rests keeps its place in the queue.
            if change.limitPrice != nil || context.progress.remaining < .zero { withdraw(context, into: &actions) }
            actions.wake(at: context.now)
        case .cancelRequested:
            finish("cancelled", into: &actions)
        case .quote, .trade:
            break
        }
    }

    private mutating func withdraw(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        guard context.progress.open > .zero else { return }
        withdrawn = true
        actions.cancelOpen()
    }

    private mutating func work(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        if context.progress.filled >= context.progress.total { return finish("filled", into: &actions) }
        guard context.now < until else { return finish("time is up", into: &actions) }
        actions.wake(at: until)
        // One that shows everything sends what was added beside what rests.
        guard context.progress.remaining > .zero, context.progress.open <= .zero || display == nil else { return }
        withdrawn = nil
        pieces += 1
        actions.submit(
            ChildRequest(
                quantity: piece(context),
                type: .limit(price),
                timeInForce: .day,
                slice: pieces,
                maxAge: until - context.now  // It is to rest until the end, and is not stale before.
            )
        )
    }

    /// The next piece in whole lots, at least one lot and at most what is left.
    private func piece(_ context: AlgorithmContext) -> Quantity {
        let left = context.progress.remaining
        guard let display, display < left else { return left }
        let lot = context.parent.instrument.lot
        let factor = 1 + variance * (2 * context.random(0) - 1)
        // What is left of a quantity near the largest may not be a number of its own as a Double.
        let units = Int64(exactly: (Double(display.units) * factor).rounded()) ?? left.units
        return min(max(Quantity(units: units).rounded(toLot: lot), lot), left)
    }

    private mutating func finish(_ reason: String, into actions: inout ActionBuffer) {
        finished = true
        actions.finish(reason)
    }
}
