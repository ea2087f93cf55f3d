import Foundation
import Testing

@Suite("Repository")
struct RepositoryTests {
    /// Split, so that this file does not contain what it looks for.
    private static let sharedFolder = ".." + "/shared"

    @Test("Only tests, benchmarks and the scripts that run them know the shared folder")
    func sharedFolder() throws {
        let allowed = ["Tests/", "Benchmarks/", "scripts/test", "scripts/bench", "scripts/check", "scripts/simulate"]
        for file in try Repository.kept() where file.text.contains(Self.sharedFolder) {
            #expect(allowed.contains { file.path.hasPrefix($0) }, "\(file) refers to \(Self.sharedFolder)")
        }
    }

    @Test("No file names a folder of somebody's machine")
    func machinePaths() throws {
        let folders = ["/home/", "/root/", "/Users/", Repository.root.path]
        for file in try Repository.kept() where !file.path.hasPrefix("Tests/TidyTests/") {
            for (index, line) in file.lines.enumerated() {
                for folder in folders where Self.names(line, folder) {
                    Issue.record("\(file):\(index + 1): names `\(folder)…`")
                }
            }
        }
    }

    /// True where `folder` begins a path: `a/home/b` and `https://x/work/` do not count.
    private static func names(_ line: Substring, _ folder: String) -> Bool {
        line.ranges(of: folder).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            let before = line[line.index(before: range.lowerBound)]
            return
                !(before.isLetter || before.isNumber || before == "." || before == "_" || before == "-"
                || before == "}")
        }
    }

    @Test("README's table gives a reason for every dependency")
    func dependencyTable() throws {
        let package = try Repository.file("Package.swift").text
        let rows = try Repository.file("README.md").lines.filter { $0.hasPrefix("|") }
        let packages = package.matches(of: #/\.package\(\s*url:\s*"[^"]*\/([^"\/]+?)(?:\.git)?"/#).map { String($0.1) }
        let libraries = package.matches(of: #/pkgConfig:\s*"([^"]+)"/#).map { String($0.1) }
        #expect(!packages.isEmpty && !libraries.isEmpty)
        for name in packages + libraries {
            let row = rows.first { $0.split(separator: "|").first?.contains("`\(name)`") == true }
            #expect(row != nil, "README's dependency table lacks `\(name)`")
        }
    }

    @Test("README mentions every workflow")
    func workflows() throws {
        let readme = try Repository.file("README.md").text
        for file in try Repository.files(in: ["workflows"], withExtension: "yaml") {
            #expect(readme.contains(file.path), "README does not mention \(file)")
        }
    }

    @Test("Every script says what it is for, stops at errors, and may be run")
    func scripts() throws {
        let scripts = try Repository.files(in: ["scripts", ".ci"]).filter { !$0.path.hasPrefix("scripts/lib/") }
        #expect(scripts.count >= 5)
        for script in scripts where script.text.hasPrefix("#!/usr/bin/env bash") || !script.path.contains(".") {
            #expect(script.lines.first == "#!/usr/bin/env bash", "\(script)")
            #expect(script.lines.dropFirst().first?.hasPrefix("# ") == true, "\(script) has no purpose in line 2")
            #expect(script.text.contains("\nset -euo pipefail\n"), "\(script)")
            let path = Repository.root.appendingPathComponent(script.path).path
            #expect(FileManager.default.isExecutableFile(atPath: path), "\(script) is not executable")
        }
    }

    @Test("The documents of a repository are there")
    func documents() throws {
        for name in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"] {
            #expect(try !Repository.file(name).text.isEmpty)
        }
        #expect(try !Repository.file("README.md").text.contains("PLACEHOLDER"), "README has a gap to be filled")
    }
}
