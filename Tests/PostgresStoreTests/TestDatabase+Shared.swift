@testable import PostgresStore

extension TestDatabase {
    private static let making = Task { try await make("postgres store", migrations: []) }

    /// Returns the one database of this test process for suites that keep to tables of their own.
    static func shared() async throws -> TestDatabase { try await making.value }
}
