public import TradingDomain

/// How the slices of a schedule are varied and sent, whichever algorithm made them.
public struct SliceStyle: Codable, Hashable, Sendable {
    /// How far a slice may differ from its planned size by chance, in percent, 0 … 100; the sum stays exact.
    public var sizePercent: FixedDecimal?
    /// How late a slice may go out by chance, in percent of the time to the next one, 0 … 100.
    public var timePercent: FixedDecimal?
    /// Planned slices below this are merged with those that follow.
    public var minimumChild: Quantity?
    /// Sends immediate children at the touch, as AGGRESSIVE does (AL-12), in place of market children.
    public var takesTouch = false

    public init(
        sizePercent: FixedDecimal? = nil,
        timePercent: FixedDecimal? = nil,
        minimumChild: Quantity? = nil,
        takesTouch: Bool = false
    ) {
        self.sizePercent = sizePercent
        self.timePercent = timePercent
        self.minimumChild = minimumChild
        self.takesTouch = takesTouch
    }

    /// The slices with each at least ``minimumChild``: one that is smaller waits for the next, so that nothing is early.
    ///
    /// What is left at the end goes with the last; slices that are too few for one child become one, at the first time.
    func merged(_ slices: [Slice]) -> [Slice] {
        guard let minimumChild, let first = slices.first else { return slices }
        var merged: [Slice] = []
        var waiting = Quantity.zero
        for slice in slices {
            waiting += slice.quantity
            guard waiting >= minimumChild else { continue }
            merged.append(Slice(due: slice.due, quantity: waiting))
            waiting = .zero
        }
        guard waiting > .zero else { return merged }
        let last = merged.popLast()
        merged.append(Slice(due: last?.due ?? first.due, quantity: (last?.quantity ?? .zero) + waiting))
        return merged
    }

    /// The slices with sizes and times drawn anew by the context; they sum to the same and stay in order before `end`.
    func varied(_ slices: [Slice], end: Timestamp, _ context: AlgorithmContext) -> [Slice] {
        let lot = context.parent.instrument.lot
        var sizes = slices.map(\.quantity)
        if let percent = sizePercent {
            let reach = min(max(percent.approximate / 100, 0), 1)
            let weights = sizes.enumerated().map { index, size in
                size.approximate * (1 + reach * (2 * context.random(2 * UInt64(index)) - 1))
            }
            let total = sizes.reduce(.zero, +)
            // Weights that are all zero leave the plan as it was.
            if let whole = try? Apportionment.whole(weights),
                let shares = try? Apportionment.largestRemainder(total, lot: lot, over: whole)
            {
                sizes = shares
            }
        }
        let reach = min(max((timePercent ?? .zero).approximate / 100, 0), 1)
        let varied = slices.indices.map { index in
            let due = slices[index].due
            let next = index + 1 < slices.count ? slices[index + 1].due : end
            let late = Double((next - due).nanoseconds) * reach * context.random(2 * UInt64(index) + 1)
            return Slice(due: due + .nanoseconds(max(0, Int64(late))), quantity: sizes[index])
        }
        return varied.filter { $0.quantity > .zero }
    }
}

extension SliceStyle {
    /// The parameters that it is read from; every scheduled algorithm has them, and the catch-up policy.
    static let parameters = ["catch_up", "min_child_quantity", "randomize_size_percent", "randomize_time_percent"]

    init(_ parameters: AlgorithmParameters) {
        self.init(
            sizePercent: parameters.randomizeSizePercent,
            timePercent: parameters.randomizeTimePercent,
            minimumChild: parameters.minChildQuantity
        )
    }
}
