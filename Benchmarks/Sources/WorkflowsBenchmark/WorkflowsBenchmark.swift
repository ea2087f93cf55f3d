import BenchmarkKit
import Dispatch
import Foundation

/// How many workflows of five steps that do nothing the program's own runner makes durable, beside DBOS and beside the same
/// commits in plain SQL, on one database in one run.
///
/// Everything of ours runs in this process, as a worker does: `SmartExecutor.run`, `WorkflowRunner`, `PostgresRunStore`. Each
/// step reads, so its output is durable before the next begins. The start from idle is from that call to the first step.
@main
struct WorkflowsBenchmark {
    private static let aims = (rate: 500.0, latency: 3.0, server: 1.0, start: 50.0)
    private static let inFlight = 32

    static func main() async throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let isQuick = arguments.first == "--quick"
        if isQuick { arguments.removeFirst() }
        guard arguments.isEmpty || (arguments.count == 3 && arguments[0] == "--peer") else {
            print("usage: WorkflowsBenchmark [--quick] [--peer PYTHON SCRIPT]")
            exit(2)
        }
        let cluster = try await BenchmarkCluster.start()
        let signals = cluster.removeOnSignals()
        let passed: Bool
        do {
            let peer = arguments.isEmpty ? nil : Peer(on: cluster, python: arguments[1], script: arguments[2])
            passed = try await measure(on: cluster, peer, isQuick: isQuick)
        } catch {
            tell("workflows: failed: \(error)")
            await cluster.remove()
            exit(4)
        }
        for signal in signals { signal.cancel() }
        await cluster.remove()
        exit(passed ? 0 : 1)
    }

    /// All take turns, so that what else the machine does hits each; medians of the rounds count.
    private static func measure(on cluster: BenchmarkCluster, _ peer: Peer?, isQuick: Bool) async throws -> Bool {
        let rounds = isQuick ? 3 : 5
        let counts = isQuick ? (alone: 300, together: 2_000) : (alone: 2_000, together: 10_000)
        let load = try await RunnerLoad(on: cluster)
        let plain = try await PlainSQL(on: cluster)
        var (ours, sql, theirs) = (Results(name: "ours"), Results(name: "plain SQL"), Results(name: "DBOS"))
        // Prepared statements, caches, the first pages of the tables.
        var runs = 200
        _ = try await load.run(runs, inFlight: inFlight)
        for round in 1...rounds {
            ours.alone.append(try await load.run(counts.alone, inFlight: 1))
            ours.together.append(try await load.run(counts.together, inFlight: inFlight))
            ours.starts += try await load.starts(10)
            runs += counts.alone + counts.together + 10
            sql.alone.append(try plain.run(seconds: isQuick ? 1 : 4, inFlight: 1))
            sql.together.append(try plain.run(seconds: isQuick ? 1 : 4, inFlight: inFlight))
            // A start of DBOS takes longer than what it is started for.
            if let peer, round == 1 || !isQuick {
                let alone = try peer.run(isQuick ? 60 : 200, inFlight: 1)
                theirs.alone.append(alone.measurement)
                theirs.starts.append(alone.start)
                theirs.together.append(try peer.run(isQuick ? 100 : 400, inFlight: inFlight).measurement)
            }
            if let last = ours.together.last, let reference = sql.together.last {
                tell(
                    "round \(round): \(Int(last.rate)) runs/s at \(inFlight) in flight, plain SQL \(Int(reference.rate))"
                )
            }
        }
        try await load.check(runs: runs)
        try await load.close()
        tell(Results.head(inFlight))
        for results in [ours, sql] + (peer == nil ? [] : [theirs]) { tell("\(results)") }
        let reference = peer == nil ? sql : theirs
        tell(
            "workflows: \(Int(ours.rate)) runs/s, \(ratio(ours.rate / reference.rate))x \(reference.name) "
                + "(\(Int(reference.rate))/s) (aim \(Int(aims.rate)))"
        )
        return ours.rate >= aims.rate && ours.latency < aims.latency && ours.server < aims.server
            && ours.start < aims.start
    }

    /// Prints a line at once, also into a file.
    private static func tell(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static func ratio(_ value: Double) -> String { String(format: "%.1f", value) }
}

/// The measurements of one program.
private struct Results: CustomStringConvertible {
    let name: String
    var alone: [LoadMeasurement] = []
    var together: [LoadMeasurement] = []
    var starts: [Double] = []

    init(name: String) { self.name = name }

    var rate: Double { Self.median(together.map(\.rate)) }
    /// Of a run alone, in milliseconds.
    var latency: Double { Self.median(alone.map { $0.latency(0.5) }) }
    /// Processor milliseconds of the server per run, with many in flight.
    var server: Double { Self.median(together.map(\.server)) }
    var start: Double { starts.max() ?? 0 }

    static func head(_ inFlight: Int) -> String {
        row([
            "", "runs/s alone", "p50 ms", "p99 ms", "runs/s at \(inFlight)", "server CPU ms/run alone",
            "at \(inFlight)",
            "client CPU ms/run at \(inFlight)", "start from idle ms, p50", "worst",
        ])
    }

    var description: String {
        Self.row([
            name, Self.text(Self.median(alone.map(\.rate)), 0), Self.text(latency, 2),
            Self.text(Self.median(alone.map { $0.latency(0.99) }), 2), Self.text(rate, 0),
            Self.text(Self.median(alone.map(\.server)), 2), Self.text(server, 2),
            together.first?.ours == nil ? "-" : Self.text(Self.median(together.compactMap(\.ours)), 2),
            starts.isEmpty ? "-" : Self.text(Self.median(starts), 2), starts.isEmpty ? "-" : Self.text(start, 2),
        ])
    }

    private static func row(_ cells: [String]) -> String { cells.joined(separator: "\t") }

    private static func text(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
