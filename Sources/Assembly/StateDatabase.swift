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
    /// - Parameters:
    ///   - location: Where it is.
    ///   - poolSize: The most connections at a time.
    ///   - retryFor: How long a server that is starting or recovering is waited for; with `away` one that does not answer, too.
    ///   - away: Hears why the database is waited for. Without it a server that does not answer is an error at once.
    /// - Returns: The open database.
    /// - Throws: `EmbeddedClusterError`, `PostgresError` and `MigrationError`, each saying what to do.
    public static func open(
        _ location: Location,
        poolSize: Int = 4,
        retryFor: Duration = .seconds(30),
        away: ((any Error) -> Void)? = nil
    ) async throws -> StateDatabase {
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
        let patience = Backoff.outage(of: retryFor)
        // Whoever hears of a wait waits itself, and must not be kept from hearing by each of its questions.
        let starting = away == nil ? patience : .outage(of: min(retryFor, .seconds(2)))
        let pool = try PostgresPool(url: url, size: max(2, poolSize), whileStarting: starting)
        let migrator = try Migrator(migrations: try Migration.bundled())
        let migrate = { try await pool.withConnection { _ = try await migrator.run(on: $0) } }
        do {
            if let away { try await pool.outlasting(patience, tell: away, migrate) } else { try await migrate() }
        } catch {
            await pool.close()
            throw error
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
