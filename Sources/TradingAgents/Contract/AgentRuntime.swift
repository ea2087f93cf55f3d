import Synchronization
public import TradingDomain

/// Asks agents, whatever they are, and always comes back with decisions in time.
///
/// An agent that answers late, twice, or about something else has answered wrongly; none of that stops the others
/// (SX-2). The deadline is wall-clock time and the run's clock only stamps. An answer that comes after it is dropped by
/// its request's own gate, so an agent that ignores cancellation cannot slip one in; such stragglers are kept until
/// they end, see ``settle()``.
public actor AgentRuntime {
    /// How one agent is treated.
    public struct Options: Hashable, Sendable {
        public var validity: ValidityLimits
        public var legacyBasis: LegacySizeBasis
        /// Failures (error, garbage, timeout) in a row before ``AgentExchange/breakerIsOpen``; an agent's own
        /// NO_VIEW or INSUFFICIENT_DATA is none.
        public var breakerThreshold: Int
        /// Values that an agent was given and that must not be stored or shown (I10): each is replaced by `***`
        /// wherever it comes back, in answers, logs and messages.
        public var secrets: Set<String>

        public init(
            validity: ValidityLimits = ValidityLimits(),
            legacyBasis: LegacySizeBasis = .deltaPercentOfEquity,
            breakerThreshold: Int = 3,
            secrets: Set<String> = []
        ) {
            self.secrets = secrets
            self.validity = validity
            self.legacyBasis = legacyBasis
            self.breakerThreshold = breakerThreshold
        }
    }

    private let now: @Sendable () -> Timestamp
    private let line: AgentLine
    private var failuresInARow: [AgentID: Int] = [:]
    private var stragglers: [Int: Task<Void, Never>] = [:]
    private var nextStraggler = 0
    /// Answers that came after their deadline and were dropped.
    public private(set) var lateAnswers = 0

    /// - Parameters:
    ///   - maximumConcurrent: Agents asked at once; others wait in order. At least 1.
    ///   - load: Where they are counted, with those of other runtimes of the process.
    ///   - now: The run's clock, for stamping.
    public init(
        maximumConcurrent: Int = 4,
        load: AgentLoad = AgentLoad(),
        now: @escaping @Sendable () -> Timestamp
    ) {
        precondition(maximumConcurrent >= 1, "at least one agent at once, was \(maximumConcurrent)")
        line = AgentLine(places: maximumConcurrent, load: load)
        self.now = now
    }

    /// Lets other workers ask, from now on, what waits for a place here and may travel.
    public func share(on board: any ErrandBoard) async { await line.share(on: board) }

    /// Asks `agent` and returns one decision per asked symbol (one in all for `REBALANCE`), in the order asked.
    ///
    /// - Parameters:
    ///   - agent: Whom to ask.
    ///   - request: About one symbol at least.
    ///   - timeout: Wall-clock time to answer in, from when the agent is started.
    ///   - options: Validity, the meaning of a bare size, and the breaker.
    ///   - origin: What lets another worker ask while all places here are taken; `nil` for a question that stays here.
    /// - Returns: The decisions and the raw exchange.
    public func ask(
        _ agent: any TradingAgent,
        _ request: DecisionRequest,
        timeout: Duration,
        options: Options = Options(),
        origin: AgentErrand.Origin? = nil
    ) async -> AgentExchange {
        precondition(!request.symbols.isEmpty, "request \(request.requestID) asks about no symbol")
        let requestBytes: [UInt8]
        let answer: AgentAnswer
        var isCancelled = false
        do {
            requestBytes = try request.encoded()
            let errand = origin.map {
                AgentErrand(id: "", origin: $0, agent: agent.descriptor.id, timeout: timeout, request: requestBytes)
            }
            if let given = await self.answer(agent, request, timeout, options, errand) {
                answer = given
            } else {
                isCancelled = true
                answer = AgentAnswer(.failed(AgentFailure(.timeout, "The question was cancelled.")))
            }
        } catch {
            requestBytes = []
            answer = AgentAnswer(.failed(AgentFailure(.modelError, "The request cannot be written as JSON: \(error)")))
        }
        let stamp = DecisionStamp(
            agent: agent.descriptor,
            request: request,
            now: now(),
            validity: options.validity,
            legacyBasis: options.legacyBasis
        )
        var reading = ReplyReading(stamp: stamp)
        switch answer.content {
        case .replies(let replies): reading.read(replies)
        case .failed(let failure): reading.fail(failure.code, failure.message)
        case .unasked(let message): reading.fail(.modelError, message)
        }
        let decisions = reading.decisions()
        let id = agent.descriptor.id
        let isOpen = failuresInARow[id, default: 0] >= options.breakerThreshold
        isCancelled = isCancelled || Task.isCancelled && Self.isFailure(decisions)
        // What was cut short says nothing of the agent.
        if !isCancelled { failuresInARow[id] = Self.isFailure(decisions) ? failuresInARow[id, default: 0] + 1 : 0 }
        return AgentExchange(
            requestID: request.requestID,
            agent: agent.descriptor,
            requestBytes: requestBytes,
            replyBytes: answer.reply,
            errorTail: answer.errorTail,
            ending: answer.ending,
            decisions: decisions,
            refusals: reading.refusals,
            duration: answer.duration,
            breakerIsOpen: isOpen,
            askedBy: answer.askedBy,
            isCancelled: isCancelled
        )
    }

    /// What the agent says, asked here or by another worker, whichever has a place first; `nil` when nobody is to be asked
    /// any more.
    private func answer(
        _ agent: any TradingAgent,
        _ request: DecisionRequest,
        _ timeout: Duration,
        _ options: Options,
        _ errand: AgentErrand?
    ) async -> AgentAnswer? {
        switch await line.turn(for: errand) {
        case .here:
            let answer = await answer(agent, request, timeout: timeout, secrets: options.secrets)
            await line.leave()
            return answer
        case .answered(let answer): return answer
        case .cancelled: return nil
        }
    }

    /// Asks at once, without waiting for a place, and judges nothing: how one worker asks for another.
    ///
    /// - Parameters:
    ///   - agent: Whom to ask.
    ///   - request: What to ask.
    ///   - timeout: Wall-clock time to answer in.
    ///   - secrets: Values that are replaced by `***` wherever they come back.
    /// - Returns: What it said.
    public func answer(
        _ agent: any TradingAgent,
        _ request: DecisionRequest,
        timeout: Duration,
        secrets: Set<String>
    ) async -> AgentAnswer {
        var request = request
        request.tools.transcript = AgentTranscript()
        request.tools.timeout = timeout
        let mask = SecretMask(secrets)
        let started = ContinuousClock.now
        let content = await race(agent, request, timeout)
        let duration = ContinuousClock.now - started
        let transcript = request.tools.transcript.contents
        return AgentAnswer(
            mask.applied(content),
            reply: mask.applied(transcript.reply),
            errorTail: mask.applied(transcript.errorTail),
            ending: request.tools.transcript.ending,
            duration: duration
        )
    }

    /// Waits until every agent that outlived its deadline has ended; call it before the program stops.
    public func settle() async {
        for task in stragglers.values { await task.value }
        stragglers = [:]
    }

    private func race(_ agent: any TradingAgent, _ request: DecisionRequest, _ timeout: Duration) async
        -> AgentAnswer.Content
    {
        let gate = FirstAnswer<AgentAnswer.Content>()
        let work = Task {
            let outcome: AgentAnswer.Content
            do {
                outcome = .replies(try await agent.decide(request))
            } catch let failure as AgentFailure {
                outcome = .failed(failure)
            } catch {
                outcome = .unasked("\(error)")
            }
            return gate.offer(outcome)
        }
        let timer = Task {
            // A cancelled sleep means that the answer was there first; the offer then comes too late anyway.
            try? await Task.sleep(for: timeout)
            _ = gate.offer(.failed(AgentFailure(.timeout, "No answer within \(timeout).")))
        }
        let outcome = await withTaskCancellationHandler {
            await gate.value()
        } onCancel: {
            _ = gate.offer(.failed(AgentFailure(.timeout, "The question was cancelled.")))
        }
        work.cancel()
        timer.cancel()
        follow(work)
        return outcome
    }

    /// Keeps a task that may outlive its deadline until it ends, and counts its answer as late.
    private func follow(_ work: Task<Bool, Never>) {
        let number = nextStraggler
        nextStraggler += 1
        stragglers[number] = Task {
            let cameFirst = await work.value
            self.ended(number, late: !cameFirst)
        }
    }

    private func ended(_ number: Int, late: Bool) {
        stragglers[number] = nil
        if late { lateAnswers += 1 }
    }

    private static func isFailure(_ decisions: [TradingDecision]) -> Bool {
        decisions.allSatisfy { decision in
            guard case .abstain(let abstention) = decision.body else { return false }
            return [.modelError, .unparseable, .timeout].contains(abstention.code)
        }
    }
}

/// Takes the first of several answers and refuses the rest.
private final class FirstAnswer<Answer: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Answer, Never>)
        case answered(Answer)
        case taken
    }

    private let state = Mutex(State.open)

    /// Whether `answer` was the first.
    func offer(_ answer: Answer) -> Bool {
        let (first, waiter): (Bool, CheckedContinuation<Answer, Never>?) = state.withLock { state in
            switch state {
            case .open:
                state = .answered(answer)
                return (true, nil)
            case .awaited(let continuation):
                state = .taken
                return (true, continuation)
            case .answered, .taken: return (false, nil)
            }
        }
        waiter?.resume(returning: answer)
        return first
    }

    /// Waits for the first answer; call once.
    func value() async -> Answer {
        await withCheckedContinuation { continuation in
            let ready: Answer? = state.withLock { state in
                if case .answered(let answer) = state {
                    state = .taken
                    return answer
                }
                state = .awaited(continuation)
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}
