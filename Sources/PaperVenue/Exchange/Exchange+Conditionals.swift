internal import Matching
internal import TradingDomain

/// Orders that wait for a price.
extension Exchange {
    static let mostConditionals = 100

    mutating func newConditional(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let order = try makeConditional(parameters, name)
        accounts[name]?.conditionals.append(order.id)
        waiting.insert(order.id)
        update(order)
        return order.wire(market(order.symbol).rules)
    }

    mutating func update(_ order: VenueConditionalOrder) {
        conditionals[order.id] = order
        records.append(.conditional(order))
        if order.status != .new { waiting.remove(order.id) }
        tell(order.account, "ALGO_UPDATE", order.update(market(order.symbol).rules, self))
    }

    private mutating func makeConditional(
        _ parameters: RequestParameters,
        _ name: String
    ) throws(Refusal) -> VenueConditionalOrder {
        guard try parameters.required("algoType") == "CONDITIONAL" else { throw Refusal.invalid("algoType") }
        let symbol = try listed(parameters)
        guard let side = Side(rawValue: try parameters.required("side")) else { throw Refusal.side }
        guard let type = VenueOrderType(rawValue: try parameters.required("type")), type.isConditional else {
            throw Refusal.orderType
        }
        let account = self.account(name)
        let rules = market(symbol).rules
        let positionSide: VenuePositionSide =
            try parameters.word("positionSide", else: Refusal.positionSide) ?? .both
        guard (positionSide == .both) != account.state.isHedged else { throw Refusal.otherSide }
        let force: VenueTimeInForce =
            try parameters.word("timeInForce", else: Refusal.timeInForce)
            ?? .goodTillCancelled
        let closes = try parameters.flag("closePosition") ?? false
        if closes, parameters.has("quantity") { throw Refusal.closeQuantity }
        if !closes { _ = try parameters.required("quantity") }
        let quantity = try parameters.quantity("quantity") ?? .zero
        if !closes { try rules.check(quantity: quantity, isMarket: type.isMarketOnceTriggered) }
        let match = try parameters.text("priceMatch") ?? "NONE"
        guard match == "NONE" || OrderRequest.matches.contains(match) else { throw Refusal.priceMatch }
        let isLimit = !type.isMarketOnceTriggered
        if isLimit, match == "NONE" { _ = try parameters.required("price") }
        let price = isLimit ? try parameters.price("price") ?? .zero : .zero
        if price > .zero { try rules.check(price: price) }
        let workingType = try parameters.text("workingType") ?? "CONTRACT_PRICE"
        guard workingType == "CONTRACT_PRICE" || workingType == "MARK_PRICE" else { throw Refusal.workingType }
        var trigger = Price.zero
        var callback = FixedDecimal.zero
        if type == .trailingStopMarket {
            _ = try parameters.required("callbackRate")
            callback = FixedDecimal(units: Int128(try parameters.price("callbackRate")?.units ?? 0))
            guard callback >= FixedDecimal(units: 10_000_000), callback <= FixedDecimal(10) else {
                throw Refusal.invalid("callbackRate")
            }
        } else {
            _ = try parameters.required("triggerPrice")
            trigger = try parameters.price("triggerPrice") ?? .zero
            guard trigger > .zero else { throw Refusal.stopNegative }
            guard trigger <= rules.highestPrice else { throw Refusal.stopHigh }
        }
        let clientID = try OrderRequest.clientID(parameters, "clientAlgoId")
        let open = account.conditionals.filter { waiting.contains($0) }.compactMap { conditionals[$0] }
        guard open.count(where: { $0.symbol == symbol }) < Self.mostConditionals else { throw Refusal.stopOrders }
        if let clientID, open.contains(where: { $0.clientID == clientID }) { throw Refusal.duplicate }
        let order = VenueConditionalOrder(
            id: take(\.conditional),
            account: name,
            clientID: clientID ?? makeKey(22),
            symbol: symbol,
            side: side,
            type: type,
            positionSide: positionSide,
            timeInForce: force,
            quantity: quantity,
            price: price,
            trigger: trigger,
            workingType: workingType,
            priceMatch: match,
            closePosition: closes,
            priceProtect: try parameters.flag("priceProtect") ?? false,
            reduceOnly: try parameters.flag("reduceOnly") ?? false,
            prevention: try parameters.word("selfTradePreventionMode", else: Refusal.prevention) ?? .expireMaker,
            goodTill: try OrderRequest.goodTill(parameters, force, now: now),
            activation: try parameters.price("activatePrice") ?? .zero,
            callback: callback,
            created: now,
            updated: now
        )
        if type != .trailingStopMarket, isTriggered(order) { throw Refusal.wouldTrigger }
        return order
    }

    // MARK: Triggers

