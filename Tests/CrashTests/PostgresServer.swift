import Foundation
import PostgresStore
import TradingTestKit

/// A PostgreSQL server of a test's own that is reached over the network, as a primary or as its standby.
struct PostgresServer {
    static let standbyName = "standby"

    let port: Int
    /// Where its data, its log and its socket are.
    let folder: String
    private let space: String?

    /// Makes and starts a primary with the database `smartexec`, in a network namespace if one is named.
    init(in space: String? = nil) async throws {
        try await self.init(space: space)
        try await asServer(
            "initdb -D \(data) -U smartexec --auth=trust --no-sync --encoding=UTF8 --locale=C >/dev/null"
        )
        try """
        listen_addresses = '*'
        unix_socket_directories = '\(folder)'
        timezone = 'UTC'
        """.write(toFile: "\(data)/extra.conf", atomically: true, encoding: .utf8)
        try await Shell.run(
            """
            chmod 644 \(data)/extra.conf
            echo "include 'extra.conf'" >> \(data)/postgresql.conf
            echo "host all all all trust" >> \(data)/pg_hba.conf
            """
        )
        try await start()
        try await ask("CREATE DATABASE smartexec", in: "postgres")
    }

    /// Makes and starts a standby that follows `primary`.
    init(following primary: PostgresServer) async throws {
        try await self.init(space: primary.space)
        let source = "host=\(primary.folder) port=\(primary.port) user=smartexec application_name=\(Self.standbyName)"
        try await asServer("pg_basebackup -D \(data) -R -X stream -c fast --no-sync -d '\(source)'")
        try await Shell.run("sed -i \"s#\(primary.folder)'#\(folder)'#\" \(data)/extra.conf")
        try await start()
    }

    private init(space: String?) async throws {
        self.space = space
        port = try Relay.freePort()
        // Short: a socket's path is limited to 107 bytes.
        folder = "/tmp/sx-\(UUID().uuidString.prefix(8))"
        try await Shell.run("mkdir -m 700 \(folder); if [ $(id -u) = 0 ]; then chown postgres: \(folder); fi")
    }

    private var data: String { "\(folder)/data" }

    /// The database by its socket, from wherever its folder is seen.
    var url: String { "postgresql://smartexec@/smartexec?host=\(folder)&port=\(port)" }

    func start() async throws {
        try await asServer("pg_ctl -D \(data) -o '-p \(port)' -l \(folder)/log -w -t 120 start >/dev/null 2>&1")
    }

    /// Ends it as a crash of its machine would.
    func kill() async throws {
        let record = try await Shell.run("head -1 \(data)/postmaster.pid")
        let pid = record.trimmingCharacters(in: .whitespacesAndNewlines)
        try await Shell.run("kill -9 \(pid)")
    }

    /// Ends it without a word to whoever is connected; ``start()`` goes on from what it has.
    func stop() async throws { try await asServer("pg_ctl -D \(data) -m immediate -w stop >/dev/null 2>&1") }

    /// Makes a primary of it.
    func promote() async throws { try await asServer("pg_ctl -D \(data) -w -t 120 promote >/dev/null 2>&1") }

    /// Ends it, if it runs, and removes everything.
    func remove() async throws {
        if FileManager.default.fileExists(atPath: "\(data)/postmaster.pid") {
            // The record of one that was killed is there too.
            try await asServer("pg_ctl -D \(data) -m immediate -w stop >/dev/null 2>&1 || true")
        }
        try await Shell.run("rm -rf \(folder)")
    }

    /// Runs one statement, past everything of ours.
    @discardableResult
    func ask(_ sql: String, in database: String = "smartexec") async throws -> String {
        let options = "-XqAt -v ON_ERROR_STOP=1 -h \(folder) -p \(port) -U smartexec -d \(database)"
        let answer = try await asServer("psql \(options) -c \"\(sql)\"")
        return answer.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Lets every commit wait for the standby, once that has caught up.
    func makeSynchronous() async throws {
        try await ask("ALTER SYSTEM SET synchronous_standby_names = '\(Self.standbyName)'")
        try await ask("SELECT pg_reload_conf()")
        let end = ContinuousClock.now + BuiltProgram.patience
        while try await ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1" {
            guard .now < end else { throw Shell.Failure(problem: "the standby does not become synchronous") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Waits until this standby has what its primary has committed so far.
    func catchUp(with primary: PostgresServer) async throws {
        let place = try await primary.ask("SELECT pg_current_wal_flush_lsn()")
        let end = ContinuousClock.now + BuiltProgram.patience
        while try await ask("SELECT pg_last_wal_replay_lsn() >= '\(place)'") != "t" {
            guard .now < end else { throw Shell.Failure(problem: "the standby does not catch up") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @discardableResult
    private func asServer(_ command: String) async throws -> String { try await Shell.run(words(command)) }

    /// The command in the server's namespace and by its account, with the server's programs at hand.
    private func words(_ command: String) -> String {
        let enter = space.map { "ip netns exec \($0) " } ?? ""
        let script = command.replacingOccurrences(of: "'", with: "'\\''")
        return """
            bin=$(pg_config --bindir 2>/dev/null) && [ -x "$bin/postgres" ] \\
                || bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/postgres | sort -V | tail -1)")
            if [ $(id -u) = 0 ]; then as='runuser -u postgres --'; else as=; fi
            cd /tmp; \(enter)$as env PATH="$bin:$PATH" sh -e -c '\(script)'
            """
    }
}
