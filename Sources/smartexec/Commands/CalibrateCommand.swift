import ArgumentParser
import ExecutionAnalytics
import Foundation
import PostgresStore
import QuantMath
import TradingDomain

/// `smartexec calibrate`: refits the impact coefficient of predicted costs from own fills.
struct CalibrateCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Refit the impact coefficient of predicted costs from an account's own fills.",
        discussion: """
            Shows what the coefficient would be and how well it predicts; --apply puts it into force for the account,
            with its evidence, and orders routed from then on are predicted with it.
            Example: smartexec calibrate --since 2026-01-01 --apply
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var period: PeriodOptions

    @Flag(help: "Put the fitted coefficient into force; without it nothing is changed.")
    var apply = false

    /// Everything that is shown, for programs.
    private struct Calibration: Encodable {
        let account: String
        let proposal: CoefficientProposal
        let isApplied: Bool
    }

    func perform(_ console: Console) async throws -> ExitStatus {
        let loaded = try global.load(console)
        let account = AccountID(unchecked: global.account ?? loaded.configuration.account)
        let filter = try period.filter(account: account.text)
        let database = try await Database.open(loaded, console)
        let reader = PostgresQueries(pool: database.pool)
        let samples = try await reader.calibrationSamples(filter)
        let current = try await reader.costModel(of: account).impactCoefficient
        let proposal: CoefficientProposal
        do {
            proposal = try CoefficientProposal(samples, current: current)
        } catch {
            await database.pool.close()
            guard case .tooFewValues(_, let count, let needed) = error else { throw error }
            throw CommandFailure(
                .incomplete,
                "Account \(account) has \(count) executions with a predicted impact in this period, and a fit needs "
                    + "\(needed). The coefficient stays \(Self.number(current))."
            )
        }
        if apply { try await reader.apply(proposal, to: account, by: NSUserName()) }
        await database.pool.close()
        guard global.output != .json else {
            let calibration = Calibration(account: account.text, proposal: proposal, isApplied: apply)
            console.print(try Listing.json(calibration))
            return .success
        }
        show(proposal, account, console)
        return .success
    }

    private func show(_ proposal: CoefficientProposal, _ account: AccountID, _ console: Console) {
        let fit = proposal.fit
        console.print(
            "Impact coefficient of account \(account): \(Self.number(proposal.current)) now, "
                + "\(Self.number(fit.coefficient)) fitted to \(fit.samples) executions "
                + "(standard error \(Self.number(fit.standardError)), noise \(ReportPrinter.bps(fit.residualBps)) bps).",
            wrapping: true
        )
        if fit.unbounded != fit.coefficient {
            console.print(
                "The fit itself gave \(Self.number(fit.unbounded)), which is not believed; it was kept within "
                    + "\(ImpactFit.bounds.lowerBound) to \(ImpactFit.bounds.upperBound).",
                wrapping: true
            )
        }
        var table = Table([
            .text("Coefficient"), .number("Predicted bps"), .number("Realised"), .number("Bias"),
            .number("Mean error"), .number("Correlation"), .number("By rank"),
        ])
        for (name, figures) in [("now", proposal.before), ("fitted", proposal.after)] {
            table.add(
                [name]
                    + [
                        figures.meanPredictedBps, figures.meanRealisedBps, figures.biasBps,
                        figures.meanAbsoluteErrorBps, figures.correlation, figures.rankCorrelation,
                    ].map(ReportPrinter.bps)
            )
        }
        console.print(table.rendered(width: console.output.width, style: console.style))
        if fit.standardError * 2 > fit.coefficient {
            console.print("Two standard errors are more than the coefficient itself: collect more executions first.")
        }
        console.print(
            apply
                ? "It is in force: orders of \(account) routed from now on are predicted with it."
                : "Nothing was changed; --apply puts it into force."
        )
    }

    private static func number(_ value: Double) -> String { String(format: "%.3f", value) }
}
