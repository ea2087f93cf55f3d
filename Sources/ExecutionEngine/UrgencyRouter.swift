public import ExecutionAlgorithms
import QuantMath
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
    /// `MARKET_CLOSED`, `UNKNOWN_ALGORITHM`, or the code of the algorithm's own refusal.
    public let code: String
    public let message: String
}

/// Picks the algorithm and has it plan the order (RO-0, RO-2): an explicit choice first, else by urgency.
public struct UrgencyRouter: Sendable {
    /// Pieces of a plan that are kept; a longer one is kept by runs of slices, each due with its first.
    public static let plannedMax = 240

    private let hours: any TradingHours
    private let forecast: any VolumeForecast
    private let profileDays: Int
    private let catalog: AlgorithmCatalog

    /// A router that learns from `profileDays` earlier sessions unless an order says otherwise.
    public init(
        hours: any TradingHours,
        forecast: any VolumeForecast,
        profileDays: Int = 5,
        catalog: AlgorithmCatalog = AlgorithmCatalog()
    ) {
        self.hours = hours
        self.forecast = forecast
        self.profileDays = profileDays
        self.catalog = catalog
    }

    func isOpen(_ instrument: Instrument, at now: Timestamp) -> Bool {
        if case .open = hours.phase(of: instrument, at: now) { true } else { false }
    }

    /// When the session that is open at `now` closes; `nil` while the market is closed.
    func close(of instrument: Instrument, at now: Timestamp) -> Timestamp? {
        if case .open(_, let until) = hours.phase(of: instrument, at: now) { until } else { nil }
    }

    /// Routes an approved order at `now`, with the market as it is seen then.
    ///
    /// - Throws: ``RoutingRefusal`` when the market is closed or no plan can be made.
    public func route(
        _ order: ProposedOrder,
        _ choice: AlgorithmChoice,
        at now: Timestamp,
        market: MarketSeen? = nil
    ) throws(RoutingRefusal) -> RoutedOrder {
        let close: Timestamp
        switch hours.phase(of: order.instrument, at: now) {
        case .open(_, let until): close = until
        case .closed(let next):
            let opens = next.map { "opens next at \($0)" } ?? "has no later session in the calendar"
            throw RoutingRefusal(
                code: "MARKET_CLOSED",
                message: "\(order.symbol) is closed at \(now) and \(opens). Ask again then."
            )
        }
        let name: AlgorithmName
        let rule: String
        var parameters = AlgorithmParameters()
        switch choice {
        case .byUrgency:
            name = UrgencyRoute.route(for: order.urgency).algorithm
            rule = "urgency \(order.urgency) (\(order.urgencySource))"
        case .explicit(let asked, let given):
            name = asked
            rule = "chosen by the author"
            parameters = given
        }
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
        return routed(order, name, rule, plan, at: now)
    }

    private func routed(
        _ order: ProposedOrder,
        _ name: AlgorithmName,
        _ rule: String,
        _ plan: AlgorithmPlan,
        at now: Timestamp
    ) -> RoutedOrder {
        let preset = UrgencyRoute.table.first { $0.algorithm == name }
        let style = preset?.style ?? catalog.style(of: name)
        // Only a negative quantity has no estimate, and an order cannot have one.
        let estimate = (try? MarketImpact.estimate(order.quantity, style: style).bps) ?? 0
        let verdict = RoutingVerdict(
            algorithm: name,
            rule: rule,
            plan: plan.words,
            slices: plan.slices,
            start: now,
            end: plan.end,
            estimatedImpactBps: estimate,
            expectedBps: preset?.expectedBps ?? catalog.expectedBps(of: name),
            warning: plan.warning
        )
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
