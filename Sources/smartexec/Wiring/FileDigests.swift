import Foundation
import Synchronization
import TradingAgents

/// What is in files, as fingerprints; a file is read again only when it has changed.
final class FileDigests: Sendable {
    private struct Known {
        let size: Int
        let changedAt: Date
        let digest: String
    }

    /// So much of a file is read at a time.
    private static let piece = 4 << 20

    private let known = Mutex<[String: Known]>([:])

    /// The fingerprint of the file at an absolute path; `nil` when there is no file.
    func digest(ofFile path: String) -> String? {
        // What links lead to is what counts.
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard path.hasPrefix("/"), let attributes = try? FileManager.default.attributesOfItem(atPath: file),
            attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? Int,
            let changedAt = attributes[.modificationDate] as? Date
        else { return nil }
        if let before = known.withLock({ $0[path] }), before.size == size, before.changedAt == changedAt {
            return before.digest
        }
        // A file that cannot be read cannot be compared, and is a file nevertheless.
        let digest = AgentErrand.fingerprint(["\(size)"] + ((try? Self.pieces(of: file)) ?? []))
        known.withLock { $0[path] = Known(size: size, changedAt: changedAt, digest: digest) }
        return digest
    }

    /// Fingerprints of a file's pieces.
    private static func pieces(of file: String) throws -> [String] {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
        defer { try? handle.close() }
        var pieces: [String] = []
        while let data = try handle.read(upToCount: piece), !data.isEmpty {
            pieces.append(AgentErrand.fingerprint([data.base64EncodedString()]))
        }
        return pieces
    }
}
