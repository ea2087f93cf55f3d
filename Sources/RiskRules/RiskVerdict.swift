public import TradingDomain

/// What one rule said about one order, with its numbers.
public struct RiskVerdict: Codable, Hashable, Sendable {
    public enum Outcome: Codable, Hashable, Sendable {
        case pass
        /// Goes on smaller; both in units of the instrument.
        case shrink(from: Quantity, to: Quantity)
        case block
    }

    /// The rule's name, such as `max_position`.
    public let rule: String
    /// Which order of the step, such as `NVDA-BUY`.
    public let order: String
    public let outcome: Outcome
    /// Stable name of the finding: `ok`, or what was violated, such as `position_above_limit`.
    public let code: String
    /// What the order as asked comes to, and the limit it was held against; in `unit`.
    public let observed: FixedDecimal?
    public let limit: FixedDecimal?
    /// A currency, `%`, `bps` or `units`.
    public let unit: String?
    /// What happened, the values and what to do next; for a pass, the values alone.
    public let message: String

    public var isBlock: Bool { outcome == .block }
    public var isViolation: Bool { outcome != .pass }
}

/// One limit, as a rule about one order.
///
/// A rule looks at nothing but its arguments. For a smaller quantity of the same order it is never stricter, so an
/// order that was shrunk passes every rule again; only the venue's minimum is, and it is judged last.
public protocol RiskRule: Sendable {
    var name: String { get }
    func judge(_ order: ProposedOrder, _ snapshot: RiskSnapshot, _ limits: RiskLimits) -> RiskVerdict
}

/// A number that a rule measured, with its limit.
struct Measure {
    let observed: FixedDecimal
    let limit: FixedDecimal
    let unit: String

    init(_ observed: FixedDecimal, limit: FixedDecimal, unit: String) {
        self.observed = observed
        self.limit = limit
        self.unit = unit
    }

    init(_ observed: Money, limit: Money) {
        self.init(observed.amount, limit: limit.amount, unit: observed.currency.rawValue)
    }

    init(_ observed: Quantity, limit: Quantity) {
        let units = (FixedDecimal(units: Int128(observed.units)), FixedDecimal(units: Int128(limit.units)))
        self.init(units.0, limit: units.1, unit: "units")
    }
}

extension RiskRule {
    func pass(_ order: ProposedOrder, _ measure: Measure? = nil, _ message: String = "ok") -> RiskVerdict {
        let numbers = measure.map { "\($0.observed) of \($0.limit) \($0.unit)" }
        return verdict(order, .pass, "ok", measure, numbers ?? message)
    }

    func block(_ order: ProposedOrder, _ code: String, _ measure: Measure? = nil, _ message: String) -> RiskVerdict {
        verdict(order, .block, code, measure, message)
    }

    /// A violation that leaves `allowed` of the order: shrunk to whole lots where limits let it, else blocked.
    func restrict(
        _ order: ProposedOrder,
        to allowed: Quantity,
        _ limits: RiskLimits,
        _ code: String,
        _ measure: Measure? = nil,
        _ message: String
    ) -> RiskVerdict {
        let fitting = max(allowed, .zero).rounded(toLot: order.instrument.lot)
        guard limits.shrinkToFit, fitting > .zero else {
            return block(order, code, measure, message)
        }
        let shrunk = "\(message) It was shrunk from \(order.quantity) to \(fitting)."
        return verdict(order, .shrink(from: order.quantity, to: fitting), code, measure, shrunk)
    }

    private func verdict(
        _ order: ProposedOrder,
        _ outcome: RiskVerdict.Outcome,
        _ code: String,
        _ measure: Measure?,
        _ message: String
    ) -> RiskVerdict {
        RiskVerdict(
            rule: name,
            order: order.key,
            outcome: outcome,
            code: code,
            observed: measure?.observed,
            limit: measure?.limit,
            unit: measure?.unit,
            message: message
        )
    }
}
