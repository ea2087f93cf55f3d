public import TradingDomain

/// Something that has opinions about instruments (DI-1).
///
/// To add one, conform a type and register it by name.
///
/// An agent reads no clock and no global randomness, so that a run can be replayed: the time is the request's `asOf`.
public protocol TradingAgent: Sendable {
    var descriptor: AgentDescriptor { get }

    /// Answers each asked symbol once.
    ///
    /// Called through ``AgentRuntime``, which turns an error into `ABSTAIN/MODEL_ERROR` and lateness into
    /// `ABSTAIN/TIMEOUT`, and validates every answer like one from outside.
    func decide(_ request: DecisionRequest) async throws -> [AgentReply]
}

/// Who an agent is.
public struct AgentDescriptor: Codable, Hashable, Sendable {
    /// The configured name, `[a-z0-9._-]`, at most 64 characters.
    public let id: AgentID
    public let version: String
    /// `nil` means all.
    public let assetClasses: Set<AssetClass>?
    /// The same request always gives the same answer.
    public let isDeterministic: Bool

    public init(
        id: AgentID,
        version: String = "1.0.0",
        assetClasses: Set<AssetClass>? = nil,
        isDeterministic: Bool = false
    ) {
        self.id = id
        self.version = version
        self.assetClasses = assetClasses
        self.isDeterministic = isDeterministic
    }
}

/// One answer of an agent, not yet validated.
public enum AgentReply: Hashable, Sendable {
    /// From an agent in this process: what it wants; the runtime adds identity and times.
    case decision(DecisionDraft)
    /// From outside: the bytes of an envelope or of the bare form `{"action":"BUY","position_size":5,…}`.
    ///
    /// `key` is the idempotency key for a document that brings none.
    case document([UInt8], key: String? = nil)
    /// No opinion; an empty list of symbols means all that were asked.
    case abstain(TradingDecision.Abstention.Code, symbols: [Symbol], String)
}

/// What an agent in this process fills in; the rest of the envelope is stamped.
public struct DecisionDraft: Hashable, Sendable {
    public var symbol: Symbol
    public var action: TradeIntent.Action
    /// Required for buy, sell, short and cover.
    public var size: SizeBasis?
    public var urgency: Urgency?
    /// 0 … 1, or `nil` when not stated.
    public var confidence: Double?
    public var rationale: String
    /// The price reasoned on; when `nil` the request's own price is stamped.
    public var reference: TradeIntent.Reference?
    public var limits: TradeIntent.Limits?
    public var idempotencyKey: String?
    /// Cut-off of the data used, when it is not the request's.
    public var asOf: Timestamp?
    public var validUntil: Timestamp?
    public var evidence: [Evidence]?

    public init(
        symbol: Symbol,
        action: TradeIntent.Action,
        size: SizeBasis? = nil,
        urgency: Urgency? = nil,
        confidence: Double? = nil,
        rationale: String
    ) {
        self.symbol = symbol
        self.action = action
        self.size = size
        self.urgency = urgency
        self.confidence = confidence
        self.rationale = rationale
    }
}

/// Why an agent gave no answer; thrown by adapters and recorded as an abstention.
public struct AgentFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let code: TradingDecision.Abstention.Code
    public let message: String

    public init(_ code: TradingDecision.Abstention.Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }
}

extension TradingAgent {
    /// The decision on one ticker (SPEC's façade over ``decide(_:)``), always an answer: failures are abstentions.
    ///
    /// - Parameters:
    ///   - ticker: The symbol to decide on.
    ///   - context: A request to take everything but the symbol from.
    ///   - timeout: Wall-clock time to answer in.
    /// - Returns: A trade or an abstention on `ticker`.
    public func analyze(
        ticker: Symbol,
        context: DecisionRequest,
        timeout: Duration = .seconds(60)
    ) async -> TradingDecision {
        var request = context
        request.kind = .single
        request.symbols = [ticker]
        let runtime = AgentRuntime(now: { context.asOf })
        let exchange = await runtime.ask(self, request, timeout: timeout)
        return exchange.decisions[0]
    }
}
