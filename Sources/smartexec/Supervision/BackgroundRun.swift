import Foundation
import Glibc
import PostgresStore
import TradingDomain

/// Lets a run go on in a process of its own that survives terminal and login.
struct BackgroundRun {
    /// Longest wait for the process to take the run; opening a floor takes a second or two.
    private static let patience = Duration.seconds(60)
    /// POSIX_SPAWN_SETSID of glibc and musl, which their headers show to GNU sources only.
    private static let newSession: Int16 = 0x80

    let run: RunID
    /// The clock that the run goes by, as `--clock` takes it.
    let clock: String
    let global: GlobalOptions
    let stateFolder: String

    var log: String { "\(stateFolder)/runs/\(run).log" }

    /// Starts `runs resume` in a session of its own, and waits until it works the run.
    ///
    /// - Returns: Its process.
    /// - Throws: ``CommandFailure`` saying why it did not take the run and what to do; the run is not lost.
    func start(_ controls: PostgresRunControls) async throws -> Int32 {
        let process = try spawn()
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            let standing = try await controls.standing(of: run)
            if standing.process == process || standing.status != nil { return process }
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process {
                throw failure("its process ended before it took the run: \(lastWords)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw failure("process \(process) has not taken the run within \(Self.patience); see \(log)")
    }

    private func failure(_ why: String) -> CommandFailure {
        CommandFailure(
            .unavailable,
            "Run \(run) does not go on in the background: \(why)\nNothing is lost; `smartexec runs resume \(run)` goes on."
        )
    }

    /// The end of what the process wrote.
    private var lastWords: String {
        let data = FileManager.default.contents(atPath: log) ?? Data()
        let lines = String(decoding: data.suffix(2_000), as: UTF8.self).split(separator: "\n")
        return lines.suffix(3).joined(separator: "\n")
    }

    private func spawn() throws -> Int32 {
        try makeFolder()
        var words = ["smartexec", "runs", "resume", run.text, "--clock", clock, "--background"]
        if let config = global.config { words += ["--config", config] }
        if let environment = global.environment { words += ["--environment", environment] }
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let variables: [UnsafeMutablePointer<CChar>?] =
            ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        keepDescriptors()
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Threads of the runtime block signals, and a child inherits that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Self.newSession | Int16(POSIX_SPAWN_SETSIGMASK))
        var process: pid_t = 0
        let code = posix_spawn(&process, program, &actions, &attributes, arguments, variables)
        guard code == 0 else { throw failure("\(program) cannot be started: \(String(cString: strerror(code))).") }
        return process
    }

    /// Marks everything that is open here as ours alone, so that the new process holds no socket or file of this one.
    private func keepDescriptors() {
        // Without the folder nothing is known to be open.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for descriptor in names.compactMap({ Int32($0) }) where descriptor > STDERR_FILENO {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    private func makeFolder() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: "\(stateFolder)/runs",
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw failure("\(stateFolder)/runs cannot be made: \(error.localizedDescription).")
        }
    }

    /// This program's file.
    private var program: String {
        // Only Linux has the link; elsewhere the name that it was called by has to do.
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
