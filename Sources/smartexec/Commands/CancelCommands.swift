import ArgumentParser
import ExecutionEngine
import Orchestration
import PostgresStore
import TradingDomain

/// `smartexec runs cancel`.
struct CancelRun: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "End a run early: nothing new starts, and open orders are cancelled.",
        discussion:
            "Fills that happened count. The process that works the run notices within about a second, winds it down and writes its report."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "Why; shown with every item that ends because of it.")
    var reason = ""

    @Argument(help: "The run's id.")
    var run: String

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        let id = RunID(unchecked: run)
        let wish = RunCancellation(by: operatorName, reason: reason)
        let standing: RunStanding
        do {
            standing = try await PostgresRunControls(pool: database.pool).cancel(id, wish)
            await database.pool.close()
        } catch {
            await database.pool.close()
            throw error
        }
        let orders = standing.openOrders == 1 ? "1 open order" : "\(standing.openOrders) open orders"
        if let holder = standing.holder {
            console.print("Run \(id) is \(wish.text). `\(holder)` winds it down, with \(orders).")
            console.print("`smartexec runs follow \(id)` shows how it ends.")
        } else {
            console.print("Run \(id) is \(wish.text), with \(orders). Nobody works it at the moment.")
            console.print("`smartexec runs resume \(id)` winds it down: it starts nothing and cancels what is open.")
        }
        return .success
    }
}

/// `smartexec orders cancel`.
struct CancelOrder: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel an open order; what has filled counts."
    )

    @OptionGroup var global: GlobalOptions

    @Option(help: "Why; shown with the order.")
    var reason = ""

    @Argument(help: "The order's id, or its first characters.")
    var order: String

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let database = try await Database.open(loaded, console)
        do {
            let words = try await cancel(database)
            await database.pool.close()
            console.print(words)
            return .success
        } catch {
            await database.pool.close()
            throw error
        }
    }

    private func cancel(_ database: Database) async throws -> String {
        let reader = PostgresQueries(pool: database.pool)
        let found = try await reader.orders(prefix: order)
        guard let id = found.first else {
            throw CommandFailure(.usage, "There is no order '\(order)'. `smartexec orders` lists them.")
        }
        guard found.count == 1 else {
            let names = found.map(\.text).joined(separator: ", ")
            throw CommandFailure(.usage, "'\(order)' begins several orders: \(names). Give more of it.")
        }
        let wish = RunCancellation(by: operatorName, reason: reason)
        guard try await PostgresRunControls(pool: database.pool).cancel(order: id, wish) else {
            let state = try await reader.order(id)?.state.rawValue ?? "gone"
            throw CommandFailure(.usage, "Order \(id) has ended (\(state)); nothing is left to cancel.")
        }
        return "Order \(id) is asked to be cancelled. Its engine reads that within about a second; "
            + "`smartexec explain \(id)` shows what came of it."
    }
}
