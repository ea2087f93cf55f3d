import Foundation
import Glibc
import Synchronization

/// A program of this package, run as a user runs it: a process of its own with its own environment.
public struct BuiltProgram: Sendable {
    /// After so long a program counts as hanging: longer than anything takes on a starved machine.
    public static let patience = Duration.seconds(900)

    public let path: String
    /// The child's working directory.
    public let folder: String
    /// Everything that the child finds in its environment.
    public let environment: [String: String]

    public init(path: String, folder: String, environment: [String: String]) {
        self.path = path
        self.folder = folder
        self.environment = environment
    }

    /// A program of this machine, such as `python3`, found in the tests' own `PATH` and given their environment.
    public static func installed(_ name: String, folder: String = "/") -> BuiltProgram {
        BuiltProgram(path: name, folder: folder, environment: ProcessInfo.processInfo.environment)
    }

    /// The path of a product that was built beside the running test bundle.
    public static func path(of product: String) -> String {
        // Linux always has this link; without it nothing is found, and the start says so.
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent(product).path
    }

    /// Starts the program; its output is drained while it runs.
    ///
    /// - Parameters:
    ///   - arguments: The words after the program's name.
    ///   - input: What it finds on its standard input.
    ///   - deadline: Wall-clock time after which it is killed.
    /// - Returns: The process, which may have ended already.
    /// - Throws: ``ProgramFailure`` when it cannot be started.
    public func start(
        _ arguments: [String],
        input: [UInt8] = [],
        deadline: Duration = Self.patience
    ) throws -> RunningProgram {
        try RunningProgram(self, arguments, input, deadline)
    }

    /// Runs the program to its end.
    ///
    /// - Throws: ``ProgramFailure`` when it cannot be started, or was killed at its deadline.
    public func run(
        _ arguments: [String],
        input: [UInt8] = [],
        deadline: Duration = Self.patience
    ) async throws -> ProgramOutcome {
        let outcome = await (try start(arguments, input: input, deadline: deadline)).outcome()
        guard !outcome.isLate else {
            throw ProgramFailure("\(path) \(arguments) ran longer than \(deadline). So far: \(outcome.errors)")
        }
        return outcome
    }
}

/// Why a program could not be run.
public struct ProgramFailure: Error, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// How a program ended.
public struct ProgramOutcome: Sendable {
    /// Its exit code, or minus the signal that ended it.
    public var status: Int32
    public var output: String
    public var errors: String
    /// Processor time that it used, which does not depend on what else the machine does.
    public var processorTime: Duration
    /// The most memory that it had at once, in KiB.
    public var peakMemory: Int
    /// It was killed at its deadline.
    public var isLate: Bool
    /// Something that it started kept its output open, so that a pipe behind it would wait for ever.
    public var outputStayedOpen: Bool
}

/// A program that may still be running.
public final class RunningProgram: Sendable {
    private enum State {
        case running([CheckedContinuation<ProgramOutcome, Never>])
        case ended(ProgramOutcome)
    }

    private struct Stream {
        let descriptor: Int32
        var bytes: [UInt8] = []
        var isOpen = true
    }

    /// Held from making pipes until they are marked as ours alone: a child started in between would keep them open.
    private static let spawning = Mutex(())
    /// Output may stay open so long after the end of the process.
    private static let openAfterEnd = Duration.seconds(3)

    public let process: Int32
    private let state = Mutex(State.running([]))
    /// Its number is free again.
    private let isReaped = Mutex(false)
    private let written = Mutex<[[UInt8]]>([[], []])

