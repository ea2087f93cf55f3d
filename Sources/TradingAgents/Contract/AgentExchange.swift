import Synchronization
public import TradingDomain

/// One question to an agent and what came of it, complete enough to be stored and audited.
public struct AgentExchange: Sendable {
    public let requestID: String
    public let agent: AgentDescriptor
    /// The request as JSON, also when the agent ran in this process.
    public let requestBytes: [UInt8]
    /// What came back over the wire; empty for agents in this process.
    public let replyBytes: [UInt8]
    /// The last of what a child process wrote to its standard error.
    public let errorTail: [UInt8]
    /// How the exchange ended for the adapter, such as `exit status 0` or `HTTP 200`; `nil` for agents in this process.
    public let ending: String?
    /// One per asked symbol in the order asked (for `REBALANCE`: one in all), abstentions included; never empty.
    public let decisions: [TradingDecision]
    /// Answers that were not used, such as one for a symbol that was not asked.
    public let refusals: [AgentReplyRefusal]
    /// Wall-clock time from asking to answer or deadline, without waiting for a place.
    public let duration: Duration
    /// The agent had failed too often in a row when it was asked: what opens exposure is refused (intake gate 3).
    public let breakerIsOpen: Bool
    /// The worker that asked in place of the run's own; `nil` when that did it itself.
    public let askedBy: String?
    /// It was cut short, with its task or its run: what it says is not the agent's.
    public let isCancelled: Bool

    /// The decision about `symbol`.
    public func decision(on symbol: Symbol) -> TradingDecision? {
        decisions.first { decision in
            switch decision.body {
            case .trade(let trade): trade.symbol == symbol
            case .targets(let targets): targets.weights.contains { $0.symbol == symbol }
            case .abstain(let abstention): abstention.symbols?.contains(symbol) ?? true
            }
        }
    }
}

/// An answer that was not used.
public struct AgentReplyRefusal: Codable, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Codable, Hashable, Sendable, CaseIterable {
        /// Not a decision by the contract.
        case malformed = "MALFORMED"
        case foreignSymbol = "FOREIGN_SYMBOL"
        /// The first answer counts.
        case answeredTwice = "ANSWERED_TWICE"
        /// Weights where a trade was asked, or the other way round.
        case wrongKind = "WRONG_KIND"
    }

    public let code: Code
    public let message: String

    public var description: String { "\(code.rawValue): \(message)" }
}

/// Where an adapter puts the bytes of an exchange while it is under way.
///
/// Both texts are bounded: of a reply the first MiB is kept, of the error text the last 64 KiB.
public final class AgentTranscript: Sendable {
    private struct Bytes {
        var reply: [UInt8] = []
        var error: [UInt8] = []
        var ending: String?
    }

    public static let maximumReply = 1024 * 1024
    public static let maximumErrorTail = 64 * 1024

    private let bytes = Mutex(Bytes())

    public init() {}

    public func addReply(_ more: some Sequence<UInt8>) {
        bytes.withLock { $0.reply += more.prefix(max(0, Self.maximumReply - $0.reply.count)) }
    }

    public func addError(_ more: some Sequence<UInt8>) {
        bytes.withLock {
            $0.error += more
            if $0.error.count > Self.maximumErrorTail { $0.error.removeFirst($0.error.count - Self.maximumErrorTail) }
        }
    }

    /// Notes how the exchange ended.
    public func end(_ words: String) { bytes.withLock { $0.ending = words } }

    /// What ``end(_:)`` noted.
    public var ending: String? { bytes.withLock { $0.ending } }

    /// The reply and the error text so far.
    public var contents: (reply: [UInt8], errorTail: [UInt8]) { bytes.withLock { ($0.reply, $0.error) } }
}
