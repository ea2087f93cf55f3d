import Foundation
import Testing
import TradingTestKit

@Suite("Every algorithm from the command line", .serialized)
struct AlgorithmTests {
    @Test("`order --algo NAME` works each; the books hold; pages and `explain` need no schedule")
    func orders() async throws {
        try await Home.onSharedServer { home in
            var orders: [String: (run: String, order: String)] = [:]
            for (ticker, words, algorithm) in [
                ("KO 100", "limit --limit-price 500 --duration-minutes 5", "LIMIT"),
                ("BAC 100", "iceberg --limit-price 500 --display-quantity 20 --duration-minutes 5", "ICEBERG"),
                ("JPM 10", "Passive", "PASSIVE"), ("XOM 50", "aggressive", "AGGRESSIVE"),
                ("AAPL 20", "adaptive", "ADAPTIVE"),
                ("WMT 50", "liquidity-aware", "LIQUIDITY_AWARE"),
                ("KO 50", "pov --participation-percent 2 --must-complete --duration-minutes 10", "POV"),
                ("BAC 50", "is --risk-aversion 0.00001 --duration-minutes 10", "IMPLEMENTATION_SHORTFALL"),
                ("XOM 60", "dynamic-vwap --duration-minutes 20 --randomize-size-percent 20", "VWAP_DYNAMIC"),
                (
                    "JPM 40",
                    "twap --duration-minutes 10 --max-participation-percent 2 --would-price 1 --must-complete",
                    "TWAP"
                ),
            ] {
                let outcome = try await home.run("order buy \(ticker) --algo \(words) --output json")
                let document = try RunDocument(outcome.output)
                let item = try #require(document.items.first, "\(algorithm): \(outcome.output)")
                #expect(outcome.status == 0, "\(algorithm): \(outcome.errors) \(item.message)")
                #expect(item.algorithm == algorithm)
                #expect(item.status == "SUCCESS", "\(algorithm): \(item.message)")
                #expect(sum((item.execution?.fills ?? []).map(\.quantity)) == sum([item.filled_quantity ?? ""]))
                orders[algorithm] = (document.run, try #require(item.parent_order))
            }
            let verified = try await home.run("verify")
            #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
            for algorithm in ["LIMIT", "POV"] {
                let (run, order) = try #require(orders[algorithm])
                let explained = try await home.run("explain \(order)")
                #expect(explained.status == 0, "\(explained.errors)")
                #expect(explained.output.contains("4 Plan \(algorithm), chosen by the author"))
                let page = try await home.run("report \(run) --output html")
                #expect(page.status == 0, "\(page.errors)")
                #expect(page.output.contains("No planned slices to draw"))
                #expect(page.output.contains("Slippage vs \(algorithm == "LIMIT" ? "arrival" : "VWAP")"))
            }
        }
    }

    @Test("What an algorithm does not take is refused, with what it takes")
    func refusals() async throws {
        try await Home.onSharedServer { home in
            let nameless = try await home.run("order buy KO 100 --participation-percent 5")
            #expect(nameless.status == 2)
            #expect(nameless.errors.contains("Name an algorithm"), "\(nameless.errors)")
            let unknown = try await home.run("order buy KO 100 --algo sniper")
            #expect(unknown.status == 2)
            #expect(unknown.errors.contains("'sniper'") && unknown.errors.contains("IMPLEMENTATION_SHORTFALL"))
            let stray = try await home.run("order buy KO 100 --algo passive --display-quantity 5")
            #expect(stray.status == 2)
            #expect(stray.errors.contains("--display-quantity") && stray.errors.contains("It takes duration-minutes"))
        }
    }

    @Test("`routing` lists the urgencies and every algorithm, in the same order each time")
    func routing() async throws {
        try await Home.onSharedServer { home in
            struct Routing: Decodable {
                struct Known: Decodable {
                    let algorithm: String
                    let expected_bps: [Double]
                    let parameters: [String]
                }
                let algorithms: [Known]
            }
            let json = try await home.run("routing --output json")
            let known = try JSONDecoder().decode(Routing.self, from: Data(json.output.utf8)).algorithms
            #expect(known.map(\.algorithm) == known.map(\.algorithm).sorted())
            #expect(known.count == 14)
            #expect(known.first { $0.algorithm == "POV" }?.parameters.contains("must_complete") == true)
            #expect(known.allSatisfy { $0.expected_bps.count == 2 })
            let table = try await home.run("routing")
            #expect(known.allSatisfy { table.output.contains($0.algorithm) })
        }
    }

    @Test("The example's own algorithm, registered with one line, is worked like any other")
    func ownAlgorithm() async throws {
        try await Home.with { home in
            let example = BuiltProgram(
                path: BuiltProgram.path(of: "AlgorithmExample"),
                folder: home.folder,
                environment: [
                    "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home.folder,
                ]
            )
            let outcome = try await example.run(["state"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.first == "NVDA SUCCESS HALF_NOW", "\(outcome.output)")
            let intents = try await home.value("SELECT count(*) FROM intents")
            #expect(intents == "2")
            let filled = try await home.rows("SELECT quantity::text AS quantity FROM fills", columns: ["quantity"])
            #expect(sum(filled.map { $0[0] }) == 10)
        }
    }
}
