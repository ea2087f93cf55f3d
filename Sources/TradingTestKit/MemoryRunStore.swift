import ExecutionAnalytics
public import Orchestration
public import TradingDomain
public import Workflows

/// A run store that forgets with its process; it passes the same conformance suite as PostgreSQL.
public struct MemoryRunStore: RunStore {
    /// What the stores of all workers write to.
    public let ground: Ground
    /// Who claims runs here.
    public let worker: String

    public init(_ ground: Ground = Ground(), worker: String = "memory") {
        self.ground = ground
        self.worker = worker
    }

    public func create(_ run: RunRecord, slot: ConcurrencySlot?) async throws -> RunCreation {
        await ground.create(run, slot)
    }
    public func claim(_ run: RunID) async throws -> ClaimedRun { try await ground.claim(run, worker: worker) }
    public func complete(_ steps: [StepRecord], of claim: RunClaim) async throws {
        try await ground.complete(steps, of: claim)
    }
    public func finish(
        _ claim: RunClaim,
        after steps: [StepRecord],
        status: ItemStatus,
        report: String,
        at time: Timestamp
    ) async throws {
        try await ground.finish(claim, after: steps, status: status, report: report)
    }
    public func cancel(_ run: RunID, _ cancellation: RunCancellation) async throws {
        await ground.cancel(run, cancellation)
    }
    public func cancellation(of run: RunID) async throws -> RunCancellation? { await ground.cancellation(of: run) }
    public func decision(run: RunID, stepPath: String) async throws -> DecisionRecord? {
        await ground.decision(run: run, stepPath: stepPath)
    }
    public func record(_ decision: DecisionRecord) async throws -> DecisionReceipt { await ground.record(decision) }
    public func resolve(_ outcomes: [DecisionOutcome], of claim: RunClaim) async throws {
        try await ground.resolve(outcomes, of: claim)
    }
    public func save(_ approval: ApprovalRecord, of claim: RunClaim) async throws {
        try await ground.save(approval, of: claim)
    }
    public func approval(_ digest: String) async throws -> ApprovalRecord? { await ground.approval(digest) }
    public func ask(_ request: ApprovalRequest, of claim: RunClaim) async throws {
        try await ground.ask(request, of: claim)
    }
    public func approvalRequests(of run: RunID) async throws -> [ApprovalStanding] {
        await ground.approvalRequests(of: run)
    }
    public func park(_ claim: RunClaim) async throws -> Bool { try await ground.park(claim) }
    public func save(_ tapes: [TapeRecord], of claim: RunClaim) async throws { try await ground.save(tapes, of: claim) }
    public func tapes(_ parents: [ParentOrderID]) async throws -> [TapeRecord] { await ground.tapes(parents) }
}

