import TradingDomain

/// Reads a file of decisions into rows, noting every bad one.
struct DecisionFile {
    let name: String
    let bytes: [UInt8]
    let legacyBasis: LegacySizeBasis

    /// Every row, or every problem.
    func rows() throws(DecisionFileError) -> [FileAgent.Row] {
        let hash = Hash.hexadecimal(bytes)
        var rows: [FileAgent.Row] = []
        var problems: [DecisionFileError.Problem] = []
        for (index, item) in try items().enumerated() {
            do {
                rows.append(try row(item, key: "file:\(hash):\(index + 1)"))
            } catch {
                problems += error.problems.map { .init(file: name, line: item.line, message: $0.description) }
            }
        }
        guard problems.isEmpty else { throw DecisionFileError(problems: problems) }
        return rows
    }

    private func items() throws(DecisionFileError) -> [Item] {
        switch name.split(separator: ".").last?.lowercased() {
        case "csv": try csv()
        case "jsonl", "ndjson": lines()
        default: try json()
        }
    }

    private struct Item {
        enum Content {
            case document([UInt8])
            case draft(DecisionDraft)
        }

        let line: Int
        let content: Content
    }

    private func failure(_ line: Int?, _ message: String) -> DecisionFileError {
        DecisionFileError(problems: [.init(file: name, line: line, message: message)])
    }

    /// Validates one item; the bare form must name its symbol here, since nobody has asked yet.
    private func row(_ item: Item, key: String) throws(DecisionRefusal) -> FileAgent.Row {
        switch item.content {
        case .draft(var draft):
            draft.idempotencyKey = draft.idempotencyKey ?? key
            try DecisionStamp.validate(draft)
            return .init(symbols: [draft.symbol], reply: .decision(draft))
        case .document(let bytes):
            return .init(symbols: try symbols(of: bytes), reply: .document(bytes, key: key))
        }
    }

    private func symbols(of document: [UInt8]) throws(DecisionRefusal) -> [Symbol] {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: document)
        } catch {
            throw DecisionRefusal(error)
        }
        if LegacyDecision.matches(value) {
            return [try LegacyDecision.draft(from: value, asked: [], basis: legacyBasis).symbol]
        }
        switch try DecisionParser(acceptsAliases: true).decode(value).body {
        case .trade(let trade): return [trade.symbol]
        case .targets(let targets): return targets.weights.map(\.symbol)
        case .abstain(let abstention): return abstention.symbols ?? []
        }
    }

    // MARK: JSON

    private func json() throws(DecisionFileError) -> [Item] {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes, limits: JSONLimits(maximumBytes: 64 * 1024 * 1024, maximumDepth: 17))
        } catch {
            throw failure(line(at: error.offset), error.message)
        }
        guard case .array(let items) = value else { return [Item(line: 1, content: .document(bytes))] }
        return items.enumerated().map { Item(line: lineOfItem($0), content: .document($1.encoded())) }
    }

    private func lines() -> [Item] {
        var found: [Item] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        where !line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) {
            found.append(Item(line: index + 1, content: .document(Array(line))))
        }
        return found
    }

    private func line(at offset: Int) -> Int { bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") } + 1 }

    /// The line on which the array's item `index` begins; the bytes are valid JSON by now.
    private func lineOfItem(_ index: Int) -> Int {
        var depth = 0
        var item = 0
        var inText = false
        var isEscaped = false
        for (offset, byte) in bytes.enumerated() {
            if inText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inText = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth == 2, item == index { return line(at: offset) }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ",") where depth == 1: item += 1
            default: break
            }
        }
        return 1
    }

    // MARK: CSV

    private func csv() throws(DecisionFileError) -> [Item] {
        let table: CSVTable
        do {
            table = try CSVTable(bytes)
        } catch {
            throw failure(error.line, error.message)
        }
        let columns = DecisionColumns(table.header)
        guard columns.problems.isEmpty else {
            throw DecisionFileError(problems: columns.problems.map { .init(file: name, line: 1, message: $0) })
        }
        var items: [Item] = []
        var problems: [DecisionFileError.Problem] = []
        for row in table.rows {
            do {
                items.append(Item(line: row.line, content: .draft(try columns.draft(row.cells, basis: legacyBasis))))
            } catch {
                problems += error.problems.map { .init(file: name, line: row.line, message: $0.description) }
            }
        }
        guard problems.isEmpty else { throw DecisionFileError(problems: problems) }
        return items
    }
}
