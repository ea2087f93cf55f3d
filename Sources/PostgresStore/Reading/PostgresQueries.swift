/// What the command line shows: reads of a migrated database, each a short statement of its own.
///
/// Lists come newest first and are limited, except where a stable order is said. Rows encode to JSON with decimals as
/// text; `convertToSnakeCase` gives the usual field names.
public struct PostgresQueries: Sendable {
    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// Runs the statement in `Queries/NAME.sql` and reads its rows.
    func rows<Row: Sendable>(
        _ name: String,
        _ parameters: [PostgresValue],
        _ read: @Sendable (PostgresRow) throws -> Row
    ) async throws -> [Row] {
        try await pool.withConnection { try await $0.run(file: name, parameters) }.map(read)
    }

    /// Runs statements of a report that keep what it has found out, in one transaction.
    func write<T: Sendable>(_ body: @Sendable (isolated PostgresConnection) throws -> T) async throws -> T {
        try await pool.transaction(body)
    }

    /// Runs several reads in one transaction that sees one state of the database.
    func snapshot<T: Sendable>(_ body: @Sendable (isolated PostgresConnection) throws -> T) async throws -> T {
        try await pool.transaction(isolation: .repeatableRead, body)
    }
}
