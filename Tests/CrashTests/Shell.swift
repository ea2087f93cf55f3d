import Foundation
import Glibc

/// Runs scripts of ours.
enum Shell {
    struct Failure: Error { let problem: String }

    /// Runs a script that ends at its first failure.
    ///
    /// What it starts in the background must not keep its output open.
    ///
    /// - Returns: What it printed.
    @discardableResult
    static func run(_ script: String) async throws -> String { try await onOwnThread { try runHere(script) } }

    /// As ``run(_:)``, for a script that takes no time: the thread is held up until it ends.
    @discardableResult
    static func runHere(_ script: String) throws -> String {
        let errors = NSTemporaryDirectory() + "sx-shell-\(UUID().uuidString)"
        defer { unlink(errors) }
        guard let pipe = popen("exec 2>'\(errors)'; set -e\n\(script)", "r") else {
            throw Failure(problem: String(cString: strerror(errno)))
        }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            guard count > 0 else { break }
            output += buffer[..<count]
        }
        guard pclose(pipe) == 0 else {
            throw Failure(problem: try String(contentsOfFile: errors, encoding: .utf8))
        }
        return String(decoding: output, as: UTF8.self)
    }
}
