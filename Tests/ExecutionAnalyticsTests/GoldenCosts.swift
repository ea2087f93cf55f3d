import ExecutionAnalytics
import Foundation
import MarketData
import Testing
import TradingDomain

/// A case of the reference values for transaction cost, read from the folder `$SMARTEXEC_SHARED` or `../shared`.
struct GoldenCost: Decodable, CustomTestStringConvertible {
    struct Moment: Decodable {
        let t: Double
        let price: Double
    }

    struct GoldenFill: Decodable {
        let t: Double
        let qty: Double
        let price: Double
        let fee: Double
    }

    struct Print: Decodable {
        let t: Double
        let price: Double
        let size: Double
    }

    struct GoldenBar: Decodable {
        let t0: Double
        let t1: Double
        let high: Double
        let low: Double
        let close: Double
        let volume: Double
    }

    struct Mid: Decodable {
        let t: Double
        let mid: Double
    }

    struct MarkOut: Decodable {
        let horizon: Double
        let per_fill_bps: [Double?]
        let weighted_bps: Double?
        let covered_qty: Double
    }

    struct Inputs: Decodable {
        let side: Side
        let order_qty: Double
        let decision: Moment
        let arrival: Moment
        let end: Moment
        let fills: [GoldenFill]
        let tape_trades: [Print]?
        let tape_bars: [GoldenBar]?
        let quotes: [Mid]
        let markout_horizons: [Double]
        let multiplier: Double?
    }

    struct Shortfall: Decodable {
        let amount: [String: Double]
        let bps: [String: Double]
    }

    struct Expected: Decodable {
        let error: String?
        let filled_qty: Double?
        let unfilled_qty: Double?
        let fill_rate: Double?
        let avg_fill_price: Double?
        let arrival_slippage_bps: Double?
        let decision_slippage_bps: Double?
        let interval_vwap: Double?
        let vwap_slippage_bps: Double?
        let interval_twap: Double?
        let twap_slippage_bps: Double?
        let market_volume: Double?
        let participation_rate: Double?
        let effective_half_spread_bps: Double?
        let markouts: [MarkOut]?
        let flags: [String]?
        let shortfall_filled_attribution: Shortfall?
        let shortfall_expanded_attribution: Shortfall?
    }

    let id: String
    let inputs: Inputs
    let expected: Expected

    var testDescription: String { id }

    static let all = read("tca") + read("tca_tape")

    private struct File: Decodable { let cases: [GoldenCost] }

    private static func read(_ name: String) -> [GoldenCost] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
        let folder = shared.map { URL(filePath: $0) } ?? root.deletingLastPathComponent().appending(path: "shared")
        do {
            let data = try Data(contentsOf: folder.appending(path: "golden/\(name).json"))
            return try JSONDecoder().decode(File.self, from: data).cases
        } catch {
            Issue.record("golden/\(name).json: \(error)")
            return []
        }
    }

    // MARK: In the room's own types

    static func units(_ value: Double) -> Int64 { Int64((value * 1e8).rounded()) }
    static func price(_ value: Double) -> Price { Price(units: units(value)) }
    static func quantity(_ value: Double) -> Quantity { Quantity(units: units(value)) }
    static func time(_ seconds: Double) -> Timestamp { Timestamp(nanoseconds: Int64((seconds * 1e9).rounded())) }

    var instrument: Instrument {
        Instrument(
            symbol: Symbol("AAPL") ?? Sample.symbol,
            lot: Quantity(units: 1),
            contractMultiplier: FixedDecimal(units: Int128(Self.units(inputs.multiplier ?? 1)))
        )
    }

    var facts: ExecutionFacts {
        let instrument = instrument
        return ExecutionFacts(
            instrument: instrument,
            side: inputs.side,
            ordered: Self.quantity(inputs.order_qty),
            decisionPrice: Self.price(inputs.decision.price),
            arrivalPrice: Self.price(inputs.arrival.price),
            endPrice: Self.price(inputs.end.price),
            fills: inputs.fills.map { fill in
                TradedFill(
                    at: Self.time(fill.t),
                    quantity: Self.quantity(fill.qty),
                    price: Self.price(fill.price),
                    notional: instrument.notional(Self.price(fill.price), Self.quantity(fill.qty)),
                    fee: Money(units: Int128(Self.units(fill.fee)), .usd)
                )
            }
        )
    }

    /// The market after the fills; `upTo` cuts it short.
    func markOutMeter(upTo end: Double = .infinity) -> MarkOutMeter {
        let facts = facts
        let horizons = inputs.markout_horizons.map { Duration.nanoseconds(Int64($0 * 1e9)) }
        var meter = MarkOutMeter(side: facts.side, fills: facts.fills, horizons: horizons)
        for quote in inputs.quotes where quote.t <= end { meter.add(Self.price(quote.mid), at: Self.time(quote.t)) }
        return meter
    }

    var benchmarks: IntervalBenchmarks {
        var meter = IntervalMeter(from: Self.time(inputs.arrival.t), to: Self.time(inputs.end.t))
        for trade in inputs.tape_trades ?? [] {
            meter.add(tradeAt: Self.time(trade.t), price: Self.price(trade.price), size: Self.quantity(trade.size))
        }
        for bar in inputs.tape_bars ?? [] {
            let sum = [bar.high, bar.low, bar.close].reduce(Int128(0)) { $0 + Int128(Self.units($1)) }
            let thrice = FixedDecimal(units: sum) * FixedDecimal(units: Int128(Self.units(bar.volume)))
            meter.add(
                Bar(
                    symbol: instrument.symbol,
                    start: Self.time(bar.t0),
                    end: Self.time(bar.t1),
                    open: Self.price(bar.close),
                    high: Self.price(bar.high),
                    low: Self.price(bar.low),
                    close: Self.price(bar.close),
                    volume: Self.quantity(bar.volume),
                    turnover: thrice / FixedDecimal(3)
                )
            )
        }
        return meter.benchmarks
    }
}

/// `|actual − expected| ≤ 10⁻⁹ + 10⁻⁹ × |expected|`, the reference files' own rule; absent equals absent only.
func matches(_ actual: Double?, _ expected: Double?, absolute: Double = 1e-9) -> Bool {
    guard let actual, let expected else { return actual == nil && expected == nil }
    return (actual - expected).magnitude <= absolute + 1e-9 * expected.magnitude
}
