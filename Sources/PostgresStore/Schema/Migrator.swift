/// Brings a database's schema up to this program's, one migration at a time.
///
/// Programs that start together take turns under an advisory lock, and the later ones find nothing left to do.
public struct Migrator: Sendable {
    /// Names the lock within the database; the digits are arbitrary and must never change.
    private static let lock: Int64 = 0x736d_6172_7465_7801

    private let migrations: [Migration]

    /// Makes a migrator of `migrations` in the order of their numbers.
    ///
    /// - Throws: ``MigrationError/duplicate(version:names:)``.
    public init(migrations: [Migration]) throws(MigrationError) {
        let sorted = migrations.sorted { ($0.version, $0.name) < ($1.version, $1.name) }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.version == next.version {
            throw .duplicate(version: one.version, names: [one.name, next.name])
        }
        self.migrations = sorted
    }

    /// Applies what is missing, each migration in a transaction of its own.
    ///
    /// - Returns: The migrations applied by this call, in order.
    /// - Throws: ``MigrationError``; migrations before the failing one stay applied.
    @discardableResult
    public func run(on connection: PostgresConnection) async throws(MigrationError) -> [Migration] {
        try await apply(on: connection)
    }

    /// Returns the migrations that are not applied yet, and changes nothing.
    ///
    /// - Throws: ``MigrationError`` as ``run(on:)`` does for a database that does not fit this program.
    public func pending(on connection: PostgresConnection) async throws(MigrationError) -> [Migration] {
        try await missing(on: connection)
    }

    /// Runs in one piece on the connection's executor, so that no other statement comes between lock and unlock.
    private func apply(on connection: isolated PostgresConnection) throws(MigrationError) -> [Migration] {
        do {
            _ = try connection.query("SELECT pg_advisory_lock($1)", [.int64(Self.lock)])
        } catch {
            throw .database(error)
        }
        // A lost connection releases the lock as well.
        defer { _ = try? connection.query("SELECT pg_advisory_unlock($1)", [.int64(Self.lock)]) }
        do {
            try connection.execute(
                """
                SET client_min_messages = 'warning';
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    version integer PRIMARY KEY CHECK (version > 0),
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
                );
                SET client_min_messages = 'notice';
                """
            )
        } catch {
            throw .database(error)
        }
        let missing = try missing(on: connection)
        for migration in missing { try apply(migration, on: connection) }
        return missing
    }

    private func missing(on connection: isolated PostgresConnection) throws(MigrationError) -> [Migration] {
        let applied: [Applied]
        let checksums: [String]
        do {
            applied = try Self.applied(on: connection)
            let result = try connection.query(
                "SELECT md5(sql) AS checksum FROM unnest($1::text[]) WITH ORDINALITY AS files(sql, n) ORDER BY n",
                [.textArray(migrations.map(\.sql))]
            )
            var texts: [String] = []
            for row in result { texts.append(try row.text("checksum")) }
            checksums = texts
        } catch {
            throw .database(error)
        }
        let known = Dictionary(uniqueKeysWithValues: zip(migrations.map(\.version), checksums))
        for row in applied {
            guard let checksum = known[row.version] else {
                throw .databaseNewer(version: row.version, name: row.name, program: migrations.last?.version ?? 0)
            }
            guard checksum == row.checksum else {
                throw .changed(version: row.version, name: row.name, applied: row.checksum, program: checksum)
            }
        }
        let done = Set(applied.map(\.version))
        let missing = migrations.filter { !done.contains($0.version) }
        if let newest = applied.last?.version, let first = missing.first, first.version < newest {
            throw .outOfOrder(version: first.version, name: first.name, newest: newest)
        }
        return missing
    }

    private func apply(
        _ migration: Migration,
        on connection: isolated PostgresConnection
    ) throws(MigrationError) {
        let (version, name) = (migration.version, migration.name)
        do {
            try connection.begin()
            try connection.execute(migration.sql)
            guard connection.isInTransaction else { throw MigrationError.endsTransaction(version: version, name: name) }
            _ = try connection.query(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, md5($3))",
                [.int64(Int64(version)), .text(name), .text(migration.sql)]
            )
            try connection.commit()
        } catch let error as PostgresError {
            connection.rollbackOrClose()
            throw .failed(version: version, name: name, line: Self.line(of: error, in: migration.sql), error)
        } catch let error as MigrationError {
            throw error
        } catch {
            connection.rollbackOrClose()
            throw .failed(version: version, name: name, line: nil, .unexpectedAnswer(problem: "\(error)"))
        }
    }

    private struct Applied {
        let version: Int
        let name: String
        let checksum: String
    }

    private static func applied(on connection: isolated PostgresConnection) throws(PostgresError) -> [Applied] {
        let exists = try connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL").single()
        guard try exists.bool(at: 0) else { return [] }
        let rows = try connection.query("SELECT version, name, checksum FROM schema_migrations ORDER BY version")
        var applied: [Applied] = []
        for row in rows {
            applied.append(
                Applied(
                    version: Int(try row.int64("version")),
                    name: try row.text("name"),
                    checksum: try row.text("checksum")
                )
            )
        }
        return applied
    }

    /// Returns the line of a script, from 1, at which the server found the error.
    private static func line(of error: PostgresError, in sql: String) -> Int? {
        guard let position = error.report?.position else { return nil }
        // The server counts code points of the whole script sent, as scalars do.
        return sql.unicodeScalars.prefix(position - 1).count { $0 == "\n" } + 1
    }
}
