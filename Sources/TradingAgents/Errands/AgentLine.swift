/// The line before the places of agents: first come, first served.
///
/// While all places here are taken, questions that may travel lie on a board, too, and whoever comes first asks: a place
/// here, which takes the question back before, or another worker. So no question is asked twice while both live, and a
/// worker that dies delays its questions by no more than its lease.
actor AgentLine {
    /// How a question's wait ends.
    enum Turn: Sendable {
        /// A place is its own until ``AgentLine/leave()``.
        case here
        case answered(AgentAnswer)
        /// Its task was cancelled, or its run is to end early.
        case cancelled
    }

    /// Questions of this line on the board at a time: more than other workers can begin before the next look.
    private static let offersMax = 64
    /// Between two looks at the board, in milliseconds: a small part of what an agent takes.
    private static let look = 25...50
    /// How often a line that nobody helps looks for helpers.
    private static let helperCheck = Duration.seconds(1)
    /// A helper ends an agent at its deadline; one that has not even done so after this long is not waited for.
    private static let grace = Duration.seconds(30)
    /// So long a board that fails is asked to drop what nobody waits for any more.
    private static let dropPatience = Duration.seconds(30)

    private enum Stage {
        /// Only here.
        case waiting
        /// On its way to the board: neither here nor there yet.
        case offering
        /// On the board, and nobody has begun.
        case offered
        /// A place here is kept for it while it is taken back.
        case recalling
        /// Another worker asks.
        case taken
    }

    private struct Entry {
        let number: Int
        var errand: AgentErrand?
        var stage = Stage.waiting
        let continuation: CheckedContinuation<Turn, Never>
    }

    private let load: AgentLoad
    private var free: Int
    private var line: [Entry] = []
    private var nextNumber = 1
    private var board: (any ErrandBoard)?
    /// Errands that nobody waits for any more.
    private var dropped: Set<String> = []
    private var helperCheckAt = ContinuousClock.now
    /// Since when a board fails while nobody waits for it.
    private var failingSince: ContinuousClock.Instant?
    private var watch: Task<Void, Never>?

    init(places: Int, load: AgentLoad) {
        free = places
        self.load = load
    }

    /// Lets other workers help from now on.
    func share(on board: any ErrandBoard) { self.board = board }

    /// Waits until a question may be asked here, or has been answered elsewhere; without `errand` it stays here.
    func turn(for errand: AgentErrand?) async -> Turn {
        if free > 0, !line.contains(where: { $0.stage != .taken }) {
            enter()
            return .here
        }
        let number = takeNumber()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(returning: .cancelled) }
                let isShared = board != nil && errand != nil
                let own = isShared ? errand?.numbered(number) : nil
                line.append(Entry(number: number, errand: own, continuation: continuation))
                if isShared { beginWatch() }
            }
        } onCancel: {
            Task { await self.cancel(number) }
        }
    }

    /// Gives a place back.
    func leave() async {
        give()
        await serve()
    }

    private func takeNumber() -> Int {
        defer { nextNumber += 1 }
        return nextNumber
    }

    private func enter() {
        free -= 1
        load.change(by: 1)
    }

    private func give() {
        free += 1
        load.change(by: -1)
    }

    private func cancel(_ number: Int) {
        guard let index = line.firstIndex(where: { $0.number == number }) else { return }
        let entry = line.remove(at: index)
        entry.continuation.resume(returning: .cancelled)
        guard entry.stage != .waiting, let id = entry.errand?.id else { return }
        dropped.insert(id)
        beginWatch()
    }

    /// Gives free places to whoever waits longest; what lies on the board is taken back before.
    private func serve() async {
        while free > 0, let index = line.firstIndex(where: { $0.stage == .waiting || $0.stage == .offered }) {
            enter()
            guard line[index].stage == .offered, let board, let id = line[index].errand?.id else {
                line.remove(at: index).continuation.resume(returning: .here)
                continue
            }
            let number = line[index].number
            line[index].stage = .recalling
            let recalled = try? await board.recall([id])  // An error is tried again by the watch.
            guard let now = line.firstIndex(where: { $0.number == number }) else {
                give()  // It was cancelled meanwhile.
                continue
            }
            guard let recalled else {
                line[now].stage = .offered
                return give()
            }
            guard recalled.contains(id) else {
                line[now].stage = .taken
                give()
                continue
            }
            line.remove(at: now).continuation.resume(returning: .here)
        }
    }

    // MARK: The board

    private func beginWatch() {
        guard watch == nil else { return }
        watch = Task { await self.watchBoard() }
    }

    private func watchBoard() async {
        while let board, !dropped.isEmpty || line.contains(where: { $0.errand != nil }) {
            do {
                try await offer(on: board)
                try await look(at: board)
                try await drop(from: board)
                failingSince = nil
            } catch {
                // Tried again as long as anybody waits, and a little longer. What then stays on the board goes with its run.
                let since = failingSince ?? .now
                let isAwaited = line.contains { $0.errand != nil }
                failingSince = isAwaited ? nil : since
                if !isAwaited, .now - since > Self.dropPatience { dropped = [] }
            }
            await serve()
            // A cancelled pause is a short one.
            try? await Task.sleep(for: .milliseconds(Int.random(in: Self.look)))
        }
        watch = nil
    }

    private func offer(on board: any ErrandBoard) async throws {
        guard .now >= helperCheckAt else { return }
        let room = Self.offersMax - line.count { $0.stage == .offered }
        let fresh = line.filter { $0.stage == .waiting && $0.errand != nil }.prefix(max(0, room))
        guard let account = fresh.first?.errand?.origin.account else { return }
        guard try await board.hasHelpers(for: account) else {
            helperCheckAt = .now + Self.helperCheck
            return
        }
        // Some may have had their turn meanwhile.
        let numbers = Set(fresh.map(\.number))
        var errands: [AgentErrand] = []
        for index in line.indices where line[index].stage == .waiting && numbers.contains(line[index].number) {
            line[index].stage = .offering
            errands += [line[index].errand].compactMap(\.self)
        }
        defer {
            // Also after an error: what has not arrived is missed by the next look.
            for index in line.indices where line[index].stage == .offering { line[index].stage = .offered }
        }
        try await board.offer(errands)
    }

    private func look(at board: any ErrandBoard) async throws {
        let ids = line.filter { $0.stage == .offered || $0.stage == .taken }.compactMap(\.errand?.id)
        guard !ids.isEmpty else { return }
        let standings = try await board.look(at: ids)
        for id in ids {
            guard let index = line.firstIndex(where: { $0.errand?.id == id }), line[index].stage != .recalling,
                let errand = line[index].errand
            else { continue }
            switch standings[id] {
            case .open: line[index].stage = .offered
            case .taken(let time) where time <= errand.timeout + Self.grace: line[index].stage = .taken
            case .taken, .lost:
                dropped.insert(id)
                line[index].errand = errand.numbered(takeNumber())
                line[index].stage = .waiting
            case .answered(let answer):
                dropped.insert(id)
                line.remove(at: index).continuation.resume(returning: .answered(answer))
            case .calledOff:
                dropped.insert(id)
                line.remove(at: index).continuation.resume(returning: .cancelled)
            case nil: line[index].stage = .waiting
            }
        }
    }

    private func drop(from board: any ErrandBoard) async throws {
        let ids = dropped
        guard !ids.isEmpty else { return }
        try await board.drop(ids.sorted())
        dropped.subtract(ids)
    }
}
