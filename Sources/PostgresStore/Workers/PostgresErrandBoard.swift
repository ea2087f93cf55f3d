import Foundation
public import TradingAgents
public import TradingDomain

/// Questions to agents that workers ask for each other, in PostgreSQL, for one worker.
///
/// Where errands lie is polled and not notified of: a look costs one statement on an index of what is open, and only while
/// somebody waits or has room.
public struct PostgresErrandBoard: ErrandBoard {
    private let store: PostgresRunStore
    private let accounts: [String]?

    /// Makes the board of one worker.
    ///
    /// - Parameters:
    ///   - pool: Connections to a migrated database.
    ///   - worker: Who offers and takes, with a lease in the same database.
    ///   - accounts: Whose questions it takes, by full or configured name; `nil` for all.
    public init(pool: PostgresPool, worker: PostgresWorker, accounts: [String]? = nil) {
        // Whoever waits asks again by itself.
        store = PostgresRunStore(pool: pool, worker: worker, patience: Backoff(attempts: 2, total: .seconds(2)))
        self.accounts = accounts
    }

    private var me: PostgresValue { .text(store.worker.id) }

    public func hasHelpers(for account: AccountID) async throws -> Bool {
        try await store.ask("has_helpers", [me, .text(account.text)]).single().bool("found")
    }

    public func offer(_ errands: [AgentErrand]) async throws {
        guard !errands.isEmpty else { return }
        _ = try await store.ask(
            "offer_errands",
            [
                .textArray(errands.map(\.id)), .textArray(errands.map(\.origin.run.text)),
                .int64Array(errands.map(\.origin.epoch)), .textArray(errands.map(\.origin.account.text)),
                .textArray(errands.map(\.origin.path)), .textArray(errands.map(\.agent.text)),
                .textArray(errands.map(\.origin.fingerprint)),
                .int64Array(errands.map { max(1, Int64($0.timeout / .milliseconds(1))) }),
                .textArray(errands.map { String(decoding: $0.request, as: UTF8.self) }),
            ]
        )
    }

    public func recall(_ ids: [String]) async throws -> Set<String> {
        try await Set(store.ask("recall_errands", [.textArray(ids)]).map { try $0.text("id") })
    }

    public func look(at ids: [String]) async throws -> [String: ErrandStanding] {
        var standings: [String: ErrandStanding] = [:]
        for row in try await store.ask("look_at_errands", [.textArray(ids)]) {
            let standing: ErrandStanding
            if let text = try row.optionalText("answer") {
                // One that a program of another version wrote in its own way is none.
                var answer = try? JSONDecoder().decode(AgentAnswer.self, from: Data(text.utf8))
                answer?.askedBy = try row.optionalText("worker")
                standing = answer.map(ErrandStanding.answered) ?? .lost
            } else if try row.bool("is_cancelled") {
                standing = .calledOff
            } else if try row.isNull("worker") {
                standing = .open
            } else if try row.bool("is_lost") {
                standing = .lost
            } else {
                standing = .taken(for: .seconds(try row.double("seconds")))
            }
            standings[try row.text("id")] = standing
        }
        return standings
    }

    public func drop(_ ids: [String]) async throws { _ = try await store.ask("drop_errands", [.textArray(ids)]) }

    public func take(_ most: Int, of fingerprints: [String], except refused: [String]) async throws -> [TakenErrand] {
        let rows = try await store.ask(
            "take_errands",
            [
                me, .int64(Int64(most)), .textArray(fingerprints), accounts.map { .textArray($0) } ?? .null,
                .textArray(refused),
            ]
        )
        return try rows.sorted { try $0.int64("number") < $1.int64("number") }.map { row in
            let origin = AgentErrand.Origin(
                run: RunID(unchecked: try row.text("run")),
                epoch: try row.int64("epoch"),
                account: AccountID(unchecked: try row.text("account")),
                path: try row.text("path"),
                fingerprint: try row.text("fingerprint")
            )
            let errand = AgentErrand(
                id: try row.text("id"),
                origin: origin,
                agent: AgentID(unchecked: try row.text("agent")),
                timeout: .milliseconds(try row.int64("timeout_ms")),
                request: Array(try row.text("request").utf8)
            )
            return TakenErrand(errand: errand, claim: try row.int64("claim"))
        }
    }

    public func answer(_ taken: TakenErrand, _ answer: AgentAnswer) async throws -> Bool {
        let text = String(decoding: try JSONEncoder().encode(answer), as: UTF8.self)
        let held = [PostgresValue.text(taken.errand.id), me, .int64(taken.claim)]
        return try await store.ask("answer_errand", held + [.json(text.storable)]).count == 1
    }

    public func wanted(_ taken: [TakenErrand]) async throws -> Set<String> {
        let values = [me, .textArray(taken.map(\.errand.id)), .int64Array(taken.map(\.claim))]
        return try await Set(store.ask("wanted_errands", values).map { try $0.text("id") })
    }

    public func giveBack(_ taken: TakenErrand) async throws {
        _ = try await store.ask("give_back_errand", [.text(taken.errand.id), me, .int64(taken.claim)])
    }

    public func leaveOthers(than taken: [TakenErrand]) async throws {
        let values = [me, .textArray(taken.map(\.errand.id)), .int64Array(taken.map(\.claim))]
        _ = try await store.ask("leave_errands", values)
    }
}
