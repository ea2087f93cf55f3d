import Foundation
import Networking
import TradingDomain

extension FuturesREST {
    /// Orders that one request may cancel.
    static let cancelsMost = 10

    /// Sends a new order, once, signed with its intent's own time.
    func place(_ order: FuturesOrder) async -> (verdict: VenueVerdict, answer: WireOrder?) {
        let parameters = FuturesParameters([
            ("symbol", order.symbol.text),
            ("side", order.side.rawValue),
            ("type", order.price == nil ? "MARKET" : "LIMIT"),
            ("timeInForce", order.timeInForce?.rawValue),
            ("quantity", "\(order.quantity)"),
            ("price", order.price.map { "\($0)" }),
            ("reduceOnly", order.reduceOnly ? "true" : nil),
            ("newClientOrderId", order.id.text),
            ("selfTradePreventionMode", order.selfTradePrevention?.rawValue),
        ])
        let call = Call(
            method: "POST",
            path: "/fapi/v1/order",
            parameters: parameters,
            security: .signed(at: order.requestTime, window: order.validFor),
            cost: RequestCost(weight: 0, orders: 1),
            priority: order.reduceOnly ? .protective : .trading,
            isOrder: true
        )
        return await act(call, as: WireOrder.self)
    }

    /// Changes price and total of an open order, which keeps its ids at the venue.
    ///
    /// - Parameters:
    ///   - order: What it shall be; its id is not sent.
    ///   - id: The id under which the venue knows it.
    /// - Returns: What became of it, and the order as it is then.
    func modify(_ order: FuturesOrder, knownAs id: ClientOrderID) async -> (verdict: VenueVerdict, answer: WireOrder?) {
        let parameters = FuturesParameters([
            ("symbol", order.symbol.text),
            ("side", order.side.rawValue),
            ("quantity", "\(order.quantity)"),
            ("price", order.price.map { "\($0)" }),
            ("origClientOrderId", id.text),
        ])
        let call = Call(
            method: "PUT",
            path: "/fapi/v1/order",
            parameters: parameters,
            security: .signed(at: order.requestTime, window: order.validFor),
            cost: RequestCost(weight: 0, orders: 1),
            isOrder: true
        )
        return await act(call, as: WireOrder.self)
    }

    /// Cancels an order; harmless when repeated.
    func cancel(_ id: ClientOrderID, _ symbol: Symbol) async -> (verdict: VenueVerdict, answer: WireOrder?) {
        let call = Call(
            method: "DELETE",
            path: "/fapi/v1/order",
            parameters: FuturesParameters([("symbol", symbol.text), ("origClientOrderId", id.text)]),
            security: .signed(at: nil, window: Self.window),
            cost: RequestCost(weight: 1),
            priority: .protective
        )
        return await act(call, as: WireOrder.self)
    }

    /// Cancels up to ``cancelsMost`` orders of a symbol; the answers are in their order.
    func cancel(_ ids: [ClientOrderID], _ symbol: Symbol) async -> (verdict: VenueVerdict, answer: [WireOrderOrError]?)
    {
        let list = "[" + ids.map { "\"\($0.text)\"" }.joined(separator: ",") + "]"
        let call = Call(
            method: "DELETE",
            path: "/fapi/v1/batchOrders",
            parameters: FuturesParameters([("symbol", symbol.text), ("origClientOrderIdList", list)]),
            security: .signed(at: nil, window: Self.window),
            cost: RequestCost(weight: 1),
            priority: .protective
        )
        return await act(call, as: [WireOrderOrError].self)
    }

    /// Cancels every open order of a symbol, whoever sent it.
    func cancelAll(_ symbol: Symbol) async -> VenueVerdict {
        let call = Call(
            method: "DELETE",
            path: "/fapi/v1/allOpenOrders",
            parameters: FuturesParameters([("symbol", symbol.text)]),
            security: .signed(at: nil, window: Self.window),
            cost: RequestCost(weight: 1),
            priority: .protective
        )
        return await act(call, as: WireNothing.self).verdict
    }

    /// Lets the venue cancel every order of a symbol unless this is renewed in time; zero disarms.
    func countdown(_ symbol: Symbol, _ after: Duration) async -> VenueVerdict {
        let call = Call(
            method: "POST",
            path: "/fapi/v1/countdownCancelAll",
            parameters: FuturesParameters([
                ("symbol", symbol.text), ("countdownTime", String(after.milliseconds)),
            ]),
            security: .signed(at: nil, window: Self.window),
            cost: RequestCost(weight: 10),
            priority: .protective
        )
        return await act(call, as: WireNothing.self).verdict
    }

    // MARK: Questions

    private func question(
        _ path: String,
        _ parameters: [(String, String?)] = [],
        weight: Int
    ) -> Call {
        Call(
            path: path,
            parameters: FuturesParameters(parameters),
            security: .signed(at: nil, window: Self.window),
            cost: RequestCost(weight: weight)
        )
    }

