import Foundation

/// A file that a command writes its result to: the whole of it or none.
enum ReportFile {
    /// Refuses a place that cannot take a file, before anything is done.
    static func check(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw CommandFailure(.usage, "There is no folder \(folder) to write \(path) into. Make it first.")
        }
        guard !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || !isFolder.boolValue else {
            throw CommandFailure(.usage, "\(path) is a folder; name a file.")
        }
    }

    /// Writes beside the file and renames, so that nobody reads half of it.
    static func write(_ text: String, to path: String) throws {
        try check(path)
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(.usage, "\(path) could not be written: \(error.localizedDescription)")
        }
    }
}
