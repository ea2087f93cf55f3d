import Foundation

/// PostgreSQL's own load generator, as a reference.
package struct PgBench: Sendable {
    private let url: String
    private let program: String

    /// - Throws: ``BenchmarkError`` when it is not installed.
    package init(url: String) throws {
        self.url = url
        let fromPath = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let folders = versions.sorted().reversed().map { "/usr/lib/postgresql/\($0)/bin" } + fromPath
        guard
            let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/pgbench") })
        else { throw BenchmarkError("pgbench is not installed. On Debian it is in the package postgresql.") }
        program = "\(folder)/pgbench"
    }

    /// Runs a script for so many seconds and returns how often it ran in each.
    ///
    /// Prepared statements, since ours are prepared too. Files that begin with `log` keep the time of each run. With a
    /// `rate` so many runs begin in a second, at odd times; without one each begins when the one before has ended.
    package func run(
        _ script: String,
        clients: Int,
        seconds: Int,
        log: String? = nil,
        rate: Int? = nil
    ) throws -> Double {
        let file = NSTemporaryDirectory() + "smartexec-bench-\(getpid()).sql"
        try script.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        var arguments = [
            "-n", "-c", "\(clients)", "-j", "\(min(2, clients))", "-T", "\(seconds)", "-M", "prepared", "-f", file,
        ]
        if let rate { arguments += ["-R", "\(rate)"] }
        if let log { arguments += ["-l", "--log-prefix=\(log)"] }
        let output = try output(of: program, arguments + [url])
        for line in output.split(separator: "\n") where line.hasPrefix("tps = ") {
            if let rate = Double(line.dropFirst(6).prefix { $0.isNumber || $0 == "." }) { return rate }
        }
        throw BenchmarkError("pgbench told no rate:\n\(output)")
    }
}

/// Everything that a program writes, once it has ended well.
///
/// - Throws: ``BenchmarkError`` with its words when it failed.
package func output(of program: String, _ arguments: [String]) throws -> String {
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
    guard process.terminationStatus == 0 else { throw BenchmarkError("\(program) failed:\n\(output)") }
    return output
}

/// What keeps a benchmark from measuring.
package struct BenchmarkError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
