@preconcurrency import Dispatch
import Glibc
import Synchronization

/// Single keys from the terminal at standard input, while it is open.
///
/// Between ``open()`` and ``close()`` the terminal hands over keys without waiting for a line and without echo; Ctrl-C
/// stays a signal.
final class Keyboard: Sendable {
    private struct State {
        var before: termios?
        var source: (any DispatchSourceRead)?
    }

    private let state = Mutex(State())
    private let queue: DispatchQueue
    private let handler: @Sendable (UInt8) -> Void

    init(on queue: DispatchQueue, _ handler: @escaping @Sendable (UInt8) -> Void) {
        self.queue = queue
        self.handler = handler
    }

    /// Whether somebody can be asked: standard input is a terminal, and this program is in its foreground.
    static var isAttended: Bool { isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp() }

    /// Begins to read keys.
    func open() {
        state.withLock { state in
            var mode = termios()
            guard state.before == nil, tcgetattr(STDIN_FILENO, &mode) == 0 else { return }
            state.before = mode
            mode.c_lflag &= ~tcflag_t(ICANON | ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &mode)
            let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: queue)
            source.setEventHandler { [handler] in
                var key: UInt8 = 0
                if read(STDIN_FILENO, &key, 1) == 1 { handler(key) }
            }
            source.resume()
            state.source = source
        }
    }

    /// Gives the terminal back as it was; harmless when it was not taken.
    func close() {
        state.withLock { state in
            state.source?.cancel()
            state.source = nil
            guard var before = state.before else { return }
            state.before = nil
            tcsetattr(STDIN_FILENO, TCSANOW, &before)
        }
    }
}
