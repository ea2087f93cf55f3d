import Assembly
import Foundation
import Orchestration
import PostgresStore
import TradingDomain
import Workflows

extension RunSession {
    /// Shows what a run would do, on a floor that only looks: the account may be worked by another program meanwhile.
    func rehearse(
        _ bundle: WorkflowBundle,
        _ inputs: [String: Value],
        _ loaded: LoadedConfiguration
    ) async throws -> ExitStatus {
        guard page == nil else {
            throw CommandFailure(
                .usage,
                "--report writes the report of a run, and --dry-run runs nothing. Leave one out."
            )
        }
        let floor = try await TradingFloor.open(loaded, request, onlyLooking: true, console)
        var report: RehearsalReport
        do {
            let rate = loaded.configuration.simulation.commissionRate
            report = try await WorkflowRehearsal(desk: floor.desk, commissionRate: rate).run(bundle, inputs: inputs)
        } catch {
            let explained = await floor.paper.explained(error)
            await floor.close()
            throw explained
        }
        await floor.close()
        let database = try await Database.open(loaded, console)
        let filter = OrderFilter(account: report.account, openOnly: true)
        let open = try await PostgresQueries(pool: database.pool).orders(filter, limit: 1000).count
        await database.pool.close()
        if open > 0 {
            report.notes.append(
                "Open orders of this account, at work in another program or left by one: \(open). What they reserve and may "
                    + "still fill is not counted here."
            )
        }
        switch global.output {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            console.print(String(decoding: try encoder.encode(report), as: UTF8.self))
        case .table, .html, .sarif: console.print(RehearsalPrinter.text(report, console))
        }
        return ExitStatus(itemStatus: report.status.rawValue)
    }
}
