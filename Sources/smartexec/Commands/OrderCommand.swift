import ArgumentParser
import ExecutionAlgorithms
import TradingDomain

/// `smartexec order`: an order by hand, through the same risk gates.
struct OrderCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "Place an order by hand, through the same risk gates.",
        discussion: """
            Examples: smartexec order buy AAPL 100 --algo twap --duration-minutes 10
                      smartexec order sell NVDA 500 --algo pov --participation-percent 5
                      smartexec order buy SPY 20000 --algo vwap --max-participation-percent 5 --would-price 431.5

            `smartexec routing` lists the algorithms with the options that each takes; others are refused.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var market: MarketOptions
    @OptionGroup var rehearsal: RehearsalOptions

    @Argument(help: "buy or sell.")
    var side: String

    @Argument(help: "The ticker, such as AAPL.")
    var ticker: String

    @Argument(help: "How much, in units of the instrument.")
    var quantity: String

    @Option(
        name: [.customLong("algo"), .customLong("algorithm")],
        help: "market, limit, twap, vwap, pov, iceberg, ... (`smartexec routing`); by urgency when none is given."
    )
    var algorithm: String?

    @Option(help: "CRITICAL, HIGH, MEDIUM or LOW.")
    var urgency: String?

    @Option(help: "The worst price that may be paid or taken; limit and iceberg rest there.")
    var limitPrice: String?

    @OptionGroup(title: "Options of algorithms") var schedule: ScheduleOptions

    func perform(_ console: Console) async throws -> ExitStatus {
        let given = schedule.given
        guard algorithm != nil || given.isEmpty else {
            throw CommandFailure(
                .usage,
                "The urgency's own schedule takes no duration, interval or profile, nor any other option of an algorithm. "
                    + "Name an algorithm, such as --algo twap."
            )
        }
        var inputs = ["ticker=\(ticker)", "side=\(side.uppercased())", "quantity=\(quantity)"]
        if let algorithm {
            let name = try Self.name(algorithm)
            try schedule.check(for: name)
            inputs.append("algorithm=\(name)")
        }
        if let urgency { inputs.append("urgency=\(urgency.uppercased())") }
        if let limitPrice { inputs.append("limit_price=\(limitPrice)") }
        return try await RunSession(
            global: global,
            request: LaunchRequest(global, market),
            console: console,
            page: market.report,
            isDryRun: rehearsal.dryRun
        ).run(
            "manual-order",
            inputs: inputs + given.map { "\($0.name)=\($0.text)" }
        )
    }

    private static func name(_ text: String) throws -> AlgorithmName {
        let catalog = AlgorithmCatalog()
        if let name = catalog.name(from: text) { return name }
        let known = catalog.names.map(\.text).joined(separator: ", ")
        throw CommandFailure(
            .usage,
            "--algo: there is no algorithm '\(text.prefix(64))'. Known: \(known). `smartexec routing` says what each takes."
        )
    }
}
