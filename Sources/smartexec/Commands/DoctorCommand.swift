import ArgumentParser
import Assembly
import ExecutionEngine
import Foundation
import MarketData
import Orchestration
import PostgresStore
import TradingDomain
import Workflows

/// `smartexec doctor`: whether everything a run needs is there.
struct DoctorCommand: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "doctor", abstract: "Check what a run needs.")

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        var worst = ExitStatus.success
        func check(_ name: String, _ failure: ExitStatus, _ body: () async throws -> String) async {
            do {
                console.print("ok    \(name): \(try await body())")
            } catch {
                worst = max(worst, failure)
                console.print("FAIL  \(name): \(CommandFailure(error).description)")
            }
        }
        var loaded: LoadedConfiguration?
        var notes: [String] = []
        var unreconciled: [String] = []
        await check("configuration", .usage) {
            let found = try global.load(console)
            loaded = found
            return found.files.isEmpty ? "built-in defaults" : found.files.joined(separator: ", ")
        }
        guard let loaded else { return worst }
        await check("workflows", .usage) {
            let files = WorkflowFiles(directory: loaded.configuration.workflows.directory)
            for name in files.names {
                let source = try files.named(name)
                let result = WorkflowLoader(loaded).compiler.compile(source, resolver: files.resolver(beside: source))
                guard !result.hasErrors else {
                    throw WorkflowFileError(workflow: name, diagnostics: result.diagnostics)
                }
            }
            return "\(files.names.count) valid in \(loaded.configuration.workflows.directory)/"
        }
        await check("database", .unavailable) {
            let database = try await Database.open(loaded, console)
            let reader = PostgresQueries(pool: database.pool)
            let snapshot = try await reader.oldestSnapshotSeconds()
            let dead = try await reader.tableSizes().map(\.deadRows).reduce(0, +)
            let workers = try await reader.workers().filter { $0.isLeased && $0.serves != nil }
            let queue = try await reader.queue()
            let states = try await reader.reconciliationStates().filter { !$0.state.isReconciled }
            await database.pool.close()
            unreconciled = states.map(\.words)
            notes = workers.map(\.words) + [queue?.words].compactMap(\.self)
            return "\(Secrets.masked(database.url)); oldest snapshot \(Int(snapshot)) s, \(dead) dead rows"
        }
        for note in notes { console.print("      \(note)") }
        for words in unreconciled {
            worst = max(worst, .incomplete)
            console.print("FAIL  reconciliation: \(words)")
        }
        await check("calendar", .usage) {
            let hours = try MarketHours(
                default: loaded.configuration.market.calendar,
                file: loaded.configuration.market.calendarFile
            )
            let next = try hours.nextSession(
                after: CalendarDate(daysSinceEpoch: Int(Date().timeIntervalSince1970 / 86_400))
            )
            return "\(loaded.configuration.market.calendar), next session \(next.date)"
        }
        await check("agents", .usage) { loaded.configuration.agents.keys.sorted().joined(separator: ", ") }
        return worst
    }
}
