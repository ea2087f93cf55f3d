import ExecutionAlgorithms
import Foundation
import Simulation
import Testing
import TradingDomain

@Suite("Hostile worlds")
struct SimulationTests {
    /// A world that has found something once.
    struct Kept: CustomTestStringConvertible, Sendable {
        let algorithm: AlgorithmName
        let seed: UInt64
        var testDescription: String { "\(algorithm) \(seed)" }
    }

    static func kept() throws -> [Kept] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("kept-seeds.txt")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            let words = $0.split(separator: " ")
            let seed = try #require(words.count > 1 ? UInt64(words[1]) : nil, "no world: \($0)")
            return Kept(algorithm: AlgorithmName(unchecked: String(words[0])), seed: seed)
        }
    }

    @Test("I1 to I4, I7 and I8 hold for every algorithm, and every order ends", arguments: Simulation.catalog.names)
    func everyAlgorithm(name: AlgorithmName) async throws {
        for seed in UInt64(0)..<4 { try await Simulation.run(name, seed: seed) }
    }

    @Test("The worlds meet what they are made for")
    func happenings() async throws {
        var met: Set<String> = []
        for seed in UInt64(0)..<60 {
            for name in ["REPRICING", "LIMIT", "PASSIVE"] {
                met.formUnion(try await Simulation.run(AlgorithmName(unchecked: name), seed: seed))
            }
        }
        let wanted: Set<String> = [
            "paused", "resumed", "parent cancelled", "amendment waits", "amended", "amendment refused", "tried again",
            "rejected", "cancel refused", "child cancelled", "expired", "not placed", "unknown", "replaced",
            "replaced, untold", "stale", "taken over", "filled", "cancelled", "partially_filled",
            "unreconciled", "reconciled", "external_fill", "liquidation", "missing_fill", "ended_at_venue",
            "halt acknowledged", "halt proven", "halt flattening", "halt flat", "disconnected", "connected",
        ]
        #expect(wanted.subtracting(met).isEmpty, "never met: \(wanted.subtracting(met).sorted())")
    }

    @Test("Worlds that have found something once are run with every test")
    func kept() async throws {
        for world in try Self.kept() { try await Simulation.run(world.algorithm, seed: world.seed) }
    }

    @Test("An algorithm that asks again before its cancel is confirmed cannot overfill", arguments: UInt64(0)..<24)
    func hasty(seed: UInt64) async throws {
        var catalog = Simulation.catalog
        catalog.register(Hasty.self)
        try await Simulation.run(Hasty.name, seed: seed, catalog: catalog)
    }

    @Test(
        "The checks can fail: what is spoiled on purpose is found",
        arguments: [
            (Sabotage.overfill, "I1"), (.sendUncommitted, "I2"), (.sendTwice, "I3"), (.loseEntry, "I4"),
            (.loseEvent, "I7"), (.forgetSeed, "I8"),
        ]
    )
    func sabotaged(sabotage: Sabotage, invariant: String) async throws {
        var found: Set<String> = []
        for seed in UInt64(0)..<8 {
            do {
                try await Simulation.run(.market, seed: seed, sabotage: sabotage)
            } catch let failure as SimulationFailure {
                found.insert(failure.invariant)
                #expect(failure.description.contains("scripts/simulate --first \(seed) --seeds 1 --algorithm MARKET"))
            }
        }
        #expect(found.contains(invariant), "\(sabotage.rawValue) was found as \(found.sorted())")
    }
}
