import ExecutionAnalytics
import Orchestration
import PostgresStore
import TradingDomain

/// A run's report as a page, from the database alone.
enum ReportPages {
    static func html(_ report: RunReport, _ reader: PostgresQueries) async throws -> String {
        let ids = report.items.compactMap(\.parentOrder)
        var decisions: [DecisionRecord] = []
        for id in Set(report.items.compactMap(\.decision)).sorted() {
            if let found = try await reader.decision(id) { decisions.append(found.decision) }
        }
        let environment = try await reader.run(report.run)?.run.environment
        let page = RunPage(
            report,
            environment: environment ?? .backtest,
            parents: try await reader.orders(ids),
            tapes: try await reader.tapes(ids),
            decisions: decisions
        )
        return page.html()
    }
}
