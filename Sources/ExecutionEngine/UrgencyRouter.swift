public import ExecutionAlgorithms
public import QuantMath
public import TradingDomain

/// How one urgency is executed by default (SE-2), with what is expected of it (SE-4).
public struct UrgencyRoute: Codable, Hashable, Sendable {
    public let urgency: Urgency
    public let algorithm: AlgorithmName
    /// `nil` for MARKET (at once) and VWAP (to the session's close).
    public let minutes: Int?
    /// A maximum: never more slices than lots.
    ///
    /// `nil` where the schedule's buckets decide.
    public let slices: Int?
    /// Expected slippage in basis points, lowest and highest.
    public let expectedBps: [Double]
    public let style: ExecutionStyle
    /// The schedule in words.
    public let time: String

    /// The table of SE-2 and SE-4, most urgent first.
    public static let table: [UrgencyRoute] = [
        UrgencyRoute(
            urgency: .critical,
            algorithm: .market,
            minutes: nil,
            slices: 1,
            expectedBps: [5, 10],
            style: .aggressive,
            time: "at once"
        ),
        UrgencyRoute(
            urgency: .high,
            algorithm: .twapAggressive,
            minutes: 5,
            slices: 5,
            expectedBps: [2, 5],
            style: .aggressive,
            time: "5 min"
        ),
        UrgencyRoute(
            urgency: .medium,
            algorithm: .twapStandard,
            minutes: 30,
            slices: 10,
            expectedBps: [1, 3],
            style: .moderate,
            time: "30 min"
        ),
        UrgencyRoute(
            urgency: .low,
            algorithm: .vwap,
            minutes: nil,
            slices: nil,
            expectedBps: [0.5, 2],
            style: .passive,
            time: "to the session's close"
        ),
    ]

    public static func route(for urgency: Urgency) -> UrgencyRoute {
        for route in table where route.urgency == urgency { return route }
        preconditionFailure("no route for urgency \(urgency)")
    }
}

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
    /// `MARKET_CLOSED`, `NO_VOLUME_PROFILE`, `NO_TIME_LEFT`, `UNKNOWN_ALGORITHM` or `BAD_PARAMETERS`.
    public let code: String
    public let message: String
}

/// Picks the algorithm and its schedule (RO-0, RO-2): an explicit choice first, else by urgency.
public struct UrgencyRouter: Sendable {
    /// Length of a VWAP bucket: long enough that a small order is not one share a minute, short enough to follow
    /// the market's rhythm.
    public static let volumeBucket = Duration.seconds(300)
    /// Time after a TWAP's end for the last slice to fill; bars report at their end.
    private static let grace = Duration.seconds(90)
    /// Below this much time to the close a VWAP is warned about (SE-2).
    private static let shortSession = Duration.seconds(3600)

    /// Pieces of a plan that are kept; a longer one is kept by runs of slices, each due with its first.
    public static let plannedMax = 240

    /// One slice a second over the longest schedule.
    private static let slicesMax = 86_400

    private let hours: any TradingHours
    private let forecast: any VolumeForecast
    private let profileDays: Int

    /// A router that learns volume from `profileDays` earlier sessions unless an order says otherwise.
    public init(hours: any TradingHours, forecast: any VolumeForecast, profileDays: Int = 5) {
        self.hours = hours
        self.forecast = forecast
        self.profileDays = profileDays
    }

    func isOpen(_ instrument: Instrument, at now: Timestamp) -> Bool {
        if case .open = hours.phase(of: instrument, at: now) { true } else { false }
    }

    /// Routes `quantity` of an approved order at `now`.
    ///
    /// - Throws: ``RoutingRefusal`` when the market is closed or the schedule cannot be made.
    public func route(
        _ order: ProposedOrder,
        _ choice: AlgorithmChoice,
        at now: Timestamp
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
        switch choice {
        case .byUrgency:
            let route = UrgencyRoute.route(for: order.urgency)
            return try plan(
                order,
                route.algorithm,
                AlgorithmParameters(),
                rule: "urgency \(order.urgency) (\(order.urgencySource))",
                now: now,
                close: close
            )
        case .explicit(let name, let parameters):
            return try plan(order, name, parameters, rule: "chosen by the author", now: now, close: close)
        }
    }

    private func plan(
        _ order: ProposedOrder,
        _ name: AlgorithmName,
        _ parameters: AlgorithmParameters,
        rule: String,
        now: Timestamp,
        close: Timestamp
    ) throws(RoutingRefusal) -> RoutedOrder {
        switch name {
        case .market:
            return routed(
                order,
                name,
                rule,
                MarketOrder(),
                [Slice(due: now, quantity: order.quantity)],
                slices: 1,
                plan: "1 child at once",
                now,
                end: now,
                deadline: close
            )
        case .twapAggressive, .twapStandard, .twap:
            return try timeWeighted(order, name, parameters, rule, now, close)
        case .vwap:
            return try volumeWeighted(order, parameters, rule, now, close)
        default:
            throw RoutingRefusal(
                code: "UNKNOWN_ALGORITHM",
                message: "There is no algorithm \(name). Known: MARKET, TWAP, TWAP_AGGRESSIVE, TWAP_STANDARD, VWAP."
            )
        }
    }

