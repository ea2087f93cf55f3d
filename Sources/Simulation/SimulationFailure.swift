public import TradingDomain

/// An invariant that a world has found broken.
public struct SimulationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which one, as the architecture numbers them: `I1` …, or `end` when a parent does not end.
    public let invariant: String
    public let message: String
    public let algorithm: AlgorithmName
    public let seed: UInt64
    /// When in the world.
    public let at: Timestamp

    public var description: String {
        "\(invariant) broken by \(algorithm) in world \(seed) at \(at): \(message)\n"
            + "Replay: scripts/simulate --first \(seed) --seeds 1 --algorithm \(algorithm)"
    }
}

/// What is spoiled on purpose, to prove that the checks can fail.
public enum Sabotage: String, Hashable, Sendable, CaseIterable {
    /// The venue fills more than it was asked to, and tells nobody that it did.
    case overfill
    /// A command leaves although its intent was not committed.
    case sendUncommitted
    /// A command leaves twice.
    case sendTwice
    /// A fill is missing in the books.
    case loseEntry
    /// An event is missing in the journal.
    case loseEvent
    /// The second run of a world draws otherwise.
    case forgetSeed
}
