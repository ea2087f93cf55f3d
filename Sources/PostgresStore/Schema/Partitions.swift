/// Partitions of the tables that grow with time, by month of the database's clock.
public enum Partitions {
    /// Makes the partitions of this month and of `months` more, where they are missing.
    ///
    /// - Parameters:
    ///   - months: How far ahead, zero or more.
    ///   - connection: To a migrated database, in no transaction.
    /// - Returns: How many were made.
    /// - Throws: ``PostgresError``.
    @discardableResult
    public static func makeAhead(months: Int = 3, on connection: PostgresConnection) async throws -> Int {
        Int(
            try await connection.query("SELECT make_partitions($1::integer)", [.int64(Int64(months))]).single()
                .int64(at: 0)
        )
    }
}
