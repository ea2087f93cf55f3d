/// A comma-separated table by RFC 4180, read whole: header, then rows with the line each begins on.
struct CSVTable {
    struct Row {
        /// From 1, the header included.
        let line: Int
        let cells: [String]
    }

    struct Failure: Error {
        let line: Int
        let message: String
    }

    let header: [String]
    let rows: [Row]

    /// Reads UTF-8 with LF or CRLF line ends; empty lines are left out.
    ///
    /// - Throws: ``Failure`` for a quote that is out of place or never closed, and for a row with too few or too many
    ///   cells.
    init(_ bytes: [UInt8]) throws(Failure) {
        var lines = try Self.records(of: bytes)[...]
        guard let first = lines.popFirst() else { throw Failure(line: 1, message: "The file is empty.") }
        header = first.cells
        for row in lines where row.cells.count != first.cells.count {
            throw Failure(line: row.line, message: "\(row.cells.count) cells, but the header has \(first.cells.count).")
        }
        rows = Array(lines)
    }

    private static func records(of bytes: [UInt8]) throws(Failure) -> [Row] {
        var rows: [Row] = []
        var cells: [String] = []
        var cell: [UInt8] = []
        var line = 1
        var start = 1
        var isQuoted = false
        var wasQuoted = false
        var index = 0
        func text(_ bytes: [UInt8]) throws(Failure) -> String {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Failure(line: line, message: "Not valid UTF-8. Save the file as UTF-8.")
            }
            return text
        }
        func endRow() throws(Failure) {
            cells.append(try text(cell))
            if cells.count > 1 || !cell.isEmpty || wasQuoted { rows.append(Row(line: start, cells: cells)) }
            (cells, cell, wasQuoted) = ([], [], false)
        }
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    if byte == UInt8(ascii: "\n") { line += 1 }
                    cell.append(byte)
                } else if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
                    cell.append(byte)
                    index += 1
                } else {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                guard cell.isEmpty, !wasQuoted else {
                    throw Failure(line: line, message: "A quote inside an unquoted cell.")
                }
                (isQuoted, wasQuoted) = (true, true)
            case UInt8(ascii: ","):
                cells.append(try text(cell))
                (cell, wasQuoted) = ([], false)
            case UInt8(ascii: "\r") where index < bytes.count && bytes[index] == UInt8(ascii: "\n"): break
            case UInt8(ascii: "\n"):
                try endRow()
                line += 1
                start = line
            default:
                guard !wasQuoted else { throw Failure(line: line, message: "Text after a closing quote.") }
                cell.append(byte)
            }
        }
        guard !isQuoted else {
            throw Failure(line: start, message: "A quoted cell of the row that begins here has no end.")
        }
        try endRow()
        return rows
    }
}
