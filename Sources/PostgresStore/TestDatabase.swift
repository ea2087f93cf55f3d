import Foundation

/// A fresh database on the private cluster that all test processes of this machine share.
///
/// The cluster lives in the temporary folder and is left running for the next test run. Databases of test processes
/// that ended are dropped when the next one asks for its first.
package struct TestDatabase: Sendable {
    /// The cluster that holds it.
    package let cluster: EmbeddedCluster
    package let name: String
    package let url: String

    /// Makes a database for the suite named `suite`.
    ///
    /// - Parameters:
    ///   - suite: Any text; its letters become part of the name.
    ///   - migrations: What to apply to it; nil means those that ship with the program.
    /// - Returns: The database, migrated.
    /// - Throws: ``EmbeddedClusterError``, ``MigrationError`` or ``PostgresError``.
    package static func make(_ suite: String, migrations: [Migration]? = nil) async throws -> TestDatabase {
        let cluster = try EmbeddedCluster(configuration)
        _ = try await cluster.start()
        try await dropAbandoned(on: cluster)
        let word = String(suite.lowercased().unicodeScalars.filter { ("a"..."z").contains($0) }.map { Character($0) })
        let draw = UInt64.random(in: .min ... .max)
        let name = "\(prefix)\(getpid())_\(word.prefix(24))_\(String(draw, radix: 36))"
        // A server whose disk is busy may take long to let somebody in.
        let url = try await cluster.createDatabase(named: name) + "&connect_timeout=600"
        let database = TestDatabase(cluster: cluster, name: name, url: url)
        let connection = try await database.connect()
        try await Migrator(migrations: migrations ?? Migration.bundled()).run(on: connection)
        await connection.close()
        return database
    }

    /// Returns a new connection to it.
    package func connect() async throws -> PostgresConnection { try await PostgresConnection.connect(url) }

    /// Drops it; forgetting this is harmless, since the next test run does it.
    package func drop() async throws { try await cluster.dropDatabase(named: name) }

    private static let prefix = "test_"

    /// One home per account and copy of the sources, the same in every test process.
    private static var configuration: EmbeddedCluster.Configuration {
        let home = NSTemporaryDirectory() + "smartexec-tests-\(geteuid())-\(ClusterLayout.hash(#filePath))"
        // Its first start writes some forty megabytes, perhaps behind everything that a build has just written.
        return EmbeddedCluster.Configuration(home: home, timeoutSeconds: 900)
    }

    private static func dropAbandoned(on cluster: EmbeddedCluster) async throws {
        for name in try await cluster.databases(prefix: prefix) {
            guard let process = name.dropFirst(prefix.count).split(separator: "_").first.flatMap({ Int32($0) }),
                kill(process, 0) != 0, errno == ESRCH
            else { continue }
            try await cluster.dropDatabase(named: name)
        }
    }
}
