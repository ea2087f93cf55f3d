import Foundation
import TradingDomain

/// What an agent said when it was asked, before anybody has judged it; secrets are masked already.
public struct AgentAnswer: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        case replies([AgentReply])
        case failed(AgentFailure)
        /// It could not even be asked from here.
        case unasked(String)
    }

    public var content: Content
    /// What came back over the wire; empty for agents in this process.
    public var reply: [UInt8]
    /// The last of what a child process wrote to its standard error.
    public var errorTail: [UInt8]
    /// How the exchange ended for the adapter; `nil` for agents in this process.
    public var ending: String?
    /// Wall-clock time from asking to answer or deadline.
    public var duration: Duration
    /// The worker that asked in place of the run's own; `nil` when that did it itself.
    public var askedBy: String?

    public init(
        _ content: Content,
        reply: [UInt8] = [],
        errorTail: [UInt8] = [],
        ending: String? = nil,
        duration: Duration = .zero,
        askedBy: String? = nil
    ) {
        self.content = content
        self.reply = reply
        self.errorTail = errorTail
        self.ending = ending
        self.duration = duration
        self.askedBy = askedBy
    }
}

/// JSON form, in which answers travel between workers; bytes are in base64, since agents may say anything.
///
/// `{"replies":[{"document":…,"key":…},{"code":…,"symbols":[…],"message":…}],"reply":…,"log":…,"ending":…,"ms":…}`, or
/// `failure` instead of `replies`. An agent inside a process gives drafts, which do not travel.
extension AgentAnswer: Codable {
    private enum CodingKeys: String, CodingKey { case replies, failure, unasked, reply, log, ending, ms }

    private struct Failure: Codable {
        let code: TradingDecision.Abstention.Code
        let message: String
    }

    private struct Reply: Codable {
        var document: Data?
        var key: String?
        var code: TradingDecision.Abstention.Code?
        var symbols: [Symbol]?
        var message: String?
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let content: Content
        if let replies = try container.decodeIfPresent([Reply].self, forKey: .replies) {
            content = .replies(try replies.map { try Self.reply($0, container) })
        } else if let message = try container.decodeIfPresent(String.self, forKey: .unasked) {
            content = .unasked(message)
        } else {
            let failure = try container.decode(Failure.self, forKey: .failure)
            content = .failed(AgentFailure(failure.code, failure.message))
        }
        self.init(
            content,
            reply: Array(try container.decode(Data.self, forKey: .reply)),
            errorTail: Array(try container.decode(Data.self, forKey: .log)),
            ending: try container.decodeIfPresent(String.self, forKey: .ending),
            duration: .milliseconds(try container.decode(Int64.self, forKey: .ms))
        )
    }

    private static func reply(_ reply: Reply, _ container: KeyedDecodingContainer<CodingKeys>) throws -> AgentReply {
        if let document = reply.document { return .document(Array(document), key: reply.key) }
        guard let code = reply.code else {
            let problem = "a reply is neither a document nor an abstention"
            throw DecodingError.dataCorruptedError(forKey: .replies, in: container, debugDescription: problem)
        }
        return .abstain(code, symbols: reply.symbols ?? [], reply.message ?? "")
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch content {
        case .replies(let replies):
            try container.encode(
                replies.map { reply in
                    switch reply {
                    case .document(let bytes, let key): Reply(document: Data(bytes), key: key)
                    case .abstain(let code, let symbols, let message):
                        Reply(code: code, symbols: symbols, message: message)
                    case .decision:
                        throw EncodingError.invalidValue(
                            reply,
                            .init(codingPath: [], debugDescription: "a draft of an agent in this process")
                        )
                    }
                },
                forKey: .replies
            )
        case .failed(let failure):
            try container.encode(Failure(code: failure.code, message: failure.message), forKey: .failure)
        case .unasked(let message): try container.encode(message, forKey: .unasked)
        }
        try container.encode(Data(reply), forKey: .reply)
        try container.encode(Data(errorTail), forKey: .log)
        try container.encodeIfPresent(ending, forKey: .ending)
        try container.encode(Int64(duration / .milliseconds(1)), forKey: .ms)
    }
}
