import Foundation
public import TradingDomain

/// Asks agents for runs of other workers, as long as this one has room, until it is told to drain.
public actor ErrandRunner {
    /// An agent that this worker can ask for others.
    public struct Helper: Sendable {
        public let agent: any TradingAgent
        /// As in ``AgentErrand/Origin/fingerprint``.
        public let fingerprint: String
        /// As in ``AgentRuntime/Options/secrets``.
        public let secrets: Set<String>

        public init(agent: any TradingAgent, fingerprint: String, secrets: Set<String> = []) {
            self.agent = agent
            self.fingerprint = fingerprint
            self.secrets = secrets
        }
    }

    /// What a helper tells of its work.
    public enum Event: Sendable {
        case asks(AgentErrand)
        case answered(AgentErrand)
        /// Nobody waits for the answer any more, or somebody else has the errand.
        case calledOff(AgentErrand)
        /// Left to others.
        case gaveBack(AgentErrand, reason: String)
        /// The board does not answer; it is asked again.
        case trouble(String)
    }

    /// Longest and shortest pause between two looks, in milliseconds.
    private static let look = 50...100
    /// How often it looks whether its errands are still wanted.
    private static let wantedCheck = Duration.seconds(1)
    /// How often it looks whether its agents have changed.
    private static let agentCheck = Duration.seconds(10)
    /// Wait before a board that failed is asked again.
    private static let brief = Duration.seconds(1)
    /// Errands that were given back and are remembered.
    private static let refusedMax = 1_000
    /// An agent that fails here without having said anything may do so by what this machine lacks: for so long its
    /// questions are left to others.
    private static let rest = Duration.seconds(30)

    private let board: any ErrandBoard
    private let runtime: AgentRuntime
    private let names: [AgentID]
    private let find: @Sendable (AgentID) -> Helper?
    private let capacity: Int
    private let load: AgentLoad
    private let tell: @Sendable (Event) -> Void
    private var inHand: [String: (taken: TakenErrand, work: Task<AgentAnswer, Never>?)] = [:]
    private var refused: [String] = []
    private var fingerprints: [String] = []
    private var agentCheckAt = ContinuousClock.now
    private var isDraining = false
    private var isTaking = false
    /// The board may have errands down to this worker that it does not know of.
    private var isUnsure = false
    /// Until when agents of a fingerprint are left to others.
    private var resting: [String: ContinuousClock.Instant] = [:]

    /// A helper of a process.
    ///
    /// - Parameters:
    ///   - board: Where errands lie.
    ///   - runtime: Asks; its line is not used.
    ///   - names: Agents that are configured here.
    ///   - find: The agent of a name as it is now; `nil` for one that others cannot be helped with.
    ///   - capacity: Agents asked at once, those of runs of this process included.
    ///   - load: What this process asks for itself.
    ///   - tell: Hears of everything it does.
    public init(
        board: any ErrandBoard,
        runtime: AgentRuntime,
        names: [AgentID],
        find: @escaping @Sendable (AgentID) -> Helper?,
        capacity: Int,
        load: AgentLoad,
        tell: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.board = board
        self.runtime = runtime
        self.names = names
        self.find = find
        self.capacity = capacity
        self.load = load
        self.tell = tell
    }

    /// Whether it has nothing in hand and nothing on its way.
    public var isIdle: Bool { inHand.isEmpty && !isTaking }

    /// Takes nothing more; what is in hand is finished.
    public func drain() { isDraining = true }

    /// Helps until ``drain()``, and returns once nothing is in hand any more.
    public func run() async {
        await withDiscardingTaskGroup { group in
            var checkedAt = ContinuousClock.now
            while !isDraining || !inHand.isEmpty {
                do {
                    for taken in try await take() {
                        guard !isDraining else {
                            await giveBack(taken, "this worker ends")
                            continue
                        }
                        inHand[taken.errand.id] = (taken, nil)
                        group.addTask { await self.perform(taken) }
                    }
                    isTaking = false
                    if .now - checkedAt >= Self.wantedCheck {
                        checkedAt = .now
                        if !inHand.isEmpty { try await callOff() }
                        if isUnsure { try await leaveOthers() }
                    }
                } catch {
                    (isTaking, isUnsure) = (false, true)
                    tell(.trouble("\(error)"))
                    await pause(Self.brief)
                }
                await pause(.milliseconds(Int.random(in: Self.look)))
            }
        }
        await runtime.settle()
    }

    private func take() async throws -> [TakenErrand] {
        let room = capacity - load.current - inHand.count
        guard !isDraining, room > 0 else { return [] }
        if .now >= agentCheckAt {
            agentCheckAt = .now + Self.agentCheck
            fingerprints = names.compactMap { find($0)?.fingerprint }
        }
        let now = ContinuousClock.now
        resting = resting.filter { $0.value > now }
        let fit = fingerprints.filter { resting[$0] == nil }
        guard !fit.isEmpty else { return [] }
        isTaking = true
        // What is in hand may be open again once this worker's lease was over for a while; it is asked all the same.
        return try await board.take(room, of: fit, except: refused + inHand.keys.sorted())
    }

    private func leaveOthers() async throws {
        try await board.leaveOthers(than: inHand.values.map(\.taken))
        isUnsure = false
    }

    /// Ends agents whose answer nobody waits for.
    private func callOff() async throws {
        let mine = inHand.values.map(\.taken)
        let wanted = try await board.wanted(mine)
        for taken in mine where !wanted.contains(taken.errand.id) { inHand[taken.errand.id]?.work?.cancel() }
    }

    private func perform(_ taken: TakenErrand) async {
        let errand = taken.errand
        defer { inHand[errand.id] = nil }
        guard let helper = find(errand.agent), helper.fingerprint == errand.origin.fingerprint else {
            return await giveBack(taken, "agent \(errand.agent) is another one here")
        }
        let request: DecisionRequest
        do {
            request = try JSONDecoder().decode(DecisionRequest.self, from: Data(errand.request))
        } catch {
            return await giveBack(taken, "its request cannot be read: \(error)")
        }
        tell(.asks(errand))
        let work = Task { [runtime] in
            await runtime.answer(helper.agent, request, timeout: errand.timeout, secrets: helper.secrets)
        }
        inHand[errand.id]?.work = work
        let answer = await work.value
        guard !work.isCancelled else { return tell(.calledOff(errand)) }
        if case .unasked(let reason) = answer.content { return await giveBack(taken, reason) }
        if case .failed(let failure) = answer.content, answer.reply.isEmpty {
            resting[errand.origin.fingerprint] = .now + Self.rest
            // A deadline has passed for whoever waits, too; any other failure may be this machine's.
            if failure.code != .timeout { return await giveBack(taken, failure.message) }
        }
        do {
            let isTaken = try await board.answer(taken, answer)
            tell(isTaken ? .answered(errand) : .calledOff(errand))
            isUnsure = isUnsure || !isTaken
        } catch {
            isUnsure = true
            tell(.trouble("The answer of \(errand.agent) for run \(errand.origin.run) is lost: \(error)"))
        }
    }

    private func giveBack(_ taken: TakenErrand, _ reason: String) async {
        refused.append(taken.errand.id)
        if refused.count > Self.refusedMax { refused.removeFirst() }
        do {
            try await board.giveBack(taken)
            tell(.gaveBack(taken.errand, reason: reason))
        } catch {
            isUnsure = true
            tell(.trouble("\(error)"))
        }
    }

    private func pause(_ time: Duration) async {
        // A cancelled pause is a short one.
        try? await Task.sleep(for: time)
    }
}
