public import TradingDomain

/// POV: keeps the order at a share of what the market trades (AL-10).
///
/// After each trade of the market the target is `rate × volume since the start`. What is missing to it goes out as a
/// market child under the session's collar, when it is at least ``minimumChild`` or the share has fallen below the
/// band's lower end. One child takes at most the band's upper end of the volume since the last one, so that an outage
/// is not made up at once. Volume is that of the session as the feed tells it, our own fills included where the venue prints
/// them.
///
/// Parameters: rate, lowest and highest share in percent, the smallest child, and when to end. Use it when the order should follow volume that cannot be forecast. Not in markets that hardly trade,
/// where it waits for the end.
///
/// ```text
/// waiting ──volume──▶ sending ──filled──▶ waiting ──all filled, or end──▶ finished
/// ```
public struct ParticipationOfVolume: ExecutionAlgorithm {
    /// Longest time between two looks, where the feed is silent.
    private static let lookEvery = Duration.seconds(30)

    /// The share of volume aimed at and the band around it, in percent.
    public struct Band: Codable, Hashable, Sendable {
        public let target: FixedDecimal
        public let lowest: FixedDecimal
        public let highest: FixedDecimal

        /// A band with 0 < lowest ≤ target ≤ highest ≤ 100; `nil` for anything else.
        public init?(target: FixedDecimal, lowest: FixedDecimal? = nil, highest: FixedDecimal? = nil) {
            let lowest = lowest ?? FixedDecimal(units: target.units / 2)
            let highest = highest ?? min(FixedDecimal(units: target.units * 2), FixedDecimal(100))
            guard lowest > .zero, lowest <= target, target <= highest, highest <= FixedDecimal(100) else { return nil }
            self.target = target
            self.lowest = lowest
            self.highest = highest
        }
    }

    public let band: Band
    public let minimumChild: Quantity
    public private(set) var end: Timestamp
    /// The session's volume when the order began; `nil` until the market has traded.
    private var baseline: Quantity?
    /// Volume since the start when a child was last sent.
    private var volumeAtLastChild = Quantity.zero
    private var children = 0
    private var finished = false

    public init(band: Band, minimumChild: Quantity, end: Timestamp) {
        self.band = band
        self.minimumChild = minimumChild
        self.end = end
    }

    public var interests: Interests { finished ? [] : .trades }

    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        guard !finished else {
            if event == .resumed { actions.finish("the order had ended") }
            return
        }
        switch event {
        case .started:
            baseline = context.market?.volume ?? .zero
            actions.wake(at: nextLook(after: context.now))
        case .timer, .trade, .resumed:
            look(context, isTimer: event != .trade, into: &actions)
        case .filled, .childClosed, .refused:
            if context.progress.filled >= context.progress.total { finish("filled", into: &actions) }
        case .cancelRequested:
            finish("cancelled", into: &actions)
        case .amended(let change):
            change.withdrawIfNeeded(context, into: &actions)
            end = change.endTime ?? end
            actions.wake(at: context.now)
        case .paused, .quote:
            break
        }
    }

    private mutating func look(_ context: AlgorithmContext, isTimer: Bool, into actions: inout ActionBuffer) {
        guard context.now < end else {
            // The last bar of a session comes at its close: too late to send, and the timer ends the order.
            if isTimer { finish("time is up", into: &actions) }
            return
        }
        if isTimer { actions.wake(at: nextLook(after: context.now)) }
        let remaining = context.progress.remaining
        guard remaining > .zero else { return }
        let lot = context.parent.instrument.lot
        let volume = context.market?.volume ?? .zero
        if volume < baseline ?? .zero {
            // The feed began to tell single trades, and counts anew.
            (baseline, volumeAtLastChild) = (.zero, .zero)
        }
        let total = volume - (baseline ?? .zero)
        let done = context.progress.filled + context.progress.open
        let missing = max(total.percent(band.target) - done, .zero)
        let cap = max(total - volumeAtLastChild, .zero).percent(band.highest)
        let size = min(missing, cap, remaining).rounded(toLot: lot)
        let isBelowBand = done < total.percent(band.lowest)
        guard size >= lot, size >= minimumChild || isBelowBand || size == remaining else { return }
        children += 1
        volumeAtLastChild = total
        actions.submit(ChildRequest(quantity: size, slice: children))
    }

    private func nextLook(after now: Timestamp) -> Timestamp { min(now + Self.lookEvery, end) }

    private mutating func finish(_ reason: String, into actions: inout ActionBuffer) {
        finished = true
        actions.finish(reason)
    }
}

extension ParticipationOfVolume: PlannableAlgorithm {
    public static var names: [AlgorithmName] { [.pov] }
    public static var parameters: [String] {
        [
            "duration_minutes", "participation_percent", "min_participation_percent", "max_participation_percent",
            "min_child_quantity",
        ]
    }
    public static var expectedBps: [Double] { [0.5, 4] }

    public static func plan(_ name: AlgorithmName, _ context: PlanningContext) throws(PlanRefusal) -> AlgorithmPlan {
        let parameters = context.parameters
        let target = parameters.participationPercent ?? FixedDecimal(10)
        guard
            let band = Band(
                target: target,
                lowest: parameters.minParticipationPercent,
                highest: parameters.maxParticipationPercent
            )
        else {
            throw PlanRefusal(
                "BAD_PARAMETERS",
                "A participation of \(target) % within \(parameters.minParticipationPercent?.description ?? "its half") to "
                    + "\(parameters.maxParticipationPercent?.description ?? "its double"): give 0 < lowest ≤ target ≤ highest ≤ 100."
            )
        }
        let end = try context.end()
        let minimum = parameters.minChildQuantity ?? context.order.instrument.lot
        return AlgorithmPlan(
            ParticipationOfVolume(
                band: band,
                minimumChild: minimum,
                end: end
            ),
            words: "\(band.target) % of volume (\(band.lowest) to \(band.highest)) until \(end)",
            end: end,
            deadline: end
        )
    }
}
