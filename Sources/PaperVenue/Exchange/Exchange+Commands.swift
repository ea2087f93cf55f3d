internal import Matching
internal import MarketData
internal import TradingDomain

/// Commands about orders: new, changed, cancelled, one or many.
extension Exchange {
    mutating func newOrder(_ parameters: RequestParameters, _ account: String) throws(Refusal) -> WireValue {
        let request = try OrderRequest(parameters, now: now)
        let price = try judge(request, of: account)
        let order = place(request, of: account, price: price)
        let isImmediate =
            request.type == .market || request.timeInForce == .immediateOrCancel
            || request.timeInForce == .fillOrKill
        return answer(request.showsResult && isImmediate ? order.now : order.taken)
    }

    func testOrder(_ parameters: RequestParameters, _ account: String) throws(Refusal) -> WireValue {
        _ = try judge(try OrderRequest(parameters, now: now), of: account)
        return .object([:])
    }

    func answer(_ order: VenueOrder) -> WireValue {
        order.wire(
            market(order.symbol).rules,
            isQuery: false,
            carriesAverages: settings.answersCarryAverages
        )
    }

    /// The order that `orderId` or `origClientOrderId` names: the order id counts, client ids are found newest first.
    func find(_ parameters: RequestParameters, _ name: String, else refusal: Refusal) throws(Refusal) -> VenueOrder {
        let symbol = try listed(parameters)
        if let id = try parameters.integer("orderId") {
            guard let order = orders[id], order.account == name, order.symbol == symbol else { throw refusal }
            return order
        }
        guard let clientID = try parameters.text("origClientOrderId") else {
            throw Refusal.missing("orderId", or: "origClientOrderId")
        }
        let key = VenueAccountBook.clientKey(symbol, clientID)
        guard let id = accounts[name]?.byClientID[key], let order = orders[id] else { throw refusal }
        return order
    }

    func listed(_ parameters: RequestParameters) throws(Refusal) -> Symbol {
        guard let symbol = Symbol(try parameters.required("symbol")), markets[symbol] != nil else {
            throw Refusal.symbol
        }
        return symbol
    }

    /// `symbol` where it is sent.
    func listedIfSent(_ parameters: RequestParameters) throws(Refusal) -> Symbol? {
        parameters.has("symbol") ? try listed(parameters) : nil
    }

    mutating func cancelOrder(_ parameters: RequestParameters, _ account: String) throws(Refusal) -> WireValue {
        let order = try find(parameters, account, else: Refusal.unknownOrder)
        guard let cancelled = cancel(order.id) else { throw Refusal.unknownOrder }
        return answer(cancelled)
    }

    // MARK: Changes

    static let mostChanges = 10_000

