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
        let controls = PostgresRunControls(pool: database.pool)
        let standing: RunStanding
        let worker: ServingWorker?
        do {
            standing = try await controls.cancel(id, wish)
            let account = try await PostgresQueries(pool: database.pool).run(id)?.run.account
            // One that was stopped on purpose waits for `runs resume`, whoever lives.
            worker =
                if standing.state == "ready", let account { try await controls.workers(serving: account).first } else {
                    nil
                }
            await database.pool.close()
        } catch {
            await database.pool.close()
            throw error
        }
        let orders = standing.openOrders == 1 ? "1 open order" : "\(standing.openOrders) open orders"
        if let holder = standing.holder {
            console.print("Run \(id) is \(wish.text). `\(holder)` winds it down, with \(orders).")
            console.print("`smartexec runs follow \(id)` shows how it ends.")
        } else if let worker {
            console.print(
                "Run \(id) is \(wish.text), with \(orders). \(worker.name) winds it down when its turn comes."
            )
        } else {
            console.print("Run \(id) is \(wish.text), with \(orders). Nobody works it at the moment.")
            console.print("`smartexec runs resume \(id)` winds it down: it starts nothing and cancels what is open.")
        }
        return .success
    }
}
