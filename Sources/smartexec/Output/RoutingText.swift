import Foundation
import TradingDomain

/// A routing verdict and the market behind it, for people.
enum RoutingText {
    /// What a choice was made from, and what each candidate is predicted to cost.
    static func lines(_ plan: RoutingVerdict) -> [String] {
        guard let inputs = plan.inputs else { return [] }
        var lines: [String] = []
        let state = plan.marketState.map { "market \($0)" }
        let measured = inputs.conditions.map(words) ?? []
        lines.append("chosen by \(inputs.router); " + ([state].compactMap { $0 } + measured).joined(separator: ", "))
        let sizes = [
            inputs.sizeToMinuteVolume.map { "\(number($0)) minutes of volume" },
            inputs.sizeToDailyVolume.map { "\(number($0 * 100, 4)) % of a day's volume" },
        ].compactMap { $0 }
        if !sizes.isEmpty { lines.append("size: " + sizes.joined(separator: ", ")) }
        for candidate in plan.candidates ?? [] {
            lines.append(
                "predicted \(ReportPrinter.bps(candidate.costBps)) bps by \(candidate.algorithm): \(candidate.note)"
            )
        }
        for missing in inputs.missing { lines.append("missing: \(missing)") }
        return lines
    }

    /// Conditions in words; what was not measured is left out.
    static func words(_ conditions: MarketConditions) -> [String] {
        let basis = conditions.liquidityBasis == .depth ? "five levels" : "best level"
        return [
            conditions.spreadBps.map { "spread \(number($0)) bps" },
            conditions.bidLiquidity.flatMap { bids in conditions.askLiquidity.map { "\(basis) \(bids) × \($0)" } },
            conditions.minuteVolume.map { "minute volume \($0)" },
            conditions.volatility.map { "volatility \(number($0 * 10_000)) bps a minute" },
            conditions.liquidityScore.map { "liquidity \(number($0))" },
        ].compactMap { $0 }
    }

    /// Up to `decimals` decimals, zeros at the end left out.
    static func number(_ value: Double, _ decimals: Int = 2) -> String {
        guard value.isFinite else { return "-" }
        var text = String(format: "%.\(decimals)f", value)
        if text.contains(".") {
            while text.hasSuffix("0") { text.removeLast() }
            if text.hasSuffix(".") { text.removeLast() }
        }
        return text
    }
}
