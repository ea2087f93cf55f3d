import Foundation
import PostgresStore
import TradingTestKit

/// A user's state folder with a private PostgreSQL of its own, and the program in it.
struct Home {
    let folder: String
    let program: BuiltProgram

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The folder of recorded market data.
    static var shared: String {
        if let folder = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"], !folder.isEmpty { return folder }
        return URL(fileURLWithPath: root).deletingLastPathComponent().appendingPathComponent("shared").path
    }

    /// Makes an empty home; the first command starts its PostgreSQL.
    ///
    /// The program sees PATH, HOME, SMARTEXEC_HOME and `variables`, nothing else. It runs in `workingFolder`, which is
    /// the package's folder with `workflows/` and `config/` unless given.
    init(_ variables: [String: String] = [:], workingFolder: String = Home.root) throws {
        folder = NSTemporaryDirectory() + "smartexec-home-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // The shims of version managers add variables of their own to what they start, and take their time.
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
            .filter { !$0.contains("shims") }.joined(separator: ":")
        var environment = [
            "PATH": path,
            "HOME": folder,
            "SMARTEXEC_HOME": "\(folder)/state",
            "LANG": "C.UTF-8",
        ]
        environment.merge(variables) { _, given in given }
        program = BuiltProgram(
            path: BuiltProgram.path(of: "smartexec"),
            folder: workingFolder,
            environment: environment
        )
    }

    /// Runs `smartexec` with words as a person types them, without quoting.
    func run(_ line: String, deadline: Duration = BuiltProgram.patience) async throws -> ProgramOutcome {
        try await program.run(line.split(separator: " ").map(String.init), deadline: deadline)
    }

    /// Writes a file of the user's.
    ///
    /// - Returns: Its path.
    func write(_ name: String, _ text: String) throws -> String {
        let path = "\(folder)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Asks the database directly, past everything of ours but libpq.
    ///
    /// - Returns: The rows, each column as PostgreSQL prints it.
    func rows(_ sql: String, columns: [String]) async throws -> [[String]] {
        let connection = try await PostgresConnection.connect(try url)
        let result = try await connection.query(sql)
        let rows = try result.map { row in try columns.map { try row.optionalText($0) ?? "" } }
        await connection.close()
        return rows
    }

    /// Waits until a condition on the tables holds while `running` goes on.
    ///
    /// The waiting is the server's, in bounded steps.
    ///
    /// - Returns: Whether it held by the time the program had ended.
    func wait(until condition: String, while running: RunningProgram) async throws -> Bool {
        let connection = try await PostgresConnection.connect(try url)
        let end = ContinuousClock.now + BuiltProgram.patience
        while ContinuousClock.now < end {
            let row = try await connection.query("SELECT (\(condition)) AS holds FROM pg_sleep(0.02)").single()
            if try row.bool("holds") {
                await connection.close()
                return true
            }
            if running.hasEnded {
                // On a busy machine the program may do a lot between the look at the tables and the look at it.
                let last = try await connection.query("SELECT (\(condition)) AS holds").single()
                await connection.close()
                return try last.bool("holds")
            }
        }
        throw Impatience(condition: condition)
    }

    /// As ``wait(until:while:)``, also before the program has made the tables.
    func waitForTables(_ condition: String, while running: RunningProgram) async throws -> Bool {
        while try await value("to_regclass('schema_migrations') IS NULL") == "true", !running.hasEnded {
            try await Task.sleep(for: .milliseconds(50))
        }
        let newest = try Migration.bundled().map(\.version).max() ?? 0
        let isMigrated = "SELECT coalesce(max(version), 0) >= \(newest) FROM schema_migrations"
        guard try await wait(until: isMigrated, while: running) else { return false }
        return try await wait(until: condition, while: running)
    }

    /// A condition that did not come to hold.
    struct Impatience: Error {
        let condition: String
    }

    /// One value.
    func value(_ sql: String) async throws -> String {
        try await rows("SELECT (\(sql))::text AS value", columns: ["value"])[0][0]
    }

    /// The database's URL: the user's own, or as the pointer file tells it.
    var url: String { get throws { try program.environment["SMARTEXEC_DATABASE_URL"] ?? pointer.url } }
    /// The private cluster's data.
    var dataFolder: String { get throws { try pointer.data } }
    var socketFolder: String { get throws { try pointer.socket } }

    /// The number in the first line of `postmaster.pid`.
    var serverProcess: Int32 {
        get throws {
            let record = try String(contentsOfFile: try dataFolder + "/postmaster.pid", encoding: .utf8)
            return Int32(record.prefix { $0.isNumber }) ?? 0
        }
    }

    /// Ends the server of the private cluster as a crash of the machine would.
    func killServer() throws {
        guard try kill(serverProcess, SIGKILL) == 0 else { throw Impatience(condition: "the server runs") }
    }

    private var pointer: Pointer {
        get throws {
            let bytes = FileManager.default.contents(atPath: "\(folder)/state/postgres.json") ?? Data()
            return try JSONDecoder().decode(Pointer.self, from: bytes)
        }
    }

    private struct Pointer: Decodable {
        let url: String
        let data: String
        let socket: String
    }

    /// Stops its PostgreSQL and removes everything.
    func remove() async throws {
        if let bytes = FileManager.default.contents(atPath: "\(folder)/state/postgres.json") {
            let pointer = try JSONDecoder().decode(Pointer.self, from: bytes)
            _ = try await run("db stop")
            let data = URL(fileURLWithPath: pointer.data).deletingLastPathComponent().path
            for path in [data, pointer.socket] where FileManager.default.fileExists(atPath: path) {
                try FileManager.default.removeItem(atPath: path)
            }
        }
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Runs `body` in a home of its own, which is removed afterwards.
    static func with<Result>(
        _ variables: [String: String] = [:],
        _ body: (Home) async throws -> Result
    ) async throws -> Result {
        let home = try Home(variables)
        do {
            let result = try await body(home)
            try await home.remove()
            return result
        } catch {
            try await home.remove()
            throw error
        }
    }
}
