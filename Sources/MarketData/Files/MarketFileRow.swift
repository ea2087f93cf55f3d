/// A row of one of the file formats that we read.
public protocol MarketFileRow: Sendable {
    /// Where the format's columns are in one file.
    associatedtype Columns: Sendable
    /// - Throws: A ``MarketDataError`` `missing_column`.
    static func columns(of csv: CSVReader) throws(MarketDataError) -> Columns
    /// - Throws: A ``MarketDataError`` naming file, line and column of what is wrong.
    static func read(_ csv: CSVReader, _ columns: Columns) throws(MarketDataError) -> Self
}

/// Streams the rows of one file, plain or gzip'd, in constant memory.
///
/// Every row is checked as it is read: column count, numbers, time that steps back, a high below a low. A reader
/// belongs to one task.
public final class MarketFileReader<Row: MarketFileRow> {
    public let csv: CSVReader
    private let columns: Row.Columns

    /// - Throws: A ``MarketDataError`` when the file cannot be opened or lacks a column.
    public init(_ file: String) throws(MarketDataError) {
        csv = try CSVReader(file)
        columns = try Row.columns(of: csv)
    }

    /// The next row; `nil` at the end.
    ///
    /// - Throws: A ``MarketDataError`` naming file and line; reading on after one is not defined.
    public func next() throws(MarketDataError) -> Row? {
        guard try csv.next() else { return nil }
        return try Row.read(csv, columns)
    }

    /// Every row at once, for files known to be small.
    public func all() throws(MarketDataError) -> [Row] {
        var rows: [Row] = []
        while let row = try next() { rows.append(row) }
        return rows
    }
}