    private func timeWeighted(
        _ order: ProposedOrder,
        _ name: AlgorithmName,
        _ parameters: AlgorithmParameters,
        _ rule: String,
        _ now: Timestamp,
        _ close: Timestamp
    ) throws(RoutingRefusal) -> RoutedOrder {
        let preset = UrgencyRoute.table.first { $0.algorithm == name }
        let minutes = parameters.durationMinutes ?? preset?.minutes ?? 30
        guard (1...1440).contains(minutes) else {
            throw RoutingRefusal(code: "BAD_PARAMETERS", message: "A TWAP of \(minutes) minutes: give 1 to 1440.")
        }
        let wanted = now + .seconds(minutes * 60)
        let end = min(wanted, parameters.endTime ?? wanted, close)
        guard end > now else {
            throw RoutingRefusal(code: "NO_TIME_LEFT", message: "The end time \(end) has passed at \(now).")
        }
        let interval = parameters.sliceIntervalSeconds ?? 60
        guard interval > 0 else {
            throw RoutingRefusal(code: "BAD_PARAMETERS", message: "A slice interval of \(interval) s: give 1 or more.")
        }
        let byInterval = max(1, minutes * 60 / interval)
        let count = parameters.slices ?? (parameters.sliceIntervalSeconds == nil ? preset?.slices : nil) ?? byInterval
        guard (1...Self.slicesMax).contains(count) else {
            throw RoutingRefusal(code: "BAD_PARAMETERS", message: "\(count) slices: give 1 to \(Self.slicesMax).")
        }
        let algorithm: TimeWeighted
        do {
            algorithm = try TimeWeighted(
                quantity: order.quantity,
                lot: order.instrument.lot,
                start: now,
                duration: end - now,
                slices: count,
                catchUp: parameters.catchUp ?? .spread
            )
        } catch {
            throw RoutingRefusal(code: "BAD_PARAMETERS", message: "\(error)")
        }
        let slices = algorithm.schedule.slices.count
        let average = order.quantity.approximate / Double(slices)
        let span = Self.words(end - now)
        return routed(
            order,
            name,
            rule,
            algorithm,
            algorithm.schedule.slices,
            slices: slices,
            plan: "\(slices) slices over \(span), avg \(Self.twoDecimals(average)) per slice",
            now,
            end: end,
            deadline: min(end + Self.grace, close),
            warning: close < wanted && end == close
                ? "shortened from \(minutes) min: the session closes at \(close)" : nil
        )
    }

    private func volumeWeighted(
        _ order: ProposedOrder,
        _ parameters: AlgorithmParameters,
        _ rule: String,
        _ now: Timestamp,
        _ close: Timestamp
    ) throws(RoutingRefusal) -> RoutedOrder {
        if let minutes = parameters.durationMinutes, !(1...1440).contains(minutes) {
            throw RoutingRefusal(code: "BAD_PARAMETERS", message: "A VWAP of \(minutes) minutes: give 1 to 1440.")
        }
        let asked = parameters.durationMinutes.map { now + .seconds($0 * 60) }
        let end = min(close, parameters.endTime ?? asked ?? close)
        let days = parameters.volumeProfileDays ?? profileDays
        guard end > now else {
            throw RoutingRefusal(code: "NO_TIME_LEFT", message: "The end time \(end) has passed at \(now).")
        }
        let algorithm: VolumeWeighted
        do {
            let weights = try forecast.weights(
                of: order.instrument,
                from: now,
                to: end,
                bucket: Self.volumeBucket,
                days: days
            )
            algorithm = try VolumeWeighted(
                quantity: order.quantity,
                lot: order.instrument.lot,
                start: now,
                bucket: Self.volumeBucket,
                weights: weights,
                end: end,
                catchUp: parameters.catchUp ?? .spread
            )
        } catch {
            throw RoutingRefusal(
                code: "NO_VOLUME_PROFILE",
                message: "VWAP needs the volume pattern of earlier sessions of \(order.symbol): \(error)"
            )
        }
        let slices = algorithm.schedule.slices.count
        return routed(
            order,
            .vwap,
            rule,
            algorithm,
            algorithm.schedule.slices,
            slices: slices,
            plan: "\(slices) slices by volume until \(end)",
            now,
            end: end,
            deadline: close,
            warning: close - now < Self.shortSession
                ? "\(Self.words(close - now)) left in the session, so VWAP has little room" : nil
        )
    }

    private func routed(
        _ order: ProposedOrder,
        _ name: AlgorithmName,
        _ rule: String,
        _ algorithm: any ExecutionAlgorithm,
        _ schedule: [Slice],
        slices: Int,
        plan: String,
        _ start: Timestamp,
        end: Timestamp,
        deadline: Timestamp,
        warning: String? = nil
    ) -> RoutedOrder {
        let known = UrgencyRoute.table.first { $0.algorithm == name }
        // Only a negative quantity has no estimate, and an order cannot have one.
        let estimate = (try? MarketImpact.estimate(order.quantity, style: known?.style ?? .moderate).bps) ?? 0
        let verdict = RoutingVerdict(
            algorithm: name,
            rule: rule,
            plan: plan,
            slices: slices,
            start: start,
            end: end,
            estimatedImpactBps: estimate,
            expectedBps: known?.expectedBps ?? [1, 5],
            warning: warning
        )
        return RoutedOrder(
            verdict: verdict,
            algorithm: algorithm,
            schedule: Self.thinned(schedule),
            deadline: deadline
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

    private static func words(_ span: Duration) -> String {
        let seconds = span.nanoseconds / 1_000_000_000
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 7200 { return "\(seconds / 60) min" }
        return "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }

    private static func twoDecimals(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
