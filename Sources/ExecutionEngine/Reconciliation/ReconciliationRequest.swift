/// A person's request to compare an account with its venue, as the journal holds it.
public struct ReconciliationRequest: Codable, Hashable, Sendable {
    /// The journal's number of the request.
    public let number: Int64
    /// Whether the venue's positions and balances are to be taken for ours where they differ.
    public let adopts: Bool
    public let reason: String
    public let by: String

    public init(number: Int64, adopts: Bool, reason: String, by: String) {
        self.number = number
        self.adopts = adopts
        self.reason = reason
        self.by = by
    }
}
