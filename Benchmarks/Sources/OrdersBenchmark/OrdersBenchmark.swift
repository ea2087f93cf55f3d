import BenchmarkKit
import BenchmarkPrograms
import Dispatch
import Foundation

/// `scripts/bench orders`: how long it takes from an accepted decision to its order's bytes on the venue's socket.
///
/// It begins, with nothing else to do, where a workflow's step has a decision that its gates and risk have let through and asks the engine to work it:
/// the journal is asked whether it has the parent order, the live loop is turned, the engine admits it (risk once more, with
/// everything open), routes it and makes parent, admission and intent durable, and the broker signs it and sends it. It ends
/// when another process has read the request's last byte from the socket. So one commit lies in between.
///
/// Beside it, in turns, on the same PostgreSQL and the same server: a bare commit of one row by `pgbench`, and a bare
/// call by libcurl in C, of which only the way there counts. The aim is their sum and a millisecond.
@main
struct OrdersBenchmark {
    /// Milliseconds that an order may take beyond a bare commit and a bare call.
    private static let allowance = 1.0
    /// Of a round; a venue takes 300 in ten seconds.
    private static let orders = 24

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let given = arguments.filter { $0 != "--quick" }
        guard given.count == 3 else {
            print("usage: OrdersBenchmark [--quick] VENUE SERVER REFERENCE")
            exit(2)
        }
        let cluster = try await BenchmarkCluster.start()
        let signals = cluster.removeOnSignals()
        let passed: Bool
        do {
            passed = try await measure(
                on: cluster,
                venue: given[0],
                server: given[1],
                reference: given[2],
                rounds: arguments.contains("--quick") ? 6 : 20
            )
        } catch {
            tell("orders: failed: \(error)")
            await cluster.remove()
            exit(4)
        }
        for signal in signals { signal.cancel() }
        await cluster.remove()
        exit(passed ? 0 : 1)
    }

    private static func measure(
        on cluster: BenchmarkCluster,
        venue: String,
        server: String,
        reference: String,
        rounds: Int
    ) async throws -> Bool {
        let calls = try BareCalls(server: server, client: reference)
        let commits = try await BareCommits(url: cluster.url)
        let floor = try await OrderFloor(database: cluster.url, venue: venue, server: server)
        var times: [OrderTimes] = []
        var (bare, idle, there, back): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        for round in 0...rounds {
            var worked: [OrderTimes] = []
            for number in 0..<orders { worked.append(try await floor.work(round * orders + number)) }
            let committed = try commits.run()
            let rested = try commits.run(rate: orders)
            let called = try calls.run(orders * 10)
            // The first round opens connections, prepares statements and fills caches.
            guard round > 0 else { continue }
            times += worked
            bare += committed
            idle += rested
            there += called.map(\.there)
            back += called.map(\.back)
        }
        await floor.close()
        let (commit, call) = (quantile(bare, 0.5), quantile(there, 0.5))
        tell(row("bare commit", bare))
        tell(row("bare commit from idle", idle))
        tell(row("bare call, there", there))
        tell(row("bare call, there and back", back))
        let stages: [(name: String, from: KeyPath<OrderTimes, Int64>, to: KeyPath<OrderTimes, Int64>)] = [
            ("accepted to asked for", \.accepted, \.asked),
            ("asked for to intent committed", \.asked, \.given),
            ("committed to bytes on the socket", \.given, \.arrived),
            ("accepted to bytes on the socket", \.accepted, \.arrived),
        ]
        for stage in stages {
            tell(row(stage.name, times.map { Double($0[keyPath: stage.to] - $0[keyPath: stage.from]) / 1e6 }))
        }
        let all = times.map { Double($0.arrived - $0.accepted) / 1e6 }
        let (ours, limit) = (quantile(all, 0.5), commit + call + allowance)
        tell(
            String(
                format:
                    "orders: %.3f ms, %.2fx a bare commit and a bare call (%.3f + %.3f ms), p99 %.3f ms (aim %.3f ms)",
                ours,
                ours / (commit + call),
                commit,
                call,
                quantile(all, 0.99),
                limit
            )
        )
        return ours <= limit
    }

    private static func row(_ name: String, _ times: [Double]) -> String {
        let values = [0.5, 0.9, 0.99].map { String(format: "p%g %.3f", $0 * 100, quantile(times, $0)) }
        return "\(name): \(values.joined(separator: ", ")) ms over \(times.count)"
    }

    private static func quantile(_ times: [Double], _ share: Double) -> Double {
        let sorted = times.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    /// Prints a line at once, also into a file.
    private static func tell(_ line: String) {
        print(line)
        fflush(nil)
    }
}
