import Glibc
import Synchronization

/// Where the program writes: results to standard output, everything about how it got there to standard error.
///
/// A reader that goes away (`smartexec fills | head`) ends the output quietly, not the work.
final class Console: Sendable {
    /// One of the two streams.
    final class Stream: Sendable {
        private let descriptor: Int32
        let isTerminal: Bool
        private let isClosed = Mutex(false)

        init(descriptor: Int32) {
            self.descriptor = descriptor
            isTerminal = isatty(descriptor) == 1
        }

        /// Columns of the terminal; `nil` where there is none.
        var width: Int? { size.flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil } }

        /// Rows of the terminal; `nil` where there is none.
        var height: Int? { size.flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } }

        private var size: winsize? {
            guard isTerminal else { return nil }
            var size = winsize()
            return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
        }

        /// True once the reader has gone; nothing is written from then on.
        var readerIsGone: Bool { isClosed.withLock { $0 } }

        /// Writes all of `text`, whole against other writers of this stream.
        func write(_ text: String) {
            isClosed.withLock { closed in
                guard !closed else { return }
                let bytes = Array(text.utf8)
                closed = !bytes.withUnsafeBytes(writeAll)
            }
        }

        /// - Returns: False when nothing can be written any more.
        private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = Glibc.poll(&poll, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    let output: Stream
    let errors: Stream
    /// No notes and no progress; results, warnings and errors still come.
    let isQuiet: Bool
    let style: TextStyle
    let errorStyle: TextStyle

    /// Takes two streams; `NO_COLOR` (any text) and `TERM=dumb` in the environment switch colours off.
    init(output: Stream, errors: Stream, isQuiet: Bool, environment: [String: String]) {
        self.output = output
        self.errors = errors
        self.isQuiet = isQuiet
        let plain = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        style = TextStyle(isEnabled: output.isTerminal && !plain)
        errorStyle = TextStyle(isEnabled: errors.isTerminal && !plain)
    }

    /// The program's own streams.
    static func standard(isQuiet: Bool, environment: [String: String]) -> Console {
        Console(
            output: Stream(descriptor: STDOUT_FILENO),
            errors: Stream(descriptor: STDERR_FILENO),
            isQuiet: isQuiet,
            environment: environment
        )
    }

    /// Turns a write to a pipe without reader into an error instead of a deadly signal; call once, first.
    ///
    /// An empty handler, not `SIG_IGN`: ignored signals are inherited by child processes, handlers are not.
    static func surviveClosedPipes() { signal(SIGPIPE) { _ in } }

    /// A result, on standard output.
    ///
    /// Wrapping, a sentence breaks at spaces on a terminal.
    func print(_ text: String, wrapping: Bool = false) {
        let lines = wrapping ? output.width.map { text.wrapped(toWidth: $0) } : nil
        output.write((lines ?? [text]).joined(separator: "\n") + "\n")
    }

    /// What goes on, on standard error; nothing when quiet.
    func note(_ text: String) {
        guard !isQuiet else { return }
        tell(text)
    }

    /// What must be known whatever else is quiet, on standard error.
    func tell(_ text: String) {
        let lines = errors.width.map { text.wrapped(toWidth: $0) } ?? [text]
        errors.write(lines.joined(separator: "\n") + "\n")
    }

    /// What deserves a look, on standard error.
    func warn(_ text: String) { errors.write("\(errorStyle.yellow("warning:")) \(text)\n") }

    /// What went wrong, on standard error.
    ///
    /// It may quote what somebody else wrote, so that whatever would steer the terminal is spelt out.
    func fail(_ text: String) {
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map {
            VisibleText.of(String($0))
        }
        errors.write("\(errorStyle.red("error:")) \(lines.joined(separator: "\n"))\n")
    }
}
