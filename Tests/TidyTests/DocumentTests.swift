import Foundation
import Testing

/// What README and ARCHITECTURE say of the sources has to be so.
@Suite("Documents")
struct DocumentTests {
    /// A row of README's "From the specification to Swift".
    struct Row: CustomStringConvertible, Sendable {
        let name: String
        let type: String
        let path: String
        var description: String { name }
    }

    /// The rows of the table, without those that say when the name comes.
    static func rows() throws -> [Row] {
        let text = try Repository.file("README.md").text
        let part = try #require(text.components(separatedBy: "## From the specification to Swift").dropFirst().first)
        let section = part.components(separatedBy: "\n## ")[0]
        return section.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
            guard cells.count == 4 else { return nil }
            return Row(name: cells[0], type: cells[1], path: cells[2])
        }
    }

    @Test("Each name of the specification is a declaration in the file that the table names")
    func names() throws {
        let rows = try Self.rows()
        #expect(rows.count > 10)
        for row in rows {
            guard let file = try? Repository.file(row.path) else {
                Issue.record("README: \(row.name): there is no file \(row.path)")
                continue
            }
            let code = file.codeLines.joined(separator: "\n")
            // `Type.member` or `Type`: both have to be declared there.
            for word in row.type.split(separator: ".").map({ String($0.prefix { $0 != "(" }) }) {
                let isDeclared = [
                    "struct", "class", "actor", "enum", "protocol", "func", "var", "extension", "typealias",
                ]
                .contains { code.contains("\($0) \(word)") }
                #expect(isDeclared, "README: \(row.name): \(row.path) declares no `\(word)`")
            }
        }
    }

    @Test("Every type and file that ARCHITECTURE names in code is there", arguments: ["ARCHITECTURE.md"])
    func architecture(_ page: String) throws {
        let text = try Repository.file(page).text
        let code = try Repository.files(in: ["Sources", "Tests"], withExtension: "swift").map { $0.path + $0.text }
            .joined(separator: "\n")
        var seen = 0
        for part in text.components(separatedBy: "`").enumerated().filter({ $0.offset % 2 == 1 }).map(\.element) {
            // A type's name: upper camel case, perhaps with members behind it.
            let words = part.split(separator: ".").map { String($0.prefix { $0.isLetter || $0.isNumber }) }
            guard let first = words.first, first.count > 3, first.first?.isUppercase == true,
                first.contains(where: \.isLowercase), !part.contains("/"), !part.contains(" ")
            else { continue }
            seen += 1
            let isThere = code.contains(first)
            #expect(isThere, "\(page) names `\(part)`, and nothing is called \(first)")
        }
        #expect(seen > 60)
    }

    @Test("Every room is in ARCHITECTURE's table")
    func rooms() throws {
        let text = try Repository.file("ARCHITECTURE.md").text
        for room in RoomMap.rooms.keys where !room.hasPrefix("C") {
            let isThere = text.contains("`\(room)`")
            #expect(isThere, "ARCHITECTURE does not mention \(room)")
        }
    }
}
