/// What Ctrl-C and other signals mean while a run goes on: events in, what to do out.
struct InterruptDialogue: Hashable, Sendable {
    enum Situation: Hashable, Sendable {
        /// Somebody sits at the terminal, and the clock is paced: the run may take hours.
        case attended
        /// A paced clock without a terminal to ask at.
        case unattended
        /// Virtual time: the run takes seconds, and resuming it loses nothing.
        case virtual
        /// The background process of a detached run: nobody to ask, and nowhere to detach to.
        case background
    }

    enum Event: Hashable, Sendable {
        /// Ctrl-C, or SIGINT from elsewhere.
        case interrupt
        /// SIGTERM, or SIGHUP: the terminal went away.
        case terminate
        case key(UInt8)
    }

    enum Action: Hashable, Sendable {
        case nothing
        /// Put the question; the run goes on meanwhile.
        case ask
        /// Take the question away.
        case dismiss
        /// Stop between turns and go on in the background.
        case detach
        /// Stop between turns and say how to go on.
        case stop
        /// Start nothing more, cancel what is open, and report.
        case cancel
        /// Say that the wish is known and takes until the turn ends.
        case remind
    }

    let situation: Situation
    private(set) var isAsking = false
    private(set) var isLeaving = false
    private(set) var isCancelling = false

    init(_ situation: Situation) { self.situation = situation }

    mutating func handle(_ event: Event) -> Action {
        if isLeaving { return event == .interrupt ? .remind : .nothing }
        switch (situation, event) {
        case (.virtual, .interrupt), (.virtual, .terminate), (.background, .interrupt), (.background, .terminate):
            isLeaving = true
            return .stop
        case (.unattended, .interrupt), (.unattended, .terminate), (.attended, .terminate):
            return leave()
        case (.attended, .interrupt):
            guard !isAsking else { return leave() }
            isAsking = true
            return .ask
        case (.attended, .key(let key)):
            return isAsking ? answer(key) : .nothing
        case (.unattended, .key), (.virtual, .key), (.background, .key):
            return .nothing
        }
    }

    private mutating func answer(_ key: UInt8) -> Action {
        switch key {
        case UInt8(ascii: "d"), UInt8(ascii: "D"):
            return leave()
        case UInt8(ascii: "c"), UInt8(ascii: "C"):
            isAsking = false
            defer { isCancelling = true }
            return isCancelling ? .dismiss : .cancel
        case UInt8(ascii: "r"), UInt8(ascii: "R"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x1B:
            isAsking = false
            return .dismiss
        default:
            return .nothing
        }
    }

    private mutating func leave() -> Action {
        isAsking = false
        isLeaving = true
        return .detach
    }
}
