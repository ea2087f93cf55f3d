public import ExecutionAlgorithms
import Failpoints
public import MarketData
import OrderManagement
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

    /// After which a venue that has such a timer cancels everything by itself, should this engine not reach it again.
    private static let haltTimer = Duration.seconds(10)

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
    /// Asks the venue for its dead-man timer, beside the turns.
    private var arming: Task<Void, Never>?
    /// What it answered, for the next turn.
    private var armed: (request: DeadManRequest, answer: DeadManAnswer)?
    /// The latest time that a batch beside a wall clock was made at.
    private var latest: Timestamp?
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

    /// Children of open parents that took or take the place of others, oldest first.
    public var replacements: [ChildOrder] {
        core.sessions.all.flatMap { $0.children.values.map(\.order) }.filter { $0.replaces != nil }
            .sorted { ($0.requestTime, $0.id) < ($1.requestTime, $1.id) }
    }

    /// How far parents are, in the order asked; what this engine never worked is left out.
    public func progress(of parents: [ParentOrderID]) -> [ParentProgress] { parents.compactMap(core.progress) }

    public var portfolio: PortfolioState { core.portfolio }
    public var halt: HaltState { core.halt }
    /// Whether the venue is still being asked for the proof of a halt.
    public var isProvingHalt: Bool { core.isProvingHalt }
    /// Set while the account may only reduce its exposure (OP-11).
    public var safeMode: SafeMode? { core.safeMode }
    /// How the account stands with its venue; `nil` where the venue need not be asked (I13).
    public var reconciliation: ReconciliationState? { core.reconciliationState }
    public func view(_ symbol: Symbol) -> MarketView? { core.board.view(symbol) }
    public func conditions(_ symbol: Symbol) -> MarketConditions? { core.board.conditions(symbol) }
    public func marketState(_ symbol: Symbol) -> MarketState { core.board.state(symbol) }
    public var equity: Money { core.liveEquity() }
    public var marks: [Symbol: Mark] { core.marks() }

    public func riskSnapshot(at now: Timestamp) -> RiskSnapshot { core.riskSnapshot(at: now) }

    /// As ``EngineCore/riskSnapshot(at:naming:)``.
    public func riskSnapshot(at now: Timestamp, naming instruments: [Instrument]) -> RiskSnapshot {
        core.riskSnapshot(at: now, naming: instruments)
    }

    /// Has a parent order worked from the next turn on; a repeated id is not worked twice.
    ///
    /// It is recorded by that turn, in the transaction that admits it and holds its first intents.
    ///
    /// - Returns: The parent as it is stored, which may be finished already; a new one is durable after the next turn.
    /// - Throws: The journal's errors; then nothing was asked for.
    public func submit(_ submission: ParentSubmission) async throws -> ParentRecord {
        let found: ParentRecord?
        do {
            found = try await journal.submitted(submission)
        } catch JournalError.recordLost(submission.id) {
            inbox.append(.forgotten(submission))
            return ParentRecord(submission: submission)
        }
        guard let record = found else {
            inbox.append(.submitted(submission))
            return ParentRecord(submission: submission)
        }
        if record.state.isFinal {
            finished.insert(submission.id)
        } else {
            inbox.append(.recorded(record.submission))
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
        keepDeadMan(at: now)
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

    /// Makes a batch while the one before is being committed.
    ///
    /// Commits follow one another, and a batch's commands leave when it is durable and before those of the next, so what
    /// concerns an order keeps its sequence. After a commit that failed nothing that was made meanwhile is committed.
    private func overlap(at begun: Timestamp, _ inputs: Int) async throws {
        var made: MadeBatch?
        for _ in 0..<Self.roundsMax {
            let now = max(begun, latest ?? begun)
            do {
                guard let committing = made else {
                    made = try await makeBatch(at: now, inputs: inputs)
                    if made == nil, inbox.isEmpty { return }
                    continue
                }
                let receipt: BatchReceipt
                (receipt, made) = try await commit(committing, at: now, inputs)
                let settled = max(now, latest ?? now)
                await Self.send(settle(committing.batch, receipt, at: settled), to: broker)
            } catch {
                throw await failed(by: error, at: now)
            }
        }
        throw await restless(at: begun)
    }

    /// The answer to a batch, and the batch that was made meanwhile; none while nothing has come in, for then the commit
    /// needs no task beside this one, and an order that comes alone is on its way sooner.
    private func commit(
        _ batch: MadeBatch,
        at now: Timestamp,
        _ inputs: Int
    ) async throws -> (BatchReceipt, MadeBatch?) {
        guard !inbox.isEmpty else { return (try await batch.prepared.commit(), nil) }
        async let answer = batch.prepared.commit()
        let next: Result<MadeBatch?, any Error>
        do {
            next = .success(try await makeBatch(at: now, inputs: inputs))
        } catch {
            next = .failure(error)
        }
        let receipt = try await answer
        return (receipt, try next.get())
    }

    private struct MadeBatch: Sendable {
        let batch: EngineBatch
        let prepared: PreparedBatch
    }

    /// Applies the inbox, up to a number of inputs, and what is due; `nil` when there is nothing to make durable.
    private func makeBatch(at begun: Timestamp, inputs count: Int) async throws -> MadeBatch? {
        var now = begun
        var hasAsked = false
        // After a takeover what was open is cleared up first: until then the account counts as not reconciled.
        await askDueQuestions(at: &now, &hasAsked)
        if let symbols = core.dueCancelAll {
            hasAsked = true
            let answer = await broker.cancelAll(symbols)
            core.cancelledAll(answer, await broker.armDeadMan(Self.haltTimer, symbols), at: now)
        }
        if let since = core.dueReport(at: now) {
            hasAsked = true
            let answer = await broker.accountReport(since: since)
            now = await timeAfterAsking(now)
            core.reconcile(answer, at: now)
            // What the comparison left open is asked before anything goes on.
            await askDueQuestions(at: &now, &hasAsked)
        }
        if hasAsked { now = await timeAfterAsking(now) }
        for submission in core.takeFlattening() { _ = try await submit(submission) }
        core.resumeRestored(at: now)
        try await learn(at: now)
        let inputs = Array(inbox.prefix(count))
        inbox.removeFirst(inputs.count)
        for input in inputs { core.apply(input, at: now) }
        // A parent's due slice goes into one batch with the reports about the one before.
        if inbox.isEmpty { core.fireTimers(at: now) } else { core.fireTouchedTimers(at: now) }
        return try core.takeBatch(at: now).map { MadeBatch(batch: $0, prepared: try journal.prepare($0, lease)) }
    }

    /// Symbols that are held and have no price; see ``EngineCore/unpricedSymbols``.
    public var unpricedSymbols: [Symbol] { core.unpricedSymbols }

    /// Reads the kill switch and the commands to parents, for times when no batch is committed.
    ///
    /// What is found takes effect with the next turn, the halt at once.
    public func checkControls(at now: Timestamp) async throws {
        let controls = try await journal.controls(lease.account)
        notifier.publish(ExecutionEvent.Kind.told(from: core.halt, to: controls.halt), of: lease.account, at: now)
        core.apply(halt: controls.halt, at: now)
        apply(safeMode: controls.safeMode, at: now)
        inbox += controls.commands.map(EngineInput.requested)
        if let request = controls.request { inbox.append(.reconciliation(request)) }
    }

    /// Gives the account back.
    public func close() async throws {
        await arming?.value
        let idle = core.deadManToDisarm
        // One that stays armed cancels what is left of ours, which is nothing.
        if !idle.isEmpty, failure == nil { _ = await broker.armDeadMan(nil, idle) }
        try await journal.release(lease)
    }

    /// Arms, renews and disarms the venue's dead-man timer; one request at a time, for which no turn waits.
    private func keepDeadMan(at now: Timestamp) {
        if let (request, answer) = armed {
            armed = nil
            core.armedDeadMan(request, answer, at: now)
        }
        guard arming == nil, let request = core.dueDeadMan(at: now) else { return }
        arming = Task { [broker] in
            let answer = await broker.armDeadMan(request.after, request.symbols)
            armed = (request, answer)
            arming = nil
        }
    }

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
        guard !commands.isEmpty else { return }
        failpoint("orders.before_send")
        await broker.send(commands)
        failpoint("orders.sent")
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

    private func askDueQuestions(at now: inout Timestamp, _ hasAsked: inout Bool) async {
        for question in core.dueQuestions(at: now) {
            hasAsked = true
            let answer = await broker.query(question.order, question.symbol)
            now = await timeAfterAsking(now)
            core.answered(question, answer, at: now)
            failpoint("question.answered")
        }
    }

    /// The venue's time once it has answered, beside a wall clock.
    ///
    /// What is asked for next is stamped with it: under a slow venue's answers an intent stamped with the turn's beginning
    /// would be past its validity before it was sent. Time never goes back.
    private func timeAfterAsking(_ now: Timestamp) async -> Timestamp {
        guard inputsPerBatch != nil else { return now }
        let time = max(now, await broker.venueTime())
        latest = time
        return time
    }
}
