import ArgumentParser
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
