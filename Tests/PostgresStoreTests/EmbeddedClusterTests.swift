import Foundation
import Testing
import TradingTestKit

@testable import PostgresStore

@Suite("Embedded cluster")
struct EmbeddedClusterTests {
    @Test("A cluster lives through concurrent starts, crashes, stale records and restarts")
    func life() async throws {
        let home = try TemporaryFolder()
        let (one, two) = (try cluster(home), try cluster(home))
        #expect(await one.status().state == .absent)
        #expect(try await !one.stop())

        // Two programs at once: one makes the cluster, the other waits and uses it.
        async let first = one.start()
        async let second = two.start()
        let url = try await first
        #expect(try await second == url)
        let status = await two.status()
        #expect(status.state == .running && status.processID != nil && status.version != nil)
        let connection = try await PostgresConnection.connect(url)
        for (setting, value) in [
            ("fsync", "on"), ("data_checksums", "on"), ("server_encoding", "UTF8"), ("lc_collate", "C"),
            ("listen_addresses", ""), ("unix_socket_directories", status.socketFolder),
        ] {
            #expect(try await connection.query("SHOW \(setting)").single().text(at: 0) == value)
        }
        try await connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        let pointer = try JSONDecoder().decode(
            ClusterPointer.self,
            from: Data(contentsOf: URL(fileURLWithPath: one.layout.pointerFile))
        )
        #expect(pointer.url == url && pointer.data == status.dataFolder)

        // Starting what runs already changes nothing.
        let running = await one.status().processID
        #expect(try await two.start() == url)
        #expect(await two.status().processID == running)

        // An unclean stop: the record is stale, recovery runs, committed rows are there, and clients reconnect.
        try await kill(one)
        await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
        #expect(try await two.start() == url)
        try await connection.reconnect(Backoff(attempts: 20, total: .seconds(10), base: .milliseconds(10)))
        #expect(try await connection.query("SELECT n FROM kept").single().int64("n") == 1)

        // A record whose number now belongs to another program: ourselves.
        try await kill(one)
        let record = "\(status.dataFolder)/postmaster.pid"
        let lines = try String(contentsOfFile: record, encoding: .utf8).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        let misleading = (["\(getppid())"] + lines.dropFirst().map(String.init)).joined(separator: "\n")
        try misleading.write(toFile: record, atomically: false, encoding: .utf8)
        try "\(getppid())\n".write(toFile: one.layout.socketFile + ".lock", atomically: false, encoding: .utf8)
        #expect(await one.status().state == .stopped)
        #expect(try await one.start() == url)

        // Somebody cleans up /tmp under the running server.
        try FileManager.default.removeItem(atPath: status.socketFolder)
        #expect(await one.status().state == .starting)
        #expect(try await one.start() == url)

        #expect(try await two.stop())
        #expect(await one.status().state == .stopped)
        #expect(try await !two.stop())

        // Data of another major version.
        try "9\n".write(toFile: "\(status.dataFolder)/PG_VERSION", atomically: false, encoding: .utf8)
        let wrong = await #expect(throws: EmbeddedClusterError.self) { try await one.start() }
        #expect(wrong?.code == "postgres_wrong_version")
        #expect(wrong?.description.contains("made by PostgreSQL 9,") == true)
        #expect(wrong?.description.contains("apt-get install postgresql-9") == true)
        try await one.destroy()
    }

