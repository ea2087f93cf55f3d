internal import MarketData
internal import Matching
internal import TradingDomain

/// From a request to an order.
extension Exchange {
    /// Judges an order; what is thrown left no trace.
    func judge(_ request: OrderRequest, of name: String) throws(Refusal) -> Price {
        let account = self.account(name)
        guard let market = markets[request.symbol] else { throw Refusal.symbol }
        guard request.positionSide == .both ? !account.state.isHedged : account.state.isHedged else {
            throw Refusal.otherSide
        }
        if account.state.isHedged, request.reduceOnly { throw Refusal.notRequired("reduceonly") }
        let rules = market.rules
        switch rules.status {
        case .trading: break
        case .pending, .settling: throw Refusal.opening
        case .closed: throw Refusal.closed
        }
        let isMarket = request.type == .market
        var price = request.price ?? .zero
        if request.priceMatch != "NONE" { price = try matched(request.priceMatch, request.side, request.symbol) }
        if !isMarket { try rules.check(price: price) }
        try rules.check(quantity: request.quantity, isMarket: isMarket)
        let mark = market.markPrice
        if isMarket {
            guard let best = market.book.best(request.side.opposite)?.price else { throw Refusal.emptyBook }
            guard rules.isNear(best, request.side, mark: mark) else { throw Refusal.counterparty }
        } else {
            try rules.checkDistance(of: price, request.side, mark: mark)
        }
        let isReducing = try checkReducing(request, account)
        let worth = Amounts.worth(isMarket ? mark : price, request.quantity)
        if !isReducing, worth < rules.leastNotional { throw Refusal.notional(rules.leastNotional) }
        let open = account.open.compactMap { orders[$0] }
        guard open.count(where: { $0.symbol == request.symbol }) < rules.mostOrders else { throw Refusal.openOrders }
        if let clientID = request.clientID, open.contains(where: { $0.clientID == clientID }) {
            throw Refusal.duplicate
        }
        if !isReducing { try checkMargin(request, isMarket ? nil : price, account, market) }
        try checkAgainstBook(request, price, market)
        return price
    }

    /// The price that a word such as `QUEUE_5` finds in the book.
    func matched(_ word: String, _ side: Side, _ symbol: Symbol) throws(Refusal) -> Price {
        let words = word.split(separator: "_")
        let depth = words.count > 1 ? Int(words[1]) ?? 1 : 1
        let levels = market(symbol).book.levels(words[0] == "QUEUE" ? side : side.opposite, upTo: depth)
        guard levels.count == depth, let level = levels.last else { throw Refusal.noDepth }
        return level.price
    }

    /// - Returns: Whether the order can only make a position smaller.
    private func checkReducing(_ request: OrderRequest, _ account: VenueAccountBook) throws(Refusal) -> Bool {
        let closable = account.closable(request.symbol, request.positionSide, request.side)
        if account.state.isHedged {
            let isClosing = (request.positionSide == .long) == (request.side == .sell)
            guard isClosing else { return false }
            guard request.quantity <= closable else { throw Refusal.reduceOnly }
            return true
        }
        guard request.reduceOnly else { return false }
        guard closable > .zero else { throw Refusal.reduceOnly }
        return true
    }

    private func checkMargin(
        _ request: OrderRequest,
        _ price: Price?,
        _ account: VenueAccountBook,
        _ market: VenueMarket
    ) throws(Refusal) {
        let best = market.book.best(request.side.opposite)?.price ?? .zero
        let worth = Amounts.worth(price ?? max(market.markPrice, best), request.quantity)
        let open = openNotional(account.settings.name, request.symbol)
        let held = Amounts.worth(
            market.markPrice,
            account.position(request.symbol, request.positionSide).amount
        )
        let after = request.side == .buy ? held + open.bids + worth : held - open.asks - worth
        let cap = FixedDecimal(Int(market.rules.cap(atLeverage: account.leverage(request.symbol))))
        if after.magnitude > cap, after.magnitude > held.magnitude { throw Refusal.position }
        let bound = openOrderMargin(account, request.symbol)
        let needed = openOrderMargin(
            account,
            request.symbol,
            buying: request.side == .buy ? worth : .zero,
            selling: request.side == .sell ? worth : .zero
        )
        guard needed > bound else { return }
        if needed - bound > summary(account, market.rules.quote).available { throw Refusal.margin }
    }

    private func checkAgainstBook(_ request: OrderRequest, _ price: Price, _ market: VenueMarket) throws(Refusal) {
        guard request.type == .limit else { return }
        let takes = { (other: Price) in request.side == .buy ? other <= price : other >= price }
        switch request.timeInForce {
        case .goodTillCrossing:
            if let best = market.book.best(request.side.opposite)?.price, takes(best) { throw Refusal.postOnly }
        case .fillOrKill:
            var wanted = request.quantity
            for level in market.book.levels(request.side.opposite) {
                guard takes(level.price), wanted > .zero else { break }
                wanted -= min(wanted, level.size)
            }
            if wanted > .zero { throw Refusal.fillOrKill }
        case .goodTillCancelled, .immediateOrCancel, .goodTillDate: break
        }
    }

    /// Takes an order that was judged: it is written down, told as new, and trades.
    ///
    /// - Returns: The order as it was taken and as it is after it traded.
    mutating func place(
        _ request: OrderRequest,
        of name: String,
        price: Price,
        originalType: VenueOrderType? = nil,
        stopPrice: Price = .zero,
        clientID fallback: String? = nil
    ) -> (taken: VenueOrder, now: VenueOrder) {
        let order = VenueOrder(
            id: take(\.order),
            account: name,
            symbol: request.symbol,
            clientID: request.clientID ?? fallback ?? makeKey(22),
            side: request.side,
            type: request.type,
            originalType: originalType ?? request.type,
            timeInForce: request.timeInForce,
            positionSide: request.positionSide,
            reduceOnly: request.reduceOnly,
            closePosition: false,
            workingType: "CONTRACT_PRICE",
            priceProtect: false,
            priceMatch: request.priceMatch,
            stopPrice: stopPrice,
            goodTill: request.goodTill,
            prevention: request.prevention,
            price: price,
            quantity: request.quantity,
            created: now,
            updated: now,
            queue: take(\.queue)
        )
        accept(order)
        let mark = market(request.symbol).markPrice
        let bound = market(request.symbol).rules.marketTakeBound
        let one = FixedDecimal(1)
        execute(
            order.id,
            bound: mark > .zero ? Amounts.scaled(mark, by: order.side == .buy ? one + bound : one - bound) : nil
        )
        fitReducing(name, request.symbol)
        return (order, orders[order.id] ?? order)
    }

    /// Enters a new order into the account and tells of it.
    mutating func accept(_ order: VenueOrder) {
        accounts[order.account]?.orders.append(order.id)
        accounts[order.account]?.open.insert(order.id)
        accounts[order.account]?.byClientID[VenueAccountBook.clientKey(order.symbol, order.clientID)] = order.id
        if order.goodTill > 0 { dated.insert(order.id) }
        update(order)
        tellOrder(order, "NEW")
    }
}
