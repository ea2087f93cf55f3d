/// An algorithm's state as it is stored: name, version and the encoded value.
public struct AlgorithmSnapshot: Codable, Hashable, Sendable {
    public let kind: String
    public let version: Int
    /// JSON of the algorithm's own coding.
    public let state: String

    public init(kind: String, version: Int, state: String) {
        self.kind = kind
        self.version = version
        self.state = state
    }
}

/// A snapshot that cannot be brought back to life.
public enum AlgorithmSnapshotError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownKind(String)
    case otherVersion(kind: String, stored: Int, known: Int)
    case undecodable(kind: String, reason: String)

    public var code: String { "snapshot_undecodable" }

    public var description: String {
        switch self {
        case .unknownKind(let kind):
            "No algorithm '\(kind)' is registered in this program. Run the version that started the order, or cancel it."
        case .otherVersion(let kind, let stored, let known):
            "The state of '\(kind)' was stored by version \(stored), and this program knows version \(known). "
                + "Run the version that started the order, or cancel it."
        case .undecodable(let kind, let reason):
            "The stored state of '\(kind)' cannot be read: \(reason). Cancel the order."
        }
    }
}
