public import TradingDomain

/// What binds an order whatever algorithm works it; kept with the order by ``Conditioned``.
public struct OrderConditions: Codable, Hashable, Sendable {
    /// When it begins (FIX EffectiveTime, tag 168); nothing is sent before.
    public var start: Timestamp
    /// When it ends; what must be completed goes out just before.
    public var end: Timestamp
    /// Most of the market's volume since the start that the order may be, in percent, above 0 and at most 100.
    public var maxParticipationPercent: FixedDecimal?
    /// Everything that is left is taken at once while the market is at this price or better.
    public var wouldPrice: Price?
    /// Sends what is left just before the end.
    public var mustComplete: Bool
    /// A child below this is not sent, unless it is all that is left.
    public var minimumChild: Quantity?
    /// What the cap on volume kept back is given up and not sent later.
    public var skipsKeptBack: Bool

    public init(
        start: Timestamp,
        end: Timestamp,
        maxParticipationPercent: FixedDecimal? = nil,
        wouldPrice: Price? = nil,
        mustComplete: Bool = false,
        minimumChild: Quantity? = nil,
        skipsKeptBack: Bool = false
    ) {
        self.start = start
        self.end = end
        self.maxParticipationPercent = maxParticipationPercent
        self.wouldPrice = wouldPrice
        self.mustComplete = mustComplete
        self.minimumChild = minimumChild
        self.skipsKeptBack = skipsKeptBack
    }

    /// Something binds an order that is planned at `now`, beyond the end that every algorithm keeps by itself.
    func isNeeded(at now: Timestamp) -> Bool {
        start > now || maxParticipationPercent != nil || wouldPrice != nil || mustComplete || minimumChild != nil
    }

    /// From here on what is left goes out, when it must be completed.
    ///
    /// The length of a bar before the end, so that a market that is only seen in minutes trades once more; a quarter of the
    /// time for orders so short that this would be most of it.
    var lastCall: Timestamp { end - min(.seconds(60), max(end - start, .zero) / 4) }

    /// For people, as a plan goes on: `, at most 5 % of volume`.
    func words(at now: Timestamp) -> String {
        var words = start > now ? ", from \(start)" : ""
        if let maxParticipationPercent { words += ", at most \(maxParticipationPercent) % of volume" }
        if let minimumChild { words += ", no child below \(minimumChild)" }
        if let wouldPrice { words += ", all at once at \(wouldPrice) or better" }
        if mustComplete { words += ", the rest before the end" }
        return words
    }
}

extension OrderConditions {
    /// The parameters that it is read from, which every algorithm has unless it says otherwise.
    public static var parameters: [String] {
        [
            "start_time", "end_time", "max_participation_percent", "would_price", "min_child_quantity", "must_complete",
            "auction",
        ]
    }

    /// What `names` of a plan's parameters say.
    init(_ names: [String], _ context: PlanningContext, end: Timestamp) {
        func given<Value>(_ name: String, _ value: Value?) -> Value? { names.contains(name) ? value : nil }
        let parameters = context.parameters
        self.init(
            start: context.now,
            end: end,
            maxParticipationPercent: given("max_participation_percent", parameters.maxParticipationPercent),
            wouldPrice: given("would_price", parameters.wouldPrice),
            mustComplete: given("must_complete", parameters.mustComplete) ?? false,
            minimumChild: given("min_child_quantity", parameters.minChildQuantity),
            skipsKeptBack: parameters.catchUp == .skip
        )
    }
}

extension AlgorithmPlan {
    /// The plan under the conditions that its author named, if any.
    ///
    /// - Parameters:
    ///   - names: What binds the algorithm from outside; the rest is its own.
    ///   - context: As the plan was made from.
    ///   - now: Before which nothing needs to wait.
    /// - Returns: The plan as it was when nothing binds it.
    /// - Throws: `BAD_PARAMETERS` for a would-price beyond the order's limit.
    func bound(
        by names: [String],
        _ context: PlanningContext,
        at now: Timestamp
    ) throws(PlanRefusal) -> AlgorithmPlan {
        let conditions = OrderConditions(names, context, end: end)
        guard conditions.isNeeded(at: now) else { return self }
        if let would = conditions.wouldPrice, let limit = context.order.limitPrice,
            context.order.side == .buy ? would > limit : would < limit
        {
            throw PlanRefusal(
                "BAD_PARAMETERS",
                "A would-price of \(would) is beyond the limit of \(limit), which nothing may trade through. Give \(limit) or better."
            )
        }
        func bound(_ algorithm: some ExecutionAlgorithm) -> any ExecutionAlgorithm {
            Conditioned(algorithm, conditions)
        }
        var plan = self
        plan.algorithm = bound(algorithm)
        plan.words += conditions.words(at: now)
        return plan
    }
}
