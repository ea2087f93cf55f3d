import ExecutionAnalytics
public import Orchestration
public import TradingDomain

extension PostgresRunStore {
    public func save(_ tapes: [TapeRecord], of claim: RunClaim) async throws {
        guard !tapes.isEmpty else { return }
        let texts = try tapes.map { try Documents.encode($0.tape) }
        let later = try Self.saving(tapes)
        try await fenced(
            claim,
            PostgresStatement(
                file: "save_tapes",
                [.text(claim.run.text), .textArray(tapes.map(\.parent.text)), .textArray(texts)]
            ),
            later
        )
    }

    /// What keeps the aftermaths of tapes.
    static func saving(_ tapes: [TapeRecord]) throws -> PostgresStatement {
        let known = tapes.compactMap { tape in tape.aftermath.map { (tape.parent.text, $0) } }
        return try PostgresStatement(
            file: "save_aftermaths",
            [
                .textArray(known.map(\.0)), .int64Array(known.map { $0.1.readUntil.nanoseconds }),
                .textArray(try known.map { try Documents.encode($0.1) }),
            ]
        )
    }

    public func tapes(_ parents: [ParentOrderID]) async throws -> [TapeRecord] {
        try await durably { connection in try Self.tapes(parents, on: connection) }
    }

    static func tapes(
        _ parents: [ParentOrderID],
        on connection: isolated PostgresConnection
    ) throws -> [TapeRecord] {
        try connection.run(file: "tapes_of_parents", [.textArray(parents.map(\.text))]).map { row in
            TapeRecord(
                run: RunID(unchecked: try row.text("run")),
                parent: ParentOrderID(unchecked: try row.text("parent")),
                tape: try Documents.decode(MarketTape.self, row.text("tape")),
                aftermath: try row.optionalText("aftermath").map { try Documents.decode(Aftermath.self, $0) }
            )
        }
    }
}