    @Test("The server holds no file descriptor of ours, so a pipe to us ends with us")
    func noInheritance() async throws {
        let home = try TemporaryFolder()
        let cluster = try cluster(home)
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        _ = try await cluster.start()
        // By the server's own list: programs that other tests start meanwhile may hold the pipe for a while.
        let data = await cluster.status().dataFolder
        let server = try #require(
            try String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8).split(separator: "\n").first
        )
        let ours = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(ends[1])")
        let held = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server)/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(server)/fd/\($0)")
        }
        #expect(!held.isEmpty && ours.hasPrefix("pipe:"))
        #expect(!held.contains(ours))
        close(ends[1])
        close(ends[0])
        try await cluster.destroy()
    }

    @Test("Databases are made and dropped, with names that need no quoting")
    func databases() async throws {
        let cluster = try await TestDatabase.shared().cluster
        let name = "other_\(getpid())"
        let url = try await cluster.createDatabase(named: name)
        let connection = try await PostgresConnection.connect(url)
        #expect(try await connection.query("SELECT current_database()").single().text(at: 0) == name)
        let again = await #expect(throws: EmbeddedClusterError.self) { try await cluster.createDatabase(named: name) }
        guard case .database(let error) = again else {
            Issue.record("unexpected \(String(describing: again))")
            return
        }
        #expect(error.sqlState == "42P04")
        try await cluster.dropDatabase(named: name)
        try await cluster.dropDatabase(named: name)
        #expect(try await cluster.databases(prefix: name).isEmpty)
        for bad in ["", "1a", "a-b", "a\"; DROP", "Ä", String(repeating: "a", count: 64)] {
            await #expect(throws: EmbeddedClusterError.invalidDatabaseName(bad)) {
                try await cluster.createDatabase(named: bad)
            }
        }
    }

    @Test("No PostgreSQL: the message tells what to install or set")
    func notInstalled() async throws {
        let folder = try TemporaryFolder()
        let missing = #expect(throws: EmbeddedClusterError.self) {
            try PostgresPrograms.find(override: folder.path, searchPath: "")
        }
        #expect(missing?.description.contains("lacks initdb, pg_ctl, postgres") == true)
        let text = EmbeddedClusterError.notInstalled(searched: ["/usr/bin"]).description
        for word in ["apt-get install postgresql", "scripts/setup", "SMARTEXEC_PG_BIN", "SMARTEXEC_DATABASE_URL"] {
            #expect(text.contains(word))
        }
    }

    @Test(
        "A helper that fails becomes a message with the end of its output",
        arguments: [
            ("initdb: error: could not write file: No space left on device", "postgres_no_space"),
            ("initdb: error: something else", "postgres_init_failed"),
        ]
    )
    func helperFails(_ output: String, _ code: String) async throws {
        let (home, programs) = (try TemporaryFolder(), try TemporaryFolder())
        try programs.write("postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 15.1'\n", mode: 0o755)
        try programs.write("pg_ctl", "#!/bin/sh\nexit 1\n", mode: 0o755)
        try programs.write("initdb", "#!/bin/sh\nmkdir \"$2\"\necho '\(output)'\nexit 1\n", mode: 0o755)
        let cluster = try EmbeddedCluster(.init(home: home.path, programs: programs.path))
        let error = await failure(of: cluster)
        #expect(error?.code == code)
        #expect(error?.description.contains(output) == true)
        #expect(await cluster.status().state == .absent)
        #expect(!FileManager.default.fileExists(atPath: cluster.layout.unfinishedData))
        try await cluster.destroy()
    }

    @Test("A server that does not start shows the end of its log, a full disk as such")
    func serverFails() async throws {
        let (home, programs) = (try TemporaryFolder(), try TemporaryFolder())
        try programs.write("postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) 15.1'\n", mode: 0o755)
        try programs.write("initdb", "#!/bin/sh\nmkdir -m 700 \"$2\" && echo 15 > \"$2/PG_VERSION\"\n", mode: 0o755)
        // pg_ctl start -w -t N -D DATA -l LOG …
        try programs.write(
            "pg_ctl",
            "#!/bin/sh\necho \"FATAL: $(cat /etc/hostname) is odd\" >> \"$8\"\nexit 1\n",
            mode: 0o755
        )
        let cluster = try EmbeddedCluster(.init(home: home.path, programs: programs.path))
        let failed = await failure(of: cluster)
        #expect(failed?.code == "postgres_start_failed")
        #expect(failed?.description.contains("is odd") == true)
        try programs.write(
            "pg_ctl",
            "#!/bin/sh\necho 'FATAL: x: No space left on device' >> \"$8\"\nexit 1\n",
            mode: 0o755
        )
        let full = await failure(of: cluster)
        #expect(full?.code == "postgres_no_space")
        #expect(full?.description.contains("is odd") == false, "an earlier start's lines are not this one's")
        try await cluster.destroy()
    }

    @Test("A home that cannot be made is refused with its path")
    func notWritable() async throws {
        let folder = try TemporaryFolder()
        try folder.write("file", "")
        let cluster = try EmbeddedCluster(.init(home: folder.path + "/file/home"))
        let error = await #expect(throws: EmbeddedClusterError.self) { try await cluster.start() }
        #expect(error?.code == "postgres_folder_not_writable")
        #expect(error?.description.contains(folder.path + "/file/home") == true)
    }

    @Test("Folders that are not ours are refused: socket, data, and another account's home")
    func taken() async throws {
        let home = try TemporaryFolder()
        let cluster = try cluster(home)
        let (base, socket, data) = (cluster.layout.base, cluster.layout.socketFolder, cluster.layout.data)
        try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: socket))
        let file = await #expect(throws: EmbeddedClusterError.self) { try await cluster.start() }
        #expect(file?.code == "postgres_socket_folder_taken")
        try FileManager.default.removeItem(atPath: socket)
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: data + "/precious"))
        let full = await #expect(throws: EmbeddedClusterError.self) { try await cluster.start() }
        #expect(full == .invalidDataFolder(path: data))
        #expect(FileManager.default.fileExists(atPath: data + "/precious"))
        let pointer = ClusterPointer(account: "somebody else", data: data, log: "", socket: socket, url: "")
        try JSONEncoder().encode(pointer).write(to: URL(fileURLWithPath: cluster.layout.pointerFile))
        let other = await #expect(throws: EmbeddedClusterError.self) { try await cluster.start() }
        #expect(other?.code == "postgres_other_account")
        try await cluster.destroy()
    }

    @Test("A lock that another program keeps is given up in time")
    func locked() async throws {
        let home = try TemporaryFolder()
        let cluster = try EmbeddedCluster(.init(home: home.path, timeoutSeconds: 0))
        let lock = try ClusterLock(path: cluster.layout.lockFile, timeoutSeconds: 0)
        let error = await #expect(throws: EmbeddedClusterError.self) { try await cluster.start() }
        #expect(error?.code == "postgres_lock_timed_out")
        lock.release()
        #expect(throws: Never.self) { try ClusterLock(path: cluster.layout.lockFile, timeoutSeconds: 0).release() }
    }

    @Test("Root's data is kept away from the home, an ordinary account's is below it")
    func layouts() {
        let root = ServerAccount(name: "postgres", user: 1, group: 1, needsSwitch: true)
        let person = ServerAccount(name: "ann", user: 2, group: 2, needsSwitch: false)
        let hash = ClusterLayout.hash("/nowhere/home")
        #expect(hash.count == 16)
        #expect(ClusterLayout(home: "/nowhere/x/../home/", account: root).base == "/var/lib/smartexec/\(hash)")
        #expect(ClusterLayout(home: "/nowhere/home", account: person).base == "/nowhere/home/postgres")
        #expect(ClusterLayout(home: "/nowhere/home", account: person).socketFolder == "/tmp/sx-\(hash)")
        // The published test vector of FNV-1a.
        #expect(ClusterLayout.hash("foobar") == "85944171f73967e8")
    }

    @Test("Each tool that changes the account passes words through unharmed", arguments: ["setpriv", "runuser", "su"])
    func accountTools(_ tool: String) throws {
        let account = try ServerAccount.current()
        // Only root changes accounts; for others there is nothing to run.
        guard account.needsSwitch else { return }
        let folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
        let path = try #require(
            folders.map { (folder: String) -> String in "\(folder)/\(tool)" }.first { access($0, X_OK) == 0 }
        )
        let command = account.wrapped(
            ["/bin/sh", "-c", "id -un; echo \"$1\"", "-D", "a 'b' \"$c\""],
            tool: tool,
            path: path
        )
        let outcome = try Subprocess.run(command, environment: ["PATH": "/usr/bin:/bin"])
        #expect(outcome.output == "postgres\na 'b' \"$c\"\n")
        #expect(outcome.isSuccess)
    }

    /// Starts a cluster with programs of ours, which must fail.
    ///
    /// A program that was just written is busy for as long as another test's child, being started, still has it open.
    private func failure(of cluster: EmbeddedCluster) async -> EmbeddedClusterError? {
        var error: EmbeddedClusterError?
        let end = ContinuousClock.now + BuiltProgram.patience
        while .now < end {
            error = await #expect(throws: EmbeddedClusterError.self) { try await cluster.start() }
            let isBusy = error?.code == "postgres_programs_missing" || error?.description.contains("busy") == true
            if !isBusy { break }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return error
    }

    private func cluster(_ home: TemporaryFolder) throws -> EmbeddedCluster {
        try EmbeddedCluster(.init(home: home.path, searchPath: "", timeoutSeconds: 900))
    }

    /// Kills the server without warning and returns once its processes are gone.
    private func kill(_ cluster: EmbeddedCluster) async throws {
        let server = try #require(await cluster.status().processID)
        #expect(Foundation.kill(server, SIGKILL) == 0)
        while await cluster.processes.all?.isEmpty == false { await Task.yield() }
    }
}
