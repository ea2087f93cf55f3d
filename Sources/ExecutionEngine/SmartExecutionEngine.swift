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
    private let journal: any Journal
    private let broker: any Broker
    private let inputsPerBatch: Int?
    private var core: EngineCore
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
        router: UrgencyRouter,
        catalog: AlgorithmCatalog = AlgorithmCatalog(),
        journal: any Journal,
        broker: any Broker
    ) async throws {
        lease = try await journal.acquire(account, opening: opening)
        let state = try await journal.load(account)
        self.journal = journal
        self.broker = broker
        inputsPerBatch = configuration.inputsPerBatch
        core = EngineCore(
            configuration: configuration,
            router: router,
            catalog: catalog,
            lease: lease,
            state: state,
            at: max(state.clock ?? opening.at, opening.at)
        )
    }

    /// When the engine has something to do without any input.
    public var nextWake: Timestamp? { core.nextWake }

    /// Whether a parent has ended, durably: asked between turns.
    public func isFinal(_ parent: ParentOrderID) -> Bool { core.results[parent] != nil || finished.contains(parent) }

    /// Symbols of parents that are being worked.
    public var workingSymbols: [Symbol] { core.workingSymbols }

    /// How far parents are, in the order asked; what this engine never worked is left out.
    public func progress(of parents: [ParentOrderID]) -> [ParentProgress] { parents.compactMap(core.progress) }

    public var portfolio: PortfolioState { core.portfolio }
    public var halt: HaltState { core.halt }
    public func view(_ symbol: Symbol) -> MarketView? { core.board.view(symbol) }
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
            let receipt: BatchReceipt
            do {
                guard let batch = try await makeBatch(at: now, inputs: .max) else { return }
                receipt = try await batch.commit()
            } catch {
                failure = error
                throw error
            }
            await Self.send(core.settle(receipt, at: now), to: broker)
        }
        preconditionFailure("account \(lease.account) does not come to rest at \(now)")
    }

    /// Makes a batch while the one before is being committed and what the one before that allows is being sent.
    ///
    /// Commits follow one another, and a batch's commands leave when it is durable and before those of the next, so what
    /// concerns an order keeps its sequence. After a commit that failed nothing that was made meanwhile is committed.
    private func overlap(at now: Timestamp, _ inputs: Int) async throws {
        var made: PreparedBatch?
        var allowed: [BrokerCommand] = []
        for _ in 0..<Self.roundsMax {
            let (committing, commands) = (made, allowed)
            async let answer = committing?.commit()
            async let sent: Void = Self.send(commands, to: broker)
            let next: Result<PreparedBatch?, any Error>
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
                failure = error
                throw error
            }
            allowed = receipt.map { core.settle($0, at: now) } ?? []
            if committing == nil, made == nil, allowed.isEmpty, inbox.isEmpty { return }
        }
        preconditionFailure("account \(lease.account) does not come to rest at \(now)")
    }

    /// Applies the inbox, up to a number of inputs, and what is due; `nil` when there is nothing to make durable.
    private func makeBatch(at now: Timestamp, inputs count: Int) async throws -> PreparedBatch? {
        // After a takeover what was open is cleared up first: until then the account counts as not reconciled.
        await askDueQuestions(at: now)
        core.resumeRestored(at: now)
        let inputs = Array(inbox.prefix(count))
        inbox.removeFirst(inputs.count)
        for input in inputs { core.apply(input, at: now) }
        // A parent's due slice goes into one batch with the reports about the one before.
        if inbox.isEmpty { core.fireTimers(at: now) } else { core.fireTouchedTimers(at: now) }
        return try core.takeBatch(at: now).map { try journal.prepare($0, lease) }
    }

    /// Reads the kill switch and the commands to parents, for times when no batch is committed.
    ///
    /// What is found takes effect with the next turn, the halt at once.
    public func checkControls(at now: Timestamp) async throws {
        let controls = try await journal.controls(lease.account)
        core.apply(halt: controls.halt, at: now)
        inbox += controls.commands.map(EngineInput.requested)
    }

    /// Gives the account back.
    public func close() async throws { try await journal.release(lease) }

    private static func send(_ commands: [BrokerCommand], to broker: any Broker) async {
        if !commands.isEmpty { await broker.send(commands) }
    }

    private func askDueQuestions(at now: Timestamp) async {
        for question in core.dueQuestions(at: now) {
            core.answered(question, await broker.query(question.order, question.symbol), at: now)
        }
    }
}
