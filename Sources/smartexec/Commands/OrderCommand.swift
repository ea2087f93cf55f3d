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

            `smartexec routing` lists the algorithms with the options that each takes; others are refused.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var market: MarketOptions

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
        let parameters = schedule.inputs
        guard algorithm != nil || parameters.isEmpty else {
            throw CommandFailure(
                .usage,
                "The urgency's own schedule takes no duration, interval or profile, nor any other option of an algorithm. "
                    + "Name an algorithm, such as --algo twap."
            )
        }
        var inputs = ["ticker=\(ticker)", "side=\(side.uppercased())", "quantity=\(quantity)"]
        if let algorithm { inputs.append("algorithm=\(try Self.name(algorithm))") }
        if let urgency { inputs.append("urgency=\(urgency.uppercased())") }
        if let limitPrice { inputs.append("limit_price=\(limitPrice)") }
        return try await RunSession(
            global: global,
            request: LaunchRequest(global, market),
            console: console,
            page: market.report
        ).run(
            "manual-order",
            inputs: inputs + parameters
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

/// How an algorithm that is named works; each refuses what it does not read.
struct ScheduleOptions: ParsableArguments {
    @Option(help: "How long it takes, in minutes.")
    var durationMinutes: Int?

    @Option(help: "When it ends at the latest, such as 2026-01-02T20:00:00Z.")
    var endTime: String?

    @Option(help: "Time between the slices of a schedule, in seconds.")
    var sliceIntervalSeconds: Int?

    @Option(help: "The most slices of a schedule; never more than lots.")
    var slices: Int?

    @Option(help: "What becomes of missed quantity: spread, skip or burst.")
    var catchUp: String?

    @Option(help: "Sessions that volume and volatility are learned from.")
    var volumeProfileDays: Int?

    @Option(help: "What an iceberg shows, in units of the instrument.")
    var displayQuantity: String?

    @Option(help: "Share of the market's volume that pov aims at, in percent.")
    var participationPercent: String?

    @Option(help: "Lower end of pov's band, in percent.")
    var minParticipationPercent: String?

    @Option(help: "Upper end of pov's band, in percent.")
    var maxParticipationPercent: String?

    @Option(help: "The smallest child that pov sends, in units of the instrument.")
    var minChildQuantity: String?

    @Flag(help: "pov sends what is left a minute before its end.")
    var mustComplete = false

    @Option(help: "Risk aversion of implementation_shortfall, such as 0.000001; by urgency unless given.")
    var riskAversion: String?

    /// As `manual-order` takes them.
    var inputs: [String] {
        let given: [(String, String?)] = [
            ("duration_minutes", durationMinutes.map(String.init)), ("end_time", endTime),
            ("slice_interval_seconds", sliceIntervalSeconds.map(String.init)),
            ("slices", slices.map(String.init)), ("catch_up", catchUp),
            ("volume_profile_days", volumeProfileDays.map(String.init)), ("display_quantity", displayQuantity),
            ("participation_percent", participationPercent), ("min_participation_percent", minParticipationPercent),
            ("max_participation_percent", maxParticipationPercent), ("min_child_quantity", minChildQuantity),
            ("must_complete", mustComplete ? "true" : nil), ("risk_aversion", riskAversion),
        ]
        return given.compactMap { name, value in value.map { "\(name)=\($0)" } }
    }
}
