import ExecutionAlgorithms
import MarketData
public import TradingDomain

/// The router that learns (RO-3): for the market's state and the order's size, the algorithm that came cheapest so far.
///
/// It judges by the mean shortfall of at least ``samplesNeeded`` past orders, and only algorithms that the urgency allows and
/// that filled ``fillRateNeeded`` of what they were asked. Another is taken than the urgency's own (RO-2) only if it came cheaper
/// than that one did, or, where that one is little known, than it is predicted to be. Nothing learned: RO-2.
///
/// A small share of orders tries an algorithm that is little known: only one that the urgency allows, with a prediction that
/// is within the bound and within ``exploreRatio`` of what the urgency's own is predicted to cost; CRITICAL never tries. The draw
/// belongs to the order, so equal runs try the same.
public struct ExecutionStrategyOptimizer: Router {
    /// Fewer past orders say nothing.
    public static let samplesNeeded = 10
    /// What an algorithm must have filled on average (SE-4).
    public static let fillRateNeeded = 0.95
    /// How much dearer than the urgency's own a trial may be predicted to be.
    public static let exploreRatio = 1.5

    /// An algorithm with the reason for it.
    public struct Optimal: Hashable, Sendable {
        public let algorithm: AlgorithmName
        public let reason: String
        /// Taken to learn about it.
        public let isTrial: Bool
    }

    public let strategy = RoutingStrategy.learned
    private let routes: LearnedRoutes?
    private let policy: RoutingPolicy

    public init(routes: LearnedRoutes?, policy: RoutingPolicy = RoutingPolicy()) {
        self.routes = routes
        self.policy = policy
    }

    /// The algorithm that what was learned, and the draw, lead to.
    ///
    /// - Parameters:
    ///   - marketState: As `MarketStateMonitor` tells it.
    ///   - sizeToMinuteVolume: The order's quantity in minutes of volume; `nil` when it is not known: then RO-2 serves.
    ///   - urgency: Its own algorithm is the one to beat.
    ///   - predicted: Predicted cost in basis points, by algorithm.
    ///   - draws: Two numbers in [0, 1): whether to try something, and what.
    /// - Returns: Always one of ``UrgencyRouter/allowed(for:)``.
    public func getOptimalStrategy(
        marketState: String,
        sizeToMinuteVolume: Double?,
        urgency: Urgency,
        predicted: [AlgorithmName: Double],
        draws: (Double, Double)
    ) -> Optimal {
        let own = UrgencyRoute.route(for: urgency).algorithm
        let allowed = UrgencyRouter.allowed(for: urgency)
        guard let size = sizeToMinuteVolume, size.isFinite, size >= 0 else {
            return Optimal(algorithm: own, reason: "the order's size against the market is not known", isTrial: false)
        }
        let bucket = SizeBucket(sizeToMinuteVolume: size)
        let place = "in a \(marketState) market, size \(bucket.rawValue)"
        func known(_ name: AlgorithmName) -> LearnedRoutes.Cell? {
            guard let cell = routes?.cell(marketState, bucket, name), cell.samples >= Self.samplesNeeded else {
                return nil
            }
            return cell
        }
        if urgency != .critical, draws.0 < policy.exploreShare, let ownCost = predicted[own] {
            let bound = min(policy.exploreBoundBps, max(ownCost * Self.exploreRatio, ownCost))
            let trials = allowed.filter { name in
                known(name) == nil && name != own && (predicted[name].map { $0 <= bound } ?? false)
            }
            if !trials.isEmpty {
                let trial = trials[min(trials.count - 1, Int(draws.1 * Double(trials.count)))]
                let reason = "a trial \(place): fewer than \(Self.samplesNeeded) past orders by \(trial)"
                return Optimal(algorithm: trial, reason: reason, isTrial: true)
            }
        }
        let usable = allowed.compactMap(known).filter { $0.fillRate >= Self.fillRateNeeded }
        guard let best = usable.min(by: { $0.costBps < $1.costBps }) else {
            return Optimal(
                algorithm: own,
                reason: "fewer than \(Self.samplesNeeded) past orders \(place)",
                isTrial: false
            )
        }
        let toBeat = known(own)?.costBps ?? predicted[own]
        guard best.algorithm != own, let toBeat, best.costBps < toBeat else {
            let what = best.algorithm == own ? "the cheapest" : "nothing known is cheaper"
            return Optimal(algorithm: own, reason: "\(what) \(place)", isTrial: false)
        }
        let reason =
            "\(RoutingWords.number(best.costBps)) bps over \(best.samples) past orders \(place), against "
            + "\(RoutingWords.number(toBeat)) bps by \(own)"
        return Optimal(algorithm: best.algorithm, reason: reason, isTrial: false)
    }

    public func choose(_ question: RoutingQuestion) -> RouterChoice? {
        let urgency = question.order.urgency
        let size = question.inputs.sizeToMinuteVolume
        let optimal = getOptimalStrategy(
            marketState: question.state.text,
            sizeToMinuteVolume: size,
            urgency: urgency,
            predicted: question.predicted,
            draws: question.draws
        )
        var choice = RouterChoice(
            optimal.algorithm,
            rule: "learned, urgency \(urgency) (\(question.order.urgencySource)): \(optimal.reason)"
        )
        if optimal.algorithm != UrgencyRoute.route(for: urgency).algorithm {
            choice.parameters.durationMinutes = UrgencyRoute.route(for: urgency).minutes
        }
        if let size {
            for name in UrgencyRouter.allowed(for: urgency) {
                guard let cell = routes?.cell(question.state.text, SizeBucket(sizeToMinuteVolume: size), name) else {
                    continue
                }
                choice.notes[name] = "\(RoutingWords.number(cell.costBps)) bps over \(cell.samples) past orders"
            }
        }
        return choice
    }
}
