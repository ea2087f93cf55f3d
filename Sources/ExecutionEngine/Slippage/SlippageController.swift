public import QuantMath
public import TradingDomain

/// Predicts an order's slippage and lets it be executed only within a limit that learns (SL-2 … SL-4).
///
/// A pure value of its settings and the account's records, asked once per order between routing and the session. The
/// seeds' formulas are used as they stand (`Slippage`, `AdaptiveThreshold`), on inputs that are safe:
///
/// - *Liquidity* is what the formula divides by to get a fraction of the price, so it is the quantity that moves the price
///   by all of itself: the top-5 liquidity divided by how far those levels reach. Half of the way through the levels is
///   the average price of a walk through them, which is where the formula's 0.5 comes from. Divided by the bare top-5
///   liquidity, a taker of a five-hundredth of the book is over the starting limit.
/// - *Volatility* is that of the time for which a slice is at work, not of the day.
/// - `size ÷ liquidity` is capped at 1; a liquidity of zero is refused.
public struct SlippageController: Hashable, Sendable {
    /// How many of the latest records the limit learns from.
    public static let window = AdaptiveThreshold.window
    /// Business time without a record after which the limit takes a step back to its start.
    static let starvation = Duration.seconds(86_400)
    /// Steps after which the limit is where it starts: 0.9³⁶⁵ is less than any limit can show.
    private static let stepsMax: Int64 = 365

    public let settings: SlippageSettings
    public private(set) var threshold: AdaptiveThreshold
    private var lastAt: Timestamp?

    /// A controller without records.
    public init(_ settings: SlippageSettings = .standard) {
        self.settings = settings
        threshold = settings.threshold
    }

    /// The controller as it was after these records, oldest first; those before the last 100 change nothing.
    ///
    /// A record that is no number counts nothing.
    public init(_ settings: SlippageSettings, restoring records: [SlippageRecord]) {
        self.init(settings)
        let sound = records.filter { $0.slippage.isFinite && $0.limit.isFinite }
        guard let last = sound.last else { return }
        // What is not finite was left out, and nothing else is refused.
        try? threshold.restore(limit: last.limit, records: sound.map(\.slippage))
        lastAt = last.at
    }

    /// The limit in force at `now`, as a fraction of the price.
    public func limit(at now: Timestamp) -> Double {
        settings.adaptiveThreshold ? decayed(at: now).limit : settings.threshold.start
    }

    /// Takes the realised slippage of a finished parent and returns its record; `nil` when it is no number.
    ///
    /// The limit learns also while ``SlippageSettings/adaptiveThreshold`` is off, so that turning it on needs no history.
    public mutating func record(_ slippage: Double, of parent: ParentOrderID, at now: Timestamp) -> SlippageRecord? {
        var next = decayed(at: now)
        do { try next.record([slippage]) } catch { return nil }
        threshold = next
        lastAt = max(now, lastAt ?? now)
        return SlippageRecord(parent: parent, at: now, slippage: slippage, limit: next.limit)
    }

    /// SL-3 of inputs that were made safe; a part whose input is not known counts nothing.
    ///
    /// - Throws: `FormulaError` when there is no liquidity at all, or an input is out of its range.
    public func predictSlippage(_ inputs: SlippageInputs) throws(FormulaError) -> SlippagePrediction {
        var part = 0.0
        if let liquidity = inputs.liquidity, let reach = inputs.reach {
            try Self.require(liquidity, "liquidity")
            // A book whose levels are all at one price moves nothing as long as it lasts.
            if reach > 0 {
                part = try Slippage.boundedPredictedFraction(
                    size: inputs.size,
                    liquidity: liquidity / reach,
                    volatility: 0,
                    spreadBps: 0
                )
            }
        }
        func alone(volatility: Double = 0, spreadBps: Double = 0) throws(FormulaError) -> Double {
            try Slippage.boundedPredictedFraction(size: 0, liquidity: 1, volatility: volatility, spreadBps: spreadBps)
        }
        return SlippagePrediction(
            sizeBps: part * 10_000,
            volatilityBps: try alone(volatility: inputs.volatility ?? 0) * 10_000,
            spreadBps: try alone(spreadBps: inputs.spreadBps ?? 0) * 10_000
        )
    }

    /// SL-4: passes an order whose predicted slippage is at most the limit, and blocks any other.
    public func shouldExecute(_ inputs: SlippageInputs, at now: Timestamp) -> SlippageVerdict {
        let limit = limit(at: now) * 10_000
        var verdict = SlippageVerdict(
            outcome: .blocked,
            limitBps: limit,
            inputs: inputs,
            records: threshold.records.count,
            message: ""
        )
        let predicted: SlippagePrediction
        do {
            predicted = try predictSlippage(inputs)
        } catch {
            verdict.code = "NO_LIQUIDITY"
            verdict.message = "Nobody is there to trade with: \(error) Ask again when the book has both sides."
            return verdict
        }
        verdict.predicted = predicted
        verdict.predictedBps = predicted.totalBps
        verdict.message = words(predicted, limit, inputs)
        // A limit and a prediction that differ in the last bit are equal.
        if predicted.totalBps <= limit * (1 + 1e-12) {
            verdict.outcome = .pass
        } else {
            verdict.code = "SLIPPAGE_ABOVE_LIMIT"
            verdict.message +=
                ". Ask for less or over a longer time, let `slippage.action` shrink or slow_down such orders, or raise "
                + "`slippage.limit_bps` of this account."
        }
        return verdict
    }

    private func words(_ predicted: SlippagePrediction, _ limit: Double, _ inputs: SlippageInputs) -> String {
        let missing = [
            inputs.liquidity == nil ? "liquidity" : nil, inputs.volatility == nil ? "volatility" : nil,
            inputs.spreadBps == nil ? "spread" : nil,
        ].compactMap { $0 }
        let unknown = missing.isEmpty ? "" : "; not known and not counted: \(missing.joined(separator: ", "))"
        return
            "predicted slippage \(Self.text(predicted.totalBps)) bps (size \(Self.text(predicted.sizeBps)), volatility "
            + "\(Self.text(predicted.volatilityBps)), spread \(Self.text(predicted.spreadBps))), limit \(Self.text(limit)) "
            + "bps from \(threshold.records.count) records\(unknown)"
    }

    /// The threshold after the steps back that starvation has caused.
    private func decayed(at now: Timestamp) -> AdaptiveThreshold {
        var threshold = threshold
        guard let lastAt else { return threshold }
        let steps = (now - lastAt).nanoseconds / Self.starvation.nanoseconds
        for _ in 0..<max(0, min(steps, Self.stepsMax)) { threshold.decay() }
        return threshold
    }

    private static func require(_ liquidity: Double, _ input: String) throws(FormulaError) {
        guard liquidity.isFinite else { throw .notFinite(input: input) }
        guard liquidity > 0 else { throw .notPositive(input: input, value: liquidity) }
    }

    /// Two decimals, for people.
    static func text(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e12 else { return "\(value)" }
        let hundredths = Int((value.magnitude * 100).rounded())
        let rest = hundredths % 100
        return "\(value < 0 ? "-" : "")\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
