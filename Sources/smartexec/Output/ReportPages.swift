import ExecutionAnalytics
import Orchestration
import PostgresStore
import TradingDomain

/// A run's report as a page, from the database alone.
enum ReportPages {
    static func html(
        _ report: RunReport,
        _ reader: PostgresQueries,
        _ loaded: LoadedConfiguration,
        _ console: Console
    ) async throws -> String {
        let ids = report.items.compactMap(\.parentOrder)
        var decisions: [DecisionRecord] = []
        for id in Set(report.items.compactMap(\.decision)).sorted() {
            if let found = try await reader.decision(id) { decisions.append(found.decision) }
        }
        let environment = try await reader.run(report.run)?.run.environment
        let parents = try await reader.orders(ids)
        let page = RunPage(
            report,
            environment: environment ?? .backtest,
            parents: parents,
            tapes: try await CompletedTapes.read(parents, reader, loaded, console),
            decisions: decisions
        )
        return page.html()
    }
}
