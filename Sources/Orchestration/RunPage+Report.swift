import ExecutionAlgorithms
public import ExecutionAnalytics
public import ExecutionEngine
import RiskRules
import TradingAgents
public import TradingDomain
import Workflows

extension RunPage {
    /// The page of a report, with what the database keeps beside it.
    ///
    /// Costs are computed again from the parents, so that a run from before they were reported has them too.
    ///
    /// - Parameters:
    ///   - report: As it was stored with the run.
    ///   - environment: The account's.
    ///   - parents: The parents of the report's items; those of another run that executed a decision first as well.
    ///   - tapes: The market around them, where it was kept.
    ///   - decisions: What the agents decided.
    public init(
        _ report: RunReport,
        environment: TradingEnvironment,
        parents: [ParentRecord],
        tapes: [TapeRecord],
        decisions: [DecisionRecord]
    ) {
        let records = Dictionary(parents.map { ($0.submission.id, $0) }, uniquingKeysWith: { first, _ in first })
        let kept = Dictionary(tapes.map { ($0.parent, $0) }, uniquingKeysWith: { first, _ in first })
        self.init(
            run: report.run.text,
            workflow: report.workflow,
            status: report.status.rawValue,
            account: report.account.text,
            environment: environment.rawValue,
            market: report.market,
            isGenerated: report.market.hasPrefix("GENERATED MARKET"),
            startedAt: report.startedAt,
            endedAt: report.endedAt,
            message: report.message,
            items: report.items.map { item in
                Item(
                    ticker: item.ticker,
                    status: item.status.rawValue,
                    message: item.message,
                    decision: item.decision.map { id in
                        Decision(id, decisions.first { $0.decision == id })
                    },
                    execution: item.parentOrder.flatMap { records[$0] }.flatMap { record in
                        ExecutionPage(record, kept: kept[record.submission.id])
                    },
                    refusal: item.parentOrder.flatMap { records[$0] }.flatMap(RefusalPage.init),
                    isDuplicate: item.duplicate == true
                )
            },
            rebalance: report.rebalance.map { RebalancePage($0) }
        )
    }
}

extension RebalancePage {
    init(_ report: RebalanceReport) {
        func percent(_ value: FixedDecimal?) -> String { value.map { "\($0) %" } ?? "–" }
        self.init(
            state: report.state.rawValue,
            explanation: report.explanation,
            facts: [
                Fact("Equity", "\(report.equityBefore) → \(report.equity)"),
                Fact("Cash", "\(report.cashBefore) → \(report.cash)"),
                Fact("Gross", percent(report.grossPercent)), Fact("Net", percent(report.netPercent)),
                Fact(
                    "Turnover",
                    "\(percent(report.turnoverPercent)) of \(percent(report.plannedTurnoverPercent)) planned"
                ),
            ],
            notes: report.notes,
            names: report.names.map { name in
                Name(
                    symbol: name.symbol.text,
                    before: name.weightBefore,
                    target: name.target,
                    reached: name.weight,
                    away: name.away,
                    planned: name.planned,
                    filled: name.filled,
                    reason: name.reason
                )
            }
        )
    }
}

extension RunPage.Decision {
    init(_ id: DecisionID, _ record: DecisionRecord?) {
        // An envelope that this program cannot read any more has no rationale to show.
        let decision = record.flatMap { try? DecisionParser(form: .stored).parse(Array($0.envelope.utf8)) }
        self.init(
            id: id.text,
            agent: record?.key.agent.text,
            action: record?.kind,
            rationale: decision?.rationale
        )
    }
}

extension ExecutionPage {
    /// - Returns: `nil` for a parent that was not admitted.
    init?(_ record: ParentRecord, kept: TapeRecord?) {
        guard let admission = record.admission, let analysis = ParentAnalysis(record, kept: kept) else { return nil }
        let verdict = admission.verdict
        let order = record.submission.order
        self.init(
            order: record.submission.id.text,
            algorithm: verdict.algorithm.text,
            urgency: "\(order.urgency) (\(order.urgencySource))",
            size: order.note,
            plan: ([verdict.plan, verdict.rule] + (verdict.warning.map { ["warning: \($0)"] } ?? []))
                .joined(separator: "; "),
            cost: analysis.cost,
            shortfall: analysis.shortfall,
            shortfallMissing: analysis.shortfallMissing?.description,
            targets: analysis.targets,
            vwap: analysis.vwap,
            participation: analysis.participation,
            arrivedAt: admission.arrival.at,
            endedAt: record.result?.endedAt ?? analysis.cost.facts.fills.last?.at ?? admission.arrival.at,
            children: record.childCount,
            slices: verdict.slices,
            schedule: (admission.schedule ?? []).map { Planned(due: $0.due, quantity: $0.quantity) },
            scheduleEnd: verdict.end,
            tape: kept?.tape,
            aftermath: kept?.aftermath,
            predictedCostBps: verdict.predictedCostBps,
            marketState: verdict.marketState,
            flags: analysis.flags,
            risk: admission.checks.map(RiskLine.init)
        )
    }
}

extension ExecutionPage.RiskLine {
    init(_ check: RiskVerdict) {
        self.init(
            rule: check.rule,
            verdict: check.isBlock ? "block" : check.isViolation ? "shrink" : "pass",
            message: check.message
        )
    }
}

extension RefusalPage {
    /// - Returns: `nil` for a parent that was not refused.
    init?(_ record: ParentRecord) {
        guard record.state == .refused, let result = record.result else { return nil }
        let order = record.submission.order
        self.init(
            order: record.submission.id.text,
            side: order.side,
            quantity: order.quantity,
            urgency: "\(order.urgency) (\(order.urgencySource))",
            size: order.note,
            referencePrice: order.referencePrice,
            code: result.refusalCode ?? "REFUSED",
            reason: result.reason,
            at: result.endedAt,
            risk: result.checks.map(ExecutionPage.RiskLine.init)
        )
    }
}
