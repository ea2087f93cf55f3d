import Foundation
import Orchestration
import PostgresStore

/// The program's database: the one that it is told, or a private cluster of its own.
struct Database: Sendable {
    let url: String
    let pool: PostgresPool
    /// Where the embedded cluster is; `nil` with a database of the user's.
    let embedded: EmbeddedCluster?

    /// Opens the database, starting the embedded cluster when there is no other, and brings its tables up to date.
    ///
    /// - Throws: `EmbeddedClusterError`, `PostgresError` and `MigrationError`, each saying what to do.
    static func open(_ loaded: LoadedConfiguration, _ console: Console) async throws -> Database {
        let configured = loaded.configuration.database.url
        var cluster: EmbeddedCluster?
        var url: String
        if let configured {
            url = configured
        } else {
            let embedded = try makeCluster(loaded)
            let wasRunning = await embedded.status().state == .running
            url = try await embedded.start()
            cluster = embedded
            if !wasRunning {
                let status = await embedded.status()
                console.note(
                    "Started a private PostgreSQL in \(status.dataFolder); it stays up until `smartexec db stop`."
                )
            }
        }
        let pool = try PostgresPool(url: url, size: max(2, loaded.configuration.database.poolSize))
        let migrations = try Migration.bundled()
        try await pool.withConnection { connection in
            _ = try await Migrator(migrations: migrations).run(on: connection)
        }
        return Database(url: url, pool: pool, embedded: cluster)
    }

    /// The error with what the private cluster can tell of its cause: that its disk is full, or how its server ended.
    func explained(_ error: any Error) async -> any Error {
        guard let embedded, let stopped = error as? InterruptedRun,
            let cause = stopped.cause as? any EnvironmentError, cause.isEnvironmental,
            let trouble = await embedded.trouble(after: cause as? PostgresError)
        else { return error }
        return InterruptedRun(run: stopped.run, cause: trouble)
    }

    /// The private cluster of this user's state folder, running or not.
    static func makeCluster(_ loaded: LoadedConfiguration) throws -> EmbeddedCluster {
        try EmbeddedCluster(
            EmbeddedCluster.Configuration(
                home: stateFolder(loaded),
                programs: loaded.variables["SMARTEXEC_PG_BIN"],
                searchPath: loaded.variables["PATH"] ?? ""
            )
        )
    }

    /// `SMARTEXEC_HOME`, else `~/.smartexec`.
    static func stateFolder(_ loaded: LoadedConfiguration) -> String {
        if let home = loaded.variables["SMARTEXEC_HOME"], !home.isEmpty { return absolute(home) }
        let user = loaded.variables["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
        return absolute(user) + "/.smartexec"
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
