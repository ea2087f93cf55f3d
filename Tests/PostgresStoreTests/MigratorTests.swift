import Foundation
import Testing

@testable import PostgresStore

@Suite("Migrations")
struct MigratorTests {
    private static let first = Migration(
        version: 1,
        name: "add_pets",
        sql: "CREATE TABLE pets (id bigint PRIMARY KEY);"
    )
    private static let second = Migration(
        version: 2,
        name: "fill_pets",
        sql: "INSERT INTO pets VALUES (1);\nINSERT INTO pets VALUES (2);"
    )

    @Test("Migrations run once, in order, however many programs start together")
    func concurrent() async throws {
        let database = try await TestDatabase.make("migrations", migrations: [])
        let migrator = try Migrator(migrations: [Self.second, Self.first])
        let applied = try await withThrowingTaskGroup(of: [Migration].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let connection = try await database.connect()
                    defer { withExtendedLifetime(connection) {} }
                    return try await migrator.run(on: connection)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == [Self.first, Self.second])
        let connection = try await database.connect()
        #expect(try await connection.query("SELECT count(*) FROM pets").single().int64(at: 0) == 2)
        #expect(try await migrator.pending(on: connection).isEmpty)
        let row = try await connection.query("SELECT * FROM schema_migrations WHERE version = 2").single()
        #expect(try row.text("name") == "fill_pets")
        await connection.close()
        try await database.drop()
    }

    @Test("An edited, a newer and a misplaced migration are told apart")
    func mismatches() async throws {
        let database = try await TestDatabase.make("migrations", migrations: [Self.first, Self.second])
        let connection = try await database.connect()
        func failure(_ migrations: [Migration]) async -> String? {
            do throws(MigrationError) {
                try await Migrator(migrations: migrations).run(on: connection)
                return nil
            } catch { return error.code }
        }
        let edited = Migration(version: 1, name: "add_pets", sql: Self.first.sql + " ")
        #expect(await failure([edited, Self.second]) == "migration_changed")
        #expect(await failure([Self.first]) == "migration_database_newer")
        let third = Migration(version: 3, name: "more", sql: "SELECT 1")
        #expect(await failure([Self.first, Self.second, third]) == nil)
        let late = Migration(version: 5, name: "more", sql: "SELECT 1")
        #expect(await failure([Self.first, Self.second, third, late]) == nil)
        let between = Migration(version: 4, name: "between", sql: "SELECT 1")
        #expect(await failure([Self.first, Self.second, third, between, late]) == "migration_out_of_order")
        #expect(await failure([Self.first, Self.first]) == "migration_duplicate")
        await connection.close()
        try await database.drop()
    }

    @Test("A failing migration leaves nothing behind and names its line; the ones before it stay")
    func failing() async throws {
        let database = try await TestDatabase.make("migrations", migrations: [])
        let connection = try await database.connect()
        let bad = Migration(version: 2, name: "bad", sql: "CREATE TABLE half (n bigint);\n\nSELECT nowhere;\n")
        let error = await #expect(throws: MigrationError.self) {
            try await Migrator(migrations: [Self.first, bad]).run(on: connection)
        }
        guard case .failed(2, "bad", 3, let cause) = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(cause.sqlState == "42703")
        #expect(error?.description.contains("0002_bad.sql:3 failed") == true)
        let tables = "SELECT to_regclass('half') IS NULL AND to_regclass('pets') IS NOT NULL"
        #expect(try await connection.query(tables).single().bool(at: 0))
        let ending = Migration(version: 2, name: "ending", sql: "COMMIT;")
        await #expect(throws: MigrationError.endsTransaction(version: 2, name: "ending")) {
            try await Migrator(migrations: [Self.first, ending]).run(on: connection)
        }
        #expect(await connection.isReusable)
        await connection.close()
        try await database.drop()
    }

    @Test("Files are read in order, and a wrong name is refused")
    func files() throws {
        let folder = try TemporaryFolder()
        try folder.write("0002_b.sql", "SELECT 2")
        try folder.write("0001_a_1.sql", "SELECT 1")
        try folder.write("README.md", "")
        #expect(try Migration.load(from: folder.path).map(\.name) == ["a_1", "b"])
        try folder.write("3_c.sql", "")
        #expect(throws: MigrationError.badFileName(path: "\(folder.path)/3_c.sql")) {
            try Migration.load(from: folder.path)
        }
        #expect(throws: MigrationError.self) { try Migration.load(from: folder.path + "/none") }
        #expect(throws: Never.self) { try Migrator(migrations: Migration.bundled()) }
    }

    @Test(
        "Only NNNN_name.sql names a migration",
        arguments: ["0000_a.sql", "001_a.sql", "0001a.sql", "0001_.sql", "0001_A.sql"]
    )
    func badNames(_ name: String) {
        #expect(Migration.parts(ofFileName: name) == nil)
    }
}