    private func workingPrice(_ order: VenueConditionalOrder) -> Price? {
        guard let market = markets[order.symbol] else { return nil }
        return order.workingType == "MARK_PRICE" ? market.mark ?? market.last : market.last ?? market.mark
    }

    private func isTriggered(_ order: VenueConditionalOrder) -> Bool {
        guard let price = workingPrice(order) else { return false }
        switch order.type {
        case .stop, .stopMarket: return order.side == .buy ? price >= order.trigger : price <= order.trigger
        case .takeProfit, .takeProfitMarket:
            return order.side == .buy ? price <= order.trigger : price >= order.trigger
        case .trailingStopMarket:
            guard let extreme = order.extreme else { return false }
            let turn = order.callback / 100
            let one = FixedDecimal(1)
            let bound = Amounts.scaled(extreme, by: order.side == .sell ? one - turn : one + turn)
            return order.side == .sell ? price <= bound : price >= bound
        case .limit, .market: return false
        }
    }

    /// Follows the best price of a trailing order once it is active.
    private mutating func trail(_ order: inout VenueConditionalOrder) {
        guard order.type == .trailingStopMarket, let price = workingPrice(order) else { return }
        let isSell = order.side == .sell
        if order.extreme == nil, order.activation > .zero, isSell ? price < order.activation : price > order.activation
        {
            return
        }
        let extreme = order.extreme.map { isSell ? max($0, price) : min($0, price) } ?? price
        guard extreme != order.extreme else { return }
        order.extreme = extreme
        conditionals[order.id] = order
        records.append(.conditional(order))
    }

    mutating func fireConditionals() {
        guard !waiting.isEmpty else { return }
        for id in waiting.sorted() {
            guard var order = conditionals[id], order.status == .new else { continue }
            trail(&order)
            if order.goodTill > 0, order.goodTill <= now {
                order.status = .expired
                order.updated = now
                update(order)
            } else if isTriggered(order) {
                fire(order)
            }
        }
    }

    private mutating func fire(_ waiting: VenueConditionalOrder) {
        var order = waiting
        let account = self.account(order.account)
        let quantity =
            order.closePosition
            ? account.closable(order.symbol, order.positionSide, order.side) : order.quantity
        let isMarket = order.type.isMarketOnceTriggered
        let request = OrderRequest(
            symbol: order.symbol,
            side: order.side,
            type: isMarket ? .market : .limit,
            positionSide: order.positionSide,
            timeInForce: isMarket ? .goodTillCancelled : order.timeInForce,
            quantity: quantity,
            price: isMarket || order.priceMatch != "NONE" ? nil : order.price,
            reduceOnly: !account.state.isHedged && (order.reduceOnly || order.closePosition),
            clientID: nil,
            showsResult: false,
            priceMatch: isMarket ? "NONE" : order.priceMatch,
            prevention: order.prevention,
            goodTill: order.goodTill
        )
        order.triggered = now
        order.updated = now
        do {
            let price = try judge(request, of: order.account)
            // It no longer waits before the order it becomes can set off anything else.
            self.waiting.remove(order.id)
            let made = place(
                request,
                of: order.account,
                price: price,
                originalType: order.type,
                stopPrice: order.trigger,
                clientID: order.clientID
            )
            order.order = made.now.id
            order.status = made.now.status.isFinal ? .finished : .triggered
            update(order)
        } catch {
            order.status = order.closePosition && quantity.isZero ? .expired : .rejected
            order.rejection = error.message
            update(order)
            let body: WireValue = .object([
                "s": .text(order.symbol.text), "i": .number(order.id), "r": .text(error.message),
            ])
            tell(
                order.account,
                "CONDITIONAL_ORDER_TRIGGER_REJECT",
                .object(["e": "CONDITIONAL_ORDER_TRIGGER_REJECT", "E": .number(said), "T": .number(now), "or": body])
            )
        }
    }

    // MARK: Questions and cancels

    private func findConditional(
        _ parameters: RequestParameters,
        _ name: String,
        else refusal: Refusal
    ) throws(Refusal) -> VenueConditionalOrder {
        if let id = try parameters.integer("algoId") {
            guard let order = conditionals[id], order.account == name else { throw refusal }
            return order
        }
        guard let clientID = try parameters.text("clientAlgoId") else {
            throw Refusal.missing("algoId", or: "clientAlgoId")
        }
        let newest = account(name).conditionals.reversed().compactMap { conditionals[$0] }
        guard let order = newest.first(where: { $0.clientID == clientID }) else { throw refusal }
        return order
    }

    private mutating func cancel(_ order: VenueConditionalOrder) {
        var cancelled = order
        cancelled.status = .cancelled
        cancelled.updated = now
        update(cancelled)
    }

