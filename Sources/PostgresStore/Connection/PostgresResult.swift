import CPostgres

/// The rows that one statement returned, kept in libpq's own memory and read on demand.
public struct PostgresResult: Sendable {
    private let storage: Storage
    /// The names of the columns, in order.
    public let columns: [String]

    /// Takes ownership of a result of libpq that holds no error.
    init(_ result: OpaquePointer) {
        storage = Storage(result)
        var columns: [String] = []
        for index in 0..<PQnfields(result) {
            columns.append(PQfname(result, index).map { String(cString: $0) } ?? "")
        }
        self.columns = columns
    }

    /// How many rows an INSERT, UPDATE, DELETE, MERGE or SELECT touched; zero for other statements.
    public var affectedRows: Int {
        PQcmdTuples(storage.result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// The statement's command tag, such as `COMMIT` or `INSERT 0 1`.
    var commandTag: String {
        PQcmdStatus(storage.result).map { String(cString: $0) } ?? ""
    }

    /// Returns the only row.
    ///
    /// - Throws: ``PostgresError/unexpectedRowCount(_:)`` unless there is exactly one.
    public func single() throws(PostgresError) -> PostgresRow {
        guard count == 1 else { throw .unexpectedRowCount(count) }
        return self[0]
    }

    /// Returns the first row, or nil when there is none.
    public var first: PostgresRow? { isEmpty ? nil : self[0] }

    /// libpq's result.
    ///
    /// Unchecked, but safe: nothing changes the result after it was received, reading it changes nothing either, and
    /// its memory goes with the last reference.
    private final class Storage: @unchecked Sendable {
        let result: OpaquePointer
        init(_ result: OpaquePointer) { self.result = result }
        deinit { PQclear(result) }
    }
}

extension PostgresResult: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { Int(PQntuples(storage.result)) }

    public subscript(position: Int) -> PostgresRow {
        precondition(indices.contains(position), "row \(position) of \(count)")
        return PostgresRow(result: self, index: position)
    }
}

extension PostgresResult {
    /// Returns the text of a value, nil for NULL.
    func value(row: Int, column: Int) -> String? {
        let (row, column) = (Int32(row), Int32(column))
        guard PQgetisnull(storage.result, row, column) == 0, let text = PQgetvalue(storage.result, row, column) else {
            return nil
        }
        let bytes = UnsafeBufferPointer(start: text, count: Int(PQgetlength(storage.result, row, column)))
        return bytes.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) }
    }

    /// Returns the name of a column's type for an error message.
    ///
    /// The numbers are those of PostgreSQL's `pg_type.dat`.
    func typeName(column: Int) -> String {
        guard columns.indices.contains(column) else { return "no such column" }
        let oid = PQftype(storage.result, Int32(column))
        let names: [UInt32: String] = [
            16: "boolean", 17: "bytea", 20: "bigint", 21: "smallint", 23: "integer", 25: "text", 114: "json",
            700: "real", 701: "double precision", 1009: "text[]", 1016: "bigint[]", 1043: "varchar", 1082: "date",
            1114: "timestamp", 1184: "timestamptz", 1700: "numeric", 2950: "uuid", 3802: "jsonb",
        ]
        return names[oid] ?? "type \(oid)"
    }
}
