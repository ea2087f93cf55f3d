import Foundation
import Glibc
import TradingTestKit

/// A program at a terminal of its own, as a person sits before it.
///
/// The program leads a session whose controlling terminal it is, so that Ctrl-C is the terminal's and not a signal that
/// somebody sends.
final class Terminal {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private var screen: Int32
    private let process: Int32
    private var hasEnded = false
    /// Everything that was written so far.
    private(set) var written = ""

    /// TIOCSPTLCK and TIOCGPTN of Linux, which are macros that Swift does not import.
    private static let unlock: UInt = 0x4004_5431
    private static let number: UInt = 0x8004_5430
    /// POSIX_SPAWN_SETSID.
    private static let newSession: Int16 = 0x80

    /// Starts the program with words as a person types them.
    init(_ program: BuiltProgram, _ line: String, columns: UInt16 = 80, rows: UInt16 = 24) throws {
        screen = Glibc.open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard screen >= 0 else { throw Failure(description: "/dev/ptmx cannot be opened") }
        var (locked, index): (Int32, Int32) = (0, 0)
        guard ioctl(screen, Self.unlock, &locked) == 0, ioctl(screen, Self.number, &index) == 0 else {
            throw Failure(description: "no terminal could be had")
        }
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(screen, UInt(TIOCSWINSZ), &size)
        let words =
            (["env", "-C", program.folder, program.path] + line.split(separator: " ").map(String.init))
            .map { strdup($0) } + [nil]
        let variables = program.environment.map { strdup("\($0.key)=\($0.value)") } + [strdup("TERM=xterm"), nil]
        defer { for pointer in words + variables { free(pointer) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(0)...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/pts/\(index)", O_RDWR, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // Tests that a script started with `&` ignore Ctrl-C, and the program would, too.
        var heard = sigset_t()
        sigemptyset(&heard)
        for signal in [SIGINT, SIGQUIT, SIGTERM, SIGHUP] { sigaddset(&heard, signal) }
        posix_spawnattr_setsigdefault(&attributes, &heard)
        let flags = Self.newSession | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
        posix_spawnattr_setflags(&attributes, flags)
        var started: pid_t = 0
        let code = posix_spawn(&started, "/usr/bin/env", &actions, &attributes, words, variables)
        guard code == 0 else { throw Failure(description: String(cString: strerror(code))) }
        process = started
    }

    deinit {
        if !hasEnded {
            kill(process, SIGKILL)
            var status: Int32 = 0
            waitpid(process, &status, 0)
        }
        if screen >= 0 { close(screen) }
    }

    /// Closes the terminal's window: the program gets SIGHUP, and nowhere to write.
    ///
    /// - Returns: Its exit code.
    func hangUp() async throws -> Int32 {
        close(screen)
        screen = -1
        return try await exitCode()
    }

    /// Types keys; `\u{3}` is Ctrl-C.
    func type(_ keys: String) {
        _ = keys.withCString { write(screen, $0, strlen($0)) }
    }

    /// Reads until `text` was written after the last text that was waited for.
    func wait(for text: String, seconds: Int32 = 600) async throws {
        let deadline = ContinuousClock.now + .seconds(Int(seconds))
        while !written[seen...].contains(text) {
            guard try await read(until: deadline) else {
                throw Failure(description: "never saw '\(text)' in:\n\(written)")
            }
        }
        if let range = written[seen...].range(of: text) { seen = range.upperBound }
    }

    /// Reads until the program has ended.
    ///
    /// - Returns: Its exit code.
    func end(seconds: Int32 = 600) async throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(Int(seconds))
        while try await read(until: deadline) {}
        return try await exitCode()
    }

    private func exitCode() async throws -> Int32 {
        let status = try await onOwnThread { [process] in
            var status: Int32 = 0
            waitpid(process, &status, 0)
            return status
        }
        hasEnded = true
        guard status & 0x7F == 0 else { throw Failure(description: "ended by signal \(status & 0x7F):\n\(written)") }
        return status >> 8 & 0xFF
    }

    /// How the terminal takes keys now: whether lines and echo are on.
    var isCooked: Bool {
        var mode = termios()
        return tcgetattr(screen, &mode) == 0 && mode.c_lflag & tcflag_t(ICANON) != 0
            && mode.c_lflag & tcflag_t(ECHO) != 0
    }

    private var seenOffset = 0
    private var seen: String.Index {
        get { written.utf8.index(written.startIndex, offsetBy: seenOffset) }
        set { seenOffset = written.utf8.distance(from: written.startIndex, to: newValue) }
    }

    /// - Returns: False when the program has closed its terminal, which is when it ends.
    private func read(until deadline: ContinuousClock.Instant) async throws -> Bool {
        let left = (deadline - .now).components.seconds
        guard left > 0 else { throw Failure(description: "too late; so far:\n\(written)") }
        let piece = try await onOwnThread { [screen] in Terminal.next(of: screen, milliseconds: Int32(left) * 1000) }
        guard let piece else { return false }
        written += String(decoding: piece, as: UTF8.self)
        return true
    }

    /// - Returns: What was written next, empty when that took too long; `nil` when the program has closed its terminal.
    private static func next(of screen: Int32, milliseconds: Int32) -> [UInt8]? {
        var waiting = pollfd(fd: screen, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, milliseconds) > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(screen, &bytes, bytes.count)
        return count > 0 ? Array(bytes[..<count]) : nil
    }
}