    /// An order by the client order id, open or ended.
    ///
    /// - Returns: `nil` when the venue knows none.
    func order(_ id: ClientOrderID, _ symbol: Symbol) async throws(FuturesError) -> WireOrder? {
        let parameters = [("symbol", symbol.text as String?), ("origClientOrderId", id.text)]
        do {
            return try await ask(question("/fapi/v1/order", parameters, weight: 1), as: WireOrder.self)
        } catch .answered(_, let message) where message.code == -2013 {
            return nil
        }
    }

    /// An order by the venue's own id; `nil` when it knows none.
    func order(numbered number: Int64, _ symbol: Symbol) async throws(FuturesError) -> WireOrder? {
        let parameters = [("symbol", symbol.text as String?), ("orderId", String(number))]
        do {
            return try await ask(question("/fapi/v1/order", parameters, weight: 1), as: WireOrder.self)
        } catch .answered(_, let message) where message.code == -2013 {
            return nil
        }
    }

    /// Open orders of a symbol, or of all; whoever sent them.
    func openOrders(_ symbol: Symbol? = nil) async throws(FuturesError) -> [WireOrder] {
        let call = question("/fapi/v1/openOrders", [("symbol", symbol?.text)], weight: symbol == nil ? 40 : 1)
        // Every one of them, or an error: whoever proves that nothing is open must not miss one.
        return try await ask(call, as: [WireOrder].self)
    }

    /// Orders of a symbol that were made since a time, open and ended; at most seven days are asked at once.
    func orders(_ symbol: Symbol, since: Timestamp, until: Timestamp) async throws(FuturesError) -> [WireOrder] {
        var orders: [Int64: WireOrder] = [:]
        for span in Self.weeks(since, until) {
            var parameters: [(String, String?)] = [
                ("symbol", symbol.text), ("startTime", String(span.lowerBound)), ("endTime", String(span.upperBound)),
                ("limit", "1000"),
            ]
            while true {
                let page = try await ask(question("/fapi/v1/allOrders", parameters, weight: 5), as: [WireOrder].self)
                let isNews = page.contains { orders[$0.orderId] == nil }
                for order in page { orders[order.orderId] = order }
                guard page.count == 1000, isNews, let last = page.map(\.orderId).max() else { break }
                parameters = [("symbol", symbol.text), ("orderId", String(last)), ("limit", "1000")]
            }
        }
        return orders.values.sorted { $0.orderId < $1.orderId }
    }

    /// The trades of one order.
    func trades(_ symbol: Symbol, of order: Int64) async throws(FuturesError) -> [WireTrade] {
        let parameters = [("symbol", symbol.text as String?), ("orderId", String(order)), ("limit", "1000")]
        return try await ask(question("/fapi/v1/userTrades", parameters, weight: 5), as: [WireTrade].self)
    }

    /// All trades of a symbol since a time, oldest first.
    func trades(_ symbol: Symbol, since: Timestamp, until: Timestamp) async throws(FuturesError) -> [WireTrade] {
        var trades: [Int64: WireTrade] = [:]
        for span in Self.weeks(since, until) {
            var parameters: [(String, String?)] = [
                ("symbol", symbol.text), ("startTime", String(span.lowerBound)), ("endTime", String(span.upperBound)),
                ("limit", "1000"),
            ]
            while true {
                let page = try await ask(question("/fapi/v1/userTrades", parameters, weight: 5), as: [WireTrade].self)
                let isNews = page.contains { trades[$0.id] == nil }
                for trade in page { trades[trade.id] = trade }
                // A full page may be the first part only; from an id on, times must not be sent.
                guard page.count == 1000, isNews, let last = page.map(\.id).max() else { break }
                parameters = [("symbol", symbol.text), ("fromId", String(last)), ("limit", "1000")]
            }
        }
        return trades.values.sorted { $0.id < $1.id }
    }

    /// What was changed about an order, oldest first.
    func amendments(_ symbol: Symbol, of order: Int64) async throws(FuturesError) -> [WireAmendment] {
        let parameters = [("symbol", symbol.text as String?), ("orderId", String(order)), ("limit", "100")]
        let list = try await ask(question("/fapi/v1/orderAmendment", parameters, weight: 1), as: [WireAmendment].self)
        return list.sorted { ($0.time, $0.amendment.count ?? 0) < ($1.time, $1.amendment.count ?? 0) }
    }

    /// Spans of milliseconds, each at most seven days long, which is what the venue takes.
    static func weeks(_ since: Timestamp, _ until: Timestamp) -> [ClosedRange<Int64>] {
        let week: Int64 = 7 * 86_400_000
        var spans: [ClosedRange<Int64>] = []
        var start = since.milliseconds
        let end = max(until.milliseconds, start)
        while start <= end {
            spans.append(start...min(start + week - 1, end))
            start += week
        }
        return spans
    }
}
