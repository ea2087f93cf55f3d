import ExecutionEngine
public import TradingDomain
public import Workflows

/// Works runs of the queue, several at a time, until it is told to drain.
///
/// Runs of one account and one launch share a floor where that is sound, which is on a paced clock; a run in virtual time
/// depends on its inputs alone and has its floor for itself. Other runs of the account wait until the floor is closed. Runs
/// of different accounts go on beside each other.
public actor Worker {
    public struct Settings: Hashable, Sendable {
        /// Runs at a time: 1 or more.
        public var runsMax = 4
        /// Runs in vain before a run is given up: with the waits in between, about four minutes.
        public var failuresMax = 8
        /// From so many failures in a row on a run may be what kills its workers: it is begun alone, so that runs beside it
        /// are not taken for the cause as well.
        public var failuresUntilAlone = 4
        /// Shortest and longest pause between two looks for work; one look is a statement on a partial index.
        public var idle: ClosedRange<Int> = 25...50
        /// How often it looks for workers that have died.
        public var sweepInterval = Duration.seconds(1)

        public init() {}
    }

    /// What a worker tells of its work.
    public enum Event: Sendable {
        case claimed(RunID, workflow: String, account: AccountID)
        case ended(RunID, ItemStatus)
        /// Stopped where nothing is half done, and ready for another worker.
        case handedOver(RunID)
        /// It could not be worked now and is tried again after the wait.
        case putBack(RunID, reason: String, after: Duration)
        /// Given up.
        case failed(RunID, reason: String)
        /// Another worker has it now.
        case lost(RunID)
        /// It waits for people and nobody holds it: an answer makes it ready again.
        case asks(RunID)
        /// Runs of workers that died are ready again.
        case freed([RunID])
        /// The database does not answer; it is asked again.
        case trouble(String)
    }

    /// Longest wait before a run that could not be worked is tried again.
    private static let waitMax = Duration.seconds(60)
    /// Wait while the account is held elsewhere, or before the database is asked again.
    private static let brief = Duration.seconds(1)

    /// A worker that dies within this time of a claim may have died of the run; the database counts by the same time.
    private static let trial = Duration.seconds(60)

    private struct InHand {
        let account: AccountID
        let control: RunControl
        let isSuspect: Bool
        let claimedAt = ContinuousClock.now

        /// Whether the death of this worker would count as a failure of the run.
        var isOnTrial: Bool { .now - claimedAt < Worker.trial }
    }

    /// What the runs of an account are worked on.
    private struct Ground {
        let opening: Task<any RunFloor, any Error>
        /// The launch of runs that may join; `nil` when none may.
        var launch: String?
        var users = 1
    }

    private let queue: any RunQueue
    private let open: @Sendable (ClaimedRun) async throws -> any RunFloor
    private let isShared: @Sendable (RunRecord) -> Bool
    private let settings: Settings
    private let tell: @Sendable (Event) -> Void
    /// By claim: a run that was taken from this worker may have come back to it before it has noticed.
    private var inHand: [RunClaim: InHand] = [:]
    private var grounds: [AccountID: Ground] = [:]
    private var isDraining = false

    /// A worker of a queue.
    ///
    /// - Parameters:
    ///   - queue: Where its runs are.
    ///   - open: Opens the floor that a run's launch describes.
    ///   - isShared: Whether other runs of the same account and launch may be worked on a run's floor.
    ///   - settings: How much it does at a time.
    ///   - tell: Hears of everything it does.
    public init(
        queue: any RunQueue,
        open: @escaping @Sendable (ClaimedRun) async throws -> any RunFloor,
        isShared: @escaping @Sendable (RunRecord) -> Bool = { _ in false },
        settings: Settings = Settings(),
        tell: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.queue = queue
        self.open = open
        self.isShared = isShared
        self.settings = settings
        self.tell = tell
    }

    /// The runs that are being worked here.
    public var runs: [RunID] { Set(inHand.keys.map(\.run)).sorted() }

    /// Works until ``drain()``, and returns once nothing is in hand any more.
    public func run() async {
        await withDiscardingTaskGroup { group in
            var sweptAt: ContinuousClock.Instant?
            while !isDraining {
                do {
                    if sweptAt.map({ .now - $0 >= settings.sweepInterval }) ?? true {
                        sweptAt = .now
                        let freed = try await queue.sweep()
                        if !freed.isEmpty { tell(.freed(freed)) }
                    }
                    if let waiting = try await claim() {
                        group.addTask { await self.work(waiting) }
                        continue
                    }
                } catch {
                    tell(.trouble("\(error)"))
                    await pause(Self.brief)
                }
                await pause(.milliseconds(Int.random(in: settings.idle)))
            }
        }
    }

    /// Claims nothing more, and stops what is in hand where nothing is half done.
    public func drain() async {
        guard !isDraining else { return }
        isDraining = true
        for run in inHand.values { run.control.stop() }
        do {
            try await queue.close()
        } catch {
            tell(.trouble("\(error)"))
        }
    }

    private func claim() async throws -> WaitingRun? {
        guard !isDraining, inHand.count < settings.runsMax else { return nil }
        let young = inHand.values.filter(\.isOnTrial)
        guard !young.contains(where: \.isSuspect) else { return nil }
        var busy: [AccountID: String?] = [:]
        for run in inHand.values { busy[run.account] = .some(grounds[run.account]?.launch) }
        let limit = young.isEmpty ? nil : settings.failuresUntilAlone
        guard let waiting = try await queue.claimNext(beside: busy, failuresBelow: limit) else { return nil }
        let record = waiting.claimed.record
        let control = RunControl()
        inHand[waiting.claimed.claim] = InHand(
            account: record.account,
            control: control,
            isSuspect: waiting.failures >= settings.failuresUntilAlone
        )
        tell(.claimed(record.id, workflow: record.workflow, account: record.account))
        // The wish to drain may have come while the claim was on its way.
        if isDraining { control.stop() }
        return waiting
    }

    // MARK: One run

    /// How work on a run ended.
    private enum Ending {
        case ended(ItemStatus)
        case stopped
        case lost
        /// The account was taken from this worker, and what took it may have left the run.
        case accountLost
        case asks
        /// The account or the database is not to be had now, which is no fault of the run.
        case postponed(String)
        case failed(code: String, reason: String)
    }

    private func work(_ waiting: WaitingRun) async {
        let claim = waiting.claimed.claim
        let control = inHand[claim]?.control ?? RunControl()
        let ending: Ending
        if waiting.failures >= settings.failuresMax {
            ending = .failed(code: "worker_died", reason: "its workers died within a minute of claiming it")
        } else {
            let opening = enter(waiting.claimed)
            do {
                ending = .ended(try await opening.value.work(waiting.claimed, control: control).status)
            } catch {
                ending = Self.ending(of: error)
            }
            // First the account, then the run: whoever claims the run finds the account free.
            await leave(waiting.claimed.record.account)
        }
        await settle(ending, waiting)
        inHand[claim] = nil
    }

    /// The floor of a run: the one that its account has here, else a new one.
    private func enter(_ claimed: ClaimedRun) -> Task<any RunFloor, any Error> {
        let record = claimed.record
        if let ground = grounds[record.account] {
            grounds[record.account]?.users += 1
            return ground.opening
        }
        let opening = Task { [open] in try await open(claimed) }
        grounds[record.account] = Ground(opening: opening, launch: isShared(record) ? record.launch : nil)
        return opening
    }

    /// Closes the floor after its last run; nobody joins any more meanwhile.
    private func leave(_ account: AccountID) async {
        guard var ground = grounds[account] else { return }
        ground.users -= 1
        if ground.users == 0 { ground.launch = nil }
        grounds[account] = ground
        guard ground.users == 0 else { return }
        // One that did not open has nothing to close.
        if let floor = try? await ground.opening.value { await floor.close() }
        grounds[account] = nil
    }

    private static func ending(of error: any Error) -> Ending {
        let cause = (error as? InterruptedRun)?.cause ?? error
        switch cause {
        case is RunStopped: return .stopped
        case is RunParked: return .asks
        case JournalError.accountBusy(let message): return .postponed(message)
        case RunStoreError.fenced, RunStoreError.finished, RunStoreError.runBusy: return .lost
        case JournalError.fenced: return .accountLost
        default: break
        }
        switch ErrorHandler.kind(of: cause) {
        case .unavailable, .unknown: return .postponed("\(cause)")
        case .refused, .lost, .unexpected: return .failed(code: ErrorHandler.code(of: cause), reason: "\(cause)")
        }
    }

    /// Writes down what becomes of the run, however long the database is away: until then nobody else can have it.
    private func settle(_ ending: Ending, _ waiting: WaitingRun) async {
        let claim = waiting.claimed.claim
        switch ending {
        case .ended(let status): tell(.ended(claim.run, status))
        case .lost: tell(.lost(claim.run))
        case .accountLost:
            // Without effect where the run is another worker's; where it is not, nobody else would ever take it up.
            await insist { try await queue.putBack(claim, after: Self.brief, isFailure: false) }
            tell(.lost(claim.run))
        case .asks: tell(.asks(claim.run))
        case .stopped:
            await insist { try await queue.putBack(claim, after: .zero, isFailure: false) }
            tell(.handedOver(claim.run))
        case .postponed(let reason):
            await insist { try await queue.putBack(claim, after: Self.brief, isFailure: false) }
            tell(.putBack(claim.run, reason: reason, after: Self.brief))
        case .failed(let code, let reason):
            // One whose workers died is given up before it is begun once more.
            let failures = min(waiting.failures + 1, settings.failuresMax)
            guard failures < settings.failuresMax else {
                let words = "Given up after \(failures) attempts in vain; the last one: \(reason)"
                await insist { try await queue.fail(waiting.claimed, code: code, reason: words) }
                return tell(.failed(claim.run, reason: words))
            }
            let wait = min(Self.waitMax, .seconds(1 << min(failures, 6)))
            await insist { try await queue.putBack(claim, after: wait, isFailure: true) }
            tell(.putBack(claim.run, reason: reason, after: wait))
        }
    }

    private func insist(_ body: () async throws -> Void) async {
        while true {
            do {
                return try await body()
            } catch RunStoreError.fenced {
                return  // Another worker has it.
            } catch {
                tell(.trouble("\(error)"))
                await pause(Self.brief)
            }
        }
    }

    private func pause(_ time: Duration) async {
        // A cancelled pause is a short one.
        try? await Task.sleep(for: time)
    }
}
