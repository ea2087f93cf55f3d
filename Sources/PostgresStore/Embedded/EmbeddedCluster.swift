import CPostgres
import Foundation

/// A private PostgreSQL, made and started on demand, reached through a Unix socket only.
///
/// It outlives this program and serves all programs with the same home, until ``stop()``. Everything here blocks, so
/// the actor has a thread of its own and runs each call in one piece.
public actor EmbeddedCluster {
    /// What the command line decides; nothing here reads the environment.
    public struct Configuration: Hashable, Sendable {
        /// The program's state folder (`SMARTEXEC_HOME`).
        public var home: String
        /// The folder with `initdb`, `pg_ctl` and `postgres` (`SMARTEXEC_PG_BIN`); nil searches for one.
        public var programs: String?
        /// Folders to search, separated by colons (`PATH`).
        public var searchPath: String
        /// How long to wait for another program's start, and for a server that recovers from a crash.
        public var timeoutSeconds: Int

        public init(
            home: String,
            programs: String? = nil,
            searchPath: String = "/usr/local/bin:/usr/bin:/bin",
            timeoutSeconds: Int = 120
        ) {
            self.home = home
            self.programs = programs
            self.searchPath = searchPath
            self.timeoutSeconds = timeoutSeconds
        }
    }

    /// What a cluster is doing.
    public enum State: String, Sendable {
        /// Nothing was made yet.
        case absent
        case stopped
        /// The server's process lives and does not accept connections: it starts, recovers or stops.
        case starting
        case running
    }

    /// Where a cluster lives, and what it is doing.
    public struct Status: Hashable, Sendable {
        public let state: State
        /// The URL of the default database.
        public let url: String
        public let dataFolder: String
        public let socketFolder: String
        public let logFile: String
        /// The account of the operating system that the server runs as.
        public let account: String
        /// The server's process, when it lives.
        public let processID: Int32?
        /// The major version of the data, such as `15`.
        public let version: String?
    }

    /// The database that the program uses unless told otherwise.
    public static let defaultDatabase = "smartexec"

    private let executor = BlockingExecutor(label: "smartexec.postgres.cluster")
    let configuration: Configuration
    nonisolated let layout: ClusterLayout

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Names a cluster; makes and starts nothing.
    ///
    /// - Throws: ``EmbeddedClusterError/accountMissing(name:)``.
    public init(_ configuration: Configuration) throws(EmbeddedClusterError) {
        self.configuration = configuration
        layout = ClusterLayout(home: configuration.home, account: try ServerAccount.current())
    }

    /// Makes sure that the server runs, making the cluster at first use, and returns its URL.
    ///
    /// A few milliseconds when it already runs. Programs that call this at once take turns, and the later ones find
    /// it running.
    public func start() throws(EmbeddedClusterError) -> String {
        let url = layout.url(database: Self.defaultDatabase)
        if answers(url) { return url }
        try prepareHome()
        let lock = try ClusterLock(path: layout.lockFile, timeoutSeconds: configuration.timeoutSeconds)
        defer { lock.release() }
        if answers(url) { return url }
        try checkOwner()
        try prepareFolders()
        if processes.postmaster == nil {
            try launch()
        } else if access(layout.socketFile, F_OK) != 0 {
            // Someone has emptied /tmp below a running server; only a new start makes the socket again.
            _ = try halt(programs())
            try launch()
        }
        try waitUntilReady()
        try makeDatabaseIfMissing(Self.defaultDatabase)
        try writePointer()
        return url
    }

    /// Stops the server, rolling open transactions back.
    ///
    /// - Returns: False when it was not running.
    public func stop() throws(EmbeddedClusterError) -> Bool {
        guard access(layout.data, F_OK) == 0 else { return false }
        let lock = try ClusterLock(path: layout.lockFile, timeoutSeconds: configuration.timeoutSeconds)
        defer { lock.release() }
        guard processes.postmaster != nil else { return false }
        return try halt(programs())
    }

    /// Tells where the cluster lives and what it does, and changes nothing.
    public func status() -> Status {
        let process = processes.postmaster
        let state: State =
            if answers(layout.url(database: Self.defaultDatabase)) {
                .running
            } else if process != nil {
                .starting
            } else {
                dataVersion == nil ? .absent : .stopped
            }
        return Status(
            state: state,
            url: layout.url(database: Self.defaultDatabase),
            dataFolder: layout.data,
            socketFolder: layout.socketFolder,
            logFile: layout.logFile,
            account: layout.account.name,
            processID: process,
            version: dataVersion
        )
    }

    /// Returns the URL of the database named `name`.
    public nonisolated func url(database name: String) -> String { layout.url(database: name) }

    var processes: ServerProcesses { ServerProcesses(dataFolder: layout.data) }

    /// The major version that made the data folder, or nil when there is none.
    private var dataVersion: String? {
        // Unreadable or missing both mean: no cluster here yet.
        let text = try? String(contentsOfFile: "\(layout.data)/PG_VERSION", encoding: .utf8)
        return text.flatMap { Int($0.trimmingTrailingNewlines) }.map { "\($0)" }
    }

    /// Whether our own server, not another one behind the same socket, answers at `url`.
    func answers(_ url: String) -> Bool {
        guard access(layout.socketFile, F_OK) == 0,
            // Any failure leads to the slow path, which finds out why.
            let session = try? LibpqSession(ConnectionString(url)),
            let folder = try? session.query("SHOW data_directory").single().text(at: 0)
        else { return false }
        return folder == layout.data
    }
}

