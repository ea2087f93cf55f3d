import BenchmarkKit
import Foundation
import PostgresStore

/// The same commits in plain SQL, by `pgbench`: a run recorded, five steps under its fence, its end.
struct PlainSQL {
    /// The rows hold what ours hold, with the keys that this takes and nothing else.
    private static let tables = """
        CREATE TABLE plain_runs (
            id text PRIMARY KEY, state text NOT NULL, epoch bigint NOT NULL, inputs json NOT NULL, report json
        ) WITH (fillfactor = 70);
        CREATE TABLE plain_steps (
            run text NOT NULL, path text NOT NULL, uses text NOT NULL, effect text NOT NULL, outcome json NOT NULL,
            started_at_ns bigint NOT NULL, done_at_ns bigint NOT NULL, PRIMARY KEY (run, path)
        );
        """
    private static let step = """
        INSERT INTO plain_steps SELECT id, 'NAME', 'bench.nothing', 'read', '{"kind":"success","output":{"n":1}}', 1, 2
            FROM plain_runs WHERE id = :id AND epoch = 1 AND state = 'running' FOR SHARE;

        """
    private static let script =
        "INSERT INTO plain_runs VALUES (gen_random_uuid()::text, 'running', 1, '{}') RETURNING id \\gset\n"
        + ["one", "two", "three", "four", "five"].map { step.replacing("NAME", with: $0) }.joined()
            + """
            UPDATE plain_runs SET state = 'finished', report = '{"items":[],"status":"SUCCESS"}'
                WHERE id = :id AND epoch = 1 AND state = 'running';

            """

    private let cluster: BenchmarkCluster
    private let program: PgBench

    init(on cluster: BenchmarkCluster) async throws {
        self.cluster = cluster
        program = try PgBench(url: cluster.url)
        let connection = try await PostgresConnection.connect(cluster.url)
        try await connection.execute(Self.tables)
        await connection.close()
    }

    func run(seconds: Int, inFlight: Int) throws -> LoadMeasurement {
        let folder = NSTemporaryDirectory() + "smartexec-bench-log-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let before = ProcessorTime.read(server: cluster.process)
        let rate = try program.run(Self.script, clients: inFlight, seconds: seconds, log: "\(folder)/log")
        let used = ProcessorTime.read(server: cluster.process) - before
        // Each line is client, number, microseconds, script, time.
        var latencies: [Double] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
            for line in try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).split(separator: "\n") {
                let fields = line.split(separator: " ")
                if fields.count > 2, let time = Double(fields[2]) { latencies.append(time / 1e3) }
            }
        }
        let runs = Double(max(1, latencies.count))
        return LoadMeasurement(
            inFlight: inFlight,
            rate: rate,
            latencies: latencies,
            server: used.server / runs * 1e3,
            ours: nil
        )
    }
}

/// DBOS on the same database: five steps that do nothing in one workflow.
struct Peer {
    private struct Answer: Decodable {
        let rate: Double
        let latencies: [Double]
        let server: Double
        let start: Double?
    }

    private let cluster: BenchmarkCluster
    private let python: String
    private let script: String

    /// `python` has the package `dbos`, and `script` is `peers/workflows_dbos.py`.
    init(on cluster: BenchmarkCluster, python: String, script: String) {
        self.cluster = cluster
        self.python = python
        self.script = script
    }

    /// Milliseconds of the server per run and from the call to the first step, which are taken inside.
    func run(_ count: Int, inFlight: Int) throws -> (measurement: LoadMeasurement, start: Double) {
        let text = try output(of: python, [script, cluster.url, "\(cluster.process)", "\(count)", "\(inFlight)"])
        guard let line = text.split(separator: "\n").last else { throw BenchmarkError("DBOS told nothing") }
        let answer = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
        return (
            LoadMeasurement(
                inFlight: inFlight,
                rate: answer.rate,
                latencies: answer.latencies,
                server: answer.server,
                ours: nil
            ),
            answer.start ?? 0
        )
    }
}
