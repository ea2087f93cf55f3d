public import ExecutionAlgorithms
public import TradingDomain

/// Runs worlds: one for each algorithm and seed, each the same whenever and wherever it is run.
public enum Simulation {
    /// Every algorithm of the program, and one that does nothing but replace its orders.
    public static var catalog: AlgorithmCatalog {
        var catalog = AlgorithmCatalog()
        catalog.register(RepricingAlgorithm.self)
        return catalog
    }

    /// Lives through one world; each eighth is lived twice, to see that the same seed sends the same orders (I8).
    ///
    /// - Parameters:
    ///   - algorithm: Works every parent of this world; one of the catalogue's names.
    ///   - seed: Decides everything else.
    ///   - catalog: With an algorithm under test beside the program's own.
    ///   - sabotage: What to spoil, to see the checks fail.
    /// - Returns: What happened in it, by kind: for seeing that worlds meet what they are made for.
    /// - Throws: ``SimulationFailure`` for the first invariant that is broken.
    @discardableResult
    public static func run(
        _ algorithm: AlgorithmName,
        seed: UInt64,
        catalog: AlgorithmCatalog = catalog,
        sabotage: Sabotage? = nil
    ) async throws -> Set<String> {
        let first = try await trace(algorithm, seed, catalog, sabotage, isSecondRun: false)
        guard seed.isMultiple(of: 8) || sabotage == .forgetSeed else { return first.happenings }
        let second = try await trace(algorithm, seed, catalog, sabotage, isSecondRun: true)
        guard first.trace == second.trace else {
            throw SimulationFailure(
                invariant: "I8",
                message: "the same world sent other orders the second time",
                algorithm: algorithm,
                seed: seed,
                at: SimulatedWorld.close
            )
        }
        return first.happenings
    }

    private static func trace(
        _ algorithm: AlgorithmName,
        _ seed: UInt64,
        _ catalog: AlgorithmCatalog,
        _ sabotage: Sabotage?,
        isSecondRun: Bool
    ) async throws -> (trace: UInt64, happenings: Set<String>) {
        var world = try await SimulatedWorld(
            algorithm: algorithm,
            seed: seed,
            catalog: catalog,
            sabotage: sabotage,
            isSecondRun: isSecondRun
        )
        return try await world.run()
    }
}
