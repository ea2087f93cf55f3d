import ArgumentParser
import ExecutionEngine
import QuantMath
import TradingDomain

/// `smartexec routing`: which algorithm each urgency gets, from the router itself (SE-2, SE-4).
struct RoutingCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "routing",
        abstract: "Show the algorithm of each urgency, with what is expected of it."
    )

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let routes = UrgencyRoute.table
        try Listing(console: console, format: global.output).show(
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
                route.expectedBps.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }.joined(separator: "–"),
                route.style.rawValue,
            ]
        }
        return .success
    }
}
