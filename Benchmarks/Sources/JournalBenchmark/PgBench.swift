import Foundation

/// The reference: PostgreSQL's own load generator, committing one inserted row per transaction.
struct PgBench {
    /// An event-like row, with a key and nothing else.
    static let table = """
        CREATE TABLE IF NOT EXISTS pgbench_rows (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client integer NOT NULL, payload text NOT NULL
        )
        """
    private static let script = """
        INSERT INTO pgbench_rows (client, payload) VALUES (:client_id, 'a row of a hundred bytes, as short as an event is when nothing \
        of it is said twice, and no shorter');

        """

    private let url: String
    private let seconds: Int
    private let program: String

    init(url: String, seconds: Int) throws {
        self.url = url
        self.seconds = seconds
        let fromPath = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let folders = versions.sorted().reversed().map { "/usr/lib/postgresql/\($0)/bin" } + fromPath
        guard
            let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/pgbench") })
        else { throw BenchmarkError("pgbench is not installed. On Debian it is in the package postgresql.") }
        program = "\(folder)/pgbench"
    }

    /// Runs for its time and returns committed transactions per second.
    ///
    /// Prepared statements, since ours are prepared too.
    func run() throws -> Double {
        let file = NSTemporaryDirectory() + "smartexec-bench-\(getpid()).sql"
        try (Self.script).write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let output = try Self.output(
            of: program,
            ["-n", "-c", "32", "-j", "2", "-T", "\(seconds)", "-M", "prepared", "-f", file, url]
        )
        for line in output.split(separator: "\n") where line.hasPrefix("tps = ") {
            if let rate = Double(line.dropFirst(6).prefix { $0.isNumber || $0 == "." }) { return rate }
        }
        throw BenchmarkError("pgbench told no rate:\n\(output)")
    }

    private static func output(of program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        // A thread of the pool has signals blocked, its child inherits that, and pgbench ends by an alarm.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_UNBLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let output = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else { throw BenchmarkError("pgbench failed:\n\(output)") }
        return output
    }
}

/// What keeps the benchmark from measuring.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
