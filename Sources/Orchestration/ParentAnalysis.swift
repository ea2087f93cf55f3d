import ExecutionAnalytics
import ExecutionEngine
import TradingDomain

/// What an admitted parent cost and how it did, from its journal and what was kept of the market.
struct ParentAnalysis {
    let cost: ExecutionCost
    let shortfall: ImplementationShortfall?
    /// Why there is no shortfall.
    let shortfallMissing: CostError?
    let targets: [QualityTarget]
    /// Of the interval from arrival to the end, in quote currency.
    let vwap: Double?
    let twap: Double?
    let participation: Double?
    let flags: [CostFlag]
    /// What the market did afterwards, as far as it is known.
    let aftermath: Aftermath?
    /// From arrival to the last fill.
    let seconds: Double?

    /// - Returns: `nil` when the parent was not admitted.
    init?(_ record: ParentRecord, kept: TapeRecord?) {
        guard let admission = record.admission else { return nil }
        let facts = ExecutionFacts(
            instrument: admission.parent.instrument,
            side: admission.parent.side,
            ordered: admission.parent.quantity,
            decisionPrice: record.submission.order.referencePrice,
            arrivalPrice: admission.arrival.price,
            endPrice: record.result?.endPrice,
            fills: record.fills.map(TradedFill.init)
        )
        // Only an empty order or fill throws, and neither passes admission.
        guard let cost = try? ExecutionCost(facts) else { return nil }
        self.cost = cost
        let volume = record.result?.intervalVolume ?? .zero
        let interval = TradedInterval(volume: volume, turnover: record.result?.intervalTurnover ?? .zero)
        do {
            shortfall = try cost.shortfall(interval: interval)
            shortfallMissing = nil
        } catch {
            shortfall = nil
            shortfallMissing = error
        }
        vwap = interval.map { Double($0.turnover.units) / Double($0.volume.units) }
        participation = cost.participation(in: volume)
        flags = cost.flags(marketVolume: volume)
        twap = kept?.tape.interval.twap
        aftermath = kept?.aftermath
        let last = facts.fills.map(\.at).max()
        seconds = last.map { max(0, ($0 - admission.arrival.at).seconds) }
        let ended = (record.result?.endedAt ?? last).map { max(0, ($0 - admission.arrival.at).seconds) }
        targets = QualityTargets.judge(
            QualityTargets.Numbers(
                algorithm: admission.verdict.algorithm,
                arrivalSlippageBps: cost.slippageBps(against: facts.arrivalPrice),
                vwapSlippageBps: cost.slippageBps(againstAverage: vwap),
                shortfallBps: shortfall.map { $0.bps($0.total) },
                fillRate: cost.fillRate,
                seconds: cost.unfilled > .zero ? ended : seconds,
                scheduled: admission.verdict.end - admission.verdict.start,
                expectedBps: admission.verdict.expectedBps
            )
        )
    }
}
