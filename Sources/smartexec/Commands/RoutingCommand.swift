import ArgumentParser
import ExecutionAlgorithms
import ExecutionEngine
import QuantMath
import TradingDomain

/// `smartexec routing`: which algorithm each urgency gets, from the router itself (SE-2, SE-4), and every algorithm.
struct RoutingCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "routing",
        abstract:
            "Show the algorithm of each urgency, and every algorithm with what it takes and what is expected of it."
    )

    @OptionGroup var global: GlobalOptions

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
        let routes = UrgencyRoute.table
        let known = Self.known(AlgorithmCatalog())
        guard global.output != .json else {
            console.print(try Listing.json(Routing(urgencies: routes, algorithms: known)))
            return .success
        }
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
