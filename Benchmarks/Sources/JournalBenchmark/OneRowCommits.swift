import BenchmarkKit
import PostgresStore

/// The reference: `pgbench`, committing one inserted row per transaction at 32 clients.
struct OneRowCommits {
    /// An event-like row, with a key and nothing else.
    private static let table = """
        CREATE TABLE IF NOT EXISTS pgbench_rows (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client integer NOT NULL, payload text NOT NULL
        )
        """
    private static let script = """
        INSERT INTO pgbench_rows (client, payload) VALUES (:client_id, 'a row of a hundred bytes, as short as an event is when nothing \
        of it is said twice, and no shorter');

        """

    private let seconds: Int
    private let program: PgBench

    init(url: String, seconds: Int) async throws {
        self.seconds = seconds
        program = try PgBench(url: url)
        let connection = try await PostgresConnection.connect(url)
        try await connection.execute(Self.table)
        await connection.close()
    }

    /// Runs for its time and returns committed transactions per second.
    func run() throws -> Double { try program.run(Self.script, clients: 32, seconds: seconds) }
}
