import ArgumentParser
import ExecutionEngine
import Orchestration
import Portfolio
import PostgresStore
import RiskRules
import TradingDomain
import Workflows

/// Opens the database for a command that reads.
private func reading<Result>(
    _ global: GlobalOptions,
    _ console: Console,
    _ body: (PostgresQueries, LoadedConfiguration) async throws -> Result
) async throws -> Result {
    let loaded = try global.load(console)
    let database = try await Database.open(loaded, console)
    let result = try await body(PostgresQueries(pool: database.pool), loaded)
    await database.pool.close()
    return result
}

/// Which rows a list command shows.
struct ListOptions: ParsableArguments {
    @Option(help: "Only of this run.")
    var run: String?

    @Option(help: "Only of this ticker.")
    var ticker: String?

    @Option(help: "At most so many, newest first.")
    var limit = 50

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit: \(limit) is no number of rows.") }
    }

    func symbol() throws -> Symbol? {
        guard let ticker else { return nil }
        guard let symbol = Symbol(ticker) else { throw CommandFailure(.usage, "'\(ticker)' is no ticker.") }
        return symbol
    }
}

/// `smartexec orders`: list, cancel, pause, resume, amend, resolve.
struct OrdersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orders",
        abstract: "List parent orders; cancel, pause, resume or amend one.",
        subcommands: [
            ListOrders.self, CancelOrder.self, PauseOrder.self, ResumeOrder.self, AmendOrder.self, ResolveChild.self,
        ],
        defaultSubcommand: ListOrders.self
    )
}

/// `smartexec orders list`: parent orders.
struct ListOrders: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List parent orders, newest first.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions

    @Flag(help: "Only those still being worked.")
    var open = false

    func perform(_ console: Console) async throws -> ExitStatus {
        try await reading(global, console) { reader, _ in
            let filter = OrderFilter(
                account: global.account.map { AccountID(unchecked: $0) },
                run: list.run.map { RunID(unchecked: $0) },
                symbol: try list.symbol(),
                openOnly: open
            )
            let rows = try await reader.orders(filter, limit: list.limit)
            try Listing(console: console, format: global.output).show(
                rows,
                empty: "No parent order yet. `smartexec decide NVDA` makes one.",
                [
                    .text("Order"), .text("Ticker"), .text("Side"), .text("Algorithm"), .text("Urgency"),
                    .number("Quantity"), .number("Filled"), .number("Children"), .text("State"), .text("Submitted"),
                    .text("Account"),
                ]
            ) { index in
                let row = rows[index]
                return [
                    row.id.text, row.symbol.text, row.side.rawValue, row.algorithm?.text ?? "", row.urgency.rawValue,
                    "\(row.quantity)", "\(row.filled)", "\(row.children)", row.state.rawValue, "\(row.submittedAt)",
                    row.account.text,
                ]
            }
            return .success
        }
    }
}

/// A fill as programs read it.
struct FillLine: Encodable {
    let tradedAt: Timestamp
    let account: AccountID
    let run: RunID?
    let parentOrder: ParentOrderID?
    let clientOrder: ClientOrderID
    let trade: TradeID
    let ticker: Symbol
    let side: Side
    let quantity: Quantity
    let price: Price
    let notional: FixedDecimal
    let commission: FixedDecimal
    let currency: Currency

    init(_ row: FillRow) {
        tradedAt = row.fill.tradedAt
        account = row.fill.account
        run = row.run
        parentOrder = row.parent
        clientOrder = row.fill.clientOrderID
        trade = row.fill.tradeID
        ticker = row.fill.symbol
        side = row.fill.side
        quantity = row.fill.quantity
        price = row.fill.price
        notional = row.fill.notional.amount
        commission = row.fill.commission.amount
        currency = row.fill.notional.currency
    }
}

/// `smartexec fills`: trades.
struct FillsCommand: ProgramCommand {
    static let configuration = CommandConfiguration(commandName: "fills", abstract: "List fills, oldest first.")

    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        try await reading(global, console) { reader, _ in
            let filter = FillFilter(
                account: global.account.map { AccountID(unchecked: $0) },
                run: list.run.map { RunID(unchecked: $0) },
                symbol: try list.symbol()
            )
            let rows = try await reader.fills(filter, limit: list.limit).map(FillLine.init)
            try Listing(console: console, format: global.output).show(
                rows,
                empty: "No fill yet.",
                [
                    .text("Traded at"), .text("Ticker"), .text("Side"), .number("Quantity"), .number("Price"),
                    .number("Notional"), .number("Commission"), .text("Order"), .text("Account"),
                ]
            ) { index in
                let row = rows[index]
                return [
                    "\(row.tradedAt)", row.ticker.text, row.side.rawValue, "\(row.quantity)", "\(row.price)",
                    "\(row.notional)", "\(row.commission)", row.parentOrder?.text ?? "", row.account.text,
                ]
            }
            return .success
        }
    }
}

/// A position as programs read it.
struct PositionLine: Encodable {
    let account: AccountID
    let ticker: Symbol
    let quantity: Quantity
    let averageCost: FixedDecimal?
    let costBasis: FixedDecimal
    let realized: FixedDecimal
    let currency: Currency
}

