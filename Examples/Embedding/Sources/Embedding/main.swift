import SmartExecutorKit

let floor = try await PaperFloor.open(home: CommandLine.arguments.dropFirst().first ?? "state")
let result = try await floor.executor.processTicker("NVDA", urgency: .high)
print(result.ticker, result.status, result.message)
for fill in result.execution?.fills ?? [] { print(fill.timestamp, fill.quantity, "@", fill.fillPrice) }
print("Equity", await floor.portfolio.equity)
await floor.close()
