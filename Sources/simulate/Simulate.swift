import ArgumentParser
import ExecutionAlgorithms
import Simulation
import Synchronization
import TradingDomain

/// `simulate`: runs hostile worlds by seed, on every core, and says how to replay the first that fails.
@main
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run seeded hostile worlds for every algorithm and check the invariants after every event."
    )

    @Option(help: "How many seeds for each algorithm.")
    var seeds = 100

    @Option(help: "The first seed.")
    var first: UInt64 = 0

    @Option(help: "Only this algorithm.")
    var algorithm: String?

    @Option(help: "Worlds at a time; the machine's cores unless given.")
    var jobs = 0

    /// Hands out worlds and collects what they found.
    private final class Board: Sendable {
        private let next = Mutex(0)
        private let found = Mutex<[SimulationFailure]>([])

        func take() -> Int {
            next.withLock { place in
                defer { place += 1 }
                return place
            }
        }

        func note(_ failure: SimulationFailure) {
            print(failure)
            found.withLock { $0.append(failure) }
        }

        var failures: [SimulationFailure] { found.withLock { $0 } }
    }

    func run() async throws {
        guard seeds > 0 else { throw ValidationError("--seeds: give 1 or more.") }
        let catalog = Simulation.catalog
        var names = catalog.names
        if let algorithm {
            guard let name = catalog.name(from: algorithm) else {
                let known = names.map(\.text).joined(separator: ", ")
                throw ValidationError("--algorithm: there is no '\(algorithm)'. Known: \(known).")
            }
            names = [name]
        }
        let (worlds, first, all) = (seeds * names.count, first, names)
        let board = Board()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<(jobs > 0 ? jobs : CoreCount.ofMachine) {
                group.addTask {
                    while board.failures.count < 5 {
                        let place = board.take()
                        guard place < worlds else { return }
                        // All algorithms of one seed, then the next: a short run has seen them all.
                        let (name, seed) = (all[place % all.count], first &+ UInt64(place / all.count))
                        do {
                            try await Simulation.run(name, seed: seed, catalog: catalog)
                        } catch let failure as SimulationFailure {
                            board.note(failure)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let seconds = (ContinuousClock.now - start).components.seconds
        guard board.failures.isEmpty else {
            print("Add the seed to Tests/SimulationTests/kept-seeds.txt once it is understood.")
            throw ExitCode(1)
        }
        print(
            "simulate: \(worlds) worlds, \(names.count) algorithms, \(seeds) seeds from \(first): all hold, in \(seconds) s"
        )
    }
}