/// `smartexec positions`: what is held.
struct PositionsCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "positions",
        abstract: "List positions of every account."
    )

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        try await reading(global, console) { reader, _ in
            var rows: [PositionLine] = []
            let accounts = try await reader.accounts().filter { matches($0.account, global.account) }
            for account in accounts {
                for position in try await reader.positions(account.account) where !position.isFlat {
                    rows.append(
                        PositionLine(
                            account: account.account,
                            ticker: position.symbol,
                            quantity: position.quantity,
                            averageCost: position.averageCost(),
                            costBasis: position.costBasis.amount,
                            realized: position.realized.amount,
                            currency: position.costBasis.currency
                        )
                    )
                }
            }
            let lines = rows
            try Listing(console: console, format: global.output).show(
                lines,
                empty: "Nothing is held.",
                [
                    .text("Account"), .text("Ticker"), .number("Quantity"), .number("Average cost"),
                    .number("Cost basis"), .number("Realised"), .text("Currency"),
                ]
            ) { index in
                let row = lines[index]
                return [
                    row.account.text, row.ticker.text, "\(row.quantity)", row.averageCost.map { "\($0)" } ?? "",
                    "\(row.costBasis)", "\(row.realized)", row.currency.rawValue,
                ]
            }
            return .success
        }
    }
}

/// Whether an account is the one asked for: its whole id, or its configured name in any namespace.
func matches(_ account: AccountID, _ asked: String?) -> Bool {
    guard let asked else { return true }
    return account.text == asked || account.text.hasPrefix("\(asked)@")
}

/// `smartexec status`: accounts, kill switch, workers, recent alerts (SX-3).
struct StatusCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show accounts, the kill switch, workers and alerts."
    )

    /// Everything the command shows.
    private struct Status: Encodable {
        let killSwitch: [PostgresKillSwitch.Record]
        let accounts: [AccountRow]
        let workers: [WorkerRow]
        /// Runs that have not ended.
        let runs: QueueRow?
        /// Accounts that may only reduce.
        let safeModes: [PostgresSafeMode.Record]
        /// Accounts that are not known to equal their venues.
        let unreconciled: [ReconciliationStateRow]
        /// Those that nobody has acknowledged.
        let alerts: [AlertRow]
        /// The next times of schedules.
        let next: [Scheduler.Next]
    }

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let reader = PostgresQueries(pool: database.pool)
        let status = Status(
            killSwitch: try await PostgresKillSwitch(pool: database.pool).history(limit: 20).filter(\.isActive),
            accounts: try await reader.accounts().filter { matches($0.account, global.account) },
            workers: try await reader.workers().filter(\.isLeased),
            runs: try await reader.queue(),
            safeModes: try await PostgresSafeMode(pool: database.pool).history(limit: 20).filter(\.isActive),
            unreconciled: try await reader.reconciliationStates().filter {
                !$0.state.isReconciled && matches($0.account, global.account)
            },
            alerts: try await reader.alerts(openOnly: true, limit: 5),
            next: try await ScheduleBook.read(database.pool, loaded).next(3)
        )
        await database.pool.close()
        guard global.output == .table else {
            console.print(try Listing.json(status))
            return .success
        }
        if status.killSwitch.isEmpty { console.print("Kill switch: off") }
        for record in status.killSwitch {
            let scope = record.account.map { "account \($0)" } ?? "all accounts"
            console.print(
                "Kill switch: ON for \(scope) since \(record.activatedAt): \(record.halt.reason) (by \(record.halt.by))"
            )
        }
        for record in status.safeModes {
            console.print(
                "Safe mode: account \(record.account) may only reduce since \(record.enteredAt): \(record.mode.reason)",
                wrapping: true
            )
        }
        for row in status.unreconciled { console.print(row.words, wrapping: true) }
        console.print("")
        try Listing(console: console, format: .table).show(
            status.accounts,
            empty: "No account has traded yet.",
            [
                .text("Account"), .number("Cash"), .number("Realised"), .number("Positions"), .number("Open orders"),
                .number("Executions"), .number("Filled"), .number("Volume"), .number("Commission"),
            ]
        ) { index in
            let row = status.accounts[index]
            return [
                row.account.text, "\(row.cash.amount)", "\(row.realized.amount)", "\(row.openPositions)",
                "\(row.openParents)", "\(row.totalExecutions)", "\(row.successful)", "\(row.totalVolume.amount)",
                "\(row.commission.amount)",
            ]
        }
        for worker in status.workers { console.print(worker.words, wrapping: true) }
        if let words = status.runs?.words { console.print(words, wrapping: true) }
        for next in status.next { console.print("Next: \(next.schedule) at \(next.time) (\(next.local))") }
        for alert in status.alerts {
            console.print(
                "Alert \(alert.number) \(alert.level.rawValue) \(alert.at) \(alert.code): \(alert.message)",
                wrapping: true
            )
        }
        if !status.alerts.isEmpty {
            console.print("`smartexec alerts` lists all, `smartexec alerts ack NUMBER` acknowledges.")
        }
        return .success
    }
}

/// `smartexec verify`: positions and cash against the fold of every booked fact.
struct VerifyCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that positions, cash, fills and orders agree exactly."
    )

    @OptionGroup var global: GlobalOptions

    private struct Finding: Encodable {
        let account: AccountID
        let check: VerificationCheck
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        try await reading(global, console) { reader, _ in
            var findings: [Finding] = []
            for account in try await reader.accounts() where matches(account.account, global.account) {
                findings += try await reader.verify(account.account).map {
                    Finding(account: account.account, check: $0)
                }
            }
            let lines = findings
            try Listing(console: console, format: global.output).show(
                lines,
                empty: "No account has traded yet; there is nothing to verify.",
                [.text("Account"), .text("Check"), .number("Compared"), .text("Result"), .prose("Differences")]
            ) { index in
                let check = lines[index].check
                return [
                    lines[index].account.text, check.title, "\(check.compared)", check.holds ? "holds" : "DIFFERS",
                    check.differences.joined(separator: "; "),
                ]
            }
            return lines.allSatisfy(\.check.holds) ? .success : .incomplete
        }
    }
}
