import Foundation

/// The recorded market data that tests read, and folders for files that tests write.
enum TestData {
    /// `data` in the folder that `SMARTEXEC_SHARED` names, else beside the package.
    static let folder: String = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let shared =
            ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
            ?? package.deletingLastPathComponent().appending(path: "shared").path(percentEncoded: false)
        return shared + "/data"
    }()

    static func file(_ name: String) -> String { "\(folder)/\(name)" }

    /// Gives `body` a folder of its own and removes it afterwards.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "market-files-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path(percentEncoded: false))
    }

    /// Writes a file and gives `body` its path.
    static func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        try withFolder { folder in
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/rows.csv"))
            return try body("\(folder)/rows.csv")
        }
    }
}
