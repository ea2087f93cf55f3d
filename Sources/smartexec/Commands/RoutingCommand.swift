import ArgumentParser
import ExecutionAlgorithms
import ExecutionEngine
import QuantMath
import TradingDomain

/// `smartexec routing`: which algorithm each urgency gets, from the router itself (SE-2, SE-4), and every algorithm; with
/// `--symbol` what a market is like (RO-4, RO-5), with `--learned` what past executions taught (RO-3).
struct RoutingCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "routing",
        abstract:
            "Show the algorithm of each urgency, and every algorithm with what it takes and what is expected of it.",
        discussion: """
            Examples: smartexec routing --symbol AAPL --session 2026-01-02 --at 2026-01-02T16:00:00Z
                      smartexec routing --learned
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup(title: "The market of a symbol") var look: MarketLookOptions

    @Flag(help: "Show what each account has learned from its past executions instead.")
    var learned = false

    /// One algorithm that orders may be given by.
    struct Known: Encodable {
        let algorithm: AlgorithmName
        let style: ExecutionStyle
        /// Basis points, lowest and highest.
        let expectedBps: [Double]
        let parameters: [String]
    }

    /// Everything, for programs.
    private struct Routing: Encodable {
        let strategy: RoutingStrategy
        let defaultStrategy: AlgorithmName
        let urgencies: [UrgencyRoute]
        let algorithms: [Known]
    }

    /// The catalogue in the order of its names.
    static func known(_ catalog: AlgorithmCatalog) -> [Known] {
        catalog.names.map { name in
            let preset = UrgencyRoute.table.first { $0.algorithm == name }
            return Known(
                algorithm: name,
                style: preset?.style ?? catalog.style(of: name),
                expectedBps: preset?.expectedBps ?? catalog.expectedBps(of: name),
                parameters: catalog.parameters(of: name)
            )
        }
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        if let symbol = look.symbol { return try await MarketLook(symbol, look, loaded).show(console, global.output) }
        if learned { return try await LearnedRoutesPage.show(loaded, global, console) }
        let routes = UrgencyRoute.table
        let known = Self.known(AlgorithmCatalog())
        let policy = loaded.configuration.routing.policy
        guard global.output != .json else {
            let routing = Routing(
                strategy: policy.strategy,
                defaultStrategy: policy.fallback,
                urgencies: routes,
                algorithms: known
            )
            console.print(try Listing.json(routing))
            return .success
        }
        console.print(
            "Orders that name no algorithm are routed by the \(policy.strategy) router (`routing.strategy`); where it has nothing "
                + "to choose by, \(policy.fallback) serves.",
            wrapping: true
        )
        console.print("")
        let listing = Listing(console: console, format: global.output)
        try listing.show(
            routes,
            empty: "",
            [
                .text("Urgency"), .text("Algorithm"), .text("Time"), .number("Slices"), .text("Expected bps"),
                .text("Style"),
            ]
        ) { index in
            let route = routes[index]
            return [
                route.urgency.rawValue, route.algorithm.text, route.time, route.slices.map(String.init) ?? "by volume",
                Self.range(route.expectedBps), route.style.rawValue,
            ]
        }
        console.print("")
        console.print("By name, with `smartexec order --algo NAME`:")
        try listing.show(
            known,
            empty: "",
            [.text("Algorithm"), .text("Style"), .text("Expected bps")]
        ) { index in
            let algorithm = known[index]
            return [algorithm.algorithm.text, algorithm.style.rawValue, Self.range(algorithm.expectedBps)]
        }
        console.print("")
        console.print("What each takes, besides --limit-price and --urgency:")
        for algorithm in known {
            let takes = algorithm.parameters.map { "--" + $0.replacing("_", with: "-") }
            let words = takes.isEmpty ? "nothing" : takes.joined(separator: " ")
            console.print("\(algorithm.algorithm): \(words)", wrapping: true)
        }
        return .success
    }

    private static func range(_ bps: [Double]) -> String {
        let words = bps.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }
        return words.joined(separator: bps.contains { $0 < 0 } ? " to " : "–")
    }
}
