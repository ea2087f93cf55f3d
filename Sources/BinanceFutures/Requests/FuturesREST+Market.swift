public import MarketData
import Networking
public import TradingDomain

/// A perpetual's mark price and funding.
public struct FundingState: Hashable, Sendable {
    public let symbol: Symbol
    public let markPrice: Price
    /// The running estimate for the next settlement, 0.0001 being 0.01 %; `nil` where there is no funding.
    public let rate: FixedDecimal?
    public let nextAt: Timestamp
    public let at: Timestamp
}

extension FuturesREST {
    /// The filters of every symbol that the venue lists, by symbol; those of kinds unknown to us are left out.
    ///
    /// - Throws: ``FuturesError``.
    public func rules() async throws(FuturesError) -> [Symbol: SymbolRules] {
        let exchange = try await ask(Call(path: "/fapi/v1/exchangeInfo"), as: WireExchange.self)
        let rules = exchange.symbols.elements.compactMap(SymbolRules.init)
        return Dictionary(rules.map { ($0.symbol, $0) }) { first, _ in first }
    }

    /// The book's best levels as a snapshot that depth events can be applied to.
    ///
    /// - Parameters:
    ///   - symbol: Whose book.
    ///   - limit: Levels per side: 5, 10, 20, 50, 100, 500 or 1000.
    /// - Returns: The snapshot, with the update that it was taken at.
    /// - Throws: ``FuturesError``.
    public func depth(_ symbol: Symbol, limit: Int = 1000) async throws(FuturesError) -> DepthMessage {
        let weight = [5: 2, 10: 2, 20: 2, 50: 2, 100: 5, 500: 10][limit] ?? 20
        let call = Call(
            path: "/fapi/v1/depth",
            parameters: FuturesParameters([("symbol", symbol.text), ("limit", String(limit))]),
            cost: RequestCost(weight: weight)
        )
        let depth = try await ask(call, as: WireDepth.self)
        return DepthMessage(
            isSnapshot: true,
            firstID: nil,
            lastID: depth.lastUpdateId,
            previousID: nil,
            changes: depth.bids.map { .init(side: .buy, price: $0.price, size: $0.size) }
                + depth.asks.map { .init(side: .sell, price: $0.price, size: $0.size) }
        )
    }

    /// Candles in one answer; its weight is that of a full one.
    private static let candlesMost = 1000

    /// Bars of one minute with `from < end <= to`, oldest first, the unfinished one left out.
    ///
    /// - Throws: ``FuturesError``; what was read by then is lost.
    public func bars(_ symbol: Symbol, from: Timestamp, to: Timestamp) async throws(FuturesError) -> [Bar] {
        var bars: [Bar] = []
        // A bar that ends after `from` begins after one minute before it.
        var start = (from - .seconds(60)).milliseconds + 1
        let last = to.milliseconds - 60_000
        while start <= last {
            let parameters = FuturesParameters([
                ("symbol", symbol.text), ("interval", "1m"), ("startTime", String(start)), ("endTime", String(last)),
                ("limit", String(Self.candlesMost)),
            ])
            let call = Call(
                path: "/fapi/v1/klines",
                parameters: parameters,
                cost: RequestCost(weight: 5),
                priority: .background
            )
            let candles = try await ask(call, as: [WireCandle].self)
            bars += candles.map { $0.bar(symbol) }.filter { $0.end > from && $0.end <= to }
            guard candles.count == Self.candlesMost, let next = candles.last.map({ $0.openTime + 1 }), next > start
            else {
                break
            }
            start = next
        }
        return bars
    }

    /// Mark price and funding of a symbol.
    ///
    /// - Throws: ``FuturesError``.
    public func funding(_ symbol: Symbol) async throws(FuturesError) -> FundingState {
        let call = Call(path: "/fapi/v1/premiumIndex", parameters: FuturesParameters([("symbol", symbol.text)]))
        let answer = try await ask(call, as: WirePremium.self)
        return FundingState(
            symbol: answer.symbol,
            markPrice: answer.markPrice,
            rate: try? FixedDecimal(parsing: answer.lastFundingRate),  // Empty where there is no funding.
            nextAt: Timestamp(milliseconds: answer.nextFundingTime),
            at: Timestamp(milliseconds: answer.time)
        )
    }
}
