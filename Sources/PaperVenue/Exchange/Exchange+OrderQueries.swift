internal import TradingDomain

/// Questions about orders and trades.
extension Exchange {
    private static let day: Int64 = 86_400_000

    /// Orders are forgotten: without fills three days after they ended, others after ninety.
    private func isKnown(_ order: VenueOrder) -> Bool {
        if order.isOpen { return true }
        if order.executed.isZero, now - order.updated > 3 * Self.day { return false }
        return now - order.updated <= 90 * Self.day
    }

    func queryOrder(
        _ parameters: RequestParameters,
        _ account: String,
        onlyOpen: Bool
    ) throws(Refusal) -> WireValue {
        let order = try find(parameters, account, else: Refusal.noSuchOrder)
        guard isKnown(order), order.isOpen || !onlyOpen else { throw Refusal.noSuchOrder }
        return order.wire(market(order.symbol).rules, isQuery: true)
    }

    func openOrders(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let symbol = try listedIfSent(parameters)
        let open = account(name).open.sorted().compactMap { orders[$0] }
        return .list(
            open.filter { symbol == nil || $0.symbol == symbol }
                .map { $0.wire(market($0.symbol).rules, isQuery: true) }
        )
    }

    /// `startTime` and `endTime`, both or one of them.
    struct Span {
        var from = Int64.min
        var to = Int64.max
        var isGiven = false

        func contains(_ time: Int64) -> Bool { (from...to).contains(time) }
    }

    func span(_ parameters: RequestParameters, days: Int?) throws(Refusal) -> Span {
        var span = Span()
        if let from = try parameters.time("startTime") { (span.from, span.isGiven) = (from, true) }
        if let to = try parameters.time("endTime") { (span.to, span.isGiven) = (to, true) }
        guard span.from <= span.to else { throw Refusal.timesReversed }
        if let days {
            let longest = Int64(days) * Self.day
            switch (span.from, span.to) {
            case (Int64.min, Int64.max): break
            case (Int64.min, let to): span.from = to - longest
            case (let from, Int64.max): span.to = from + longest
            case (let from, let to): if to - from > longest { throw Refusal.timeSpan(days: days) }
            }
        }
        return span
    }

    /// Those of a time span oldest first; without one the latest.
    static func page<Element>(_ found: [Element], _ limit: Int, fromFirst: Bool) -> [Element] {
        Array(fromFirst ? found.prefix(limit) : found.suffix(limit))
    }

    func allOrders(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let span = try self.span(parameters, days: 7)
        let from = try parameters.integer("orderId")
        let limit = try parameters.limit(500, upTo: 1000)
        let found = account(name).orders.compactMap { orders[$0] }.filter {
            $0.symbol == symbol && isKnown($0) && span.contains($0.created) && $0.id >= from ?? 0
        }
        let rules = market(symbol).rules
        return .list(
            Self.page(found, limit, fromFirst: span.isGiven || from != nil).map {
                $0.wire(rules, isQuery: true).with([
                    "pair": .text(symbol.text), "cumBase": .text(rules.text($0.executed)),
                ])
            }
        )
    }

    func userTrades(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let span = try self.span(parameters, days: 7)
        let order = try parameters.integer("orderId")
        let from = try parameters.integer("fromId")
        if from != nil, span.isGiven { throw Refusal.combination }
        let limit = try parameters.limit(500, upTo: 1000)
        let found = account(name).trades.filter {
            $0.symbol == symbol && span.contains($0.time) && $0.id >= from ?? 0 && (order == nil || $0.order == order)
                && now - $0.time <= 90 * Self.day
        }
        let rules = market(symbol).rules
        return .list(Self.page(found, limit, fromFirst: span.isGiven || from != nil).map { $0.wire(rules) })
    }

    func amendments(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let span = try self.span(parameters, days: nil)
        let limit = try parameters.limit(50, upTo: 100)
        let id = try parameters.integer("orderId")
        let clientID = try parameters.text("origClientOrderId")
        let found = account(name).amendments.filter {
            $0.symbol == symbol && span.contains($0.time) && (id == nil || $0.order == id)
                && (id != nil || clientID == nil || $0.clientID == clientID)
        }
        let rules = market(symbol).rules
        return .list(
            Self.page(found, limit, fromFirst: span.isGiven).map { change in
                let price: WireValue = .object([
                    "before": .text(rules.text(change.priceBefore)), "after": .text(rules.text(change.priceAfter)),
                ])
                let quantity: WireValue = .object([
                    "before": .text(rules.text(change.quantityBefore)),
                    "after": .text(rules.text(change.quantityAfter)),
                ])
                let what: WireValue = .object([
                    "price": price, "origQty": quantity, "count": .number(change.count),
                ])
                return .object([
                    "amendmentId": .number(change.id), "symbol": .text(symbol.text), "pair": .text(symbol.text),
                    "orderId": .number(change.order), "clientOrderId": .text(change.clientID),
                    "time": .number(change.time), "amendment": what,
                ])
            }
        )
    }

    func forceOrders(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let symbol = try listedIfSent(parameters)
        let span = try self.span(parameters, days: 7)
        let prefixes: [String]
        switch try parameters.text("autoCloseType") {
        case nil: prefixes = ["autoclose-", "adl_autoclose"]
        case "LIQUIDATION": prefixes = ["autoclose-"]
        case "ADL": prefixes = ["adl_autoclose"]
        default: throw Refusal.invalid("autoCloseType")
        }
        let limit = try parameters.limit(50, upTo: 100)
        let found = account(name).orders.compactMap { orders[$0] }.filter { order in
            (symbol == nil || order.symbol == symbol) && span.contains(order.created)
                && prefixes.contains { order.clientID.hasPrefix($0) }
        }
        return .list(found.suffix(limit).map { $0.wire(market($0.symbol).rules, isQuery: true) })
    }
}