    mutating func cancelConditional(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let order = try findConditional(parameters, name, else: Refusal.unknownOrder)
        guard order.status == .new else { throw Refusal.unknownOrder }
        cancel(order)
        return .object([
            "algoId": .number(order.id), "clientAlgoId": .text(order.clientID), "code": "200", "msg": "success",
        ])
    }

    mutating func cancelConditionals(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        for id in account(name).conditionals where waiting.contains(id) {
            if let order = conditionals[id], order.symbol == symbol { cancel(order) }
        }
        return Self.cancelledAll
    }

    func queryConditional(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let order = try findConditional(parameters, name, else: Refusal.noSuchOrder)
        return order.wire(market(order.symbol).rules).with(outcome(order)).with(["tpOrderType": ""])
    }

    func conditionals(
        _ parameters: RequestParameters,
        _ name: String,
        onlyOpen: Bool
    ) throws(Refusal) -> WireValue {
        let symbol = onlyOpen ? try listedIfSent(parameters) : try listed(parameters)
        let span = try self.span(parameters, days: 7)
        let limit = try parameters.limit(500, upTo: 1000)
        let found = account(name).conditionals.compactMap { conditionals[$0] }.filter {
            (symbol == nil || $0.symbol == symbol) && (!onlyOpen || $0.status == .new) && span.contains($0.created)
        }
        return .list(
            found.suffix(limit).map {
                $0.wire(market($0.symbol).rules).with(outcome($0)).with([
                    "tpTriggerPrice": "0.000", "tpPrice": "0.000", "slTriggerPrice": "0.000", "slPrice": "0.000",
                    "tpOrderType": "",
                ])
            }
        )
    }

    private func outcome(_ order: VenueConditionalOrder) -> KeyValuePairs<String, WireValue> {
        let made = order.order.flatMap { orders[$0] }
        let rules = market(order.symbol).rules
        return [
            "actualOrderId": .text(made.map { String($0.id) } ?? ""),
            "actualPrice": .text(made.map { rules.entryText($0.average) } ?? "0"),
            "actualType": .text(made?.type.rawValue ?? ""),
            "actualQty": .text(made.map { rules.text($0.executed) } ?? "0"),
        ]
    }
}

extension VenueConditionalOrder {
    func wire(_ rules: VenueSymbol) -> WireValue {
        .object([
            "algoId": .number(id), "clientAlgoId": .text(clientID), "algoType": "CONDITIONAL",
            "orderType": .text(type.rawValue), "symbol": .text(symbol.text), "side": .text(side.rawValue),
            "positionSide": .text(positionSide.rawValue), "timeInForce": .text(timeInForce.rawValue),
            "quantity": .text(rules.text(quantity)), "algoStatus": .text(status.rawValue),
            "triggerPrice": .text(rules.text(trigger)), "price": .text(rules.text(price)), "icebergQuantity": .null,
            "selfTradePreventionMode": .text(prevention.rawValue), "workingType": .text(workingType),
            "priceMatch": .text(priceMatch), "closePosition": .flag(closePosition), "priceProtect": .flag(priceProtect),
            "reduceOnly": .flag(reduceOnly), "activatePrice": .text(activation == .zero ? "" : rules.text(activation)),
            "callbackRate": .text(callback == .zero ? "" : callback.description), "createTime": .number(created),
            "updateTime": .number(updated), "triggerTime": .number(triggered), "goodTillDate": .number(goodTill),
        ])
    }

    func update(_ rules: VenueSymbol, _ exchange: Exchange) -> WireValue {
        let made = order.flatMap { exchange.orders[$0] }
        let body: WireValue = .object([
            "caid": .text(clientID), "aid": .number(id), "at": "CONDITIONAL", "o": .text(type.rawValue),
            "s": .text(symbol.text), "S": .text(side.rawValue), "ps": .text(positionSide.rawValue),
            "f": .text(timeInForce.rawValue), "q": .text(rules.text(quantity)), "X": .text(status.rawValue),
            "ai": .text(made.map { String($0.id) } ?? ""), "ap": .text(made.map { rules.entryText($0.average) } ?? "0"),
            "aq": .text(made.map { rules.text($0.executed) } ?? "0"), "act": .text(made?.type.rawValue ?? "0"),
            "tp": .text(rules.text(trigger)), "p": .text(price == .zero ? "0" : rules.text(price)),
            "V": .text(prevention.rawValue), "wt": .text(workingType), "pm": .text(priceMatch),
            "cp": .flag(closePosition), "pP": .flag(priceProtect), "R": .flag(reduceOnly), "tt": .number(triggered),
            "gtd": .number(goodTill), "rm": .text(rejection),
        ])
        return .object(["e": "ALGO_UPDATE", "T": .number(updated), "E": .number(exchange.said), "o": body])
    }
}
