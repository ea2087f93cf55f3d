import ArgumentParser
import ExecutionAlgorithms
import TradingDomain

/// How an algorithm that is named works; each refuses what it does not read.
struct ScheduleOptions: ParsableArguments {
    @Option(help: "How long it takes, in minutes.")
    var durationMinutes: String?

    @Option(help: "When it begins, such as 2026-01-02T15:00:00Z; in the future it waits.")
    var startTime: String?

    @Option(help: "When it ends at the latest, such as 2026-01-02T20:00:00Z.")
    var endTime: String?

    @Option(help: "Time between the slices of a schedule, in seconds.")
    var sliceIntervalSeconds: String?

    @Option(help: "The most slices of a schedule; never more than lots.")
    var slices: String?

    @Option(help: "What becomes of missed quantity: spread, skip or burst.")
    var catchUp: String?

    @Option(help: "Sessions that volume and volatility are learned from.")
    var volumeProfileDays: String?

    @Option(help: "What an iceberg shows, in units of the instrument.")
    var displayQuantity: String?

    @Option(help: "Share of the market's volume that pov aims at, in percent.")
    var participationPercent: String?

    @Option(help: "Lower end of pov's band, in percent.")
    var minParticipationPercent: String?

    @Option(help: "Most of the market's volume that the order may be, in percent; for pov the upper end of its band.")
    var maxParticipationPercent: String?

    @Option(help: "Take all that is left at once while the market is at this price or better.")
    var wouldPrice: String?

    @Option(help: "The smallest child that is sent, in units of the instrument.")
    var minChildQuantity: String?

    @Flag(help: "Send what is left a minute before the end.")
    var mustComplete = false

    @Option(help: "How far the sizes of children differ by chance, in percent; their sum stays exact.")
    var randomizeSizePercent: String?

    @Option(help: "How late slices go out by chance, in percent of their interval.")
    var randomizeTimePercent: String?

    @Option(help: "The closing auction: skip is out of the market a minute before the close.")
    var auction: String?

    @Option(help: "Risk aversion of implementation_shortfall, 0 to 1, such as 0.000001; by urgency unless given.")
    var riskAversion: String?

    /// What was given, by the parameters' names, as `manual-order` takes it.
    var given: [(name: String, text: String)] {
        let all: [(String, String?)] = [
            ("duration_minutes", durationMinutes), ("start_time", startTime), ("end_time", endTime),
            ("slice_interval_seconds", sliceIntervalSeconds), ("slices", slices), ("catch_up", catchUp),
            ("volume_profile_days", volumeProfileDays), ("display_quantity", displayQuantity),
            ("participation_percent", participationPercent), ("min_participation_percent", minParticipationPercent),
            ("max_participation_percent", maxParticipationPercent), ("would_price", wouldPrice),
            ("min_child_quantity", minChildQuantity), ("must_complete", mustComplete ? "true" : nil),
            ("randomize_size_percent", randomizeSizePercent), ("randomize_time_percent", randomizeTimePercent),
            ("auction", auction), ("risk_aversion", riskAversion),
        ]
        return all.compactMap { name, text in text.map { (name, $0) } }
    }

    /// Refuses what the algorithm does not take and what makes no sense, before anything is started.
    func check(for name: AlgorithmName) throws(CommandFailure) {
        do {
            var parameters = AlgorithmParameters()
            for (name, text) in given { try AlgorithmParameter.set(name, to: text, in: &parameters) }
            try AlgorithmCatalog().check(parameters, for: name)
        } catch {
            // Parameters are written as options here; the names of algorithms stay as they are.
            let problem = error.problem.replacing(/_([a-z])/) { "-\($0.1)" }
            throw CommandFailure(.usage, "--\(error.name.replacing("_", with: "-")) \(problem).")
        }
    }
}
