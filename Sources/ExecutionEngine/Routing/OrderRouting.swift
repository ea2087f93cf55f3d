public import ExecutionAlgorithms
public import MarketData
public import QuantMath
public import TradingDomain

/// A parent order with the algorithm that will work it.
public struct RoutedOrder: Sendable {
    public let verdict: RoutingVerdict
    public let algorithm: any ExecutionAlgorithm
    /// What the algorithm means to send when, to be kept with the verdict.
    public let schedule: [Slice]
    /// When the session stops whatever the algorithm does.
    public let deadline: Timestamp
}

/// Why an order cannot be routed; the parent is refused with it.
public struct RoutingRefusal: Error, Hashable, Sendable {
    /// `MARKET_CLOSED`, `UNKNOWN_ALGORITHM`, `UNKNOWN_ROUTER`, `CROSSED_BOOK`, `EMPTY_BOOK`, `NO_VOLUME`, `BAD_CONDITIONS`,
    /// or the code of the algorithm's own refusal.
    public let code: String
    public let message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

/// The market as it stands when an order is routed.
public struct RoutingSituation: Sendable {
    public var market: MarketSeen?
    public var conditions: MarketConditions?
    public var state = MarketState.normal
    /// Two numbers in [0, 1) that belong to the order.
    public var draws = (1.0, 0.0)

    public init(market: MarketSeen? = nil, conditions: MarketConditions? = nil, state: MarketState = .normal) {
        self.market = market
        self.conditions = conditions
        self.state = state
    }
}

/// Routes orders: an explicit algorithm first, else the router, else the default strategy (RO-0); then has the algorithm plan
/// the order, and says why.
///
/// The verdict holds what was known of the market, the rule, and the predicted cost of every algorithm that could have served.
public struct OrderRouting: Sendable {
    /// Pieces of a plan that are kept; a longer one is kept by runs of slices, each due with its first.
    public static let plannedMax = 240

    private let hours: any TradingHours
    private let forecast: any VolumeForecast
    private let profileDays: Int
    private let catalog: AlgorithmCatalog
    private let policy: RoutingPolicy
    private let costs: PredictedCosts
    private var routers: [RoutingStrategy: any Router]
    /// What the learned router goes by.
    var learned: LearnedRoutes? {
        didSet { register(ExecutionStrategyOptimizer(routes: learned, policy: policy)) }
    }

    /// Routing by `policy`, which learns volumes from `profileDays` earlier sessions unless an order says otherwise.
    public init(
        hours: any TradingHours,
        forecast: any VolumeForecast,
        profileDays: Int = 5,
        catalog: AlgorithmCatalog = AlgorithmCatalog(),
        policy: RoutingPolicy = RoutingPolicy(),
        costs: CostModel = CostModel()
    ) {
        self.hours = hours
        self.forecast = forecast
        self.profileDays = profileDays
        self.catalog = catalog
        self.policy = policy
        self.costs = PredictedCosts(model: costs, catalog: catalog)
        routers = [:]
        register(UrgencyRouter())
        register(SmartOrderRouter())
        register(ExecutionStrategyOptimizer(routes: nil, policy: policy))
    }

    /// Makes a router known by its strategy's name; one of the same name is replaced.
    public mutating func register(_ router: any Router) { routers[router.strategy] = router }

    /// What earlier sessions say of an instrument; `nil` where nothing is known of them.
    func statistics(of instrument: Instrument, at now: Timestamp) -> HistoryStatistics? {
        // Without history there is no error to act on: whoever asks does without.
        try? forecast.statistics(of: instrument, at: now, days: profileDays)
    }

    /// Who routes an order: what its author asked for, else what is configured; `nil` for an explicit algorithm.
    func strategy(of choice: AlgorithmChoice) -> RoutingStrategy? {
        switch choice {
        case .byUrgency: .urgency
        case .byRouter(let asked): asked ?? policy.strategy
        case .explicit: nil
        }
    }

    func isOpen(_ instrument: Instrument, at now: Timestamp) -> Bool {
        if case .open = hours.phase(of: instrument, at: now) { true } else { false }
    }

    /// When the session that is open at `now` closes; `nil` while the market is closed.
    func close(of instrument: Instrument, at now: Timestamp) -> Timestamp? {
        if case .open(_, let until) = hours.phase(of: instrument, at: now) { until } else { nil }
    }

