import Foundation

/// One numbered step of the database's schema, never edited once it is merged.
public struct Migration: Hashable, Sendable {
    /// Its number, from 1; migrations run in this order.
    public let version: Int
    /// What it does, in `snake_case`.
    public let name: String
    /// Its statements, which run in one transaction.
    public let sql: String

    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }
}

extension Migration {
    /// Returns the migrations that ship with this program, in order.
    public static func bundled() throws(MigrationError) -> [Migration] {
        try load(from: Bundle.module.bundleURL.appendingPathComponent("Migrations").path)
    }

    /// Returns the migrations in the files `NNNN_name.sql` of `folder`, in order; files that are not `.sql` are ignored.
    ///
    /// - Throws: ``MigrationError/unreadable(path:problem:)``, ``MigrationError/badFileName(path:)`` or
    ///   ``MigrationError/duplicate(version:names:)``.
    public static func load(from folder: String) throws(MigrationError) -> [Migration] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw .unreadable(path: folder, problem: error.localizedDescription)
        }
        var migrations: [Migration] = []
        for file in names.sorted() where file.hasSuffix(".sql") {
            let path = "\(folder)/\(file)"
            guard let (version, name) = parts(ofFileName: file) else { throw .badFileName(path: path) }
            do {
                let sql = try String(contentsOfFile: path, encoding: .utf8)
                migrations.append(Migration(version: version, name: name, sql: sql))
            } catch {
                throw .unreadable(path: path, problem: error.localizedDescription)
            }
        }
        return migrations
    }

    /// Returns 7 and `add_fill_fee` for `0007_add_fill_fee.sql`, nil for a name of another form.
    static func parts(ofFileName file: String) -> (version: Int, name: String)? {
        let stem = file.dropLast(".sql".count)
        let digits = stem.prefix(4)
        let name = stem.dropFirst(5)
        guard digits.count == 4, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let version = Int(digits), version > 0, stem.dropFirst(4).first == "_", !name.isEmpty,
            name.utf8.allSatisfy({ $0 == UInt8(ascii: "_") || (48...57).contains($0) || (97...122).contains($0) })
        else { return nil }
        return (version, String(name))
    }
}
