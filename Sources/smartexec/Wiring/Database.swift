import Assembly
import Foundation
import PostgresStore

/// The program's database: the one that it is told, or a private cluster of its own.
struct Database: Sendable {
    let state: StateDatabase

    var url: String { state.url }
    var pool: PostgresPool { state.pool }
    /// Where the embedded cluster is; `nil` with a database of the user's.
    var embedded: EmbeddedCluster? { state.embedded }

    /// Opens the database, starting the embedded cluster when there is no other, and brings its tables up to date.
    ///
    /// - Parameters:
    ///   - loaded: Says which one.
    ///   - console: Hears of a private cluster that was started.
    ///   - poolSizeMin: The fewest connections that may be open at a time.
    ///   - away: Hears that a server is waited for, for `database.retry_for`, that does not answer; without it that is an
    ///     error at once, since somebody waits.
    /// - Returns: The open database.
    /// - Throws: `EmbeddedClusterError`, `PostgresError` and `MigrationError`, each saying what to do.
    static func open(
        _ loaded: LoadedConfiguration,
        _ console: Console,
        poolSizeMin: Int = 1,
        away: ((String) -> Void)? = nil
    ) async throws -> Database {
        let settings = loaded.configuration.database
        let location: StateDatabase.Location =
            if let url = settings.url { .url(url) } else { .embedded(clusterConfiguration(loaded)) }
        let opened = try await StateDatabase.open(
            location,
            poolSize: max(poolSizeMin, settings.poolSize),
            retryFor: settings.retryFor,
            away: away.map { tell in { tell(Self.waiting(settings.retryFor, $0)) } }
        )
        if opened.wasStarted, let folder = await opened.embedded?.status().dataFolder {
            console.note("Started a private PostgreSQL in \(folder); it stays up until `smartexec db stop`.")
        }
        return Database(state: opened)
    }

    /// That the database is waited for, and why.
    static func waiting(_ patience: Duration, _ error: any Error) -> String {
        "\(error) It is waited for, up to \(patience) (`database.retry_for`)."
    }

    /// The private cluster of this user's state folder, running or not.
    static func makeCluster(_ loaded: LoadedConfiguration) throws -> EmbeddedCluster {
        try EmbeddedCluster(clusterConfiguration(loaded))
    }

    private static func clusterConfiguration(_ loaded: LoadedConfiguration) -> EmbeddedCluster.Configuration {
        EmbeddedCluster.Configuration(
            home: stateFolder(loaded),
            programs: loaded.variables["SMARTEXEC_PG_BIN"],
            searchPath: loaded.variables["PATH"] ?? ""
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
