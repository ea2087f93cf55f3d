public import TradingDomain

/// How fast, and who said so (DI-6): the caller, else the regime (DI-3), else the decision, else MEDIUM.
public struct ResolvedUrgency: Codable, Hashable, Sendable {
    public enum Source: String, Codable, Hashable, Sendable, CaseIterable {
        case caller, regime, decision
        case `default`
    }

    public let urgency: Urgency
    public let source: Source

    public init(urgency: Urgency, source: Source) {
        self.urgency = urgency
        self.source = source
    }

    /// Resolves the urgency of one decision.
    ///
    /// - Parameters:
    ///   - caller: What the person or the workflow asked for.
    ///   - regime: An ensemble's regime when the market context gave one; `nil` lets the decision speak.
    ///   - decision: The agent's decision; an urgency that an adapter stamped is not the agent's and does not count.
    /// - Returns: The urgency with the word that `explain` shows.
    public static func resolve(caller: Urgency?, regime: String?, decision: TradingDecision?) -> ResolvedUrgency {
        if let caller { return .init(urgency: caller, source: .caller) }
        if let regime { return .init(urgency: urgency(ofRegime: regime), source: .regime) }
        if let decision, let urgency = decision.urgency,
            !DecisionStamp.stampedFields(of: decision).contains("urgency")
        {
            return .init(urgency: urgency, source: .decision)
        }
        return .init(urgency: .medium, source: .default)
    }

    /// DI-3: RISK_OFF gives HIGH, CRASH gives CRITICAL, any other regime MEDIUM.
    public static func urgency(ofRegime regime: String) -> Urgency {
        switch regime {
        case "CRASH": .critical
        case "RISK_OFF": .high
        default: .medium
        }
    }
}
