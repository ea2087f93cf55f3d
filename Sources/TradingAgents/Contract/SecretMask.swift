/// Replaces values that must not be stored or shown (I10).
struct SecretMask: Sendable {
    private static let replacement = Array("***".utf8)
    /// Shorter values are no secrets, and replacing them would tear words apart.
    private static let shortest = 6

    private let values: [[UInt8]]

    /// A mask for `secrets`, the longest first, since one may hold another.
    init(_ secrets: Set<String>) {
        values = secrets.map { Array($0.utf8) }.filter { $0.count >= Self.shortest }.sorted {
            $0.count != $1.count ? $0.count > $1.count : $0.lexicographicallyPrecedes($1)
        }
    }

    func applied(_ bytes: [UInt8]) -> [UInt8] {
        values.reduce(bytes) { $0.contains($1) ? $0.replacing($1, with: Self.replacement) : $0 }
    }

    func applied(_ text: String) -> String {
        values.isEmpty ? text : String(decoding: applied(Array(text.utf8)), as: UTF8.self)
    }

    func applied(_ content: AgentAnswer.Content) -> AgentAnswer.Content {
        switch content {
        case .replies(let replies): .replies(replies.map(applied))
        case .failed(let failure): .failed(AgentFailure(failure.code, applied(failure.message)))
        case .unasked(let message): .unasked(applied(message))
        }
    }

    /// A reply of an agent outside this process; those inside get no secrets.
    func applied(_ reply: AgentReply) -> AgentReply {
        switch reply {
        case .decision: reply
        case .document(let bytes, let key): .document(applied(bytes), key: key)
        case .abstain(let code, let symbols, let message): .abstain(code, symbols: symbols, applied(message))
        }
    }
}
