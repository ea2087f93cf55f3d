internal import TradingDomain

/// Reads a CSV file with a header row by row and parses cells straight from their bytes.
///
/// Columns are found by name, in any order. Quoted cells as in RFC 4180 are read, but do not span lines. Blank lines
/// are passed over. A reader belongs to one task.
public final class CSVReader {
    /// Names of the header, in file order.
    public let header: [String]
    private let lines: LineReader
    private var row = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
    private var starts: [Int]
    private var ends: [Int]
    /// Of ``ordered(_:_:)``.
    private var lastTime = Timestamp(nanoseconds: .min)

    /// Opens a plain or gzip'd file and reads its header.
    ///
    /// - Throws: A ``MarketDataError``: `file_unreadable`, `no_header`, `truncated_gzip`, `damaged_gzip`.
    public init(_ file: String) throws(MarketDataError) {
        lines = try LineReader(file)
        guard let first = try lines.next(), !first.isEmpty else {
            throw MarketDataError(
                code: "no_header",
                file: file,
                line: 1,
                message: "The file is empty. Its first line must name the columns."
            )
        }
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let names = first.starts(with: byteOrderMark) ? first[3...] : first[...]
        header = String(decoding: names, as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false).map {
            $0.count >= 2 && $0.first == "\"" && $0.last == "\"" ? String($0.dropFirst().dropLast()) : String($0)
        }
        starts = Array(repeating: 0, count: header.count)
        ends = starts
    }

    public var file: String { lines.file }
    /// Of the row last read, from 1; the header is line 1.
    public var line: Int { lines.line }

    /// The position of a column that must be there.
    ///
    /// - Throws: A ``MarketDataError`` `missing_column` naming it and the columns found.
    public func column(_ name: String) throws(MarketDataError) -> Int {
        guard let index = optionalColumn(name) else {
            throw MarketDataError(
                code: "missing_column",
                file: file,
                line: 1,
                message: "There is no column '\(name)'. The header has: \(header.joined(separator: ", "))."
            )
        }
        return index
    }

    /// The position of a column that may be absent.
    public func optionalColumn(_ name: String) -> Int? { header.firstIndex(of: name) }

    /// Goes to the next row.
    ///
    /// - Returns: `false` at the end of the file.
    /// - Throws: A ``MarketDataError``: `column_count`, `bad_quotes`, `truncated_gzip`, `damaged_gzip`.
    public func next() throws(MarketDataError) -> Bool {
        while let line = try lines.next() {
            if line.isEmpty { continue }
            row = line
            try split()
            return true
        }
        row = UnsafeMutableBufferPointer(start: nil, count: 0)
        return false
    }

    /// The bytes of a cell, valid until the next row is read.
    func bytes(_ column: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: row[starts[column]..<ends[column]])
    }

    public func text(_ column: Int) -> String { String(decoding: bytes(column), as: UTF8.self) }

    public func isEmpty(_ column: Int) -> Bool { starts[column] == ends[column] }

    /// An error about a cell of the current row.
    public func error(_ code: String, _ column: Int, _ problem: String) -> MarketDataError {
        MarketDataError(
            code: code,
            file: file,
            line: line,
            message: "Column '\(header[column])' is '\(text(column))': \(problem)"
        )
    }

    /// Passes `time` on when it is not before the time of the row before.
    ///
    /// - Throws: `time_steps_back`: the rows of a file are in time order.
    func ordered(_ time: Timestamp, _ column: Int) throws(MarketDataError) -> Timestamp {
        guard time >= lastTime else {
            throw error("time_steps_back", column, "it is before the row above. Sort the file by time.")
        }
        lastTime = time
        return time
    }

    private func split() throws(MarketDataError) {
        var field = 0
        var start = 0
        let count = row.count
        var index = 0
        while index <= count {
            if index == count || row[index] == UInt8(ascii: ",") {
                setField(&field, from: start, to: index)
                start = index + 1
            } else if row[index] == UInt8(ascii: "\"") {
                return try splitQuoted()
            }
            index += 1
        }
        try check(field)
    }

    private func check(_ fields: Int) throws(MarketDataError) {
        guard fields == header.count else {
            throw MarketDataError(
                code: "column_count",
                file: file,
                line: line,
                message: "The row has \(fields) columns where the header has \(header.count). Mend or remove the row."
            )
        }
    }

    /// Moves the row's bytes over its quotes, so that cells stay plain byte ranges.
    private func splitQuoted() throws(MarketDataError) {
        var field = 0
        var start = 0
        var end = 0
        var quoted = false
        var index = 0
        while index < row.count {
            let byte = row[index]
            let isQuote = byte == UInt8(ascii: "\"")
            if isQuote, quoted, index + 1 < row.count, row[index + 1] == byte {
                row[end] = byte
                end += 1
                index += 1
            } else if isQuote {
                quoted.toggle()
            } else if byte == UInt8(ascii: ","), !quoted {
                setField(&field, from: start, to: end)
                start = end
            } else {
                row[end] = byte
                end += 1
            }
            index += 1
        }
        guard !quoted else {
            throw MarketDataError(
                code: "bad_quotes",
                file: file,
                line: line,
                message: "A quote is opened and not closed on its line. Close it."
            )
        }
        setField(&field, from: start, to: end)
        try check(field)
    }

    private func setField(_ field: inout Int, from start: Int, to end: Int) {
        if field < header.count {
            starts[field] = start
            ends[field] = end
        }
        field += 1
    }
}
