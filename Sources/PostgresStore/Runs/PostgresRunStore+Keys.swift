import ExecutionEngine
import Orchestration
import TradingDomain
import Workflows

/// Where a run counts: its concurrency key within workflow and account.
private struct KeyScope {
    let account: String
    let workflow: String
    let key: String

    var values: [PostgresValue] { [.text(account), .text(workflow), .text(key)] }
}

extension PostgresRunStore {
    /// Records a run in the transaction at hand, as ``create(_:slot:)`` does.
    ///
    /// Every decision on a key is made under the key's lock, which the transaction holds to its end; that no place has two
    /// runs is a unique index's promise besides.
    static func insert(
        _ run: RunRecord,
        slot: ConcurrencySlot?,
        on connection: isolated PostgresConnection
    ) throws -> RunCreation {
        guard let slot else {
            try insert(run, on: connection)
            return .created
        }
        let scope = KeyScope(account: run.account.text, workflow: run.workflow, key: slot.key.storable)
        let standing = try others(in: scope, on: connection)
        if let known = standing.first(where: { $0.run == run.id }) {
            // After a lost COMMIT the run is as this call left it.
            return known.place != nil ? .created : .queued(behind: standing.holders(beside: run.id))
        }
        switch KeyPlaces.decide(slot, beside: standing) {
        case .enter(let place):
            try insert(run, scope.key, limit: slot.limit, place: place, on: connection)
            return .created
        case .wait(let cancelled):
            try insert(run, scope.key, limit: slot.limit, on: connection)
            let wish = RunCancellation.replaced(by: run.id)
            for other in cancelled { try cancel(other, wish, on: connection) }
            return .queued(behind: standing.holders(beside: run.id))
        case .skip: return .skipped(behind: standing.map(\.run))
        }
    }

    /// The place that a run which is being claimed takes; `nil` for one that needs none or has one.
    ///
    /// The row is one of `lock_run.sql`.
    ///
    /// - Throws: ``RunStoreError/queued(_:behind:isMoving:)``.
    static func place(
        for run: RunID,
        _ row: PostgresRow,
        on connection: isolated PostgresConnection
    ) throws -> Int64? {
        guard let key = try row.optionalText("key"), try row.isNull("key_place"), try !row.bool("is_cancelled") else {
            return nil
        }
        let scope = KeyScope(account: try row.text("account"), workflow: try row.text("workflow"), key: key)
        let standing = try others(in: scope, on: connection).filter { $0.run != run }
        guard let place = KeyPlaces.free(limit: Int(try row.int64("key_limit")), beside: standing) else {
            let held = try connection.run(file: "moving_key", scope.values).single().bool("is_moving")
            throw RunStoreError.queued(run, behind: standing.holders(beside: run), isMoving: held)
        }
        return Int64(place)
    }

    /// Asks a run to end early, and each of its open orders.
    static func cancel(
        _ run: RunID,
        _ cancellation: RunCancellation,
        on connection: isolated PostgresConnection
    ) throws {
        let by = cancellation.by.storable
        _ = try connection.run(
            file: "cancel_run",
            [.text(run.text), .text(cancellation.reason.storable), .text(by)]
        )
        _ = try connection.run(
            file: "cancel_parents_of_run",
            [.text(run.text), .text(cancellation.text.storable), .text(by)]
        )
    }

    private static func others(
        in scope: KeyScope,
        on connection: isolated PostgresConnection
    ) throws -> [KeyedRun] {
        // In two statements: what the lock waited for is seen only by a later one.
        _ = try connection.run(file: "lock_key", scope.values)
        return try connection.run(file: "runs_of_key", scope.values).map { row in
            KeyedRun(
                run: RunID(unchecked: try row.text("id")),
                place: try row.isNull("key_place") ? nil : Int(try row.int64("key_place")),
                isCancelled: try row.bool("is_cancelled")
            )
        }
    }

    private static func insert(
        _ run: RunRecord,
        _ key: String? = nil,
        limit: Int? = nil,
        place: Int? = nil,
        on connection: isolated PostgresConnection
    ) throws {
        let names = run.sources.keys.sorted()
        _ = try connection.pipeline([
            PostgresStatement(
                file: "save_definitions",
                [.text(run.definitionHash), .textArray(names), .textArray(names.map { run.sources[$0] })]
            ),
            PostgresStatement(
                file: "create_run",
                [
                    .text(run.id.text), .text(run.workflow), .text(run.definitionHash), .text(run.account.text),
                    .text(run.environment.rawValue), .decimal("\(run.seed)"), .int64(run.startedAt.nanoseconds),
                    .json(run.inputs), .json(run.launch), .optional(key), .optional(limit.map(Int64.init)),
                    .optional(place.map(Int64.init)),
                ]
            ),
        ])
    }
}

extension [KeyedRun] {
    /// Those that a waiting run waits for.
    fileprivate func holders(beside run: RunID) -> [RunID] {
        filter { $0.place != nil && $0.run != run }.map(\.run)
    }
}
