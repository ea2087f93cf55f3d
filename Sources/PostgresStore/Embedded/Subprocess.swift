import CPostgres
import Foundation

/// A short-lived helper program such as `initdb` or `pg_ctl`, run to its end.
///
/// Not Foundation's `Process`: what we start must own no file descriptor of ours (else `smartexec run | cat` would
/// never end, since the server would hold the pipe), must not hear the terminal's Ctrl-C or hang-up, and must not
/// inherit signals that this program blocks or ignores.
struct Subprocess {
    /// How a program ended.
    struct Outcome {
        /// Its exit code, or 128 plus the signal that ended it.
        let status: Int32
        /// What it wrote to standard output and error, together.
        let output: String

        var isSuccess: Bool { status == 0 }
    }

    /// The program could not be started; `errno` says why.
    struct LaunchFailure: Error {
        let executable: String
        let errno: Int32
    }

    /// Runs `arguments[0]` in a session of its own, in `/`, with input from `/dev/null`, and waits for its end.
    ///
    /// The output goes through an unlinked file, not a pipe, so that a process it leaves behind cannot make us wait.
    static func run(_ arguments: [String], environment: [String: String]) throws(LaunchFailure) -> Outcome {
        let executable = arguments.first ?? ""
        let file = openScratchFile()
        guard file >= 0 else { throw LaunchFailure(executable: executable, errno: errno) }
        defer { close(file) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, file, 1)
        posix_spawn_file_actions_adddup2(&actions, file, 2)
        posix_spawn_file_actions_addchdir_np(&actions, "/")
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        configure(&attributes, &actions)

        let argumentStrings = CStrings(arguments)
        let environmentStrings = CStrings(environment.map { "\($0.key)=\($0.value)" }.sorted())
        let failure: Int32
        var process: pid_t = 0
        let argumentList = argumentStrings.pointers.map { UnsafeMutablePointer(mutating: $0) } + [nil]
        let environmentList = environmentStrings.pointers.map { UnsafeMutablePointer(mutating: $0) } + [nil]
        failure = withExtendedLifetime((argumentStrings, environmentStrings)) {
            posix_spawn(&process, executable, &actions, &attributes, argumentList, environmentList)
        }
        guard failure == 0 else { throw LaunchFailure(executable: executable, errno: failure) }
        return Outcome(status: wait(for: process), output: contents(of: file))
    }

    private static func configure(
        _ attributes: inout posix_spawnattr_t,
        _ actions: inout posix_spawn_file_actions_t
    ) {
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigemptyset(&all)
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM] {
            sigaddset(&all, signal)
        }
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        #if canImport(Darwin)
            flags |= POSIX_SPAWN_SETSID | POSIX_SPAWN_CLOEXEC_DEFAULT
        #else
            flags |= 0x80  // POSIX_SPAWN_SETSID, hidden from Swift behind _GNU_SOURCE in some releases of glibc
            posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        #endif
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    private static func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return 127 }
        }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    private static func openScratchFile() -> Int32 {
        var template = "/tmp/sx-output-XXXXXX".utf8CString.map { $0 }
        let file = mkstemp(&template)
        guard file >= 0 else { return file }
        unlink(template)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        return file
    }

    /// Returns at most the last 64 KiB; `initdb` and `pg_ctl` write a page.
    private static func contents(of file: Int32) -> String {
        let size = Int(lseek(file, 0, SEEK_END))
        let length = min(size, 65_536)
        guard length > 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: length)
        let count = pread(file, &bytes, length, off_t(size - length))
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
