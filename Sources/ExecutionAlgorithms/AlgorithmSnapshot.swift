import Foundation

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

/// Every algorithm this program can work and bring back after a crash.
public struct AlgorithmCatalog: Sendable {
    private struct Entry: Sendable {
        let version: Int
        let decode: @Sendable (Data) throws -> any ExecutionAlgorithm
    }

    private var entries: [String: Entry] = [:]

    public init() {
        register(MarketOrder.self)
        register(TimeWeighted.self)
        register(VolumeWeighted.self)
        register(LimitOrder.self)
        register(Iceberg.self)
        register(Passive.self)
        register(Aggressive.self)
        register(Adaptive.self)
        register(LiquidityAware.self)
        register(ParticipationOfVolume.self)
        register(ImplementationShortfall.self)
    }

    /// Makes an algorithm known by its type's name; a user's own is registered with this one line (AL-14).
    public mutating func register<Algorithm: ExecutionAlgorithm>(_ type: Algorithm.Type) {
        entries[Self.kind(of: type)] = Entry(version: type.version) { try JSONDecoder().decode(type, from: $0) }
    }

    /// Encodes the state of an algorithm; the same state gives the same text.
    ///
    /// - Parameter algorithm: Of any type, registered or not.
    /// - Returns: What ``restore(_:)`` takes.
    /// - Throws: The algorithm's own encoding error.
    public func snapshot(_ algorithm: any ExecutionAlgorithm) throws -> AlgorithmSnapshot {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return AlgorithmSnapshot(
            kind: Self.kind(of: type(of: algorithm)),
            version: type(of: algorithm).version,
            state: String(decoding: try encoder.encode(algorithm), as: UTF8.self)
        )
    }

    /// Brings an algorithm back.
    ///
    /// - Parameter snapshot: As ``snapshot(_:)`` made it.
    /// - Returns: The algorithm in the state that was stored.
    /// - Throws: ``AlgorithmSnapshotError``; the caller stops the parent and cancels its children.
    public func restore(_ snapshot: AlgorithmSnapshot) throws(AlgorithmSnapshotError) -> any ExecutionAlgorithm {
        guard let entry = entries[snapshot.kind] else { throw .unknownKind(snapshot.kind) }
        guard entry.version == snapshot.version else {
            throw .otherVersion(kind: snapshot.kind, stored: snapshot.version, known: entry.version)
        }
        do {
            return try entry.decode(Data(snapshot.state.utf8))
        } catch {
            throw .undecodable(kind: snapshot.kind, reason: "\(error)")
        }
    }

    private static func kind(of type: any ExecutionAlgorithm.Type) -> String { String(describing: type) }
}
