import BenchmarkKit
import BenchmarkPrograms
import Foundation
import PostgresStore

/// A bare commit: `pgbench` inserts one row per transaction, alone, by a prepared statement.
struct BareCommits {
    private static let table = """
        CREATE TABLE bare_rows (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client integer NOT NULL, payload text NOT NULL
        )
        """
    private static let script = """
        INSERT INTO bare_rows (client, payload) VALUES (:client_id, 'a row of a hundred bytes, as short as an intent is when nothing \
        of it is said twice, and no shorter');

        """

    private let program: PgBench

    init(url: String) async throws {
        program = try PgBench(url: url)
        let connection = try await PostgresConnection.connect(url)
        try await connection.execute(Self.table)
        await connection.close()
    }

    /// Milliseconds of each of a second's commits.
    ///
    /// With a `rate` there are so many, each from idle, as the orders are: what other programs have written meanwhile
    /// reaches the disk with it. Without one each follows the one before at once.
    func run(rate: Int? = nil) throws -> [Double] {
        let folder = NSTemporaryDirectory() + "smartexec-bench-log-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try program.run(Self.script, clients: 1, seconds: 1, log: "\(folder)/log", rate: rate)
        // Each line is client, number, microseconds, script, seconds, their microseconds, and with a rate how late it began,
        // which the first time includes.
        return try FileManager.default.contentsOfDirectory(atPath: folder).flatMap { file in
            try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).split(separator: "\n").compactMap { line in
                let fields = line.split(separator: " ")
                guard fields.count > 5, let time = Double(fields[2]) else { return nil }
                return (time - (fields.count > 6 ? Double(fields[6]) ?? 0 : 0)) / 1e3
            }
        }
    }
}

/// A bare HTTP call: an order of the same length by plain libcurl in C, over a kept connection, to the same server.
struct BareCalls {
    private let server: LineProgram
    private let client: LineProgram

    init(server path: String, client: String) throws {
        server = try LineProgram(path, ["stamps"])
        self.client = try LineProgram(client, [try server.line()])
    }

    /// Milliseconds from each call to its last byte on the server's socket, and to its answer.
    func run(_ count: Int) throws -> [(there: Double, back: Double)] {
        try client.say("\(count)")
        var calls: [(there: Double, back: Double)] = []
        while case let line = try client.line(), !line.isEmpty {
            let numbers = line.split(separator: " ").compactMap { Int64($0) }
            guard numbers.count == 2, let arrived = try server.line().split(separator: " ").first.flatMap({ Int64($0) })
            else { throw BenchmarkFailure("libcurl's program said '\(line)'") }
            calls.append((Double(arrived - numbers[1]) / 1e6, Double(numbers[0]) / 1e6))
        }
        return calls
    }
}
