/// Why the database's schema could not be brought up to this program's.
public enum MigrationError: Error, Hashable, Sendable {
    /// A folder or file of migrations cannot be read.
    case unreadable(path: String, problem: String)
    /// A file whose name is not `NNNN_name.sql`.
    case badFileName(path: String)
    /// Two migrations with one number.
    case duplicate(version: Int, names: [String])
    /// A migration was edited after it had been applied.
    case changed(version: Int, name: String, applied: String, program: String)
    /// The database holds a migration that this program does not know.
    case databaseNewer(version: Int, name: String, program: Int)
    /// A migration is missing below the newest one that is applied.
    case outOfOrder(version: Int, name: String, newest: Int)
    /// A migration contains COMMIT, ROLLBACK or the like.
    case endsTransaction(version: Int, name: String)
    /// The server refused a migration; nothing of it remains.
    case failed(version: Int, name: String, line: Int?, PostgresError)
    /// The database could not be asked.
    case database(PostgresError)
}

extension MigrationError: CustomStringConvertible {
    /// A stable name of the case, for rows and metrics.
    public var code: String {
        switch self {
        case .unreadable: "migration_unreadable"
        case .badFileName: "migration_file_name"
        case .duplicate: "migration_duplicate"
        case .changed: "migration_changed"
        case .databaseNewer: "migration_database_newer"
        case .outOfOrder: "migration_out_of_order"
        case .endsTransaction: "migration_ends_transaction"
        case .failed: "migration_failed"
        case .database: "migration_database"
        }
    }

    public var description: String {
        switch self {
        case .unreadable(let path, let problem):
            "The migrations at \(path) cannot be read: \(problem) Install the program again with its resources."
        case .badFileName(let path):
            "\(path) is not named NNNN_name.sql (four digits from 0001, then a-z, 0-9 and _). Rename it."
        case .duplicate(let version, let names):
            "Migration number \(Self.number(version)) is used by \(names.joined(separator: " and ")). Renumber one."
        case .changed(let version, let name, let applied, let program):
            "Migration \(Self.number(version))_\(name) was edited after it had been applied to this database "
                + "(checksum \(applied), now \(program)). Restore its file and put the change into a new migration."
        case .databaseNewer(let version, let name, let program):
            "The database is at migration \(Self.number(version))_\(name), newer than this program, which knows up to "
                + "\(Self.number(program)). Run the newer program, or use another database."
        case .outOfOrder(let version, let name, let newest):
            "Migration \(Self.number(version))_\(name) is not applied although \(Self.number(newest)) is. "
                + "Renumber it to come after \(Self.number(newest))."
        case .endsTransaction(let version, let name):
            "Migration \(Self.number(version))_\(name) ends its transaction. Remove COMMIT and ROLLBACK from the file; "
                + "each migration is committed as a whole."
        case .failed(let version, let name, let line, let error):
            "Migration \(Self.number(version))_\(name).sql\(line.map { ":\($0)" } ?? "") failed and left nothing behind. "
                + error.description
        case .database(let error):
            "The schema of the database cannot be checked. \(error.description)"
        }
    }

    private static func number(_ version: Int) -> String {
        let digits = String(version)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
