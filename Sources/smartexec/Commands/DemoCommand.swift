import ArgumentParser
import Assembly
import ExecutionEngine
import Foundation
import MarketData
import Orchestration
import PostgresStore
import RiskRules
import TradingAgents
import TradingDomain
import Workflows

/// `smartexec demo`.
struct DemoCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the whole path at work: one decision for each urgency, and a TWAP slice by slice.",
        discussion:
            "Trades a generated market in virtual time, in an account namespace of its own; each demonstration gets a fresh one."
    )

    /// What came of the demonstration, for programs.
    private struct Outcome: Encodable {
        let account: AccountID
        let tests: [RunReport]
        let summary: RunSummary
        let twap: RunReport
        let twapLines: [String]

        private enum CodingKeys: String, CodingKey {
            case account, tests, summary, twap
            case twapLines = "twap_lines"
        }
    }

    private static let seed: UInt64 = 7
    private static let cash = Money(units: 500_000 * Int128(FixedDecimal.scale), .usd)
    /// Any two sessions of the generated market would do: one for the urgencies, the next for the TWAP.
    private static let day = CalendarDate(year: 2026, month: 3, day: 3)

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let market = GeneratedMarket(seed: Self.seed)
        let hours = try MarketHours()
        guard let date = Self.day else { preconditionFailure("2026-03-03 is a date") }
        let first = try hours.session(on: date)
        let database = try await Database.open(loaded, console)
        let account = try await freshAccount(database, market)
        let isTable = global.output == .table
        if isTable { console.print(DemoText.header(account, market.title, date, cash: Self.cash)) }

        let floor = try await open(account, market, hours, first, database)
        let executor = try self.executor(floor, account, date)
        var tests: [RunReport] = []
        let summary: ExecutorSummary
        do {
            for (index, line) in DemoAgent.script.enumerated() {
                guard let ticker = Symbol(line.ticker) else { continue }
                let inputs: [String: Value] = ["ticker": .ticker(ticker), "agent": .text(DemoAgent.name)]
                let report = try await executor.run("process-ticker", inputs: inputs)
                tests.append(report)
                guard isTable, let item = report.items.first else { continue }
                console.print("\n" + DemoText.test(index + 1, of: DemoAgent.script.count, line, item))
            }
            summary = try await executor.getSummary()
        } catch {
            await floor.close()
            throw error
        }
        await floor.close()
        if isTable { console.print("\n" + DemoText.summary(summary)) }

        let twap = try await twap(account, market, hours, try hours.nextSession(after: date), loaded, console)
        if isTable {
            console.print("\nA TWAP, slice by slice: order buy AAPL 100 --algo twap --duration-minutes 5\n")
            for line in twap.lines { console.print(line) }
            if let order = twap.report.items.first?.parentOrder { console.print("\n" + DemoText.next(order)) }
        } else {
            let outcome = Outcome(
                account: account,
                tests: tests,
                summary: summary.executions,
                twap: twap.report,
                twapLines: twap.lines
            )
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            console.print(String(decoding: try encoder.encode(outcome), as: UTF8.self))
        }
        return ExitStatus.worst((tests + [twap.report]).map { ExitStatus(itemStatus: $0.status.rawValue) })
    }

    /// An order of 100 AAPL over five minutes in the account's next session, as its journal tells it.
    private func twap(
        _ account: AccountID,
        _ market: GeneratedMarket,
        _ hours: MarketHours,
        _ session: TradingSession,
        _ loaded: LoadedConfiguration,
        _ console: Console
    ) async throws -> (report: RunReport, lines: [String]) {
        guard let ticker = Symbol("AAPL") else { preconditionFailure("AAPL is a symbol") }
        let floor = try await open(account, market, hours, session, try await Database.open(loaded, console))
        do {
            let inputs: [String: Value] = [
                "ticker": .ticker(ticker), "side": .text("BUY"), "quantity": .decimal(FixedDecimal(100)),
                "algorithm": .text("TWAP"), "duration_minutes": .int(5),
            ]
            let report = try await executor(floor, account, session.date).run("manual-order", inputs: inputs)
            let ids = report.items.compactMap(\.parentOrder)
            let lines = try await floor.desk.journal.parents(ids).compactMap { ScheduleLog($0)?.lines }.flatMap { $0 }
            await floor.close()
            return (report, lines)
        } catch {
            await floor.close()
            throw error
        }
    }

    private func open(
        _ account: AccountID,
        _ market: GeneratedMarket,
        _ hours: MarketHours,
        _ session: TradingSession,
        _ database: Database
    ) async throws -> PaperFloor {
        let plan = PaperFloor.Plan(
            account: account,
            environment: .backtest,
            cash: Self.cash,
            limits: try RiskLimits(),
            market: market,
            hours: hours,
            session: session,
            seed: Self.seed,
            agents: { AgentDesk([DemoAgent()], now: $0) }
        )
        return try await PaperFloor.open(plan, on: database.state)
    }

    private func executor(_ floor: PaperFloor, _ account: AccountID, _ session: CalendarDate) throws -> SmartExecutor {
        let name = String(account.text.prefix { $0 != "@" })
        let launch = Launch(account: name, data: [], seed: Self.seed, session: session, clock: "virtual")
        return SmartExecutor(desk: floor.desk, library: ShippedWorkflows.named, launch: try launch.json)
    }

    /// A namespace that no demonstration has used.
    private func freshAccount(_ database: Database, _ market: GeneratedMarket) async throws -> AccountID {
        let known = try await PostgresQueries(pool: database.pool).accounts().map(\.account.text)
        let used = known.compactMap { name -> Int? in
            guard name.hasPrefix("demo-") else { return nil }
            return Int(name.dropFirst("demo-".count).prefix { $0.isNumber })
        }
        return AccountID(unchecked: "demo-\((used.max() ?? 0) + 1)@\(market.fingerprint)")
    }
}
