public import TradingDomain

/// One planned piece of a parent order.
public struct Slice: Codable, Hashable, Sendable {
    public let due: Timestamp
    public let quantity: Quantity

    public init(due: Timestamp, quantity: Quantity) {
        self.due = due
        self.quantity = quantity
    }
}

/// When to send how much, and what to do about what was missed; TWAP and VWAP differ only in how they fill it.
public struct SliceSchedule: Hashable, Sendable {
    /// In time order; every slice holds at least one lot, and they sum to the parent.
    public internal(set) var slices: [Slice] {
        didSet { plan = Self.plan(of: slices) }
    }
    /// When the plan ends: one interval after the last slice.
    public internal(set) var end: Timestamp
    public let catchUp: CatchUpPolicy
    /// How slices are varied and sent; what was drawn by chance is taken out of it.
    public internal(set) var style: SliceStyle
    /// The slices as they are encoded, made when they change: the state is stored with every slice that is sent.
    var plan: String
    /// Slices before this one are past.
    var next = 0
    var planned = Quantity.zero
    var finished = false

    /// A schedule of `slices`, of which those below the style's smallest child are merged.
    public init(slices: [Slice], end: Timestamp, catchUp: CatchUpPolicy, style: SliceStyle = SliceStyle()) {
        let slices = style.merged(slices)
        self.slices = slices
        self.end = end
        self.catchUp = catchUp
        self.style = style
        plan = Self.plan(of: slices)
    }

    /// Handles an event of the parent order: the whole behaviour of a scheduled algorithm.
    public mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer)
    {
        guard !finished else {
            if event == .resumed { actions.finish("schedule ended") }  // It had ended when the engine was lost.
            return
        }
        switch event {
        case .started, .timer, .resumed:
            if event == .started { vary(context) }
            // What was just sent is not in this context's progress, so only its fill can end the schedule.
            if !sendDue(context, into: &actions) { finishIfDone(context, into: &actions) }
        case .amended(let change):
            amend(change, context, into: &actions)
            finishIfDone(context, into: &actions)
        case .filled, .childClosed, .refused:
            finishIfDone(context, into: &actions)
        case .cancelRequested:
            finished = true
            actions.finish("cancelled")
        case .paused, .quote, .trade:
            break  // A pause holds slices back; the session stops timers, and `resumed` catches up.
        }
    }

    /// - Returns: Whether something was sent.
    private mutating func sendDue(_ context: AlgorithmContext, into actions: inout ActionBuffer) -> Bool {
        guard context.now < end else {
            next = slices.count  // Woken too late: what is left stays unfilled.
            return false
        }
        let before = actions.actions.count
        if next < slices.count, slices[next].due <= context.now {
            // Of several slices that are due at once only the latest goes out whole; the rest was missed.
            var latest = next
            while latest + 1 < slices.count, slices[latest + 1].due <= context.now { latest += 1 }
            for index in next..<latest { planned += slices[index].quantity }
            let missed = max(planned - context.progress.filled - context.progress.open, .zero)
            let quantity = slices[latest].quantity + makeUp(missed, at: latest, lot: context.parent.instrument.lot)
            planned += slices[latest].quantity
            next = latest + 1
            let size = min(quantity, context.progress.remaining)
            send(size, slice: latest + 1, context, into: &actions)
        } else if next == slices.count, context.progress.remaining > .zero, catchUp != .skip {
            // After the last slice what failed or was missed is tried again, a piece at a time.
            let size = min(context.progress.remaining, largestPiece)
            send(size, slice: slices.count, context, into: &actions)
        }
        let isSent = actions.actions.count > before
        if next < slices.count {
            actions.wake(at: slices[next].due)
        } else {
            actions.wake(at: retryTime(after: context.now))
        }
        return isSent
    }

    private func send(
        _ size: Quantity,
        slice: Int,
        _ context: AlgorithmContext,
        into actions: inout ActionBuffer
    ) {
        guard size > .zero else { return }
        let touching = style.takesTouch ? Crossing.request(size, context, slice: slice) : nil
        actions.submit(touching ?? ChildRequest(quantity: size, slice: slice))
    }

    /// How much of what was missed goes out with slice `index`.
    private func makeUp(_ missed: Quantity, at index: Int, lot: Quantity) -> Quantity {
        guard missed > .zero else { return .zero }
        switch catchUp {
        case .skip:
            return .zero
        case .burst(let maximum):
            let (cap, overflow) = slices[index].quantity.units.multipliedReportingOverflow(by: Int64(max(0, maximum)))
            return overflow ? missed : min(missed, Quantity(units: cap))
        case .spread:
            let ahead = slices[index...].reduce(Quantity.zero) { $0 + $1.quantity }
            let share = missed.share(slices[index].quantity.units, of: ahead.units)
            let lots = (share.units + lot.units - 1) / lot.units
            let room = largestPiece - slices[index].quantity
            return min(missed.rounded(toLot: lot), Quantity(units: lots * lot.units), room)
        }
    }

    /// Two slices' worth: an outage must not end in one order for all that it missed (DESIGN §9).
    private var largestPiece: Quantity {
        let largest = slices.map(\.quantity).max() ?? .zero
        return largest + largest
    }

    private func retryTime(after now: Timestamp) -> Timestamp {
        let left = end - now
        return now + max(.seconds(1), left / 2)
    }

    private mutating func finishIfDone(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        let progress = context.progress
        if progress.filled >= progress.total {
            finished = true
            actions.finish("filled")
        } else if next == slices.count, progress.open <= .zero, context.now >= end || catchUp == .skip {
            finished = true
            actions.finish("schedule ended")
        }
    }
}
