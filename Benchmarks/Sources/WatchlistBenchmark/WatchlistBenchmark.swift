import BenchmarkKit
import Foundation

/// What a ticker of a long watchlist costs, from decision to fill.
///
/// An agent in this process decides; size, check and execution are the program's own, in virtual time, with everything in
/// PostgreSQL. Each length is a process of its own on a cluster of its own.
@main
struct WatchlistBenchmark {
    /// Most that a ticker of the longest list may cost over one of the shortest, in processor time of the program and the
    /// server: wall time tells of whatever else a machine does meanwhile.
    private static let aim = 1.2

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.count == 2, arguments[0] == "--one", let count = Int(arguments[1]) {
            do {
                let data = try JSONEncoder().encode(try await Batch(tickers: count).run())
                print(String(decoding: data, as: UTF8.self))
            } catch {
                print("batch: failed: \(error)")
                exit(4)
            }
            return
        }
        guard arguments.isEmpty || arguments == ["--quick"] else {
            print("usage: WatchlistBenchmark [--quick]")
            exit(2)
        }
        let lengths = arguments.isEmpty ? [100, 1_000, 10_000] : [100, 1_000]
        var measured: [BatchMeasurement] = []
        do {
            for count in lengths {
                // What a process does once weighs on a short list: the best of several tells what its tickers cost.
                let tries = try (0..<(count <= 100 ? 3 : 1)).map { _ in try one(count) }
                guard let best = tries.min(by: { $0.processor < $1.processor }) else { continue }
                print("\(best)")
                fflush(nil)
                measured.append(best)
            }
        } catch {
            print("batch: failed: \(error)")
            exit(4)
        }
        guard let first = measured.first, let last = measured.last else { exit(4) }
        let (wall, processor) = (last.milliseconds / first.milliseconds, last.processor / first.processor)
        let cost = String(format: "%.1f ms of processor time per ticker, %.2fx", last.processor, processor)
        let time = String(format: "(aim %.2fx at most); wall time %.1f ms, %.2fx", aim, last.milliseconds, wall)
        print("batch: \(cost) the cost of one of \(first.tickers) \(time); peak \(Int(last.peak)) MB")
        exit(processor <= aim ? 0 : 1)
    }

    private static func one(_ count: Int) throws -> BatchMeasurement {
        let text = try output(of: CommandLine.arguments[0], ["--one", "\(count)"])
        return try JSONDecoder().decode(
            BatchMeasurement.self,
            from: Data((text.split(separator: "\n").last ?? "").utf8)
        )
    }
}

/// What one list took.
struct BatchMeasurement: Codable, CustomStringConvertible {
    let tickers: Int
    let seconds: Double
    /// Processor seconds of this process and of the server.
    let ours: Double
    let server: Double
    /// Most memory that this process had resident, in megabytes.
    let peak: Double

    /// Of wall time, per ticker.
    var milliseconds: Double { seconds / Double(tickers) * 1e3 }
    /// Milliseconds of processor time of both, per ticker.
    var processor: Double { (ours + server) / Double(tickers) * 1e3 }

    var description: String {
        String(format: "%d tickers: %.1f s, %.1f ms per ticker", tickers, seconds, milliseconds)
            + String(format: ", CPU per ticker %.1f ms ours", ours / Double(tickers) * 1e3)
            + String(format: " + %.1f ms server, peak %.0f MB", server / Double(tickers) * 1e3, peak)
    }
}
