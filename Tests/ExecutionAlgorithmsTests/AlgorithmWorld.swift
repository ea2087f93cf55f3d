import ExecutionAlgorithms
import QuantMath
import Testing
import TradingDomain

/// One order of each algorithm, and changes of it, for worlds that do anything.
enum AlgorithmWorld {
    static let names = [
        "MARKET", "LIMIT", "ICEBERG", "PASSIVE", "AGGRESSIVE", "ADAPTIVE", "LIQUIDITY_AWARE", "POV", "TWAP", "VWAP",
        "VWAP_DYNAMIC", "IMPLEMENTATION_SHORTFALL",
    ]

    static func algorithm(
        _ name: String,
        _ quantity: Quantity,
        until: Timestamp,
        catchUp: CatchUpPolicy = .spread
    ) throws -> any ExecutionAlgorithm {
        let (lot, span) = (Quantity(1), until - Bench.start)
        let style = SliceStyle(sizePercent: FixedDecimal(30), timePercent: FixedDecimal(50))
        let volumes = [30.0, 10, 0, 20, 5, 35]
        switch name {
        case "MARKET": return MarketOrder()
        case "LIMIT": return LimitOrder(price: price(100), until: until)
        case "ICEBERG": return Iceberg(price: price(100), display: Quantity(7), until: until)
        case "PASSIVE": return Passive(until: until)
        case "AGGRESSIVE": return Aggressive(until: until)
        case "ADAPTIVE": return Adaptive(until: until)
        case "LIQUIDITY_AWARE": return LiquidityAware(until: until)
        case "POV":
            let band = try #require(ParticipationOfVolume.Band(target: FixedDecimal(10)))
            return ParticipationOfVolume(band: band, minimumChild: Quantity(2), end: until)
        case "TWAP":
            return try TimeWeighted(
                quantity: quantity,
                lot: lot,
                start: Bench.start,
                duration: span,
                slices: 9,
                catchUp: catchUp,
                style: style
            )
        case "VWAP":
            return try VolumeWeighted(
                quantity: quantity,
                lot: lot,
                start: Bench.start,
                bucket: span / 6,
                weights: volumes,
                end: until,
                catchUp: catchUp,
                style: SliceStyle(minimumChild: Quantity(3))
            )
        case "VWAP_DYNAMIC":
            return try DynamicVolumeWeighted(
                quantity: quantity,
                lot: lot,
                start: Bench.start,
                bucket: span / 6,
                expected: volumes.map { $0 * 40 },
                end: until,
                catchUp: catchUp,
                style: SliceStyle(sizePercent: FixedDecimal(20))
            )
        default:
            return try ImplementationShortfall(
                quantity: quantity,
                lot: lot,
                start: Bench.start,
                duration: span,
                slices: 12,
                parameters: AlmgrenChriss.Parameters(
                    size: 1,
                    horizon: 0.1,
                    periods: 1,
                    volatility: 2,
                    temporaryImpact: 1e-6,
                    riskAversion: 1e-4
                ),
                catchUp: catchUp
            )
        }
    }

    /// More or less of it, another limit, another end: one of them or several.
    static func amendment(_ random: inout Seeded, _ bench: Bench, at now: Timestamp, until: Timestamp)
        -> ParentAmendment
    {
        var change = ParentAmendment()
        let kinds = 1 + random.below(7)
        if kinds & 1 != 0 {
            let least = max(bench.filled, Quantity(1))
            change.quantity = least + Quantity(random.below(40))
        }
        if kinds & 2 != 0 { change.limitPrice = price(95 + random.below(10)) }
        if kinds & 4 != 0 { change.endTime = max(now + .seconds(1 + random.below(300)), Bench.start + .seconds(110)) }
        return change
    }

    /// What an algorithm of any type does with an event.
    static func tell(
        _ event: AlgorithmEvent,
        _ algorithm: inout any ExecutionAlgorithm,
        _ bench: inout Bench,
        at time: Timestamp
    ) -> [AlgorithmAction] {
        func open(_ value: some ExecutionAlgorithm) -> ([AlgorithmAction], any ExecutionAlgorithm) {
            var value = value
            return (bench.tell(event, &value, at: time), value)
        }
        let (actions, changed) = open(algorithm)
        algorithm = changed
        return actions
    }
}
