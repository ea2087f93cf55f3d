import Portfolio
public import RiskRules
public import TradingDomain

/// A journal that forgets with its process, for simulation tests and backtests.
///
/// It passes the same conformance suite as PostgreSQL. Several workers may share one ``Ground``.
public struct MemoryJournal: Journal {
    /// What the journals of all workers write to.
    public let ground: Ground
    /// Who takes accounts here.
    public let worker: String

    public init(_ ground: Ground = Ground(), worker: String = "memory") {
        self.ground = ground
        self.worker = worker
    }

    public func acquire(_ account: AccountID, opening: AccountOpening) async throws -> EngineLease {
        try await ground.acquire(account, opening: opening, worker: worker)
    }

    public func load(_ account: AccountID) async throws -> AccountState { await ground.load(account) }

    public func submitted(_ submission: ParentSubmission) async throws -> ParentRecord? {
        try await ground.submitted(submission)
    }

    public func commit(_ batch: EngineBatch, _ lease: EngineLease) async throws -> BatchReceipt {
        try await ground.commit(batch, lease)
    }

    public func controls(_ account: AccountID) async throws -> AccountControls { await ground.controls(account) }

    public func parents(_ ids: [ParentOrderID]) async throws -> [ParentRecord] { await ground.parents(ids) }

    public func release(_ lease: EngineLease) async throws { await ground.release(lease) }
}

