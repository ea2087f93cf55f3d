import Foundation

extension EmbeddedCluster {
    /// Tells why the server failed a program, as far as its state and its log say more than the program has seen.
    ///
    /// - Parameter error: What the program was told, if it was the server that told it.
    /// - Returns: The cause, or nil when the server answers and nothing else is known.
    public func trouble(after error: PostgresError?) -> EmbeddedClusterError? {
        if let error, error.isDiskFull { return .noSpace(path: layout.data, log: error.report?.safeMessage ?? "") }
        guard !answers(layout.url(database: Self.defaultDatabase)) else { return nil }
        // What the server said at the end, once each: every connection repeats that it was ended.
        var lines: [Substring] = []
        for line in logTail(from: 0, or: "").split(separator: "\n") {
            let words = line[(line.firstIndex(of: "]").map(line.index(after:)) ?? line.startIndex)...]
            guard words.contains("PANIC:") || words.contains("FATAL:") || words.contains("ERROR:"),
                !lines.contains(where: { $0.hasSuffix(words) })
            else { continue }
            lines.append(line)
        }
        let log = lines.suffix(3).joined(separator: "\n")
        return log.contains("No space left on device")
            ? .noSpace(path: layout.data, log: log) : .serverGone(logFile: layout.logFile, log: log)
    }

    /// What the log of a server that did not start says.
    func startFailure(_ log: String) -> EmbeddedClusterError {
        let lines = log.split(separator: "\n").filter { $0.contains("No space left on device") }
        return lines.isEmpty
            ? .startFailed(logFile: layout.logFile, log: log)
            : .noSpace(path: layout.data, log: lines.suffix(2).joined(separator: "\n"))
    }

    /// Refuses data that the server would refuse or could not read, in words that say what to do.
    func checkData() throws(EmbeddedClusterError) {
        // pg_ctl hands the path to a shell between double quotes.
        guard !layout.data.contains(where: { "\"$`\\\n".contains($0) }) else { throw .pathUnusable(path: layout.data) }
        var info = stat()
        guard stat(layout.data, &info) == 0 else { throw .fileFailure(path: layout.data, errno: errno) }
        guard info.st_uid == layout.account.user else {
            let problem = "it belongs to user \(info.st_uid), and the server runs as \(layout.account.name)"
            throw .dataFolderUnsafe(
                path: layout.data,
                problem: problem,
                cure: "chown -R \(layout.account.name) \(layout.data)"
            )
        }
        guard info.st_mode & 0o027 == 0 else {
            throw .dataFolderUnsafe(
                path: layout.data,
                problem: "others than its owner may enter it (mode \(String(info.st_mode & 0o777, radix: 8)))",
                cure: "chmod 700 \(layout.data)"
            )
        }
    }
}
