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

    private enum Outcome: Sendable {
        case replies([AgentReply])
        case failed(TradingDecision.Abstention.Code, String)
    }

    private let now: @Sendable () -> Timestamp
    private let maximumConcurrent: Int
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var failuresInARow: [AgentID: Int] = [:]
    private var stragglers: [Int: Task<Void, Never>] = [:]
    private var nextStraggler = 0
    /// Answers that came after their deadline and were dropped.
    public private(set) var lateAnswers = 0

    /// - Parameters:
    ///   - maximumConcurrent: Agents asked at once; others wait in order. At least 1.
    ///   - now: The run's clock, for stamping.
    public init(maximumConcurrent: Int = 4, now: @escaping @Sendable () -> Timestamp) {
        precondition(maximumConcurrent >= 1, "at least one agent at once, was \(maximumConcurrent)")
        self.maximumConcurrent = maximumConcurrent
        self.now = now
    }

    /// Asks `agent` and returns one decision per asked symbol (one in all for `REBALANCE`), in the order asked.
    ///
    /// - Parameters:
    ///   - agent: Whom to ask.
    ///   - request: About one symbol at least.
    ///   - timeout: Wall-clock time to answer in, from when the agent is started.
    ///   - options: Validity, the meaning of a bare size, and the breaker.
    /// - Returns: The decisions and the raw exchange.
    public func ask(
        _ agent: any TradingAgent,
        _ request: DecisionRequest,
        timeout: Duration,
        options: Options = Options()
    ) async -> AgentExchange {
        precondition(!request.symbols.isEmpty, "request \(request.requestID) asks about no symbol")
        await takePlace()
        defer { givePlace() }
        var request = request
        request.tools.transcript = AgentTranscript()
        request.tools.timeout = timeout
        let requestBytes: [UInt8]
        var outcome: Outcome
        let started = ContinuousClock.now
        do {
            requestBytes = try request.encoded()
            outcome = await race(agent, request, timeout)
        } catch {
            requestBytes = []
            outcome = .failed(.modelError, "The request cannot be written as JSON: \(error)")
        }
        let duration = ContinuousClock.now - started
        let stamp = DecisionStamp(
            agent: agent.descriptor,
            request: request,
            now: now(),
            validity: options.validity,
            legacyBasis: options.legacyBasis
        )
        let mask = SecretMask(options.secrets)
        var reading = ReplyReading(stamp: stamp)
        switch outcome {
        case .replies(let replies): reading.read(replies.map(mask.applied))
        case .failed(let code, let message): reading.fail(code, mask.applied(message))
        }
        let decisions = reading.decisions()
        let id = agent.descriptor.id
        let isOpen = failuresInARow[id, default: 0] >= options.breakerThreshold
        failuresInARow[id] = Self.isFailure(decisions) ? failuresInARow[id, default: 0] + 1 : 0
        let transcript = request.tools.transcript.contents
        return AgentExchange(
            requestID: request.requestID,
            agent: agent.descriptor,
            requestBytes: requestBytes,
            replyBytes: mask.applied(transcript.reply),
            errorTail: mask.applied(transcript.errorTail),
            ending: request.tools.transcript.ending,
            decisions: decisions,
            refusals: reading.refusals,
            duration: duration,
            breakerIsOpen: isOpen
        )
    }

    /// Waits until every agent that outlived its deadline has ended; call it before the program stops.
    public func settle() async {
        for task in stragglers.values { await task.value }
        stragglers = [:]
    }

    private func race(_ agent: any TradingAgent, _ request: DecisionRequest, _ timeout: Duration) async -> Outcome {
        let gate = FirstAnswer<Outcome>()
        let work = Task {
            let outcome: Outcome
            do {
                outcome = .replies(try await agent.decide(request))
            } catch let failure as AgentFailure {
                outcome = .failed(failure.code, failure.message)
            } catch {
                outcome = .failed(.modelError, "\(error)")
            }
            return gate.offer(outcome)
        }
        let timer = Task {
            // A cancelled sleep means that the answer was there first; the offer then comes too late anyway.
            try? await Task.sleep(for: timeout)
            _ = gate.offer(.failed(.timeout, "No answer within \(timeout)."))
        }
        let outcome = await withTaskCancellationHandler {
            await gate.value()
        } onCancel: {
            _ = gate.offer(.failed(.timeout, "The question was cancelled."))
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

    private func takePlace() async {
        if running < maximumConcurrent {
            running += 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func givePlace() {
        // The place passes on without becoming free, so that nobody overtakes.
        if waiting.isEmpty { running -= 1 } else { waiting.removeFirst().resume() }
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
