import TradingDomain

/// Changing a plan while it is worked: chance at the start, amendments, and new weights.
extension SliceSchedule {
    /// Draws sizes and times, once.
    mutating func vary(_ context: AlgorithmContext) {
        guard next == 0, style.sizePercent != nil || style.timePercent != nil else { return }
        slices = style.varied(slices, end: end, context)
        (style.sizePercent, style.timePercent) = (nil, nil)
    }

    /// Plans what is ahead anew; nothing is sent before the next timer, which comes at once when a slice is due.
    ///
    /// An earlier end cuts the plan and spreads what is cut over the slices that are left; where none is left, and for
    /// a later end, the times ahead are moved in proportion. A changed quantity changes the slices ahead in proportion.
    mutating func amend(
        _ change: ParentAmendment,
        _ context: AlgorithmContext,
        into actions: inout ActionBuffer
    ) {
        change.withdrawIfNeeded(context, into: &actions)
        let now = context.now
        var ahead = Array(slices[next...])
        if let asked = change.endTime {
            let before = ahead.filter { $0.due < asked }
            if asked < end, !before.isEmpty {
                ahead = before
            } else if asked > now, end > now {
                let (from, to) = (Int128((end - now).nanoseconds), Int128((asked - now).nanoseconds))
                ahead = ahead.map { slice in
                    let wait = Int128(max((slice.due - now).nanoseconds, 0))
                    return Slice(due: now + .nanoseconds(Int64(wait * to / from)), quantity: slice.quantity)
                }
            }
            end = asked
        }
        replan(over: ahead.map { ($0.due, $0.quantity.units) }, context)
        guard now < end else { return actions.wake(at: now) }
        actions.wake(at: next < slices.count ? slices[next].due : now)
    }

    /// Spreads what is left over `ahead` by weight, in whole lots; what was sent stays as it was.
    ///
    /// What earlier slices missed is part of it, except under ``TradingDomain/CatchUpPolicy/skip``, which gives it up.
    mutating func replan(over ahead: [(due: Timestamp, weight: Int64)], _ context: AlgorithmContext) {
        let (left, past) = (left(context), slices[..<next])
        let lot = context.parent.instrument.lot
        var moments = ahead
        // After the last slice what is more than before has no slice to go with; the other policies try again anyway.
        if moments.isEmpty, catchUp == .skip { moments = [(context.now, 1)] }
        // Without any weight the first of them takes it all.
        if moments.allSatisfy({ $0.weight <= 0 }), !moments.isEmpty { moments[0].weight = 1 }
        let shares = (try? Apportionment.cumulative(left.lots(of: lot), over: moments.map(\.weight))) ?? []
        let planned = zip(moments, shares).map { moment, share in
            Slice(due: moment.due, quantity: Quantity(units: share * lot.units))
        }
        slices = past + style.merged(planned.filter { $0.quantity > .zero })
        self.planned = context.progress.filled + context.progress.open
    }

    /// What the slices ahead are for.
    func left(_ context: AlgorithmContext) -> Quantity {
        let progress = context.progress
        guard catchUp == .skip else { return max(progress.remaining, .zero) }
        let sent = slices[..<next].reduce(Quantity.zero) { $0 + $1.quantity }
        return max(min(progress.total - sent, progress.remaining), .zero)
    }
}

extension ParentAmendment {
    /// Cancels what is open when it may be too much, or at a price that no longer holds.
    func withdrawIfNeeded(_ context: AlgorithmContext, into actions: inout ActionBuffer) {
        guard context.progress.open > .zero, limitPrice != nil || context.progress.remaining < .zero else { return }
        actions.cancelOpen()
    }
}
