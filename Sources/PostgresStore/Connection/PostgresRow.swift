/// One row of a result; its getters name the column, its type and what was wrong when a value does not fit.
///
/// Each getter throws ``PostgresError/unexpectedColumn(column:type:problem:)`` for a column that does not exist, for
/// NULL (except the optional ones) and for a value of another kind. The value itself is never part of the error.
public struct PostgresRow: Sendable {
    private let result: PostgresResult
    private let index: Int

    init(result: PostgresResult, index: Int) {
        self.result = result
        self.index = index
    }

    /// Returns the value of any type in PostgreSQL's text form.
    public func text(_ column: String) throws(PostgresError) -> String { try text(at: position(column)) }
    /// Returns the value in PostgreSQL's text form, nil for NULL.
    public func optionalText(_ column: String) throws(PostgresError) -> String? { value(at: try position(column)) }
    /// Returns a whole number.
    public func int64(_ column: String) throws(PostgresError) -> Int64 { try int64(at: position(column)) }
    /// Returns a whole number, nil for NULL.
    public func optionalInt64(_ column: String) throws(PostgresError) -> Int64? {
        try optional(column) { row, position throws(PostgresError) in try row.int64(at: position) }
    }
    /// Returns a truth value.
    public func bool(_ column: String) throws(PostgresError) -> Bool { try bool(at: position(column)) }
    /// Returns a truth value, nil for NULL.
    public func optionalBool(_ column: String) throws(PostgresError) -> Bool? {
        try optional(column) { row, position throws(PostgresError) in try row.bool(at: position) }
    }
    /// Returns a floating-point number.
    ///
    /// Not for money, prices or quantities: read those as text.
    public func double(_ column: String) throws(PostgresError) -> Double {
        try parsed(at: position(column), "is not a number") { Double($0) }
    }
    /// Returns a floating-point number, nil for NULL.
    public func optionalDouble(_ column: String) throws(PostgresError) -> Double? {
        try optionalText(column) == nil ? nil : double(column)
    }
    /// Returns the bytes of a `bytea`.
    public func bytes(_ column: String) throws(PostgresError) -> [UInt8] {
        try parsed(at: position(column), "is not a bytea") { HexBytes.bytes(of: $0) }
    }
    /// Returns a `timestamptz` in nanoseconds since 1970 UTC.
    public func timestampNanoseconds(_ column: String) throws(PostgresError) -> Int64 {
        try parsed(at: position(column), "is not a timestamptz between 1678 and 2262") {
            TimestampText.nanoseconds(of: $0)
        }
    }
    /// Returns a `timestamptz` in nanoseconds since 1970 UTC, nil for NULL.
    public func optionalTimestampNanoseconds(_ column: String) throws(PostgresError) -> Int64? {
        try optionalText(column) == nil ? nil : timestampNanoseconds(column)
    }
    /// Returns the elements of a one-dimensional array in text form, nil for NULL elements.
    public func textArray(_ column: String) throws(PostgresError) -> [String?] {
        try parsed(at: position(column), "is not a one-dimensional array") { ArrayLiteral.elements(of: $0) }
    }
    /// Returns the elements of a one-dimensional array of whole numbers, nil for NULL elements.
    public func int64Array(_ column: String) throws(PostgresError) -> [Int64?] {
        try parsed(at: position(column), "is not a one-dimensional array of whole numbers") { text in
            guard let elements = ArrayLiteral.elements(of: text) else { return nil }
            var numbers: [Int64?] = []
            for element in elements {
                guard let element else {
                    numbers.append(nil)
                    continue
                }
                guard let number = Int64(element) else { return nil }
                numbers.append(number)
            }
            return numbers
        }
    }

    /// Returns the value of the column at `position`, from 0, in PostgreSQL's text form.
    public func text(at position: Int) throws(PostgresError) -> String {
        try parsed(at: position, "is not text") { $0 }
    }
    /// Returns the whole number in the column at `position`, from 0.
    public func int64(at position: Int) throws(PostgresError) -> Int64 {
        try parsed(at: position, "is not a whole number of 64 bits") { Int64($0) }
    }
    /// Returns the truth value in the column at `position`, from 0.
    public func bool(at position: Int) throws(PostgresError) -> Bool {
        try parsed(at: position, "is not a boolean") { ["t": true, "f": false][$0] }
    }
    /// Whether the column holds NULL.
    public func isNull(_ column: String) throws(PostgresError) -> Bool { value(at: try position(column)) == nil }

    private func value(at position: Int) -> String? { result.value(row: index, column: position) }

    private func position(_ column: String) throws(PostgresError) -> Int {
        if let position = result.columns.firstIndex(of: column) { return position }
        let known = result.columns.joined(separator: ", ")
        throw .unexpectedColumn(column: column, type: "no such column", problem: "is not among: \(known)")
    }

    private func optional<T>(
        _ column: String,
        _ read: (PostgresRow, Int) throws(PostgresError) -> T
    ) throws(PostgresError) -> T? {
        let position = try position(column)
        return value(at: position) == nil ? nil : try read(self, position)
    }

    private func parsed<T>(
        at position: Int,
        _ problem: String,
        _ parse: (String) -> T?
    ) throws(PostgresError) -> T {
        guard result.columns.indices.contains(position) else {
            throw unexpected(position, "does not exist; the row has \(result.columns.count) columns, from 0")
        }
        guard let text = value(at: position) else { throw unexpected(position, "is NULL") }
        guard let value = parse(text) else { throw unexpected(position, problem) }
        return value
    }

    private func unexpected(_ position: Int, _ problem: String) -> PostgresError {
        let known = result.columns.indices.contains(position)
        let column = known ? result.columns[position] : String(position)
        return .unexpectedColumn(column: column, type: result.typeName(column: position), problem: problem)
    }
}
