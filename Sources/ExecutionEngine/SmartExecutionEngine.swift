public import ExecutionAlgorithms
public import MarketData
public import Portfolio
public import RiskRules
public import TradingDomain

/// The execution engine of one account: the group-commit loop around ``EngineCore``.
///
/// Everything in the inbox is applied to the core, what came of it is committed in one transaction, and only then
/// do commands leave (I2). What arrives during a commit is the next batch; beside a wall clock it is made meanwhile.
/// One caller drives the turns: the live loop, or the driver of virtual time.
public actor SmartExecutionEngine {
    /// Turns at one instant before something must be feeding itself.
    private static let roundsMax = 10_000

    public nonisolated let lease: EngineLease
    /// Tells whoever listens in this process what happened, once it is durable.
    public nonisolated let notifier: ExecutionNotifier
    private let journal: any Journal
    private let broker: any Broker
    /// What the learned router learns from; without it, it knows nothing and RO-2 serves.
    private let history: (any RoutingHistory)?
    private let inputsPerBatch: Int?
    var core: EngineCore
    private var inbox: [EngineInput] = []
    /// Parents that had ended before this engine took the account.
    private var finished: Set<ParentOrderID> = []
    private var isTurning = false
    /// What ended this engine: a batch whose fate it does not know must not be followed by another.
    private var failure: (any Error)?

    /// Takes the account and brings back what was open.
    ///
    /// - Throws: ``JournalError/accountBusy(_:)`` while a living worker holds the account, and the journal's errors.
    public init(
        account: AccountID,
        opening: AccountOpening,
        configuration: EngineConfiguration,
        router: OrderRouting,
        catalog: AlgorithmCatalog = AlgorithmCatalog(),
        journal: any Journal,
        broker: any Broker,
        history: (any RoutingHistory)? = nil,
        notifier: ExecutionNotifier = ExecutionNotifier()
    ) async throws {
        self.notifier = notifier
        lease = try await journal.acquire(account, opening: opening)
        let state = try await journal.load(account)
        self.journal = journal
        self.broker = broker
        self.history = history
        inputsPerBatch = configuration.inputsPerBatch
        core = EngineCore(
            configuration: configuration,
            router: router,
            catalog: catalog,
            lease: lease,
            state: state,
            at: max(state.clock ?? opening.at, opening.at)
        )
        core.router.learned = try await history?.learned(of: account)
    }

    /// When the engine has something to do without any input.
    public var nextWake: Timestamp? { core.nextWake }

    /// Whether a parent has ended, durably: asked between turns.
    public func isFinal(_ parent: ParentOrderID) -> Bool { core.results[parent] != nil || finished.contains(parent) }

    /// Whether each of several parents has ended, durably, in the order asked.
    public func areFinal(_ parents: [ParentOrderID]) -> [Bool] { parents.map(isFinal) }

    /// Symbols of parents that are being worked.
    public var workingSymbols: [Symbol] { core.workingSymbols }

    /// How far parents are, in the order asked; what this engine never worked is left out.
    public func progress(of parents: [ParentOrderID]) -> [ParentProgress] { parents.compactMap(core.progress) }

    public var portfolio: PortfolioState { core.portfolio }
    public var halt: HaltState { core.halt }
    /// Set while the account may only reduce its exposure (OP-11).
    public var safeMode: SafeMode? { core.safeMode }
    public func view(_ symbol: Symbol) -> MarketView? { core.board.view(symbol) }
    public func conditions(_ symbol: Symbol) -> MarketConditions? { core.board.conditions(symbol) }
    public func marketState(_ symbol: Symbol) -> MarketState { core.board.state(symbol) }
    public var equity: Money { core.equity() }
    public var marks: [Symbol: Mark] { core.marks() }

    public func riskSnapshot(at now: Timestamp, including instruments: [Instrument] = []) -> RiskSnapshot {
        core.riskSnapshot(at: now, including: instruments)
    }

    /// Records a parent order and hands it to admission at the next turn; a repeated id is not worked twice.
    ///
    /// - Returns: The parent as stored, which may be finished already.
    /// - Throws: The journal's errors; then nothing was recorded, or it will be found as submitted.
    public func submit(_ submission: ParentSubmission) async throws -> ParentRecord {
        let record = try await journal.submit(submission)
        if record.state.isFinal {
            finished.insert(submission.id)
        } else {
            inbox.append(.submitted(record.submission))
        }
        return record
    }

    /// Puts what happened into the inbox, to be applied by the next turn.
    public func enqueue(_ inputs: [EngineInput]) { inbox += inputs }

    /// Takes note of what the market has done already, without acting on it before the next turn.
    public func observe(_ events: [MarketEvent], at now: Timestamp) {
        for event in events { core.apply(.market(event), at: now) }
    }

    /// Applies the inbox and everything due at `now`, commits, and sends, until nothing is left to do at `now`.
    ///
    /// - Throws: ``JournalError``; after a failed fence nothing was sent and the engine must be dropped.
    public func turn(at now: Timestamp) async throws {
        precondition(!isTurning, "two turns of account \(lease.account) at once")
        if let failure { throw failure }
        isTurning = true
        defer { isTurning = false }
        if let inputsPerBatch {
            try await overlap(at: now, inputsPerBatch)
        } else {
            try await proceed(at: now)
        }
    }

    /// Batch after batch, each with everything there is: what comes of equal inputs is equal.
    private func proceed(at now: Timestamp) async throws {
        for _ in 0..<Self.roundsMax {
            do {
                guard let made = try await makeBatch(at: now, inputs: .max) else { return }
                let receipt = try await made.prepared.commit()
                await Self.send(settle(made.batch, receipt, at: now), to: broker)
            } catch {
                throw await failed(by: error, at: now)
            }
        }
        throw await restless(at: now)
    }

    private func restless(at now: Timestamp) async -> any Error {
        let error = EngineError.restless(lease.account, at: now, turns: Self.roundsMax)
        failure = error
        await leaveWord(error, at: now)
        return error
    }

    /// Puts the account into safe mode by an error that nobody foresaw, met by whoever uses this engine (OP-11).
    ///
    /// Takes effect with the next turn. Errors of another kind change nothing.
    public func report(_ error: any Error) {
        guard ErrorHandler.response(to: error) == .enterSafeMode else { return }
        inbox.append(.unexpected(code: ErrorHandler.code(of: error), message: "\(error)"))
    }

    /// Makes a batch while the one before is being committed and what the one before that allows is being sent.
    ///
    /// Commits follow one another, and a batch's commands leave when it is durable and before those of the next, so what
    /// concerns an order keeps its sequence. After a commit that failed nothing that was made meanwhile is committed.
    private func overlap(at now: Timestamp, _ inputs: Int) async throws {
        var made: MadeBatch?
        var allowed: [BrokerCommand] = []
        for _ in 0..<Self.roundsMax {
            let (committing, commands) = (made, allowed)
            async let answer = committing?.prepared.commit()
            async let sent: Void = Self.send(commands, to: broker)
            let next: Result<MadeBatch?, any Error>
            do {
                next = .success(try await makeBatch(at: now, inputs: inputs))
            } catch {
                next = .failure(error)
            }
            await sent
            let receipt: BatchReceipt?
            do {
                receipt = try await answer
                made = try next.get()
            } catch {
                throw await failed(by: error, at: now)
            }
            allowed = committing.flatMap { batch in receipt.map { settle(batch.batch, $0, at: now) } } ?? []
            if committing == nil, made == nil, allowed.isEmpty, inbox.isEmpty { return }
        }
        throw await restless(at: now)
    }

    private struct MadeBatch: Sendable {
        let batch: EngineBatch
        let prepared: PreparedBatch
    }

    /// Applies the inbox, up to a number of inputs, and what is due; `nil` when there is nothing to make durable.
    private func makeBatch(at now: Timestamp, inputs count: Int) async throws -> MadeBatch? {
        // After a takeover what was open is cleared up first: until then the account counts as not reconciled.
        await askDueQuestions(at: now)
        core.resumeRestored(at: now)
        try await learn(at: now)
        let inputs = Array(inbox.prefix(count))
        inbox.removeFirst(inputs.count)
        for input in inputs { core.apply(input, at: now) }
        // A parent's due slice goes into one batch with the reports about the one before.
        if inbox.isEmpty { core.fireTimers(at: now) } else { core.fireTouchedTimers(at: now) }
        return try core.takeBatch(at: now).map { MadeBatch(batch: $0, prepared: try journal.prepare($0, lease)) }
    }

    /// Reads the kill switch and the commands to parents, for times when no batch is committed.
    ///
    /// What is found takes effect with the next turn, the halt at once.
    public func checkControls(at now: Timestamp) async throws {
        let controls = try await journal.controls(lease.account)
        notifier.publish(ExecutionEvent.Kind.told(from: core.halt, to: controls.halt), of: lease.account, at: now)
        core.apply(halt: controls.halt, at: now)
        apply(safeMode: controls.safeMode, at: now)
        inbox += controls.commands.map(EngineInput.requested)
    }

    /// Gives the account back.
    public func close() async throws { try await journal.release(lease) }

    /// Ends the engine by an error, and leaves word of one that nobody foresaw; no commit is under way then.
    private func failed(by error: any Error, at now: Timestamp) async -> any Error {
        failure = error
        if ErrorHandler.response(to: error) == .enterSafeMode { await leaveWord(error, at: now) }
        return error
    }

    /// Takes the answer to a durable batch, and tells who listens what it holds.
    private func settle(_ batch: EngineBatch, _ receipt: BatchReceipt, at now: Timestamp) -> [BrokerCommand] {
        tell(batch, receipt, at: now)
        let before = core.safeMode
        let commands = core.settle(receipt, at: now)
        tell(before, batch, at: now)
        return commands
    }

    private static func send(_ commands: [BrokerCommand], to broker: any Broker) async {
        if !commands.isEmpty { await broker.send(commands) }
    }

    /// Learns anew before an order is routed by it, when what was learned is a day old or there is none.
    private func learn(at now: Timestamp) async throws {
        guard let history, core.router.learned?.isOld(at: now) ?? true else { return }
        let isAsked = inbox.contains { input in
            guard case .submitted(let submission) = input else { return false }
            return core.router.strategy(of: submission.choice) == .learned
        }
        guard isAsked else { return }
        let routes = LearnedRoutes(from: try await history.samples(of: lease.account, until: now), at: now)
        try await history.save(routes, lease)
        core.router.learned = routes
    }

    /// Writes down that this engine ended by an error nobody foresaw, where that is still possible.
    private func leaveWord(_ error: any Error, at now: Timestamp) async {
        let batch = core.lastWord(ErrorHandler.code(of: error), "The engine ended by an error: \(error)", at: now)
        // The engine's own error is what is thrown; without a journal there is nobody to tell this one.
        _ = try? await journal.commit(batch, lease)
    }

    private func apply(safeMode: SafeMode?, at now: Timestamp) {
        let before = core.safeMode
        core.apply(safeMode: safeMode, at: now)
        let kinds = ExecutionEvent.Kind.told(from: before, to: core.safeMode)
        notifier.publish(kinds, of: lease.account, at: now)
    }

    /// Tells that the safe mode of a durable batch began, or that a person ended it.
    private func tell(_ before: SafeMode?, _ batch: EngineBatch, at now: Timestamp) {
        guard notifier.isListening else { return }
        let entered = batch.safeMode.map { [ExecutionEvent.Kind.safeModeEntered($0)] }
        let kinds = entered ?? ExecutionEvent.Kind.told(from: before, to: core.safeMode)
        notifier.publish(kinds, of: lease.account, at: now)
    }

    /// Tells what a durable batch holds, and a move of the kill switch that it saw.
    private func tell(_ batch: EngineBatch, _ receipt: BatchReceipt, at now: Timestamp) {
        guard notifier.isListening else { return }
        let kinds =
            ExecutionEvent.Kind.told(by: batch, receipt) + ExecutionEvent.Kind.told(from: core.halt, to: receipt.halt)
        notifier.publish(kinds, of: lease.account, at: now)
    }

    private func askDueQuestions(at now: Timestamp) async {
        for question in core.dueQuestions(at: now) {
            core.answered(question, await broker.query(question.order, question.symbol), at: now)
        }
    }
}
