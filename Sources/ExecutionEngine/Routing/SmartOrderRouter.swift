import ExecutionAlgorithms
public import QuantMath
public import TradingDomain

/// The router by market conditions (RO-1): what the order's size is against a minute's volume decides.
///
/// The seeds' table, bounded: an order beyond ``hugeMinutes`` minutes of volume goes to a schedule where the table says
/// ADAPTIVE, which would never get through it; a crossed or empty book and a market without volume are refused.
/// AGGRESSIVE's own limit price caps what a wide market can cost.
public struct SmartOrderRouter: Router {
    /// Minutes of volume from which on an order is worked by a schedule, whatever the liquidity.
    public static let hugeMinutes = 10.0

    public let strategy = RoutingStrategy.market

    public init() {}

    /// RO-1 as it stands.
    ///
    /// - Parameters:
    ///   - urgency: `CRITICAL`, also called IMMEDIATE, takes at once.
    ///   - sizeToMinuteVolume: The order's quantity over the average volume of a minute, zero or more.
    ///   - spreadBps: Basis points of the middle, zero or more.
    ///   - liquidityScore: 0 to 1.
    /// - Returns: AGGRESSIVE, PASSIVE, TWAP or ADAPTIVE.
    /// - Throws: `FormulaError` for a number that is not finite or is negative; the seed would fall through to ADAPTIVE.
    public static func strategy(
        urgency: Urgency,
        sizeToMinuteVolume: Double,
        spreadBps: Double,
        liquidityScore: Double
    ) throws(FormulaError) -> AlgorithmName {
        try requireNonNegative(sizeToMinuteVolume, "size ÷ minute volume")
        try requireNonNegative(spreadBps, "spread")
        try requireNonNegative(liquidityScore, "liquidity score")
        if urgency == .critical { return .aggressive }
        if sizeToMinuteVolume < 0.1 { return spreadBps > 5 && urgency == .low ? .passive : .aggressive }
        if sizeToMinuteVolume > 0.5 { return liquidityScore > 0.7 ? .twap : .adaptive }
        return .adaptive
    }

    /// The order's size in minutes of volume.
    ///
    /// - Throws: `FormulaError` when the minute volume is not greater than zero.
    public static func sizeToMinuteVolume(_ size: Double, minuteVolume: Double) throws(FormulaError) -> Double {
        try requireNonNegative(size, "size")
        guard minuteVolume.isFinite else { throw .notFinite(input: "minute volume") }
        guard minuteVolume > 0 else { throw .notPositive(input: "minute volume", value: minuteVolume) }
        return size / minuteVolume
    }

    public func choose(_ question: RoutingQuestion) throws(RoutingRefusal) -> RouterChoice? {
        let order = question.order
        let conditions = question.inputs.conditions
        try Self.requireBook(question)
        guard order.urgency != .critical else {
            return RouterChoice(.aggressive, rule: "market: urgency \(order.urgency) takes at once")
        }
        guard let volume = conditions?.minuteVolume else { return nil }
        let size: Double
        do {
            size = try Self.sizeToMinuteVolume(order.quantity.approximate, minuteVolume: volume.approximate)
        } catch {
            throw RoutingRefusal(
                code: "NO_VOLUME",
                message:
                    "\(order.symbol) has not traded in the last minutes up to \(question.now), so the router by market "
                    + "conditions has nothing to size the order by. Wait until it trades, or name an algorithm."
            )
        }
        guard let spread = conditions?.spreadBps, let score = conditions?.liquidityScore else { return nil }
        let numbers =
            "size \(RoutingWords.number(size)) minutes of volume, spread \(RoutingWords.number(spread)) bps, "
            + "liquidity \(RoutingWords.number(score))"
        let table: AlgorithmName
        do {
            table = try Self.strategy(
                urgency: order.urgency,
                sizeToMinuteVolume: size,
                spreadBps: spread,
                liquidityScore: score
            )
        } catch {
            throw RoutingRefusal(code: "BAD_CONDITIONS", message: "\(order.symbol): \(error)")
        }
        var choice = RouterChoice(table, rule: "market: \(numbers)")
        if table == .adaptive, size > Self.hugeMinutes {
            choice.algorithm = .twap
            choice.rule += "; more than \(Int(Self.hugeMinutes)) minutes of volume go to a schedule"
        }
        choice.parameters.durationMinutes = UrgencyRoute.route(for: order.urgency).minutes
        return choice
    }

    /// Refuses a book that nobody can trade on; where the source has none at all, there is nothing to refuse.
    private static func requireBook(_ question: RoutingQuestion) throws(RoutingRefusal) {
        guard let bid = question.market?.bid, let ask = question.market?.ask else { return }
        let symbol = question.order.symbol
        guard bid.units > 0, ask.units > 0 else {
            throw RoutingRefusal(
                code: "EMPTY_BOOK",
                message: "\(symbol) shows bid \(bid) and ask \(ask) at \(question.now): a side is empty. "
                    + "Wait until both sides are there, or name an algorithm with a limit price."
            )
        }
        guard bid <= ask else {
            throw RoutingRefusal(
                code: "CROSSED_BOOK",
                message: "\(symbol) shows bid \(bid) above ask \(ask) at \(question.now). "
                    + "Wait until the book is right again, or name an algorithm with a limit price."
            )
        }
    }

    private static func requireNonNegative(_ value: Double, _ input: String) throws(FormulaError) {
        guard value.isFinite else { throw .notFinite(input: input) }
        guard value >= 0 else { throw .negative(input: input, value: value) }
    }
}

/// Numbers in rules, for people.
enum RoutingWords {
    /// Two decimals, without more zeros than needed.
    static func number(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e12 else { return "\(value)" }
        let hundredths = Int((value.magnitude * 100).rounded())
        let sign = value < 0 && hundredths > 0 ? "-" : ""
        let (whole, rest) = (hundredths / 100, hundredths % 100)
        if rest == 0 { return "\(sign)\(whole)" }
        return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}
