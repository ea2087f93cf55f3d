import ExecutionAnalytics
import ExecutionEngine
import Orchestration
import PostgresStore
import TradingDomain

/// The market around parents, with what has happened since their run ended filled in, and kept for the next reader.
///
/// A run's own figures end with its clock. Reports are made afterwards and decide nothing, so they may look at the market
/// that came later; on replayed and generated data that is the rest of the session.
enum CompletedTapes {
    static func read(
        _ parents: [ParentRecord],
        _ reader: PostgresQueries,
        _ loaded: LoadedConfiguration,
        _ console: Console
    ) async throws -> [TapeRecord] {
        let ids = parents.map(\.submission.id)
        let kept = try await reader.tapes(ids)
        let open = kept.filter { $0.aftermath?.isComplete != true }
        let filled = Set(parents.filter { $0.filled > .zero }.map(\.submission.id))
        var later: [TapeRecord] = []
        for run in Set(open.filter { filled.contains($0.parent) }.map(\.run)).sorted() {
            let tapes = open.filter { $0.run == run }
            do {
                guard let detail = try await reader.run(run) else { continue }
                let request = LaunchRequest(clock: nil)
                let market = try request.floor(try request.again(detail.launch), loaded.configuration)
                let known = TapeReader(market: market.source, hours: market.hours).aftermaths(
                    parents.filter { parent in tapes.contains { $0.parent == parent.submission.id } },
                    now: Timestamp(nanoseconds: .max)
                )
                later += tapes.compactMap { tape in
                    known[tape.parent].map {
                        TapeRecord(run: run, parent: tape.parent, tape: tape.tape, aftermath: $0)
                    }
                }
            } catch {
                console.note(
                    "What the market did after run \(run) is not shown: its data cannot be read again. \(error)"
                )
            }
        }
        guard !later.isEmpty else { return kept }
        try await reader.keep(later)
        return try await reader.tapes(ids)
    }
}
