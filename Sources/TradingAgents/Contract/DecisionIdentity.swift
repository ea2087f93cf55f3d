import Crypto
public import TradingDomain

/// Under which key a decision executes at most once, and what it must be equal to when that key comes again (I12).
public struct DecisionIdentity: Codable, Hashable, Sendable {
    /// The decision's own key, or one derived from what was decided.
    public let key: String
    /// SHA-256 of the economic form, 64 hexadecimal digits.
    public let economicHash: String
    /// Whether the key was derived because the decision had none.
    public let isDerived: Bool

    /// - Parameters:
    ///   - decision: A well-formed decision.
    ///   - account: The account that would execute it.
    ///   - cadence: How often the agent decides, greater than zero; two answers within one cadence are one decision.
    public init(_ decision: TradingDecision, account: AccountID, cadence: Duration = .seconds(60)) {
        economicHash = Hash.hexadecimal(decision.economicForm.encoded())
        isDerived = decision.idempotencyKey == nil
        key = decision.idempotencyKey ?? Self.derivedKey(decision, account: account, cadence: cadence)
    }

    /// `derived:` and the SHA-256 of agent, account, symbols, `as_of` rounded down to the cadence, action and size.
    private static func derivedKey(_ decision: TradingDecision, account: AccountID, cadence: Duration) -> String {
        let step = max(1, cadence.nanoseconds)
        let slot = decision.asOf.nanoseconds - ((decision.asOf.nanoseconds % step) + step) % step
        let what: [JSONValue] =
            switch decision.body {
            case .trade(let trade):
                [.string(trade.symbol.text), .string(trade.action.rawValue), .string(trade.size?.economicText ?? "")]
            case .targets, .abstain: [decision.economicForm["targets"] ?? decision.economicForm["abstain"] ?? .null]
            }
        let parts = [.string(decision.agent.id.text), .string(account.text), .number("\(slot)")] + what
        return "derived:" + Hash.hexadecimal(JSONValue.array(parts).encoded())
    }
}

extension SizeBasis {
    /// Basis and number on one line, such as `DELTA_PCT_EQUITY 5`.
    package var economicText: String {
        switch self {
        case .deltaPercentOfEquity(let percent), .targetPercentOfEquity(let percent), .percentOfPosition(let percent):
            "\(name) \(percent)"
        case .notional(let value): "\(name) \(value)"
        case .shares(let quantity): "\(name) \(quantity)"
        case .all: name
        }
    }
}

enum Hash {
    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        SHA256.hash(data: Array(bytes)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