    mutating func modifyOrder(_ parameters: RequestParameters, _ account: String) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let sideText = try parameters.required("side")
        guard let side = Side(rawValue: sideText) else { throw Refusal.side }
        _ = try parameters.required("quantity")
        let match = try parameters.text("priceMatch").flatMap { $0 == "NONE" ? nil : $0 }
        if match == nil { _ = try parameters.required("price") }
        let order = try find(parameters, account, else: Refusal.noSuchOrder)
        guard order.isOpen, order.side == side else { throw Refusal.noSuchOrder }
        guard order.type == .limit else { throw Refusal.onlyLimit }
        if try parameters.flag("reduceOnly") == true, !order.reduceOnly { throw Refusal.notReduceOnly }
        guard order.changes < Self.mostChanges else { throw Refusal.tooManyChanges }
        let rules = market(symbol).rules
        guard rules.status == .trading else { throw Refusal.notTrading }
        let quantity = try parameters.quantity("quantity") ?? .zero
        let price: Price
        if let match {
            guard OrderRequest.matches.contains(match) else { throw Refusal.priceMatch }
            price = try matched(match, side, symbol)
        } else {
            price = try parameters.price("price") ?? .zero
        }
        try rules.check(price: price)
        try rules.check(quantity: quantity, isMarket: false)
        try rules.checkDistance(of: price, side, mark: market(symbol).markPrice)
        guard price != order.price || quantity != order.quantity else { throw Refusal.sameAgain }
        if !order.isReducing, Amounts.worth(price, quantity) < rules.leastNotional {
            throw Refusal.amendedNotional(rules.leastNotional)
        }
        try checkMargin(of: order, price, quantity)
        let changed = amend(order, price, quantity)
        return changed.amended(
            rules,
            modifyID: try parameters.text("modifyId"),
            carriesAverages: settings.answersCarryAverages
        )
    }

    private func checkMargin(of order: VenueOrder, _ price: Price, _ quantity: Quantity) throws(Refusal) {
        guard !order.isReducing, quantity > order.executed else { return }
        let account = self.account(order.account)
        let more = Amounts.worth(price, quantity - order.executed) - Amounts.worth(order.price, order.open)
        let needed = openOrderMargin(
            account,
            order.symbol,
            buying: order.side == .buy ? more : .zero,
            selling: order.side == .sell ? more : .zero
        )
        let bound = openOrderMargin(account, order.symbol)
        let available = summary(account, market(order.symbol).rules.quote).available
        if needed > bound, needed - bound > available { throw Refusal.margin }
    }

    private mutating func amend(_ order: VenueOrder, _ price: Price, _ quantity: Quantity) -> VenueOrder {
        var changed = order
        let opposite = market(order.symbol).book.best(order.side.opposite)?.price
        let takes = opposite.map { order.side == .buy ? $0 <= price : $0 >= price } ?? false
        if quantity <= order.executed || (order.timeInForce == .goodTillCrossing && takes) {
            return cancel(order.id) ?? order
        }
        changed.price = price
        changed.quantity = quantity
        changed.prevention = .none
        changed.changes += 1
        changed.updated = now
        changed.queue = take(\.queue)
        let amendment = VenueAmendment(
            id: take(\.amendment),
            account: order.account,
            order: order.id,
            symbol: order.symbol,
            clientID: order.clientID,
            time: now,
            priceBefore: order.price,
            priceAfter: price,
            quantityBefore: order.quantity,
            quantityAfter: quantity,
            count: changed.changes
        )
        let time = now
        withMarket(order.symbol) { $0.remove(BookOrderID(UInt64(order.id)), at: time) }
        accounts[order.account]?.amendments.append(amendment)
        records.append(.amendment(amendment))
        update(changed)
        tellOrder(changed, "AMENDMENT")
        execute(order.id)
        fitReducing(order.account, order.symbol)
        return changed
    }

    // MARK: Many at once

    /// Orders or changes of a list, one after the other; what one of them is refused for is its answer.
    mutating func batch(
        _ parameters: RequestParameters,
        _ account: String,
        _ one: (inout Exchange, RequestParameters, String) throws(Refusal) -> WireValue
    ) throws(Refusal) -> WireValue {
        guard case .list(let elements)? = WireReader.read(try parameters.required("batchOrders")) else {
            throw Refusal.invalid("batchOrders")
        }
        guard (1...5).contains(elements.count) else { throw Refusal.batchSize }
        var answers: [WireValue] = []
        for element in elements {
            guard let parameters = RequestParameters(element) else { throw Refusal.invalid("batchOrders") }
            do {
                answers.append(try one(&self, parameters, account))
            } catch {
                answers.append(error.value)
            }
        }
        return .list(answers)
    }

    mutating func cancelBatch(_ parameters: RequestParameters, _ account: String) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        // Clients send these names in lower case too.
        let ids = try parameters.text(parameters.has("orderIdList") ? "orderIdList" : "orderidlist")
        let names = try parameters.text(
            parameters.has("origClientOrderIdList") ? "origClientOrderIdList" : "origclientorderidlist"
        )
        guard let text = ids ?? names else { throw Refusal.missing("orderIdList", or: "origClientOrderIdList") }
        let name = ids == nil ? "origClientOrderIdList" : "orderIdList"
        guard case .list(let elements)? = WireReader.read(text), !elements.isEmpty else { throw Refusal.invalid(name) }
        guard elements.count <= 10 else { throw Refusal.tooManyCancels }
        return .list(
            elements.map { element in
                var found: Int64?
                switch element {
                case .number(let text): found = Int64(text)
                case .text(let text):
                    found =
                        ids != nil
                        ? Int64(text)
                        : accounts[account]?.byClientID[VenueAccountBook.clientKey(symbol, text)]
                case .flag, .null, .list, .object: break
                }
                guard let found, let order = orders[found], order.account == account, order.symbol == symbol,
                    let cancelled = cancel(found)
                else { return Refusal.unknownOrder.value }
                return answer(cancelled)
            }
        )
    }

    mutating func cancelAllOpen(_ parameters: RequestParameters, _ account: String) throws(Refusal) -> WireValue {
        cancelAll(account, try listed(parameters))
        return Self.cancelledAll
    }

    static let cancelledAll: WireValue = .object([
        "code": 200, "msg": "The operation of cancel all open order is done.",
    ])

    mutating func countdown(_ parameters: RequestParameters, _ account: String) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let milliseconds = try parameters.requiredInteger("countdownTime")
        guard milliseconds >= 0, milliseconds < 1 << 40 else { throw Refusal.invalid("countdownTime") }
        let due = now + milliseconds
        change(account) { $0.countdowns[symbol.text] = milliseconds == 0 ? nil : due }
        return .object(["symbol": .text(symbol.text), "countdownTime": .text(String(milliseconds))])
    }
}
