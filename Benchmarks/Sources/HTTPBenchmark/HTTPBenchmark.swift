import BenchmarkPrograms
import Foundation
import Networking

/// `scripts/bench http`: how long an order takes to the venue and back through our client, beside plain libcurl in C.
///
/// Both send the same bytes over one kept connection to the same local server, one request after the other, and take turns
/// in short rounds, so that what else the machine does hits both. Ours is called as the broker does: from a task, with an
/// order that may go out once.
@main
struct HTTPBenchmark {
    /// How much longer than plain libcurl a round trip may take.
    private static let aim = 1.3

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let programs = arguments.filter { $0 != "--quick" }
        guard programs.count == 2 else {
            print("usage: HTTPBenchmark [--quick] SERVER REFERENCE")
            exit(2)
        }
        let (rounds, count) = arguments.contains("--quick") ? (10, 300) : (40, 500)
        let server = try LineProgram(programs[0])
        let port = try server.line()
        let reference = try LineProgram(programs[1], [port])
        let client = HTTPClient(connections: 1)
        var (ours, theirs): ([Double], [Double]) = ([], [])
        for round in 0...rounds {
            let mine = try await send(count, with: client, port: port)
            let others = try ask(reference, count)
            // The first round opens the connections and warms both.
            guard round > 0 else { continue }
            ours += mine
            theirs += others
        }
        ours.sort()
        theirs.sort()
        for (name, times) in [("ours", ours), ("libcurl in C", theirs)] {
            let quantiles = [0.5, 0.9, 0.99, 0.999].map { "p\(trimmed($0 * 100)) \(text(quantile(times, $0)))" }
            print("\(name): \(quantiles.joined(separator: ", ")) µs over \(times.count) round trips")
        }
        let (half, most) = (quantile(ours, 0.5) / quantile(theirs, 0.5), quantile(ours, 0.99) / quantile(theirs, 0.99))
        print(
            String(
                format: "http: %.2fx plain libcurl at p50, %.2fx at p99 (%.1f and %.1f µs) (aim %.1fx at p50)",
                half,
                most,
                quantile(ours, 0.5),
                quantile(ours, 0.99),
                aim
            )
        )
        exit(half <= aim ? 0 : 1)
    }

    /// Microseconds of each round trip.
    private static func send(_ count: Int, with client: HTTPClient, port: String) async throws -> [Double] {
        var times: [Double] = []
        for number in 0..<count {
            let body =
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.010&price=95000.10&newClientOrderId="
                + "sx-0123456789abcdef-0001-\(String(format: "%06d", number))&recvWindow=5000&timestamp=1795219200123"
                + "&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
            let request = HTTPRequest(
                method: "POST",
                url: "http://127.0.0.1:\(port)/fapi/v1/order",
                headers: [
                    HTTPHeader("X-MBX-APIKEY", "benchmark"),
                    HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
                ],
                body: Array(body.utf8),
                goesOutOnce: true
            )
            let start = ContinuousClock.now
            let response = try await client.send(request)
            times.append((ContinuousClock.now - start) / .microseconds(1))
            guard response.status == 200 else { throw BenchmarkFailure("status \(response.status)") }
        }
        return times
    }

    private static func ask(_ reference: LineProgram, _ count: Int) throws -> [Double] {
        try reference.say("\(count)")
        var times: [Double] = []
        while case let line = try reference.line(), !line.isEmpty {
            guard let nanoseconds = line.split(separator: " ").first.flatMap({ Double($0) }) else {
                throw BenchmarkFailure("libcurl's program said '\(line)'")
            }
            times.append(nanoseconds / 1000)
        }
        return times
    }

    private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    private static func text(_ value: Double) -> String { String(format: "%.1f", value) }
    private static func trimmed(_ value: Double) -> String { String(format: "%g", value) }
}
