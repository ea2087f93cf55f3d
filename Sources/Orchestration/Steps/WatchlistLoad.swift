import TradingDomain
import Workflows

/// `watchlist.load`: the tickers of a named list, or those given.
struct WatchlistLoad: WorkflowStep {
    let signature = StepSignature(
        "watchlist.load",
        .read,
        inputs: [
            .optional(
                "name",
                .text,
                role: .watchlist,
                doc: "a watchlist of the configuration or a file in `watchlists/`"
            ),
            .optional("tickers", .list(.ticker), doc: "overrides the list"),
            .optional("limit", .int, doc: "at most so many, from the front"),
        ],
        outputs: [.init("tickers", .list(.ticker))],
        doc: "The tickers to work on, each once, in the order written."
    )

    func run(_ call: StepCall, _ context: StepContext) async throws -> StepResult {
        var tickers = call.list("tickers").compactMap(\.tickerValue)
        if tickers.isEmpty {
            let name = call.text("name") ?? "demo"
            guard let list = context.desk.watchlists[name] else {
                let known = context.desk.watchlists.keys.sorted().joined(separator: ", ")
                throw StepFailure(
                    "unknown_watchlist",
                    "There is no watchlist '\(name)'. Known: \(known.isEmpty ? "none" : known)."
                )
            }
            tickers = list
        }
        var seen: Set<Symbol> = []
        tickers = tickers.filter { seen.insert($0).inserted }
        if let limit = call.inputs["limit"]?.intValue { tickers = Array(tickers.prefix(Int(max(0, limit)))) }
        let output = Value.Record("watchlist.load output", [("tickers", .list(tickers.map { .ticker($0) }))])
        return .done(.success(output: output), notes: [])
    }
}
