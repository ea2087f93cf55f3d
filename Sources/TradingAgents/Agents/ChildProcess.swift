import Dispatch
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// One run of a child process that may be hostile: it floods, hangs, ignores signals, leaves children behind.
///
/// swift-subprocess starts it in a session of its own, with every inherited descriptor closed, a given environment and
/// a given folder. The rest is a loop of ours over the three pipes on a thread of its own, because one place must see
/// the deadline, the caps and the exit together: the group is signalled while its leader is not reaped yet, so its
/// number cannot belong to somebody else, and no pipe that a grandchild holds open can keep us. A child that makes a
/// session of its own escapes the group; limits against that are the container's.
package struct ChildProcess: Sendable {
    /// An absolute path, or a bare name that is looked up in `PATH` of ``environment``.
    package var executable: String
    package var arguments: [String]
    /// The whole environment.
    package var environment: [String: String]
    package var workingDirectory: String
    /// Written to standard input, which is then closed.
    package var input: [UInt8]
    /// Wall-clock time until SIGTERM.
    package var timeout: Duration
    /// From SIGTERM to SIGKILL.
    package var grace: Duration

    package init(
        executable: String,
        arguments: [String],
        environment: [String: String],
        workingDirectory: String,
        input: [UInt8],
        timeout: Duration,
        grace: Duration
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.input = input
        self.timeout = timeout
        self.grace = grace
    }

    package enum Ending: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        case timedOut
        case cancelled
        /// Ended by the reader of its output, with the reader's reason.
        case stopped(String)

        /// The ending for people.
        package var words: String {
            switch self {
            case .exited(let status): "exit status \(status)"
            case .signalled(let signal): "died of signal \(signal)"
            case .timedOut: "ended at its deadline"
            case .cancelled: "cancelled"
            case .stopped(let reason): "ended: \(reason)"
            }
        }
    }

    /// Runs to the end; when this returns, the process and all of its group are gone.
    ///
    /// - Parameters:
    ///   - output: Called with each piece of standard output in order; returns a reason to stop the process.
    ///   - error: Called with each piece of standard error.
    /// - Returns: How the process ended.
    /// - Throws: When the process cannot be started.
    package func run(
        output: @escaping @Sendable (ArraySlice<UInt8>) -> String?,
        error: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) async throws -> Ending {
        let pipes = try Pipes()
        let isCancelled = Flag()
        let isPumped = Flag()
        // The pump closes our ends of the pipes; a program that cannot be started never gets one.
        defer { if !isPumped.isSet { pipes.closeOurEnds() } }
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)]
        let variables = Dictionary(
            uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        )
        let configuration = Configuration(
            executable: executable.contains("/") ? .path(FilePath(executable)) : .name(executable),
            arguments: Arguments(arguments),
            environment: .custom(variables),
            workingDirectory: FilePath(workingDirectory),
            platformOptions: options
        )
        let result = try await withTaskCancellationHandler {
            try await Subprocess.run(
                configuration,
                input: .fileDescriptor(pipes.input.readEnd, closeAfterSpawningProcess: true),
                output: .fileDescriptor(pipes.output.writeEnd, closeAfterSpawningProcess: true),
                error: .fileDescriptor(pipes.error.writeEnd, closeAfterSpawningProcess: true)
            ) { execution in
                isPumped.set()
                let pump = ProcessPump(
                    process: execution.processIdentifier.value,
                    pipes: pipes,
                    timeout: timeout,
                    grace: grace,
                    isCancelled: isCancelled,
                    output: output,
                    error: error
                )
                return await withCheckedContinuation { continuation in
                    DispatchQueue(label: "agent.process").async {
                        continuation.resume(returning: pump.run(input: input))
                    }
                }
            }
        } onCancel: {
            isCancelled.set()
        }
        if let forced = result.closureResult { return forced }
        return switch result.terminationStatus {
        case .exited(let code): .exited(code)
        case .signaled(let signal): .signalled(signal)
        }
    }
}

/// A word that one task says and another reads.
final class Flag: Sendable {
    private let value = Mutex(false)
    func set() { value.withLock { $0 = true } }
    var isSet: Bool { value.withLock { $0 } }
}

/// The three pipes of a child; our ends neither block nor are inherited by other children.
struct Pipes: Sendable {
    typealias Ends = (readEnd: FileDescriptor, writeEnd: FileDescriptor)
    let input: Ends
    let output: Ends
    let error: Ends

    init() throws {
        input = try FileDescriptor.pipe()
        output = try FileDescriptor.pipe()
        error = try FileDescriptor.pipe()
        for end in [input.readEnd, input.writeEnd, output.readEnd, output.writeEnd, error.readEnd, error.writeEnd] {
            _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC)
        }
        for end in [input.writeEnd, output.readEnd, error.readEnd] {
            _ = fcntl(end.rawValue, F_SETFL, fcntl(end.rawValue, F_GETFL) | O_NONBLOCK)
        }
    }

    func closeOurEnds() {
        for end in [input.writeEnd, output.readEnd, error.readEnd] { close(end.rawValue) }
    }
}
