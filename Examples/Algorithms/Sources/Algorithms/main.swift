import SmartExecutorKit

var algorithms = AlgorithmCatalog()
algorithms.register(HalfNow.self)

let home = CommandLine.arguments.dropFirst().first ?? "state"
let floor = try await PaperFloor.open(home: home, algorithms: algorithms)
if let ticker = Symbol("NVDA") {
    let report = try await floor.executor.run(
        "manual-order",
        inputs: [
            "ticker": .ticker(ticker), "side": .text("BUY"), "quantity": .decimal(FixedDecimal(10)),
            "algorithm": .text("HALF_NOW"), "duration_minutes": .int(10),
        ]
    )
    for item in report.items {
        print(item.ticker, item.status, item.algorithm.map { "\($0)" } ?? item.message)
        for fill in item.execution?.fills ?? [] { print(fill.timestamp, fill.quantity, "@", fill.fillPrice) }
    }
}
await floor.close()
