import Foundation

extension EmbeddedCluster {
    /// Makes an empty database; the server must be running.
    ///
    /// - Parameter name: 1 to 63 of a-z, 0-9 and _, beginning with a letter.
    /// - Returns: Its URL.
    /// - Throws: ``EmbeddedClusterError/invalidDatabaseName(_:)`` or ``EmbeddedClusterError/database(_:)``, the latter
    ///   with SQLSTATE 42P04 when it exists.
    public func createDatabase(named name: String) throws(EmbeddedClusterError) -> String {
        try Self.check(name)
        do {
            _ = try maintenanceSession().execute("CREATE DATABASE \"\(name)\" TEMPLATE template0")
        } catch {
            throw .database(error)
        }
        return layout.url(database: name)
    }

    /// Drops a database and ends its connections; does nothing when there is none of that name.
    public func dropDatabase(named name: String) throws(EmbeddedClusterError) {
        try Self.check(name)
        do {
            _ = try maintenanceSession().execute("DROP DATABASE IF EXISTS \"\(name)\" WITH (FORCE)")
        } catch {
            throw .database(error)
        }
    }

    /// Returns the names of the databases that begin with `prefix`.
    public func databases(prefix: String) throws(EmbeddedClusterError) -> [String] {
        do {
            let rows = try maintenanceSession().query(
                "SELECT datname FROM pg_database WHERE starts_with(datname::text, $1) ORDER BY datname",
                [.text(prefix)]
            )
            var names: [String] = []
            for row in rows { names.append(try row.text("datname")) }
            return names
        } catch {
            throw .database(error)
        }
    }

    func makeDatabaseIfMissing(_ name: String) throws(EmbeddedClusterError) {
        guard try !databases(prefix: name).contains(name) else { return }
        _ = try createDatabase(named: name)
    }

    /// Stops the server and deletes all of its data, for tests of the cluster itself.
    package func destroy() throws(EmbeddedClusterError) {
        _ = try stop()
        for path in [layout.base, layout.socketFolder] where access(path, F_OK) == 0 {
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw .notWritable(path: path, problem: error.localizedDescription)
            }
        }
    }

    private func maintenanceSession() throws(PostgresError) -> LibpqSession {
        try LibpqSession(ConnectionString(layout.url(database: "postgres")))
    }

    private static func check(_ name: String) throws(EmbeddedClusterError) {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard (1...63).contains(name.utf8.count), name.utf8.first.map(letters.contains) == true,
            name.utf8.allSatisfy({ letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_") })
        else { throw .invalidDatabaseName(name) }
    }
}
