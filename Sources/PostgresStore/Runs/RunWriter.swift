import Orchestration
import TradingDomain
import Workflows

/// Group commit of what runs write: everything that waits at one moment goes into one transaction.
///
/// Each write is guarded by its own run's fence, so one that was taken over fails alone. Whoever finds nobody writing writes
/// for all who wait, so a write that comes alone waits for nobody.
actor RunWriter {
    /// What one caller wants durable.
    enum Write: Sendable {
        /// A new run, given to this store's worker at once.
        case begin(RunRecord)
        case complete([StepRecord], RunClaim)
        case finish(RunEnd)
    }

    /// What became of it.
    enum Answer: Hashable, Sendable {
        case done
        /// A run of that id is recorded already.
        case taken
        /// Its run is somebody else's, or has ended.
        case fenced
    }

    /// The end of a run.
    struct RunEnd: Sendable {
        let claim: RunClaim
        /// Its last steps, done with it.
        let steps: [StepRecord]
        let status: ItemStatus
        let report: String
        let at: Timestamp
    }

    private enum Turn {
        case answered(Result<Answer, any Error>)
        /// Write for yourself and for all who wait.
        case yours
    }

    private final class Waiter {
        let write: Write
        var wake: CheckedContinuation<Turn, Never>?

        init(_ write: Write) { self.write = write }
    }

    /// A transaction of more takes longer than those who wait gain by it.
    private static let mostWrites = 64

    private let worker: String
    private let transactions: DurableTransactions
    private var waiting: [Waiter] = []
    private var isWriting = false
    /// Definitions that are stored; forgotten when they become many.
    private var stored: Set<String> = []
    private static let mostStored = 1_000

    init(worker: String, transactions: DurableTransactions) {
        self.worker = worker
        self.transactions = transactions
    }

    /// Returns once the write is durable or refused.
    ///
    /// - Throws: The database's error; then the write may be repeated.
    func write(_ write: Write) async throws -> Answer {
        let own = Waiter(write)
        waiting.append(own)
        if isWriting {
            let turn = await withCheckedContinuation { own.wake = $0 }
            if case .answered(let answer) = turn { return try answer.get() }
        }
        isWriting = true
        let group = Array(waiting.prefix(Self.mostWrites))
        waiting.removeFirst(group.count)
        // A task of its own: that the caller is cancelled must not fail the others.
        let writes = group.map(\.write)
        let answers = await Task { await self.commit(writes) }.value
        for (waiter, answer) in zip(group, answers) where waiter !== own {
            waiter.wake?.resume(returning: .answered(answer))
        }
        if let next = waiting.first {
            next.wake?.resume(returning: .yours)
        } else {
            isWriting = false
        }
        guard let place = group.firstIndex(where: { $0 === own }) else {
            preconditionFailure("a writer of \(group.count) writes without its own")
        }
        return try answers[place].get()
    }

    /// An answer for each write; what the database refuses in a group is tried alone, so that it fails nobody else.
    private func commit(_ writes: [Write]) async -> [Result<Answer, any Error>] {
        do {
            return try await commitTogether(writes).map { .success($0) }
        } catch let error as PostgresError where !error.isEnvironmental && writes.count > 1 {
            var answers: [Result<Answer, any Error>] = []
            for write in writes { answers += await commit([write]) }
            return answers
        } catch {
            return writes.map { _ in .failure(error) }
        }
    }

    private func commitTogether(_ writes: [Write]) async throws -> [Answer] {
        let group = try RunWrites(writes, by: worker, stored: stored)
        let results = try await perform(group.statements)
        if stored.count > Self.mostStored { stored.removeAll() }
        stored.formUnion(group.definitions)
        var answers = try group.answers(results)
        for (place, write) in writes.enumerated() {
            guard case .finish(let end) = write, answers[place] == .fenced, try await hasEnded(end) else { continue }
            answers[place] = .done
        }
        return answers
    }

    /// Whether a run is as its end left it: the answer to a lost COMMIT, which only a later statement can see.
    private func hasEnded(_ end: RunEnd) async throws -> Bool {
        let key: [PostgresValue] = [.text(end.claim.run.text), .int64(end.claim.epoch), .text(end.status.rawValue)]
        let statement = try PostgresStatement(file: "finished_run", key)
        return try await perform([statement])[0].single().bool("is_finished")
    }

    private func perform(_ statements: [PostgresStatement]) async throws -> [PostgresResult] {
        do {
            return try await transactions.run(try statements.map { try EncodedStatement($0) })
        } catch let gaveUp as DurableTransactions.GaveUp {
            throw gaveUp.cause
        }
    }
}
