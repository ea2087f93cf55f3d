import Assembly
import Foundation
import YAMLNodes

/// Finds workflow files: by path, by name in the configured folder, or by name among those that are built in.
struct WorkflowFiles: Sendable {
    let directory: String

    /// The file that a person named: a path, or a name such as `watchlist`.
    ///
    /// - Throws: ``CommandFailure`` when there is none.
    func named(_ text: String) throws -> SourceFile {
        for path in [text, "\(directory)/\(text)", "\(directory)/\(text).yaml"] {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            return try read(path)
        }
        if let shipped = ShippedWorkflows.named(text) { return shipped }
        throw CommandFailure(
            .usage,
            "There is no workflow '\(text)', neither here nor in \(directory)/. Known: \(names.joined(separator: ", "))."
        )
    }

    /// Children of `source` are looked for beside it, then in the folder.
    func resolver(beside source: SourceFile) -> @Sendable (String) -> SourceFile? {
        let folder = (source.name as NSString).deletingLastPathComponent
        let directory = directory
        return { name in
            for path in ["\(folder.isEmpty ? "." : folder)/\(name).yaml", "\(directory)/\(name).yaml"] {
                if let data = FileManager.default.contents(atPath: path) {
                    return SourceFile(name: path, text: String(decoding: data, as: UTF8.self))
                }
            }
            return ShippedWorkflows.named(name)
        }
    }

    /// Names of the workflows in the folder and of those that are built in.
    var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []  // no folder: no names
        let own = files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
        return Set(own + ShippedWorkflows.names).sorted()
    }

    private func read(_ path: String) throws -> SourceFile {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.usage, "\(path): the workflow cannot be read. Check its permissions.")
        }
        return SourceFile(name: path, text: String(decoding: data, as: UTF8.self))
    }
}