extension MemoryJournal {
    /// The memory behind journals: one actor, so that every batch is a transaction.
    public actor Ground {
        private struct Account {
            var epoch: Int64 = 0
            var holder: String?
            var sequence: Int64 = 0
            var receipt: BatchReceipt?
            var clock: Timestamp?
            var ledger: [LedgerEntry] = []
            var booked: Set<LedgerEntry.Key> = []
            var slippages: [SlippageRecord] = []
            var safeMode: SafeMode?
            var reconciliation: ReconciliationState?
        }

        /// What tells a fill from every other.
        private struct Trade: Hashable {
            let account: AccountID
            let symbol: Symbol
            let id: TradeID

            init(_ fill: Fill) { (account, symbol, id) = (fill.account, fill.symbol, fill.tradeID) }
        }

        private var accounts: [AccountID: Account] = [:]
        private var trades: Set<Trade> = []
        private var records: [ParentOrderID: ParentRecord] = [:]
        /// In the order they came, so that nothing depends on a dictionary's order.
        private var order: [ParentOrderID] = []
        private var steps: [String: ParentOrderID] = [:]
        private var sequences: [ParentOrderID: Set<Int>] = [:]
        /// Commands that no batch has marked done, in the order they came.
        private var commands: [RequestedCommand] = []
        private var requests: RequestedCommand.Number = 0
        private var dead: Set<String> = []
        private var leases: UInt32 = 0

        /// The kill switch over all accounts.
        public private(set) var halt = HaltState.inactive
        /// Every intent that was committed, in order: nothing else may have been sent.
        public private(set) var intents: [ClientOrderID] = []
        /// Every fill that was booked, each once, in order.
        public private(set) var fills: [Fill] = []
        public private(set) var alerts: [EngineAlert] = []
        /// Comparisons with the venue worth a row, in order.
        public private(set) var reconciliations: [ReconciliationRecord] = []
        /// What engines did about halts, in order.
        public private(set) var haltSteps: [HaltStep] = []
        private var comparisonRequests: [AccountID: [ReconciliationRequest]] = [:]

        public init() {}

        /// Moves the kill switch.
        public func move(_ event: HaltEvent) { halt.apply(event) }

        /// Ends an account's safe mode, as a person does who has looked.
        public func leaveSafeMode(_ account: AccountID) { accounts[account]?.safeMode = nil }

        /// Asks something of a parent; its engine reads it with its next batch, or before when it looks.
        public func request(_ command: ParentCommand) {
            guard let record = records[command.parent], !record.state.isFinal else { return }
            requests += 1
            commands.append(RequestedCommand(number: requests, command: command))
        }

        /// Asks for a comparison of an account with its venue.
        public func requestReconciliation(_ account: AccountID, adopts: Bool = false, reason: String, by: String) {
            requests += 1
            comparisonRequests[account, default: []].append(
                ReconciliationRequest(number: requests, adopts: adopts, reason: reason, by: by)
            )
        }

        /// How an account stands with its venue, as stored.
        public func reconciliation(of account: AccountID) -> ReconciliationState? { accounts[account]?.reconciliation }

        /// Declares a worker dead, as the end of its lease does.
        public func bury(_ worker: String) { dead.insert(worker) }

        func acquire(_ id: AccountID, opening: AccountOpening, worker: String) throws -> EngineLease {
            var account = accounts[id] ?? Account()
            if let holder = account.holder, holder != worker, !dead.contains(holder) {
                throw JournalError.accountBusy("Account \(id) is worked by \(holder). Stop it first.")
            }
            if account.ledger.isEmpty {
                let entry = try LedgerEntry(
                    account: id,
                    kind: .openingBalance,
                    reference: "opening",
                    at: opening.at,
                    cashChange: opening.cash
                )
                account.ledger.append(entry)
                account.booked.insert(entry.key)
            }
            account.epoch += 1
            account.holder = worker
            account.sequence = 0
            account.receipt = nil
            accounts[id] = account
            leases += 1
            let incarnation = Incarnation(bits: id.text.contains("@") ? 0 : leases)
            return EngineLease(account: id, epoch: account.epoch, worker: worker, incarnation: incarnation)
        }

        func release(_ lease: EngineLease) {
            guard accounts[lease.account]?.epoch == lease.epoch else { return }
            accounts[lease.account]?.holder = nil
        }

        func load(_ id: AccountID) -> AccountState {
            let open = order.compactMap { records[$0] }.filter { $0.submission.account == id && !$0.state.isFinal }
            return AccountState(
                ledger: accounts[id]?.ledger ?? [],
                open: open,
                halt: halt,
                commands: openCommands(id),
                slippages: accounts[id]?.slippages ?? [],
                safeMode: accounts[id]?.safeMode,
                clock: accounts[id]?.clock,
                reconciliation: accounts[id]?.reconciliation
            )
        }

        func controls(_ id: AccountID) -> AccountControls {
            AccountControls(
                halt: halt,
                commands: openCommands(id),
                safeMode: accounts[id]?.safeMode,
                request: comparisonRequests[id]?.last
            )
        }

        func submitted(_ submission: ParentSubmission) throws -> ParentRecord? {
            let step = Self.step(of: submission).flatMap { steps[$0] }
            if let record = records[submission.id] ?? step.flatMap({ records[$0] }) { return record }
            guard !fills.contains(where: { $0.clientOrderID.parts?.parent == submission.id }) else {
                throw JournalError.recordLost(submission.id)
            }
            return nil
        }

        private static func step(of submission: ParentSubmission) -> String? {
            submission.run.map { "\($0) \(submission.stepPath ?? "")" }
        }

        private func record(_ submission: ParentSubmission) {
            guard records[submission.id] == nil else { return }
            let step = Self.step(of: submission)
            precondition(step.flatMap { steps[$0] } == nil, "a second parent for step \(step ?? "")")
            records[submission.id] = ParentRecord(submission: submission)
            order.append(submission.id)
            if let step { steps[step] = submission.id }
        }

        func parents(_ ids: [ParentOrderID]) -> [ParentRecord] { ids.compactMap { records[$0] } }

        func commit(_ batch: EngineBatch, _ lease: EngineLease) throws -> BatchReceipt {
            guard var account = accounts[lease.account], account.epoch == lease.epoch, account.holder == lease.worker
            else { throw JournalError.fenced(lease.account) }
            if batch.sequence <= account.sequence, let receipt = account.receipt { return receipt }
            for submission in batch.submissions { record(submission) }
            book(batch, into: &account)
            for update in batch.parents { apply(update) }
            account.slippages = (account.slippages + batch.slippages).suffix(SlippageController.window)
            if let record = batch.reconciliation {
                account.reconciliation = record.state
                if record.isNotable { reconciliations.append(record) }
            }
            haltSteps += batch.halting
            comparisonRequests[lease.account]?.removeAll { batch.requests.contains($0.number) }
            let isReconciled = account.reconciliation?.isReconciled ?? true
            var refused: [ClientOrderID: IntentRefusal] = [:]
            for intent in batch.intents {
                refused[intent.order.id] = IntentRefusal(of: intent, halt: halt, isReconciled: isReconciled)
            }
            let accepted = batch.intents.filter { refused[$0.order.id] == nil }
            intents += accepted.map(\.order.id)
            append(batch.events + accepted.map(\.event))
            alerts += batch.alerts
            let done = Set(batch.done)
            commands.removeAll { done.contains($0.number) }
            account.safeMode = account.safeMode ?? batch.safeMode
            let receipt = BatchReceipt(
                refused: refused,
                halt: halt,
                commands: openCommands(lease.account),
                safeMode: account.safeMode
            )
            account.sequence = batch.sequence
            account.receipt = receipt
            account.clock = batch.clock
            accounts[lease.account] = account
            return receipt
        }

        private func book(_ batch: EngineBatch, into account: inout Account) {
            for fill in batch.fills where trades.insert(Trade(fill)).inserted { fills.append(fill) }
            for entry in batch.ledger {
                if account.booked.insert(entry.key).inserted {
                    account.ledger.append(entry)
                } else {
                    alerts.append(
                        EngineAlert(
                            code: "entry_booked_before",
                            message: "\(entry.kind.rawValue) \(entry.reference) was booked before; it counts once.",
                            parent: nil,
                            at: batch.clock
                        )
                    )
                }
            }
        }

        private func apply(_ update: ParentUpdate) {
            guard var record = records[update.id] else { return }
            record.state = update.state
            record.filled = update.filled
            record.admission = update.admission ?? record.admission
            record.snapshot = update.snapshot ?? record.snapshot
            record.result = update.result ?? record.result
            records[update.id] = record
        }

        /// Events of one batch come in any order, since an intent's own is accepted last.
        private func append(_ events: [JournaledEvent]) {
            for event in events {
                let isNew = sequences[event.parent, default: []].insert(event.sequence).inserted
                precondition(isNew, "event \(event.sequence) of parent \(event.parent) was journalled twice")
                records[event.parent]?.events.append(event)
            }
            for parent in Set(events.map(\.parent)) {
                records[parent]?.events.sort { $0.sequence < $1.sequence }
            }
        }

        /// A parent that has ended has settled whatever was asked of it.
        private func openCommands(_ account: AccountID) -> [RequestedCommand] {
            commands.filter { requested in
                guard let record = records[requested.command.parent] else { return false }
                return record.submission.account == account && !record.state.isFinal
            }
        }
    }
}
