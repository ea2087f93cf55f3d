import Orchestration
import TradingDomain
import Workflows

/// Writes of several runs as the statements of one transaction, one array per column.
struct RunWrites {
    private enum Kind: Hashable { case begin, complete, finish }

    private let writes: [RunWriter.Write]
    private(set) var statements: [PostgresStatement]
    /// Hashes of the definitions that this transaction stores.
    private(set) var definitions: Set<String> = []
    private var places: [Kind: Int] = [:]

    /// `writes` are of any runs, in the order in which they came; runs that begin go to `worker`, and definitions are
    /// written unless `stored` has their hash.
    init(_ writes: [RunWriter.Write], by worker: String, stored: Set<String>) throws {
        self.writes = writes
        statements = [try PostgresStatement(file: "plan_by_key")]
        var begun: [RunRecord] = []
        var steps: [(step: StepRecord, claim: RunClaim)] = []
        var ends: [RunWriter.RunEnd] = []
        for write in writes {
            switch write {
            case .begin(let run): begun.append(run)
            case .complete(let done, let claim): steps += done.map { ($0, claim) }
            case .finish(let end):
                steps += end.steps.map { ($0, end.claim) }
                ends.append(end)
            }
        }
        for run in begun where !stored.contains(run.definitionHash) {
            guard definitions.insert(run.definitionHash).inserted else { continue }
            statements.append(try Self.definitions(of: run))
        }
        if !begun.isEmpty { add(.begin, try Self.begin(begun, by: worker)) }
        if !steps.isEmpty { add(.complete, try Self.complete(steps)) }
        if !ends.isEmpty { add(.finish, try Self.finish(ends)) }
    }

    /// What the results of the statements mean for each write.
    func answers(_ results: [PostgresResult]) throws -> [RunWriter.Answer] {
        let begun = try names(.begin, in: results) { try $0.text("id") }
        let held = try names(.complete, in: results) { Held(run: try $0.text("id"), epoch: try $0.int64("epoch")) }
        let ended = try names(.finish, in: results) { try $0.text("id") }
        return writes.map { write in
            switch write {
            case .begin(let run): begun.contains(run.id.text) ? .done : .taken
            case .complete(_, let claim):
                held.contains(Held(run: claim.run.text, epoch: claim.epoch)) ? .done : .fenced
            case .finish(let end): ended.contains(end.claim.run.text) ? .done : .fenced
            }
        }
    }

    private struct Held: Hashable {
        let run: String
        let epoch: Int64
    }

    private func names<Name: Hashable>(
        _ kind: Kind,
        in results: [PostgresResult],
        _ read: (PostgresRow) throws -> Name
    ) throws -> Set<Name> {
        guard let place = places[kind] else { return [] }
        return try Set(results[place].map(read))
    }

    private mutating func add(_ kind: Kind, _ statement: PostgresStatement) {
        places[kind] = statements.count
        statements.append(statement)
    }

    // MARK: Statements

    /// Stores the texts behind a run's definition.
    static func definitions(of run: RunRecord) throws -> PostgresStatement {
        let names = run.sources.keys.sorted()
        return try PostgresStatement(
            file: "save_definitions",
            [.text(run.definitionHash), .textArray(names), .textArray(names.map { run.sources[$0] })]
        )
    }

    private static func begin(_ runs: [RunRecord], by worker: String) throws -> PostgresStatement {
        try PostgresStatement(
            file: "begin_runs",
            [
                .text(worker), .textArray(runs.map(\.id.text)), .textArray(runs.map(\.workflow)),
                .textArray(runs.map(\.definitionHash)), .textArray(runs.map(\.account.text)),
                .textArray(runs.map(\.environment.rawValue)), .textArray(runs.map { "\($0.seed)" }),
                .int64Array(runs.map(\.startedAt.nanoseconds)), .textArray(runs.map(\.inputs)),
                .textArray(runs.map(\.launch)),
            ]
        )
    }

    private static func complete(_ steps: [(step: StepRecord, claim: RunClaim)]) throws -> PostgresStatement {
        var runs = PostgresArray(of: .text, capacity: steps.count)
        var epochs = PostgresArray(of: .bigint, capacity: steps.count)
        var paths = PostgresArray(of: .text, capacity: steps.count)
        var uses = PostgresArray(of: .text, capacity: steps.count)
        var effects = PostgresArray(of: .text, capacity: steps.count)
        var outcomes = PostgresArray(of: .text, capacity: steps.count)
        var starts = PostgresArray(of: .bigint, capacity: steps.count)
        var ends = PostgresArray(of: .bigint, capacity: steps.count)
        var known: Set<Path> = []
        // The first outcome of a path stands, also within one transaction.
        for (step, claim) in steps where known.insert(Path(claim: claim, text: step.path)).inserted {
            runs.append(claim.run.text)
            epochs.append(claim.epoch)
            paths.append(step.path)
            uses.append(step.uses)
            effects.append(step.effect)
            outcomes.append(step.outcome)
            starts.append(step.startedAt.nanoseconds)
            ends.append(step.doneAt.nanoseconds)
        }
        return try PostgresStatement(
            file: "complete_steps",
            [
                .array(runs), .array(epochs), .array(paths), .array(uses), .array(effects), .array(outcomes),
                .array(starts), .array(ends),
            ]
        )
    }

    private struct Path: Hashable {
        let claim: RunClaim
        let text: String
    }

    /// Ends runs that are held at their epoch still, and returns those.
    static func finish(_ ends: [RunWriter.RunEnd]) throws -> PostgresStatement {
        try PostgresStatement(
            file: "finish_runs",
            [
                .textArray(ends.map(\.claim.run.text)), .int64Array(ends.map(\.claim.epoch)),
                .textArray(ends.map(\.status.rawValue)), .int64Array(ends.map(\.at.nanoseconds)),
                .textArray(ends.map(\.report)),
            ]
        )
    }
}
