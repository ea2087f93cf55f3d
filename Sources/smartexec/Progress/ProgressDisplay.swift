import ExecutionEngine
import Orchestration
import Synchronization
import TradingDomain
import Workflows

/// Shows a run's progress on standard error: drawn in place on a terminal, plain lines elsewhere, nothing when quiet.
final class ProgressDisplay: Sendable {
    private enum Mode { case live, plain, quiet }

    private struct State {
        var progress = RunProgress()
        /// What is on the terminal below the lines that stay.
        var drawn: [String] = []
        /// Lines that stay, to be written with the next drawing.
        var kept: [String] = []
        var question: [String] = []
        var drawnAt: ContinuousClock.Instant?
        /// When each item last got a plain progress line.
        var saidAt: [StepPath: ContinuousClock.Instant] = [:]
        var isOver = false
    }

    /// Least time between two drawings.
    private static let drawInterval = Duration.milliseconds(50)
    /// Least time between two plain progress lines of an item.
    private static let plainInterval = Duration.seconds(10)

    private let console: Console
    private let mode: Mode
    private let speed: Int?
    private let isUnicode: Bool
    private let isFollowing: Bool
    private let began = ContinuousClock.now
    private let state = Mutex(State())

    /// Makes the display of a run; `speed` is the pace of its clock, `nil` in virtual time.
    ///
    /// Following shows a run that another process works.
    init(_ console: Console, speed: Int?, environment: [String: String], isFollowing: Bool = false) {
        self.console = console
        self.isFollowing = isFollowing
        self.speed = speed
        mode =
            console.isQuiet ? .quiet : console.errors.isTerminal && environment["TERM"] != "dumb" ? .live : .plain
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        isUnicode = locale.uppercased().contains("UTF")
    }

    /// Orders that are being worked, as far as the run has told.
    var openOrders: [ParentProgress] { state.withLock { $0.progress.openOrders } }

    /// Takes what the run tells.
    func take(_ progress: WorkflowRunner.Progress) {
        if case .asking(let request) = progress { return ApprovalText.question(request).forEach(say) }
        state.withLock { state in
            let changes = state.progress.apply(progress)
            switch mode {
            case .quiet: break
            case .plain: for change in changes { sayPlainly(change, &state) }
            case .live:
                for case .finished(let item, let result) in changes { state.kept.append(finished(item, result)) }
                draw(&state)
            }
        }
    }

    /// Shows a question below the progress, or takes it away again.
    func ask(_ question: [String]) {
        state.withLock { state in
            state.question = question
            guard mode == .live else { return question.forEach { console.errors.write($0 + "\n") } }
            draw(&state, mustDraw: true)
        }
    }

    /// Writes a line that stays, whatever the mode.
    func say(_ line: String) {
        state.withLock { state in
            guard mode == .live, !state.isOver else { return console.errors.write(line + "\n") }
            state.kept.append(line)
            draw(&state, mustDraw: true)
        }
    }

    /// Takes the progress away, so that what follows begins at the margin; nothing is drawn from then on.
    func end() {
        state.withLock { state in
            guard mode == .live, !state.isOver else { return }
            state.isOver = true
            write([], &state)
        }
    }

    private func sayPlainly(_ change: RunProgress.Change, _ state: inout State) {
        switch change {
        case .started(let item): console.note("\(item.name): started")
        case .finished(let item, let result): console.note(finished(item, result))
        case .cancelling(let wish):
            console.note("The run is \(wish.text): nothing new starts, open orders are cancelled.")
        case .worked(let item):
            guard let order = item.order, !order.state.isFinal else { return }
            let now = ContinuousClock.now
            let last = state.saidAt[item.path]
            guard last.map({ now - $0 >= Self.plainInterval }) ?? true else { return }
            state.saidAt[item.path] = now
            // The start was told already; a first line at once would only repeat it in virtual time.
            if last != nil || speed != nil { console.note("\(item.name): \(ProgressView.words(order))") }
        }
    }

    private func finished(_ item: RunProgress.Item, _ result: RunResult) -> String {
        let amount = item.order.map { "\($0.filled) of \($0.quantity)" }
        // The message of what did not succeed tells how much of it was filled.
        let words = result.status == .success || result.message.isEmpty ? amount : result.message
        return "\(item.name): \(console.errorStyle.status(result.status.rawValue))\(words.map { ", \($0)" } ?? "")"
    }

    private func draw(_ state: inout State, mustDraw: Bool = false) {
        let now = ContinuousClock.now
        guard !state.isOver, mustDraw || state.drawnAt.map({ now - $0 >= Self.drawInterval }) ?? true else { return }
        state.drawnAt = now
        let view = ProgressView(
            width: console.errors.width ?? 80,
            height: console.errors.height ?? 24,
            speed: speed,
            isUnicode: isUnicode,
            hint: isFollowing ? "Ctrl-C stops following" : speed == nil ? "Ctrl-C stops" : "Ctrl-C: detach or cancel",
            style: console.errorStyle
        )
        write(view.lines(state.progress, elapsed: now - began, question: state.question), &state)
    }

    /// Replaces what is drawn by `lines`, below the lines that stay: one write, so that nothing flickers.
    private func write(_ lines: [String], _ state: inout State) {
        let width = console.errors.width ?? 80
        var text = ""
        if !state.drawn.isEmpty {
            // The terminal may have become narrower since: what was one row may be two now.
            let up = ProgressView.rows(of: state.drawn.map(\.withoutEscapes), width: width) - 1
            text += up > 0 ? "\r\u{1B}[\(up)A" : "\r"
        }
        for line in state.kept { text += line + "\u{1B}[K\n" }
        text += lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n")
        if !state.drawn.isEmpty || !lines.isEmpty { text += "\u{1B}[J" }
        // At the margin, so that the terminal's echo of a key does not wrap to a row that nobody counted.
        if !lines.isEmpty { text += "\r" }
        state.kept = []
        state.drawn = lines
        console.errors.write(text)
    }
}

extension String {
    /// The text without colours.
    fileprivate var withoutEscapes: String { replacing(#/\u{1B}\[[0-9;]*m/#, with: "") }
}
