import Glibc
import MarketData
public import TradingDomain

/// The built-in agent that serves when no other is named: buys what rose, sells what fell, measured in its own noise.
///
/// Rule: over the last `lookback` bars that ended by the request's `asOf`,
/// `z = ln(last close ÷ first close) ÷ (σ × √lookback)`, σ being the standard deviation of the one-bar log returns
/// about zero in the same window. `z ≥ threshold` and not held: BUY `sizePercent` of equity. `z ≤ −threshold` and held:
/// SELL all of it. Anything else is HOLD, also a rising name that is held already. Confidence is `|z| ÷ (1 + |z|)` for
/// trades and not stated for HOLD. Too few bars, or no portfolio where one matters: ABSTAIN.
///
/// A demonstration and a baseline, not advice: it knows no costs, and its threshold is not fitted to anything.
public struct MomentumAgent: TradingAgent {
    public struct Parameters: Codable, Hashable, Sendable {
        /// Bars in the window, at least 2.
        public var lookback: Int
        /// In units of the window's volatility, greater than zero.
        public var threshold: Double
        /// Percent points of equity to buy.
        public var sizePercent: FixedDecimal
        public var urgency: Urgency

        public init(
            lookback: Int = 30,
            threshold: Double = 0.5,
            sizePercent: FixedDecimal = FixedDecimal(5),
            urgency: Urgency = .medium
        ) {
            self.lookback = lookback
            self.threshold = threshold
            self.sizePercent = sizePercent
            self.urgency = urgency
        }
    }

    public let descriptor: AgentDescriptor
    private let parameters: Parameters

    public init(id: AgentID = AgentID(unchecked: "momentum"), parameters: Parameters = Parameters()) {
        precondition(parameters.lookback >= 2, "lookback of \(id) must be at least 2, was \(parameters.lookback)")
        precondition(parameters.threshold > 0, "threshold of \(id) must be positive, was \(parameters.threshold)")
        descriptor = AgentDescriptor(id: id, version: "1.0.0", isDeterministic: true)
        self.parameters = parameters
    }

    public func decide(_ request: DecisionRequest) async throws -> [AgentReply] {
        try request.symbols.map { try answer($0, request) }
    }

    private func answer(_ symbol: Symbol, _ request: DecisionRequest) throws -> AgentReply {
        // The source promises this already; a look ahead here would poison every backtest, so it is not trusted.
        let bars = try request.tools.history(symbol).filter { $0.end <= request.asOf }.suffix(parameters.lookback + 1)
        guard bars.count == parameters.lookback + 1, bars.allSatisfy({ $0.close.units > 0 }) else {
            let message = "\(bars.count) usable bars before \(request.asOf); \(parameters.lookback + 1) are needed."
            return .abstain(.insufficientData, symbols: [symbol], message)
        }
        let strength = Self.strength(of: bars.map(\.close.approximate))
        return decide(symbol, strength: strength, last: bars[bars.endIndex - 1], request)
    }

    private func decide(_ symbol: Symbol, strength: Double, last: Bar, _ request: DecisionRequest) -> AgentReply {
        let held = request.held(symbol)
        let shown = Self.rounded(strength, places: 2)
        let measure = "moved \(shown) times its own volatility over \(parameters.lookback) bars"
        var draft = DecisionDraft(
            symbol: symbol,
            action: .hold,
            urgency: parameters.urgency,
            rationale: "\(symbol) \(measure); the threshold is \(parameters.threshold)."
        )
        if strength >= parameters.threshold, (held ?? .zero).units <= 0 {
            draft.action = .buy
            draft.size = .deltaPercentOfEquity(parameters.sizePercent)
        } else if strength <= -parameters.threshold {
            guard let held else {
                return .abstain(
                    .insufficientData,
                    symbols: [symbol],
                    "\(symbol) \(measure), and no portfolio was given."
                )
            }
            if held.units > 0 {
                draft.action = .sell
                draft.size = .all
            }
        }
        if draft.action != .hold {
            draft.confidence = Self.rounded(abs(strength) / (1 + abs(strength)), places: 4)
            if request.market[symbol] == nil {
                draft.reference = TradeIntent.Reference(price: last.close, observedAt: last.end)
            }
        }
        draft.idempotencyKey = IdempotencyKey.make(
            descriptor.id.text,
            symbol.text,
            request.slot ?? request.asOf.utcDate.description
        )
        return .decision(draft)
    }

    /// Log return over the window ÷ (volatility of one bar × √bars); zero for prices that never moved.
    static func strength(of closes: [Double]) -> Double {
        let returns = zip(closes.dropFirst(), closes).map { log($0 / $1) }
        let total = returns.reduce(0, +)
        let variance = returns.map { $0 * $0 }.reduce(0, +) / Double(returns.count)
        guard variance > 0 else { return 0 }
        return total / (variance.squareRoot() * Double(returns.count).squareRoot())
    }

    /// Rounded so that machines whose logarithms differ in the last bit still write the same decision.
    private static func rounded(_ value: Double, places: Int) -> Double {
        let scale = pow(10, Double(places))
        return (value * scale).rounded() / scale
    }
}
