import Assembly
import BenchmarkKit
import Foundation
import MarketData
import Orchestration
import TradingAgents
import TradingDomain
import Workflows

/// `watchlist.yaml` over so many generated names, each bought at the market.
struct Batch {
    private static let inFlight = 100

    let tickers: Int

    func run() async throws -> BatchMeasurement {
        let cluster = try await BenchmarkCluster.start()
        let signals = cluster.removeOnSignals()
        defer { for signal in signals { signal.cancel() } }
        do {
            let measured = try await run(on: cluster)
            await cluster.remove()
            return measured
        } catch {
            await cluster.remove()
            throw error
        }
    }

    private func run(on cluster: BenchmarkCluster) async throws -> BatchMeasurement {
        let symbols = try (0..<tickers).map { number in
            guard let symbol = Symbol("T\(number)") else { throw BenchmarkError("T\(number) is no ticker") }
            return symbol
        }
        let floor = try await PaperFloor.open(
            home: NSTemporaryDirectory(),
            database: cluster.url,
            market: GeneratedMarket(seed: 7, extraSymbols: symbols),
            cash: Money(units: 1_000_000_000 * Int128(FixedDecimal.scale), .usd),
            agents: [Buyer()]
        )
        let before = ProcessorTime.read(server: cluster.process)
        let start = ContinuousClock.now
        let report = try await floor.executor.run(
            "watchlist",
            inputs: [
                "tickers": .list(symbols.map { .ticker($0) }), "max_concurrent": .int(Int64(Self.inFlight)),
                "urgency": .text("CRITICAL"), "agent": .text("buyer"),
            ]
        )
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let used = ProcessorTime.read(server: cluster.process) - before
        let held = await floor.portfolio.positions.count
        await floor.close()
        let good = report.items.count { $0.status == .success }
        // One in many is over the account's slippage limit, as in any market.
        guard report.items.count == tickers, good == held, good * 50 >= tickers * 49 else {
            let odd = report.items.first { $0.status != .success }.map { "; \($0.ticker): \($0.status) \($0.message)" }
            throw BenchmarkError("\(good) of \(tickers) tickers were bought, \(held) are held\(odd ?? "")")
        }
        return BatchMeasurement(
            tickers: tickers,
            seconds: seconds,
            ours: used.ours,
            server: used.server,
            peak: try Self.peak()
        )
    }

    /// The kernel's high-water mark.
    private static func peak() throws -> Double {
        let lines = try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(separator: "\n")
        let words = lines.first { $0.hasPrefix("VmHWM:") }?.split(separator: " ") ?? []
        guard words.count > 1, let kilobytes = Double(words[1]) else { throw BenchmarkError("no VmHWM") }
        return kilobytes / 1024
    }
}

/// Buys ten of whatever it is asked about.
private struct Buyer: TradingAgent {
    let descriptor = AgentDescriptor(id: AgentID(unchecked: "buyer"), isDeterministic: true)

    func decide(_ request: DecisionRequest) async throws -> [AgentReply] {
        request.symbols.map { symbol in
            var draft = DecisionDraft(
                symbol: symbol,
                action: .buy,
                size: .shares(Quantity(10)),
                rationale: "it was asked"
            )
            draft.confidence = 0.5
            return .decision(draft)
        }
    }
}
