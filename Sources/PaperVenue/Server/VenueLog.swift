import Foundation
import Glibc
import TradingDomain

/// The venue's memory: a file of everything that happened, one line for each group of changes.
///
/// A line is a checksum, a space and JSON. A venue that was killed leaves at most a torn last line, whose changes no
/// client was told of; it is cut off. Anything wrong before that is damage, and refused.
///
/// Appending belongs to one thread; ``sync()`` may run on another at the same time.
final class VenueLog: Sendable {
    /// One line: what changed at a moment.
    private struct Group: Codable {
        let at: Timestamp
        let records: [ExchangeRecord]
    }

    /// What the file held.
    struct Contents {
        var records: [ExchangeRecord] = []
        /// The venue's time when it was last written.
        var last: Timestamp?
        /// Bytes of a torn last line, which were cut off.
        var torn = 0
    }

    private let path: String
    private let file: Int32
    private let lock: Int32

    /// Opens the log of a folder, which is made if need be, and reads it.
    ///
    /// - Throws: ``VenueFailure``: `state_in_use`, `cannot_write`, `damaged_log`.
    static func open(folder: String) throws(VenueFailure) -> (log: VenueLog, contents: Contents) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(path: folder, reason: error.localizedDescription)
        }
        let lockPath = folder + "/venue.lock"
        let lock = Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw .cannotWrite(path: lockPath, reason: Self.reason) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(lock)
            throw .stateInUse(folder: folder)
        }
        let path = folder + "/venue.log"
        do throws(VenueFailure) {
            var contents = try read(path)
            contents.records = compacted(contents.records)
            try rewrite(path, contents)
            let file = Glibc.open(path, O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw VenueFailure.cannotWrite(path: path, reason: Self.reason) }
            return (VenueLog(path: path, file: file, lock: lock), contents)
        } catch {
            _ = flock(lock, LOCK_UN)
            Glibc.close(lock)
            throw error
        }
    }

    private init(path: String, file: Int32, lock: Int32) {
        self.path = path
        self.file = file
        self.lock = lock
    }

    /// Hands changes to the operating system; they survive the process, and after ``sync()`` the machine.
    func append(_ records: [ExchangeRecord], at now: Timestamp) throws(VenueFailure) {
        try Self.write(Self.line(Group(at: now, records: records), path), to: file, path)
    }

    /// Returns once everything appended before the call is on the disk.
    func sync() throws(VenueFailure) {
        guard fdatasync(file) == 0 else { throw .cannotWrite(path: path, reason: Self.reason) }
    }

    func close() {
        Glibc.close(file)
        // A child that is being started may hold a copy of the descriptor until it becomes its program.
        _ = flock(lock, LOCK_UN)
        Glibc.close(lock)
    }

    /// The records that later ones do not replace, in the order in which they came.
    private static func compacted(_ records: [ExchangeRecord]) -> [ExchangeRecord] {
        var seen: Set<String> = []
        return records.reversed().filter { seen.insert($0.key).inserted }.reversed()
    }

    private static func read(_ path: String) throws(VenueFailure) -> Contents {
        var contents = Contents()
        guard let data = FileManager.default.contents(atPath: path) else { return contents }
        let decoder = JSONDecoder()
        var number = 0
        var rest = data[...]
        while !rest.isEmpty {
            number += 1
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                contents.torn = rest.count
                break
            }
            let line = rest[..<end]
            let isLast = rest.index(after: end) == rest.endIndex
            rest = rest[rest.index(after: end)...]
            guard line.count > 17, Data(checksum(line.dropFirst(17)).utf8) == line.prefix(16) else {
                // Blocks of a file can reach the disk out of order: a last line may be whole in length and torn inside.
                guard isLast else {
                    throw .damagedLog(path: path, line: number, reason: "its checksum does not fit its text")
                }
                contents.torn = line.count + 1
                break
            }
            do {
                let group = try decoder.decode(Group.self, from: line.dropFirst(17))
                contents.records += group.records
                contents.last = group.at
            } catch {
                throw .damagedLog(path: path, line: number, reason: "\(error)")
            }
        }
        return contents
    }

    /// Replaces the file by one with what still matters, by renaming, so that a crash leaves the old one or the new.
    private static func rewrite(_ path: String, _ contents: Contents) throws(VenueFailure) {
        let fresh = path + ".new"
        let file = Glibc.open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .cannotWrite(path: fresh, reason: reason) }
        defer { Glibc.close(file) }
        if let last = contents.last {
            // Lines of a bounded length, so that reading one never needs the whole file twice.
            var start = 0
            repeat {
                let end = min(start + 500, contents.records.count)
                let group = Group(at: last, records: Array(contents.records[start..<end]))
                try write(line(group, fresh), to: file, fresh)
                start = end
            } while start < contents.records.count
        }
        guard fsync(file) == 0, rename(fresh, path) == 0 else { throw .cannotWrite(path: path, reason: reason) }
        let folder = Glibc.open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .cannotWrite(path: path, reason: reason) }
        defer { Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw .cannotWrite(path: path, reason: reason) }
    }

    private static func line(_ group: Group, _ path: String) throws(VenueFailure) -> Data {
        let json: Data
        do {
            json = try JSONEncoder().encode(group)
        } catch {
            throw .cannotWrite(path: path, reason: "\(error)")
        }
        return Data("\(checksum(json[...])) ".utf8) + json + Data("\n".utf8)
    }

    private static func write(_ data: Data, to file: Int32, _ path: String) throws(VenueFailure) {
        var written = 0
        while written < data.count {
            let count = data.withUnsafeBytes { bytes in
                Glibc.write(file, bytes.baseAddress.map { $0 + written }, data.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw .cannotWrite(path: path, reason: reason)
            }
            written += count
        }
    }

    /// FNV-1a of 64 bits, in 16 hexadecimal digits: against torn lines, not against forgers.
    private static func checksum(_ bytes: Data) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
