import Glibc
import SystemPackage

/// The loop over a child's pipes: feeds it, drains both outputs at once, watches deadline and exit, ends the group.
///
/// Blocks its thread. Draining both outputs always matters: a full pipe (64 KiB) would block the child for ever.
struct ProcessPump: Sendable {
    let process: pid_t
    let pipes: Pipes
    let timeout: Duration
    let grace: Duration
    let isCancelled: Flag
    let output: @Sendable (ArraySlice<UInt8>) -> String?
    let error: @Sendable (ArraySlice<UInt8>) -> Void

    /// How long the exit of a silent child may go unnoticed.
    private static let tickMilliseconds: Int32 = 5
    /// Pieces read after the exit: what the pipe held, but not what a stray that escaped may go on writing.
    private static let maximumLatePieces = 64

    /// Runs until the child has exited and its group is killed.
    ///
    /// - Returns: Why it was ended, or `nil` when it exited by itself.
    func run(input: [UInt8]) -> ChildProcess.Ending? {
        withoutBrokenPipeSignal {
            var open = OpenEnds(pipes)
            defer { open.closeAll() }
            var unsent = input[...]
            let start = ContinuousClock.now
            var forced: ChildProcess.Ending?
            var terminatedAt: ContinuousClock.Instant?
            while !hasExited() {
                open.wait(milliseconds: Self.tickMilliseconds, writing: !unsent.isEmpty)
                feed(&unsent, &open)
                if let reason = drain(&open, pieces: 16), forced == nil { forced = .stopped(reason) }
                let now = ContinuousClock.now
                if forced == nil, isCancelled.isSet { forced = .cancelled }
                if forced == nil, now - start >= timeout { forced = .timedOut }
                guard forced != nil else { continue }
                if let terminatedAt {
                    if now - terminatedAt >= grace { kill(-process, SIGKILL) }
                } else {
                    terminatedAt = now
                    kill(-process, SIGTERM)
                }
            }
            // The leader is a zombie until the caller reaps it, so the group's number is still ours.
            kill(-process, SIGKILL)
            if let reason = drain(&open, pieces: Self.maximumLatePieces), forced == nil { forced = .stopped(reason) }
            return forced
        }
    }

    private func feed(_ unsent: inout ArraySlice<UInt8>, _ open: inout OpenEnds) {
        guard let descriptor = open.input else { return }
        while !unsent.isEmpty {
            let count = unsent.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                // A child that never reads is no failure: it may know its answer. EPIPE says that it closed its end.
                if errno != EAGAIN && errno != EINTR { open.closeInput() }
                return
            }
            unsent = unsent.dropFirst(count)
        }
        open.closeInput()
    }

    /// Reads up to `pieces` pieces of each output; returns the reader's reason to stop.
    private func drain(_ open: inout OpenEnds, pieces: Int) -> String? {
        var reason: String?
        read(&open.output, pieces) { piece in
            if reason == nil { reason = output(piece) }
        }
        read(&open.error, pieces) { error($0) }
        return reason
    }

    private func read(_ end: inout Int32?, _ pieces: Int, _ take: (ArraySlice<UInt8>) -> Void) {
        guard let descriptor = end else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        for _ in 0..<pieces {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                take(buffer[0..<count])
            } else if count == 0 {
                close(descriptor)
                end = nil
                return
            } else {
                return
            }
        }
    }

    /// Whether the child has exited, without reaping it.
    private func hasExited() -> Bool {
        var info = siginfo_t()
        let result = waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT)
        // ECHILD would mean that somebody reaped it: there is nothing left to wait for.
        return result != 0 ? errno == ECHILD : info.si_signo == SIGCHLD
    }

    /// Writing to a dead child's input raises SIGPIPE, which ends a program that has not asked otherwise; here it
    /// becomes an error of `write`, for this thread alone.
    private func withoutBrokenPipeSignal<Result>(_ body: () -> Result) -> Result {
        var brokenPipe = sigset_t()
        var previous = sigset_t()
        sigemptyset(&brokenPipe)
        sigaddset(&brokenPipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &brokenPipe, &previous)
        defer {
            var none = timespec()
            while sigtimedwait(&brokenPipe, nil, &none) > 0 {}
            pthread_sigmask(SIG_SETMASK, &previous, nil)
        }
        return body()
    }
}

/// Our ends that are still open.
private struct OpenEnds {
    var input: Int32?
    var output: Int32?
    var error: Int32?

    init(_ pipes: Pipes) {
        input = pipes.input.writeEnd.rawValue
        output = pipes.output.readEnd.rawValue
        error = pipes.error.readEnd.rawValue
    }

    /// Waits until something can be read or written, at most `milliseconds`.
    func wait(milliseconds: Int32, writing: Bool) {
        var watched: [pollfd] = []
        if let input, writing { watched.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0)) }
        if let output { watched.append(pollfd(fd: output, events: Int16(POLLIN), revents: 0)) }
        if let error { watched.append(pollfd(fd: error, events: Int16(POLLIN), revents: 0)) }
        _ = poll(&watched, nfds_t(watched.count), milliseconds)
    }

    mutating func closeInput() {
        if let input { close(input) }
        input = nil
    }

    mutating func closeAll() {
        for descriptor in [input, output, error] {
            if let descriptor { close(descriptor) }
        }
    }
}
