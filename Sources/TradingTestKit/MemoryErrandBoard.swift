public import TradingAgents
public import TradingDomain

/// A board of errands that forgets with its process; it passes the same conformance suite as PostgreSQL.
public struct MemoryErrandBoard: ErrandBoard {
    /// What the boards of all workers look at.
    public let ground: Ground
    /// Who offers and takes here.
    public let worker: String

    public init(_ ground: Ground = Ground(), worker: String) {
        self.ground = ground
        self.worker = worker
    }

    public func hasHelpers(for _: AccountID) async throws -> Bool { await ground.hasHelpers(beside: worker) }
    public func offer(_ errands: [AgentErrand]) async throws { await ground.offer(errands) }
    public func recall(_ ids: [String]) async throws -> Set<String> { await ground.recall(ids) }
    public func look(at ids: [String]) async throws -> [String: ErrandStanding] { await ground.look(at: ids) }
    public func drop(_ ids: [String]) async throws { await ground.drop(ids) }
    public func take(_ most: Int, of fingerprints: [String], except refused: [String]) async throws -> [TakenErrand] {
        await ground.take(most, of: fingerprints, except: refused, by: worker)
    }
    public func answer(_ taken: TakenErrand, _ answer: AgentAnswer) async throws -> Bool {
        await ground.answer(taken, answer, by: worker)
    }
    public func wanted(_ taken: [TakenErrand]) async throws -> Set<String> {
        await ground.wanted(taken, by: worker)
    }
    public func giveBack(_ taken: TakenErrand) async throws { await ground.giveBack(taken, by: worker) }
    public func leaveOthers(than taken: [TakenErrand]) async throws {
        await ground.leaveOthers(than: taken, by: worker)
    }
}

extension MemoryErrandBoard {
    /// The memory behind boards, and who lives and holds what.
    public actor Ground {
        private struct Row {
            let errand: AgentErrand
            var worker: String?
            var claim: Int64 = 0
            var takenAt = ContinuousClock.now
            var answer: AgentAnswer?
        }

        private struct Run {
            var epoch: Int64
            var holder: String?
            var isCancelled = false
        }

        private var rows: [Row] = []
        private var runs: [RunID: Run] = [:]
        private var living: Set<String> = []

        public init() {}

        /// Begins a worker's life.
        public func enter(_ worker: String) { living.insert(worker) }

        /// Gives a run to a worker under a higher epoch.
        public func hold(_ run: RunID, by worker: String) -> Int64 {
            runs[run, default: Run(epoch: 0)].epoch += 1
            runs[run]?.holder = worker
            sweep()
            return runs[run]?.epoch ?? 0
        }

        /// Asks that a run end early.
        public func cancel(_ run: RunID) { runs[run]?.isCancelled = true }

        /// Declares a worker dead: what it held is free.
        public func bury(_ worker: String) {
            living.remove(worker)
            for run in runs.keys where runs[run]?.holder == worker {
                runs[run]?.holder = nil
                runs[run]?.epoch += 1
            }
            sweep()
        }

        /// How many errands lie there.
        public var count: Int { rows.count }

        private func sweep() {
            rows.removeAll { runs[$0.errand.origin.run]?.epoch != $0.errand.origin.epoch }
            for index in rows.indices where rows[index].answer == nil {
                if let worker = rows[index].worker, !living.contains(worker) { rows[index].worker = nil }
            }
        }

        private func goesOn(_ errand: AgentErrand) -> Bool {
            guard let run = runs[errand.origin.run] else { return false }
            return run.epoch == errand.origin.epoch && run.holder != nil
        }

        func hasHelpers(beside worker: String) -> Bool { living.contains { $0 != worker } }

        func offer(_ errands: [AgentErrand]) {
            for errand in errands where !rows.contains(where: { $0.errand.id == errand.id }) {
                rows.append(Row(errand: errand))
            }
        }

        func recall(_ ids: [String]) -> Set<String> {
            let mine = Set(rows.filter { $0.worker == nil && ids.contains($0.errand.id) }.map(\.errand.id))
            rows.removeAll { mine.contains($0.errand.id) }
            return mine
        }

        func look(at ids: [String]) -> [String: ErrandStanding] {
            var standings: [String: ErrandStanding] = [:]
            for row in rows where ids.contains(row.errand.id) {
                if var answer = row.answer {
                    answer.askedBy = row.worker
                    standings[row.errand.id] = .answered(answer)
                } else if runs[row.errand.origin.run]?.isCancelled == true {
                    standings[row.errand.id] = .calledOff
                } else {
                    standings[row.errand.id] = row.worker == nil ? .open : .taken(for: .now - row.takenAt)
                }
            }
            return standings
        }

        func drop(_ ids: [String]) { rows.removeAll { ids.contains($0.errand.id) } }

        func take(
            _ most: Int,
            of fingerprints: [String],
            except refused: [String],
            by worker: String
        ) -> [TakenErrand] {
            guard living.contains(worker) else { return [] }
            let open = rows.indices.filter { index in
                let errand = rows[index].errand
                return rows[index].worker == nil && goesOn(errand) && fingerprints.contains(errand.origin.fingerprint)
                    && !refused.contains(errand.id) && runs[errand.origin.run]?.holder != worker
                    && runs[errand.origin.run]?.isCancelled == false
            }
            return open.prefix(most).map { index in
                rows[index].worker = worker
                rows[index].claim += 1
                rows[index].takenAt = .now
                return TakenErrand(errand: rows[index].errand, claim: rows[index].claim)
            }
        }

        private func index(of taken: TakenErrand, by worker: String) -> Int? {
            rows.firstIndex { $0.errand.id == taken.errand.id && $0.worker == worker && $0.claim == taken.claim }
        }

        func answer(_ taken: TakenErrand, _ answer: AgentAnswer, by worker: String) -> Bool {
            guard let index = index(of: taken, by: worker), living.contains(worker), goesOn(taken.errand) else {
                return false
            }
            rows[index].answer = answer
            return true
        }

        func wanted(_ taken: [TakenErrand], by worker: String) -> Set<String> {
            Set(
                taken.filter { one in
                    index(of: one, by: worker) != nil && goesOn(one.errand)
                        && runs[one.errand.origin.run]?.isCancelled == false
                }.map(\.errand.id)
            )
        }

        func giveBack(_ taken: TakenErrand, by worker: String) {
            guard let index = index(of: taken, by: worker), rows[index].answer == nil else { return }
            rows[index].worker = nil
        }

        func leaveOthers(than taken: [TakenErrand], by worker: String) {
            let held = Set(taken.map { "\($0.errand.id) \($0.claim)" })
            for index in rows.indices where rows[index].worker == worker && rows[index].answer == nil {
                if !held.contains("\(rows[index].errand.id) \(rows[index].claim)") { rows[index].worker = nil }
            }
        }
    }
}