    fileprivate init(
        _ program: BuiltProgram,
        _ arguments: [String],
        _ input: [UInt8],
        _ deadline: Duration
    ) throws {
        // `env` changes the folder and becomes the program; the process stays the same.
        let words = (["env", "-C", program.folder, program.path] + arguments).map { strdup($0) } + [nil]
        let variables = program.environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var (output, errors): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        var process: pid_t = 0
        let code = Self.spawning.withLock { _ -> Int32 in
            guard let source = tmpfile() else { return errno }
            defer { fclose(source) }
            guard fwrite(input, 1, input.count, source) == input.count, fflush(source) == 0, pipe(&output) == 0,
                pipe(&errors) == 0
            else { return errno }
            rewind(source)
            for descriptor in output + errors + [fileno(source)] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, fileno(source), 0)
            posix_spawn_file_actions_adddup2(&actions, output[1], 1)
            posix_spawn_file_actions_adddup2(&actions, errors[1], 2)
            // Tests run on threads that block nearly every signal, and whoever runs them may ignore some: a child would
            // inherit both.
            var attributes = posix_spawnattr_t()
            posix_spawnattr_init(&attributes)
            defer { posix_spawnattr_destroy(&attributes) }
            var (none, usual) = (sigset_t(), sigset_t())
            sigemptyset(&none)
            sigemptyset(&usual)
            for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD] { sigaddset(&usual, signal) }
            posix_spawnattr_setsigmask(&attributes, &none)
            posix_spawnattr_setsigdefault(&attributes, &usual)
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
            return posix_spawn(&process, "/usr/bin/env", &actions, &attributes, words, variables)
        }
        for descriptor in [output[1], errors[1]] where descriptor >= 0 { close(descriptor) }
        guard code == 0 else {
            for descriptor in [output[0], errors[0]] where descriptor >= 0 { close(descriptor) }
            throw ProgramFailure("\(program.path) cannot be started: \(String(cString: strerror(code)))")
        }
        self.process = process
        let ends = (output[0], errors[0])
        let thread = Thread { [self] in end(follow(ends.0, ends.1, until: .now + deadline)) }
        thread.start()
    }

    /// Ends the process at once, as a crash of the machine would: SIGKILL.
    ///
    /// One that has ended is left alone: its number may be another's by now.
    public func kill() {
        isReaped.withLock { if !$0 { _ = Glibc.kill(process, SIGKILL) } }
    }

    /// Whether it has ended.
    public var hasEnded: Bool {
        state.withLock { state in
            if case .ended = state { true } else { false }
        }
    }

    /// Waits for the first line of its standard output, which a server prints once it listens.
    ///
    /// - Returns: The line, without its end.
    /// - Throws: ``ProgramFailure`` when it ends before, or says nothing for ``BuiltProgram/patience``.
    public func firstLine() async throws -> String {
        let end = ContinuousClock.now + BuiltProgram.patience
        var isLast = false
        while !isLast, .now < end {
            isLast = hasEnded
            let text = outputSoFar
            if let end = text.firstIndex(of: "\n") { return String(text[..<end]) }
            try await Task.sleep(for: .milliseconds(10))
        }
        kill()
        throw ProgramFailure("the program said nothing: \(await outcome().errors)")
    }

    /// What it has written to its standard output so far.
    public var outputSoFar: String { written.withLock { String(decoding: $0[0], as: UTF8.self) } }
    /// What it has written to its standard error so far.
    public var errorsSoFar: String { written.withLock { String(decoding: $0[1], as: UTF8.self) } }

    /// Waits for the end.
    public func outcome() async -> ProgramOutcome {
        await withCheckedContinuation { continuation in
            let known: ProgramOutcome? = state.withLock { state in
                switch state {
                case .ended(let outcome): return outcome
                case .running(let waiting):
                    state = .running(waiting + [continuation])
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func end(_ outcome: ProgramOutcome) {
        let waiting: [CheckedContinuation<ProgramOutcome, Never>] = state.withLock { state in
            defer { state = .ended(outcome) }
            if case .running(let waiting) = state { return waiting }
            return []
        }
        for continuation in waiting { continuation.resume(returning: outcome) }
    }

    /// Drains both streams and waits for the process, on a thread of its own.
    private func follow(
        _ output: Int32,
        _ errors: Int32,
        until deadline: ContinuousClock.Instant
    ) -> ProgramOutcome {
        var streams = [Stream(descriptor: output), Stream(descriptor: errors)]
        var (status, usage): (Int32, rusage) = (0, rusage())
        var endedAt: ContinuousClock.Instant?
        var isLate = false
        while endedAt == nil || streams.contains(where: \.isOpen) {
            var polls = streams.map { pollfd(fd: $0.isOpen ? $0.descriptor : -1, events: Int16(POLLIN), revents: 0) }
            let isQuiet = poll(&polls, nfds_t(polls.count), 20) == 0
            for index in streams.indices where polls[index].revents != 0 {
                var buffer = [UInt8](repeating: 0, count: 65_536)
                let count = read(streams[index].descriptor, &buffer, buffer.count)
                if count > 0 {
                    streams[index].bytes += buffer[..<count]
                    written.withLock { $0[index] += buffer[..<count] }
                } else if count == 0 || errno != EINTR {
                    streams[index].isOpen = false
                }
            }
            if endedAt == nil {
                let hasEnded = isReaped.withLock { isReaped in
                    let found = wait4(process, &status, WNOHANG, &usage)
                    isReaped = found == process || found < 0 && errno == ECHILD
                    return isReaped
                }
                if hasEnded { endedAt = .now }
            }
            if endedAt == nil, !isLate, ContinuousClock.now > deadline {
                isLate = true
                kill()
            }
            // What was written is read to its end first, however late this thread comes to it.
            if let endedAt {
                let longest = isQuiet ? Self.openAfterEnd : Self.openAfterEnd * 20
                if ContinuousClock.now > endedAt + longest { break }
            }
        }
        close(output)
        close(errors)
        let signal = status & 0x7F
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return ProgramOutcome(
            status: signal == 0 ? status >> 8 & 0xFF : -signal,
            output: String(decoding: streams[0].bytes, as: UTF8.self),
            errors: String(decoding: streams[1].bytes, as: UTF8.self),
            processorTime: .seconds(seconds) + .microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
            peakMemory: Int(usage.ru_maxrss),
            isLate: isLate,
            outputStayedOpen: streams.contains(where: \.isOpen)
        )
    }
}
