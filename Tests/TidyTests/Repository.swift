import Foundation

/// The package as it lies on disk, read once for the tests that look at its text.
struct Repository {
    /// A text file with its path relative to the package's root.
    struct File: CustomStringConvertible, Sendable {
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var description: String { path }

        /// The folder below `Sources`, such as `TradingDomain`.
        var room: String { String(path.split(separator: "/").dropFirst().first ?? "") }
    }

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// All files of the given folders and top-level names, in the order of their paths.
    static func files(in names: [String], withExtension wanted: String? = nil) throws -> [File] {
        var paths: [String] = []
        for name in names {
            var isFolder: ObjCBool = false
            let path = root.appendingPathComponent(name).path
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            guard isFolder.boolValue else {
                paths.append(name)
                continue
            }
            paths += try FileManager.default.subpathsOfDirectory(atPath: path).map { "\(name)/\($0)" }
        }
        return try paths.sorted().filter { path in
            let isHidden = path.contains("/.build") || path.contains("__pycache__")
            return !isHidden && (wanted.map { path.hasSuffix(".\($0)") } ?? true)
        }.compactMap { path in
            let url = root.appendingPathComponent(path)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue,
                let text = String(bytes: try Data(contentsOf: url), encoding: .utf8)
            else { return nil }
            return File(path: path, text: text)
        }
    }

    static func file(_ path: String) throws -> File {
        File(path: path, text: try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8))
    }

    static func sources() throws -> [File] { try files(in: ["Sources"], withExtension: "swift") }

    /// Every file that is kept: what a clone has, without build products.
    static func kept() throws -> [File] {
        let ignored: Set<String> = [".git", ".build", ".swiftpm", ".smartexec", ".env", "Package.resolved"]
        let names = try FileManager.default.contentsOfDirectory(atPath: root.path)
        return try files(in: names.filter { !ignored.contains($0) && !$0.hasPrefix(".build") })
    }
}

extension Repository.File {
    /// The code without comments and without the text of string literals, line by line, so that a word in a message
    /// or in documentation is not taken for code.
    var codeLines: [String] {
        var inBlock = false
        return lines.map { line in
            if line.contains("\"\"\"") {
                // A line with both ends holds its text between them; else it opens or closes.
                if line.ranges(of: "\"\"\"").count == 1 { inBlock.toggle() }
                return ""
            }
            guard !inBlock else { return "" }
            var code = ""
            var inString = false
            var isEscaped = false
            var previous: Character = " "
            for character in line {
                if inString {
                    if isEscaped {
                        isEscaped = false
                    } else if character == "\\" {
                        isEscaped = true
                    } else if character == "\"" {
                        inString = false
                    }
                } else if character == "\"" {
                    inString = true
                } else if character == "/", previous == "/" {
                    code.removeLast()
                    break
                } else {
                    code.append(character)
                }
                previous = character
            }
            return code
        }
    }

    /// The modules that the file imports, with their lines.
    var imports: [(line: Int, module: String)] {
        codeLines.enumerated().compactMap { index, code in
            let words = code.split(separator: " ").filter { !$0.hasPrefix("@") }
            guard let keyword = words.firstIndex(of: "import"), keyword <= 1, keyword + 1 < words.count else {
                return nil
            }
            let access: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
            guard keyword == 0 || access.contains(words[0]) else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "typealias", "let", "var"]
            let name = kinds.contains(words[keyword + 1]) ? words.dropFirst(keyword + 2).first : words[keyword + 1]
            return name.map { (index + 1, String($0.prefix { $0 != "." })) }
        }
    }
}