    /// Routes an approved order at `now`, in the market as it stands then.
    ///
    /// - Throws: ``RoutingRefusal`` when the market is closed, cannot be traded on, or no plan can be made.
    public func route(
        _ order: ProposedOrder,
        _ choice: AlgorithmChoice,
        at now: Timestamp,
        in situation: RoutingSituation = RoutingSituation()
    ) throws(RoutingRefusal) -> RoutedOrder {
        let close = try close(order, at: now)
        var inputs = inputs(order, at: now, situation)
        let allowed = UrgencyRouter.allowed(for: order.urgency)
        var chosen: RouterChoice
        switch choice {
        case .explicit(let asked, let given):
            chosen = RouterChoice(asked, rule: "chosen by the author")
            chosen.parameters = given
        case .byUrgency, .byRouter:
            let question = RoutingQuestion(
                order: order,
                now: now,
                close: close,
                market: situation.market,
                state: situation.state,
                inputs: inputs,
                predicted: costs.costs(of: allowed, order, inputs),
                draws: situation.draws
            )
            chosen = try ask(choice, question, &inputs)
            // A router gives an urgency's time without asking who takes one.
            let takesTime = catalog.parameters(of: chosen.algorithm).contains("duration_minutes")
            if !takesTime { chosen.parameters.durationMinutes = nil }
        }
        let candidates = candidates(chosen, allowed, order, inputs)
        let plan = try plan(&chosen, order, close: close, at: now, situation.market)
        return routed(order, chosen, plan, candidates, inputs, situation.state, at: now)
    }

    private func close(_ order: ProposedOrder, at now: Timestamp) throws(RoutingRefusal) -> Timestamp {
        switch hours.phase(of: order.instrument, at: now) {
        case .open(_, let until): return until
        case .closed(let next):
            let opens = next.map { "opens next at \($0)" } ?? "has no later session in the calendar"
            throw RoutingRefusal(
                code: "MARKET_CLOSED",
                message: "\(order.symbol) is closed at \(now) and \(opens). Ask again then."
            )
        }
    }

    /// The router's choice, or the default strategy where it has nothing to choose by.
    private func ask(
        _ choice: AlgorithmChoice,
        _ question: RoutingQuestion,
        _ inputs: inout RoutingInputs
    ) throws(RoutingRefusal) -> RouterChoice {
        let strategy = strategy(of: choice) ?? policy.strategy
        guard let router = routers[strategy] else {
            let known = routers.keys.sorted().map(\.text).joined(separator: ", ")
            throw RoutingRefusal(
                code: "UNKNOWN_ROUTER",
                message:
                    "There is no router '\(strategy)'. Known: \(known). Check `routing.strategy` and the workflow's `by`."
            )
        }
        inputs.router = strategy.text
        if let found = try router.choose(question) { return found }
        inputs.router = "default"
        var fallback = RouterChoice(
            policy.fallback,
            rule: "default strategy: the \(strategy) router has nothing to choose by"
        )
        fallback.warning =
            "the \(strategy) router had nothing to choose by (\(inputs.missing.joined(separator: "; "))), so "
            + "\(policy.fallback) serves"
        return fallback
    }

    // MARK: What is known

    private func inputs(_ order: ProposedOrder, at now: Timestamp, _ situation: RoutingSituation) -> RoutingInputs {
        var inputs = RoutingInputs(router: "author")
        inputs.conditions = situation.conditions
        let quantity = order.quantity.approximate
        if situation.conditions?.spreadBps == nil { inputs.missing.append("spread: no usable book, counts as 0 bps") }
        if let volume = situation.conditions?.minuteVolume, volume.units > 0 {
            inputs.sizeToMinuteVolume = quantity / volume.approximate
        } else {
            inputs.missing.append("minute volume: nothing was told to have traded for a whole minute")
        }
        do {
            let history = try forecast.statistics(of: order.instrument, at: now, days: profileDays)
            inputs.dailyVolume = history.dailyVolume
            inputs.dailyVolatility = history.dailyVolatility
            if history.dailyVolume > 0 { inputs.sizeToDailyVolume = quantity / history.dailyVolume }
        } catch {
            inputs.missing.append("daily volume and volatility, so no cost is predicted: \(error)")
        }
        return inputs
    }

