import Foundation

/// Which process this is, so that another one can tell whether it still lives.
struct ProcessIdentity: Hashable, Sendable {
    let host: String
    /// The machine's boot and the process's number space; empty where the system does not tell.
    let bootID: String
    let pid: Int32
    /// When the process started, in ticks since boot; empty where the system does not tell.
    let start: String

    /// Reads the identity of this process.
    static func current() -> ProcessIdentity {
        ProcessIdentity(
            host: ProcessInfo.processInfo.hostName,
            bootID: bootAndNamespace(),
            pid: getpid(),
            start: start(of: getpid()) ?? ""
        )
    }

    /// Whether `other` has surely ended: it ran on this very system, and its number is free or another process's.
    ///
    /// False also means "cannot tell"; then its lease has to run out.
    func knowsDead(_ other: ProcessIdentity) -> Bool {
        guard !bootID.isEmpty, !other.start.isEmpty, other.host == host, other.bootID == bootID else { return false }
        return Self.start(of: other.pid) != other.start
    }

    /// Returns the start of a running process in ticks since boot; nil for one that has ended, reaped or not.
    static func start(of pid: Int32) -> String? {
        // No file means no such process.
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return nil }
        // The second field is the program's name in brackets, which may hold anything; the state comes after it.
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return String(fields[19])
    }

    /// Containers share a boot but not their process numbers, which belong to a name space.
    private static func bootAndNamespace() -> String {
        guard let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
            let space = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        else { return "" }
        return "\(boot.trimmingCharacters(in: .whitespacesAndNewlines))/\(space)"
    }
}
