import Foundation

/// The processes at work on one data folder.
///
/// The number in `postmaster.pid` proves little: after an unclean stop or a reboot it may belong to any program.
/// PostgreSQL's own processes work in the data folder, which Linux shows in `/proc`.
struct ServerProcesses {
    let dataFolder: String

    private var pidFile: String { "\(dataFolder)/postmaster.pid" }

    /// The process that `postmaster.pid` names, alive or not.
    var recorded: Int32? { process(in: pidFile) }

    /// The running server, or nil when the recorded process is dead or something else.
    var postmaster: Int32? {
        guard let process = recorded, process > 0, isAlive(process), worksHere(process) ?? true else { return nil }
        return process
    }

    /// All living processes that work in the data folder; nil where the system does not tell.
    var all: [Int32]? {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else { return nil }
        return names.compactMap { Int32($0) }.filter { worksHere($0) == true }.sorted()
    }

    /// Removes a `postmaster.pid`, and the like beside the socket, whose number now belongs to another program, or
    /// that holds none: a machine that lost power may leave it empty.
    ///
    /// PostgreSQL would take that program for a running server, and refuse an empty record. A file that names a dead
    /// process stays: PostgreSQL replaces it, after a look at the shared memory that it also names.
    ///
    /// Call only after ``all`` was empty, since these files are what keeps two servers off the same data.
    func removeMisleadingRecords(socketLock: String) {
        for file in [pidFile, socketLock] {
            let isMisleading =
                if let process = process(in: file), process > 0 {
                    isAlive(process) && worksHere(process) == false
                } else {
                    // Only where we can tell that nobody works here.
                    access(file, F_OK) == 0 && all?.isEmpty == true
                }
            if isMisleading { unlink(file) }
        }
    }

    /// Reads the number in the first line of a lock file of PostgreSQL.
    private func process(in file: String) -> Int32? {
        // No file means that no server ran, or that it stopped cleanly.
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        return text.split(separator: "\n").first.flatMap { Int32($0.trimmingCharacters(in: .whitespaces)) }
    }

    private func isAlive(_ process: Int32) -> Bool {
        kill(process, 0) == 0 || errno == EPERM
    }

    /// Whether the process works in the data folder; nil where the system does not tell.
    private func worksHere(_ process: Int32) -> Bool? {
        guard access("/proc/self/cwd", F_OK) == 0 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/\(process)/cwd", &buffer, buffer.count)
        // Unreadable means another account's process (ours can be read), or one that has just ended.
        guard count > 0 else { return false }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) == dataFolder
    }
}
