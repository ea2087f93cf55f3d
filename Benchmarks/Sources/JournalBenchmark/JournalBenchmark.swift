import BenchmarkKit
import Dispatch
import Foundation
import PostgresStore
import TradingDomain

/// How many order events per second the engine's own loop makes durable, beside one-row commits of `pgbench` on the
/// same cluster in the same run.
@main
struct JournalBenchmark {
    /// Order events durable per second of the loop, over commits of pgbench per second.
    private static let aim = 3.0
    private static let parents = [1, 64, 1024]

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.allSatisfy({ $0 == "--quick" }) else {
            print("usage: JournalBenchmark [--quick]")
            exit(2)
        }
        let cluster = try await BenchmarkCluster.start()
        let signals = cluster.removeOnSignals()
        let passed: Bool
        do {
            passed = try await measure(on: cluster, isQuick: arguments.contains("--quick"))
        } catch {
            tell("journal: failed: \(error)")
            await cluster.remove()
            exit(4)
        }
        for signal in signals { signal.cancel() }
        await cluster.remove()
        exit(passed ? 0 : 1)
    }

    /// Ours and the reference take turns, so that what else the machine does hits both; medians count.
    private static func measure(on cluster: BenchmarkCluster, isQuick: Bool) async throws -> Bool {
        let rounds = isQuick ? 3 : 5
        let reference = try await OneRowCommits(url: cluster.url, seconds: isQuick ? 2 : 10)
        var ours: [Int: [LoopMeasurement]] = [:]
        var commits: [Double] = []
        for round in 1...rounds {
            for count in parents {
                // About as many orders per round whatever the number that is worked at a time.
                let waves = count == 1 ? (isQuick ? 5 : 40) : count == 64 ? (isQuick ? 3 : 16) : (isQuick ? 1 : 2)
                let loop = EngineLoop(cluster: cluster, round: round, parents: count, waves: waves)
                let measured = try await loop.run()
                tell("round \(round), \(measured)")
                ours[count, default: []].append(measured)
            }
            let rate = try reference.run()
            tell("round \(round), pgbench, 32 clients: \(Int(rate)) one-row commits/s")
            commits.append(rate)
        }
        let base = median(commits)
        for count in parents {
            let rate = median(ours[count, default: []].map(\.eventsPerSecond))
            tell("\(count) parents: median \(Int(rate)) order events/s, \(ratio(rate / base))x pgbench")
        }
        let figure = median(ours[1024, default: []].map(\.eventsPerSecond))
        tell(
            "journal: \(Int(figure)) order events/s, \(ratio(figure / base))x pgbench one-row commits at 32 clients "
                + "(\(Int(base))/s) (aim \(ratio(aim))x)"
        )
        return figure / base >= aim
    }

    /// Prints a line at once, also into a file.
    private static func tell(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    private static func ratio(_ value: Double) -> String { String(format: "%.2f", value) }
}