extension MemoryRunStore {
    /// The memory behind stores.
    public actor Ground {
        private struct Run {
            let record: RunRecord
            let number: Int
            var slot: ConcurrencySlot?
            var place: Int?
            var epoch: Int64 = 0
            var holder: String?
            var done: [StepRecord] = []
            /// Of the steps that are done.
            var paths: Set<String> = []
            var status: ItemStatus?
            var report: String?
            var cancellation: RunCancellation?
        }

        private struct Taken {
            let first: DecisionRecord
            var outcome: String?
        }

        private var runs: [RunID: Run] = [:]
        private var decisions: [DecisionKey: Taken] = [:]
        private var approvals: [ApprovalRecord] = []
        private var tapes: [ParentOrderID: TapeRecord] = [:]
        private var dead: Set<String> = []
        var people = MemoryApprovals()

        public init() {}

        /// Declares a worker dead, as the end of its lease does.
        public func bury(_ worker: String) { dead.insert(worker) }

        /// Every run, in the order of their ids.
        public var ids: [RunID] { runs.keys.sorted() }

        /// The paths of all finished steps with their runs, in the order in which they were done within a run.
        public var steps: [String] { ids.flatMap { id in (runs[id]?.done ?? []).map { "\(id) \($0.path)" } } }

        /// A run as it was created.
        public func record(_ run: RunID) -> RunRecord? { runs[run]?.record }

        /// What a run has done, in order.
        public func done(_ run: RunID) -> [StepRecord] { runs[run]?.done ?? [] }

        /// The report of a finished run.
        public func report(_ run: RunID) -> String? { runs[run]?.report }

        func create(_ record: RunRecord, _ slot: ConcurrencySlot?) -> RunCreation {
            if let known = runs[record.id] {
                return known.slot == nil || known.place != nil ? .created : .queued(behind: holders(of: known))
            }
            var run = Run(record: record, number: runs.count, slot: slot)
            guard let slot else {
                runs[record.id] = run
                return .created
            }
            switch KeyPlaces.decide(slot, beside: others(than: run)) {
            case .enter(let place):
                run.place = place
                runs[record.id] = run
                return .created
            case .wait(let cancelled):
                for other in cancelled { cancel(other, .replaced(by: record.id)) }
                runs[record.id] = run
                return .queued(behind: holders(of: run))
            case .skip: return .skipped(behind: others(than: run).map(\.run))
            }
        }

        /// The runs that count in the same key, the oldest first.
        private func others(than run: Run) -> [KeyedRun] {
            guard let slot = run.slot else { return [] }
            return runs.values.filter { other in
                other.slot?.key == slot.key && other.record.workflow == run.record.workflow && other.status == nil
                    && other.record.account == run.record.account && other.record.id != run.record.id
            }.sorted { $0.number < $1.number }.map {
                KeyedRun(run: $0.record.id, place: $0.place, isCancelled: $0.cancellation != nil)
            }
        }

        private func holders(of run: Run) -> [RunID] { others(than: run).filter { $0.place != nil }.map(\.run) }

        private func isAlive(_ run: Run) -> Bool { run.holder.map { !dead.contains($0) } ?? false }

        func claim(_ id: RunID, worker: String) throws -> ClaimedRun {
            guard var run = runs[id] else { throw RunStoreError.notFound(id) }
            if let status = run.status { throw RunStoreError.finished(id, status) }
            if let holder = run.holder, holder != worker, !dead.contains(holder) {
                throw RunStoreError.runBusy("Run \(id) is being worked by \(holder). Stop it first.")
            }
            if let slot = run.slot, run.place == nil, run.cancellation == nil {
                guard let place = KeyPlaces.free(limit: slot.limit, beside: others(than: run)) else {
                    let ahead = holders(of: run)
                    let isMoving = ahead.contains { runs[$0].map(isAlive) ?? false }
                    throw RunStoreError.queued(id, behind: ahead, isMoving: isMoving)
                }
                run.place = place
            }
            run.epoch += 1
            run.holder = worker
            runs[id] = run
            return ClaimedRun(claim: RunClaim(run: id, epoch: run.epoch), record: run.record, done: run.done)
        }

        func complete(_ steps: [StepRecord], of claim: RunClaim) throws {
            _ = try held(claim)
            for step in steps where runs[claim.run]?.paths.insert(step.path).inserted == true {
                runs[claim.run]?.done.append(step)
            }
        }

        func finish(_ claim: RunClaim, after steps: [StepRecord], status: ItemStatus, report: String) throws {
            if let run = runs[claim.run], run.epoch == claim.epoch, run.status == status { return }
            try complete(steps, of: claim)
            var run = try held(claim)
            run.status = status
            run.report = report
            run.holder = nil
            runs[claim.run] = run
        }

        func cancel(_ run: RunID, _ cancellation: RunCancellation) {
            if runs[run]?.cancellation == nil { runs[run]?.cancellation = cancellation }
        }

        func cancellation(of run: RunID) -> RunCancellation? { runs[run]?.cancellation }

        func decision(run: RunID, stepPath: String) -> DecisionRecord? {
            decisions.values.map(\.first).first { $0.run == run && $0.stepPath == stepPath }
        }

        func record(_ decision: DecisionRecord) -> DecisionReceipt {
            guard let taken = decisions[decision.key] else {
                decisions[decision.key] = Taken(first: decision)
                return .new
            }
            let first = taken.first
            if first.run == decision.run, first.stepPath == decision.stepPath { return .new }
            guard first.economicHash == decision.economicHash else {
                return .conflict(firstRun: first.run, decision: first.decision, outcome: taken.outcome)
            }
            return .duplicate(firstRun: first.run, decision: first.decision, outcome: taken.outcome)
        }

        func resolve(_ outcomes: [DecisionOutcome], of claim: RunClaim) throws {
            _ = try held(claim)
            for outcome in outcomes where decisions[outcome.key]?.first.run == claim.run {
                decisions[outcome.key]?.outcome = outcome.outcome
            }
        }

        func save(_ approval: ApprovalRecord, of claim: RunClaim) throws {
            _ = try held(claim)
            let isKnown = approvals.contains {
                $0.digest == approval.digest && $0.run == approval.run && $0.stepPath == approval.stepPath
            }
            if !isKnown { approvals.append(approval) }
        }

        func approval(_ digest: String) -> ApprovalRecord? {
            approvals.filter { $0.digest == digest }.max { $0.expiresAt < $1.expiresAt }
        }

        func ask(_ request: ApprovalRequest, of claim: RunClaim) throws {
            _ = try held(claim)
            people.ask(request)
        }

        func approvalRequests(of run: RunID) -> [ApprovalStanding] {
            people.endOverdue()
            return people.standings(of: run)
        }

        func park(_ claim: RunClaim) throws -> Bool {
            var run = try held(claim)
            people.endOverdue()
            let done = Set(run.done.map(\.path))
            let open = people.standings(of: claim.run).filter { !done.contains($0.stepPath) && $0.state != .superseded }
            guard !open.isEmpty, open.allSatisfy({ $0.state == .pending }) else { return false }
            run.holder = nil
            // Whoever parked it holds nothing any more.
            run.epoch += 1
            runs[claim.run] = run
            return true
        }

        func save(_ records: [TapeRecord], of claim: RunClaim) throws {
            _ = try held(claim)
            for record in records {
                guard let first = tapes[record.parent] else {
                    tapes[record.parent] = record
                    continue
                }
                let known = [first.aftermath, record.aftermath].compactMap(\.self)
                tapes[record.parent] = TapeRecord(
                    run: first.run,
                    parent: first.parent,
                    tape: first.tape,
                    aftermath: known.max { $0.readUntil < $1.readUntil }
                )
            }
        }

        func tapes(_ parents: [ParentOrderID]) -> [TapeRecord] { parents.compactMap { tapes[$0] } }

        private func held(_ claim: RunClaim) throws -> Run {
            guard let run = runs[claim.run], run.epoch == claim.epoch, run.status == nil else {
                throw RunStoreError.fenced(claim.run)
            }
            return run
        }
    }
}