// MARK: - Making and starting

extension EmbeddedCluster {
    private func prepareHome() throws(EmbeddedClusterError) {
        var path = ""
        for part in layout.home.split(separator: "/") {
            path += "/\(part)"
            var info = stat()
            guard stat(path, &info) != 0 else {
                guard info.st_mode & S_IFMT == S_IFDIR else {
                    throw .notWritable(path: layout.home, problem: "\(path) is a file, not a folder")
                }
                continue
            }
            // EEXIST: another program was faster.
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw .fileFailure(path: layout.home, errno: errno)
            }
        }
    }

    /// Refuses a home whose data belongs to another account: two servers on two data folders would share one home.
    private func checkOwner() throws(EmbeddedClusterError) {
        // No pointer yet, or one that a person has damaged: it is written again below.
        guard let bytes = FileManager.default.contents(atPath: layout.pointerFile),
            let pointer = try? JSONDecoder().decode(ClusterPointer.self, from: bytes)
        else { return }
        guard pointer.account == layout.account.name || access(pointer.data, F_OK) != 0 else {
            throw .otherAccount(home: layout.home, owner: pointer.account, account: layout.account.name)
        }
    }

    private func prepareFolders() throws(EmbeddedClusterError) {
        if layout.account.needsSwitch {
            // The account must be able to pass through, and to read nothing.
            try makeFolder((layout.base as NSString).deletingLastPathComponent, mode: 0o711, owned: false)
        }
        try makeFolder(layout.base, mode: 0o700, owned: true)
        try makeFolder(layout.socketFolder, mode: 0o700, owned: true)
        // /tmp is everybody's: a folder of that name may have been put there by another account.
        var info = stat()
        guard lstat(layout.socketFolder, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
            throw .socketFolderTaken(path: layout.socketFolder, problem: "it is not a folder")
        }
        guard info.st_uid == layout.account.user else {
            throw .socketFolderTaken(path: layout.socketFolder, problem: "it belongs to user \(info.st_uid)")
        }
        guard info.st_mode & 0o077 == 0 else {
            throw .socketFolderTaken(path: layout.socketFolder, problem: "others than its owner may enter it")
        }
    }

    private func makeFolder(_ path: String, mode: mode_t, owned: Bool) throws(EmbeddedClusterError) {
        if mkdir(path, mode) != 0 {
            guard errno == EEXIST else { throw .fileFailure(path: path, errno: errno) }
            return
        }
        // Beyond the mask of the caller's shell.
        guard chmod(path, mode) == 0,
            !owned || !layout.account.needsSwitch || chown(path, layout.account.user, layout.account.group) == 0
        else { throw .fileFailure(path: path, errno: errno) }
    }

    /// Returns the server programs that fit the data folder, or the preferred ones when there is no data yet.
    private func programs() throws(EmbeddedClusterError) -> PostgresPrograms {
        let found = try PostgresPrograms.find(
            override: configuration.programs,
            searchPath: configuration.searchPath
        )
        guard let version = dataVersion else {
            guard let first = found.first else { throw .notInstalled(searched: []) }
            return first
        }
        guard let fitting = found.first(where: { String($0.major) == version }) else {
            // Several folders may hold one version.
            let installed = Set(found.map(\.major)).sorted(by: >)
            throw .wrongVersion(dataFolder: layout.data, data: version, installed: installed)
        }
        return fitting
    }

    private func launch() throws(EmbeddedClusterError) {
        let programs = try programs()
        if dataVersion == nil { try makeData(programs) }
        try checkData()
        try waitForOrphans()
        processes.removeMisleadingRecords(socketLock: layout.socketFile + ".lock")
        let logStart = try rotateLog()
        // No network, one socket that its folder protects, times in UTC; durability settings stay as they are.
        let settings = [
            "listen_addresses=''", "unix_socket_directories=\(layout.socketFolder)", "unix_socket_permissions=0700",
            "port=\(ClusterLayout.port)", "max_connections=200", "timezone=UTC", "log_timezone=UTC",
            "log_checkpoints=off", "logging_collector=off",
        ]
        let outcome = try run(
            programs,
            "pg_ctl",
            ["start", "-w", "-t", String(configuration.timeoutSeconds), "-D", layout.data, "-l", layout.logFile]
                + ["-o", settings.map { "-c \($0)" }.joined(separator: " ")]
        )
        guard !outcome.isSuccess else { return }
        let log = logTail(from: logStart, or: outcome.output)
        if processes.postmaster != nil, !log.contains("No space left on device") {
            throw .startTimedOut(seconds: configuration.timeoutSeconds, logFile: layout.logFile, log: log)
        }
        throw startFailure(log)
    }

    /// Makes the data in a folder aside and renames it, so that an interrupted `initdb` leaves no half cluster.
    private func makeData(_ programs: PostgresPrograms) throws(EmbeddedClusterError) {
        if let content = try? FileManager.default.contentsOfDirectory(atPath: layout.data) {
            guard content.isEmpty, rmdir(layout.data) == 0 else { throw .invalidDataFolder(path: layout.data) }
        }
        removeUnfinishedData()
        let outcome = try run(
            programs,
            "initdb",
            ["-D", layout.unfinishedData, "-U", ClusterLayout.user, "--encoding=UTF8", "--locale=C"]
                + ["--data-checksums", "--auth-local=trust", "--auth-host=reject"]
        )
        guard outcome.isSuccess else {
            removeUnfinishedData()
            let log = Self.tail(outcome.output)
            if log.contains("No space left on device") { throw .noSpace(path: layout.base, log: log) }
            throw .initFailed(path: layout.base, log: log)
        }
        guard rename(layout.unfinishedData, layout.data) == 0 else {
            throw .fileFailure(path: layout.data, errno: errno)
        }
    }

    private func removeUnfinishedData() {
        guard access(layout.unfinishedData, F_OK) == 0 else { return }
        // If some of it stays, initdb refuses the folder and says so.
        try? FileManager.default.removeItem(atPath: layout.unfinishedData)
    }

    /// Waits for the children of a server that was killed: they notice soon, and a new server must not meet them.
    private func waitForOrphans() throws(EmbeddedClusterError) {
        let start = ContinuousClock.now
        while let left = processes.all, !left.isEmpty {
            // Ten seconds let a child finish its statement; one that takes longer is for the user to judge.
            guard ContinuousClock.now - start < .seconds(10) else {
                throw .processesLeft(dataFolder: layout.data, processes: left)
            }
            usleep(20_000)
        }
    }

    /// Waits while the server starts or recovers, which it says of itself.
    private func waitUntilReady() throws(EmbeddedClusterError) {
        let url = layout.url(database: "postgres")
        let start = ContinuousClock.now
        while true {
            if PQping(url) == PQPING_OK { return }
            let log = logTail(from: 0, or: "")
            guard processes.postmaster != nil else { throw startFailure(log) }
            guard ContinuousClock.now - start < .seconds(configuration.timeoutSeconds) else {
                throw .startTimedOut(seconds: configuration.timeoutSeconds, logFile: layout.logFile, log: log)
            }
            usleep(20_000)
        }
    }

    private func halt(_ programs: PostgresPrograms) throws(EmbeddedClusterError) -> Bool {
        let timeout = String(configuration.timeoutSeconds)
        let outcome = try run(programs, "pg_ctl", ["stop", "-m", "fast", "-w", "-t", timeout, "-D", layout.data])
        guard outcome.isSuccess || processes.postmaster == nil else {
            throw .stopFailed(logFile: layout.logFile, log: logTail(from: 0, or: outcome.output))
        }
        return true
    }

    private func run(
        _ programs: PostgresPrograms,
        _ program: String,
        _ arguments: [String]
    ) throws(EmbeddedClusterError) -> Subprocess.Outcome {
        let command = try layout.account.command([programs.path(program)] + arguments)
        // Messages in English, since some are recognised; none of the caller's PG… variables.
        let environment = ["PATH": "\(programs.folder):/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"]
        do {
            return try Subprocess.run(command, environment: environment)
        } catch {
            throw .programFailed(program: error.executable, problem: String(cString: strerror(error.errno)))
        }
    }
}

