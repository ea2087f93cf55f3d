import Synchronization

/// One line that says how far the work is: rewritten in place on a terminal, plain lines elsewhere.
final class ProgressLine: Sendable {
    private struct State {
        var shown = ""
    }

    private let stream: Console.Stream
    private let isQuiet: Bool
    private let state = Mutex(State())

    init(_ console: Console) {
        stream = console.errors
        isQuiet = console.isQuiet
    }

    /// Shows `text`; the same text again shows nothing.
    func update(_ text: String) {
        guard !isQuiet else { return }
        state.withLock { state in
            guard text != state.shown else { return }
            state.shown = text
            guard stream.isTerminal else { return stream.write(text + "\n") }
            stream.write("\r\u{1B}[K" + text.truncated(toWidth: (stream.width ?? 80) - 1))
        }
    }

    /// Clears the line on a terminal, so that what follows begins at the margin.
    func clear() {
        state.withLock { state in
            guard stream.isTerminal, !state.shown.isEmpty else { return }
            state.shown = ""
            stream.write("\r\u{1B}[K")
        }
    }
}