    /// Every algorithm that could have served, the chosen one first; the rest in the order of the urgency's list.
    private func candidates(
        _ chosen: RouterChoice,
        _ allowed: [AlgorithmName],
        _ order: ProposedOrder,
        _ inputs: RoutingInputs
    ) -> [CandidateCost] {
        let names = [chosen.algorithm] + allowed.filter { $0 != chosen.algorithm && catalog.names.contains($0) }
        let predicted = costs.costs(of: names, order, inputs)
        return names.compactMap { name in
            guard let cost = predicted[name] else { return nil }
            let learned = chosen.notes[name].map { "; learned: \($0)" } ?? ""
            let note = name == chosen.algorithm ? "chosen" : "allowed for \(order.urgency), not chosen"
            return CandidateCost(algorithm: name, costBps: cost, note: note + learned)
        }
    }

    // MARK: Planning

    private func plan(
        _ chosen: inout RouterChoice,
        _ order: ProposedOrder,
        close: Timestamp,
        at now: Timestamp,
        _ market: MarketSeen?
    ) throws(RoutingRefusal) -> AlgorithmPlan {
        let name = chosen.algorithm
        var parameters = chosen.parameters
        // The presets are TWAPs with numbers of their own.
        if let preset = UrgencyRoute.table.first(where: { $0.algorithm == name }), preset.minutes != nil {
            if parameters.slices == nil, parameters.sliceIntervalSeconds == nil { parameters.slices = preset.slices }
            parameters.durationMinutes = parameters.durationMinutes ?? preset.minutes
        }
        let context = PlanningContext(
            order: order,
            now: now,
            close: close,
            market: market,
            parameters: parameters,
            forecast: forecast,
            profileDays: profileDays
        )
        let plan: AlgorithmPlan?
        do {
            plan = try catalog.plan(name, context)
        } catch {
            throw RoutingRefusal(code: error.code, message: error.message)
        }
        guard let plan else {
            let known = catalog.names.map(\.text).joined(separator: ", ")
            throw RoutingRefusal(
                code: "UNKNOWN_ALGORITHM",
                message: "There is no algorithm \(name). Known: \(known)."
            )
        }
        return plan
    }

    private func routed(
        _ order: ProposedOrder,
        _ chosen: RouterChoice,
        _ plan: AlgorithmPlan,
        _ candidates: [CandidateCost],
        _ inputs: RoutingInputs,
        _ state: MarketState,
        at now: Timestamp
    ) -> RoutedOrder {
        let name = chosen.algorithm
        let preset = UrgencyRoute.table.first { $0.algorithm == name }
        let style = preset?.style ?? catalog.style(of: name)
        // Only a negative quantity has no estimate, and an order cannot have one.
        let estimate = (try? MarketImpact.estimate(order.quantity, style: style).bps) ?? 0
        let warnings = [chosen.warning, plan.warning].compactMap { $0 }
        var verdict = RoutingVerdict(
            algorithm: name,
            rule: chosen.rule,
            plan: plan.words,
            slices: plan.slices,
            start: now,
            end: plan.end,
            estimatedImpactBps: estimate,
            expectedBps: preset?.expectedBps ?? catalog.expectedBps(of: name),
            warning: warnings.isEmpty ? nil : warnings.joined(separator: "; "),
            predictedCostBps: candidates.first { $0.algorithm == name }?.costBps,
            candidates: candidates,
            marketState: state.text,
            inputs: inputs
        )
        verdict.predicted = costs.cost(of: name, order, inputs)
        return RoutedOrder(
            verdict: verdict,
            algorithm: plan.algorithm,
            schedule: Self.thinned(plan.schedule),
            deadline: plan.deadline
        )
    }

    /// The plan in at most ``plannedMax`` pieces that sum to the same.
    private static func thinned(_ slices: [Slice]) -> [Slice] {
        let run = (slices.count + plannedMax - 1) / plannedMax
        guard run > 1 else { return slices }
        return stride(from: 0, to: slices.count, by: run).map { first in
            let part = slices[first..<min(first + run, slices.count)]
            return Slice(due: slices[first].due, quantity: part.reduce(.zero) { $0 + $1.quantity })
        }
    }
}