// MARK: - Files

extension EmbeddedCluster {
    /// Puts a log of over 16 MiB aside, one generation, and returns where this start's lines will begin.
    private func rotateLog() throws(EmbeddedClusterError) -> Int {
        var info = stat()
        guard stat(layout.logFile, &info) == 0 else { return 0 }
        guard info.st_size > 16 << 20 else { return Int(info.st_size) }
        guard rename(layout.logFile, layout.logFile + ".1") == 0 else {
            throw .fileFailure(path: layout.logFile, errno: errno)
        }
        return 0
    }

    func logTail(from start: Int, or other: String) -> String {
        guard let file = FileHandle(forReadingAtPath: layout.logFile) else { return Self.tail(other) }
        // A log that cannot be read leaves the helper's own output to explain the failure.
        defer { try? file.close() }
        let end = Int((try? file.seekToEnd()) ?? 0)
        let begin = max(start, end - 16_384)
        guard end > begin, (try? file.seek(toOffset: UInt64(begin))) != nil, let bytes = try? file.readToEnd() else {
            return Self.tail(other)
        }
        return Self.tail(String(decoding: bytes, as: UTF8.self))
    }

    /// Returns the last dozen lines, which hold the cause; that somebody came while it recovered is none.
    private static func tail(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.contains("FATAL:  the database system is ") }
        return lines.suffix(12).joined(separator: "\n")
    }

    private func writePointer() throws(EmbeddedClusterError) {
        let pointer = ClusterPointer(
            account: layout.account.name,
            data: layout.data,
            log: layout.logFile,
            socket: layout.socketFolder,
            url: layout.url(database: Self.defaultDatabase)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(pointer).write(to: URL(fileURLWithPath: layout.pointerFile), options: .atomic)
        } catch {
            throw .notWritable(path: layout.pointerFile, problem: error.localizedDescription)
        }
    }
}
