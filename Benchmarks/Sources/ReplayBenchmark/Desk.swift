import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import Portfolio
import RiskRules
import TradingDomain

/// An account with TWAP parents on one instrument, half of them buying and half selling.
struct Desk {
    private static let account = AccountID(unchecked: "replay")
    private static let lots: Int64 = 10

    let instrument: Instrument
    let open: Timestamp
    /// About what the instrument costs; an order sized at another price would be refused.
    let price: Price

    /// An engine whose account can pay for anything, and nothing in the journal.
    func makeCore() throws -> EngineCore {
        let currency = instrument.currency
        let cash = Money(units: Int128(1_000_000_000_000) * Int128(FixedDecimal.scale), currency)
        let opening = try LedgerEntry(
            account: Self.account,
            kind: .openingBalance,
            reference: "opening",
            at: open,
            cashChange: cash
        )
        let instrument = instrument
        let configuration = EngineConfiguration(
            environment: .backtest,
            currency: currency,
            dayOpen: open,
            instrument: { $0 == instrument.symbol ? instrument : nil },
            limits: try RiskLimits(requireCash: false, allowShort: true)
        )
        return EngineCore(
            configuration: configuration,
            router: OrderRouting(hours: AlwaysOpen(), forecast: NoForecast()),
            catalog: AlgorithmCatalog(),
            lease: EngineLease(account: Self.account, epoch: 1, worker: "replay", incarnation: Incarnation(bits: 0)),
            state: AccountState(ledger: [opening], open: [], halt: .inactive, clock: nil),
            at: open
        )
    }

    /// A TWAP of `slices` slices of ten lots over `minutes`.
    func parent(_ number: Int, minutes: Int, slices: Int) -> ParentSubmission {
        var parameters = AlgorithmParameters()
        parameters.durationMinutes = minutes
        parameters.slices = slices
        let digest = (0..<10).map { UInt8(truncatingIfNeeded: number >> (8 * min(9 - $0, 7))) }
        return ParentSubmission(
            id: ParentOrderID(digest: digest),
            account: Self.account,
            order: ProposedOrder(
                instrument: instrument,
                side: number.isMultiple(of: 2) ? .buy : .sell,
                quantity: Quantity(units: instrument.lot.units * Self.lots * Int64(slices)),
                referencePrice: price,
                urgency: .medium,
                urgencySource: "benchmark",
                note: ""
            ),
            choice: .explicit(.twap, parameters),
            run: nil,
            stepPath: nil,
            submittedAt: open,
            seed: 7
        )
    }
}

private struct AlwaysOpen: TradingHours {
    func phase(of instrument: Instrument, at time: Timestamp) -> MarketPhase {
        .open(since: Timestamp(nanoseconds: 0), until: Timestamp(nanoseconds: .max))
    }
}

/// TWAP asks for no volumes.
private struct NoForecast: VolumeForecast {
    func weights(
        of instrument: Instrument,
        from start: Timestamp,
        to end: Timestamp,
        bucket: Duration,
        days: Int
    ) throws -> [Double] { throw BenchmarkFailure("No volumes are known.") }

    func statistics(of instrument: Instrument, at time: Timestamp, days: Int) throws -> HistoryStatistics {
        throw BenchmarkFailure("No history is known.")
    }
}
