import Foundation

/// A result as a table for people or JSON for programs.
struct Listing {
    let console: Console
    let format: OutputFormat

    /// Prints rows: a table, or a JSON list of the rows with snake_case names.
    func show(_ rows: [some Encodable], empty: String, _ columns: [Table.Column], _ cells: (Int) -> [String]) throws {
        switch format {
        case .json: console.print(try Self.json(rows))
        case .table, .html, .sarif:
            guard !rows.isEmpty else { return console.print(empty) }
            var table = Table(columns)
            for index in rows.indices { table.add(cells(index)) }
            console.print(table.rendered(width: console.output.width, style: console.style))
        }
    }

    /// One line, for a program that reads events as they come.
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
