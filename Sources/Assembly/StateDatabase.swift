import ExecutionEngine
import Orchestration
public import PostgresStore

/// The database that keeps the program's state: one that it is told, or a private cluster of its own.
public struct StateDatabase: Sendable {
    public let url: String
    public let pool: PostgresPool
    /// The private cluster; `nil` with a database of the user's.
    public let embedded: EmbeddedCluster?
    /// True when this call started the private cluster, which stays up until somebody stops it.
    public let wasStarted: Bool

    /// Where state lives.
    public enum Location: Sendable {
        /// A libpq connection URI.
        case url(String)
        /// A private cluster, made and started on demand.
        case embedded(EmbeddedCluster.Configuration)
    }

    /// Opens the database, starting the private cluster when there is no other, and brings its tables up to date.
    ///
    /// - Throws: `EmbeddedClusterError`, `PostgresError` and `MigrationError`, each saying what to do.
    public static func open(_ location: Location, poolSize: Int = 4) async throws -> StateDatabase {
        let url: String
        var cluster: EmbeddedCluster?
        var wasStarted = false
        switch location {
        case .url(let given): url = given
        case .embedded(let configuration):
            let embedded = try EmbeddedCluster(configuration)
            wasStarted = await embedded.status().state != .running
            url = try await embedded.start()
            cluster = embedded
        }
        let pool = try PostgresPool(url: url, size: max(2, poolSize))
        let migrations = try Migration.bundled()
        try await pool.withConnection { connection in
            _ = try await Migrator(migrations: migrations).run(on: connection)
        }
        return StateDatabase(url: url, pool: pool, embedded: cluster, wasStarted: wasStarted)
    }

    /// The error with what the private cluster can tell of its cause: that its disk is full, or how its server ended.
    func explained(_ error: any Error) async -> any Error {
        guard let embedded, let stopped = error as? InterruptedRun,
            ErrorHandler.response(to: stopped.cause) == .stopRun,
            let trouble = await embedded.trouble(after: stopped.cause as? PostgresError)
        else { return error }
        return InterruptedRun(run: stopped.run, cause: trouble)
    }
}
