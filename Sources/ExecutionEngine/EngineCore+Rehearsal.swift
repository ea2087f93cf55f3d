public import MarketData
import Portfolio
public import TradingDomain

/// What an order would come to if it were asked for now.
public struct RehearsedOrder: Sendable {
    /// As the journal would have it: refused with its reasons, or admitted and filled whole as predicted.
    public let record: ParentRecord
    /// Fees of the predicted fill; `nil` for a refused order.
    public let fees: Money?
}

extension EngineCore {
    /// Has an order judged and routed as admission does, sends nothing, and books the fill that is predicted of it, so that
    /// whatever is looked at next stands behind it.
    ///
    /// The fill is the whole order at the arrival price, made worse by the predicted cost and no worse than the order's
    /// limit. Where no cost can be predicted it is the arrival price itself. `commissionRate` is a fraction of the value.
    mutating func rehearse(
        _ submission: ParentSubmission,
        commissionRate: FixedDecimal,
        at now: Timestamp
    ) -> RehearsedOrder {
        var trial = self
        trial.apply(.submitted(submission), at: now)
        guard let admission = trial.admissions[submission.id] else {
            let result = trial.results[submission.id]
            let record = ParentRecord(submission: submission, state: .refused, result: result)
            return RehearsedOrder(record: record, fees: nil)
        }
        let parent = admission.parent
        let price = Self.predictedPrice(admission)
        let notional = parent.instrument.notional(price, parent.quantity)
        let fill = Fill(
            account: account,
            symbol: parent.symbol,
            tradeID: TradeID(unchecked: "rehearsed-\(parent.id)"),
            clientOrderID: ClientOrderID(parent: parent.id, incarnation: lease.incarnation, sequence: 1),
            side: parent.side,
            quantity: parent.quantity,
            price: price,
            notional: notional,
            commission: notional.times(commissionRate),
            tradedAt: now
        )
        do {
            try ledger.book(LedgerEntry(fill))
            changed(fill.symbol)
        } catch {
            // An entry made here is of this account and currency, and each order is rehearsed once.
            preconditionFailure("a rehearsed fill of \(parent.id) cannot be booked: \(error)")
        }
        let record = ParentRecord(
            submission: submission,
            state: .filled,
            filled: parent.quantity,
            admission: admission,
            result: ExecutionResult(
                state: .filled,
                reason: "rehearsed",
                endedAt: now,
                endPrice: admission.arrival.price,
                checks: admission.checks
            ),
            events: [
                JournaledEvent(
                    parent: parent.id,
                    sequence: 1,
                    at: now,
                    event: .child(fill.clientOrderID, .filled(fill))
                )
            ]
        )
        return RehearsedOrder(record: record, fees: fill.commission)
    }

    private static func predictedPrice(_ admission: ParentAdmission) -> Price {
        let parent = admission.parent
        let arrival = admission.arrival.price
        let bps = admission.verdict.predicted?.totalBps ?? 0
        // No price follows from a prediction that is no number.
        let millionths = bps.isFinite ? Int128((bps * 1_000_000).rounded()) : 0
        let price = arrival.worsened(byBps: FixedDecimal(units: millionths * 100), for: parent.side)
        guard let limit = parent.limitPrice else { return max(price, parent.instrument.tick) }
        return parent.side == .buy ? min(price, limit) : max(price, limit)
    }
}

extension SmartExecutionEngine {
    /// As `EngineCore.rehearse`, on an engine whose journal takes nothing.
    ///
    /// The fills that it books stand in this engine's memory alone: never ask it of an engine that trades.
    public func rehearse(
        _ submission: ParentSubmission,
        commissionRate: FixedDecimal,
        at now: Timestamp
    ) -> RehearsedOrder {
        core.rehearse(submission, commissionRate: commissionRate, at: now)
    }

    /// What earlier sessions say of an instrument's size and restlessness; `nil` where nothing is known of them.
    public func statistics(of instrument: Instrument, at now: Timestamp) -> HistoryStatistics? {
        core.router.statistics(of: instrument, at: now)
    }
}
