@preconcurrency import Dispatch
import ExecutionEngine
import Foundation
import Glibc
import Orchestration
import Synchronization

/// Watches over a run for the person at the terminal: signals become questions, and answers become wishes of the run.
final class RunSupervisor: Sendable {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    let control = RunControl()
    private let display: ProgressDisplay
    private let dialogue: Mutex<InterruptDialogue>
    private let queue = DispatchQueue(label: "smartexec.interrupts")
    private let taken = Mutex<(signals: Signals, keyboard: Keyboard)?>(nil)
    private let leaving = Mutex<InterruptDialogue.Action?>(nil)

    private let isFollowing: Bool

    /// Watches over a run of this process, or following over one that a worker works, whom a wish reaches through the database.
    init(_ situation: InterruptDialogue.Situation, _ display: ProgressDisplay, isFollowing: Bool = false) {
        self.display = display
        self.isFollowing = isFollowing
        dialogue = Mutex(InterruptDialogue(situation))
    }

    /// Takes the signals over; until ``finish()``.
    func start() {
        let keyboard = Keyboard(on: queue) { [weak self] in self?.handle(.key($0)) }
        let signals = Signals(Self.signals, on: queue) { [weak self] signal in
            self?.handle(signal == SIGINT ? .interrupt : .terminate)
        }
        taken.withLock { $0 = (signals, keyboard) }
    }

    /// Whether the run is to go on in the background after it stopped.
    var wantsDetach: Bool { leaving.withLock { $0 == .detach } }

    /// Gives the terminal back; signals stay taken until ``finish()``, so that nothing dies between stop and detach.
    func releaseTerminal() {
        taken.withLock { $0?.keyboard.close() }
        display.end()
    }

    /// Gives terminal and signals back.
    func finish() {
        releaseTerminal()
        taken.withLock { taken in
            taken?.signals.cancel()
            taken = nil
        }
    }

    private func handle(_ event: InterruptDialogue.Event) {
        let action = dialogue.withLock { $0.handle(event) }
        switch action {
        case .nothing: break
        case .ask:
            taken.withLock { $0?.keyboard.open() }
            display.ask(question)
        case .dismiss: answer(nil)
        case .cancel:
            answer("Cancelling: nothing new starts, and open orders are cancelled at the venue.")
            control.cancel(RunCancellation(by: "user"))
        case .detach, .stop:
            leaving.withLock { $0 = action }
            answer(leavingWords(action))
            control.stop()
        case .remind:
            display.say("Stopping as soon as the step in hand is done; an agent that is being asked may take its time.")
        }
    }

    private func leavingWords(_ action: InterruptDialogue.Action) -> String? {
        if isFollowing { return nil }
        return action == .detach
            ? "Detaching: the run stops here between two turns and goes on in the background."
            : "Stopping between two turns."
    }

    private func answer(_ words: String?) {
        taken.withLock { $0?.keyboard.close() }
        display.ask([])
        if let words { display.say(words) }
    }

    private var question: [String] {
        let open = display.openOrders
        let list = open.prefix(5).map { "\($0.symbol) \($0.filled)/\($0.quantity)" }.joined(separator: ", ")
        let more = open.count > 5 ? " and \(open.count - 5) more" : ""
        let now =
            open.isEmpty
            ? "No order is open; the run goes on."
            : "\(open.count == 1 ? "1 order is" : "\(open.count) orders are") being worked: \(list)\(more). "
                + "The run goes on."
        return [
            now,
            "[d]etach: goes on in the background, [c]ancel: starts nothing more and cancels open orders, "
                + "[Enter] or [r]: go on. Ctrl-C again detaches.",
        ]
    }
}
