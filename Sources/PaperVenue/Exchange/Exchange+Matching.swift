internal import Matching
internal import MarketData
internal import TradingDomain

/// Price first, then time, one fill after the other: what a fill does to positions can end the next order.
extension Exchange {
    /// Trades an order as far as it goes and rests or expires what is left.
    ///
    /// The order is recorded and told as new already. A market order trades up to `bound`.
    mutating func execute(_ id: Int64, bound: Price? = nil) {
        guard let symbol = orders[id]?.symbol else { return }
        while let order = orders[id], order.isOpen, order.open > .zero,
            let maker = markets[symbol]?.book.front(order.side.opposite)
        {
            let isInReach =
                order.type == .market
                ? bound.map { isWithin($0, maker.price, order.side) } ?? true
                : order.accepts(maker.price)
            guard isInReach else { break }
            var quantity = min(order.open, maker.open)
            if order.isReducing {
                quantity = min(quantity, account(order.account).closable(symbol, order.positionSide, order.side))
                guard quantity > .zero else { return expire(id, .reduceOnly) }
            }
            if let own = orders[Int64(bitPattern: maker.id.number)], own.account == order.account,
                order.prevention != .none
            {
                guard preventSelfTrade(order, own) else { return }
                continue
            }
            fill(order, maker, quantity)
        }
        guard let order = orders[id], order.isOpen else { return }
        switch (order.type, order.timeInForce) {
        case (.market, _): expire(id, .restOfMarket)
        case (_, .immediateOrCancel), (_, .fillOrKill): expire(id, .restOfImmediate)
        case (_, .goodTillCancelled), (_, .goodTillCrossing), (_, .goodTillDate): rest(order)
        }
    }

    private func isWithin(_ bound: Price, _ price: Price, _ side: Side) -> Bool {
        side == .buy ? price <= bound : price >= bound
    }

    /// Rests what of an order may trade: of one that only reduces, no more than there is to reduce.
    private mutating func rest(_ order: VenueOrder) {
        guard order.isReducing else { return put(order, order.open, at: now) }
        fitReducing(order.account, order.symbol)
    }

    /// Puts an order behind the others at its price.
    mutating func put(_ order: VenueOrder, _ open: Quantity, at time: Int64) {
        let resting = RestingOrder(
            id: BookOrderID(UInt64(order.id)),
            owner: BookOwner(account(order.account).number),
            side: order.side,
            price: order.price,
            open: open
        )
        withMarket(order.symbol) { $0.rest(resting, at: time) }
    }

    /// - Returns: Whether the taker goes on.
    private mutating func preventSelfTrade(_ taker: VenueOrder, _ maker: VenueOrder) -> Bool {
        if taker.prevention != .expireTaker { expire(maker.id, .selfTrade) }
        guard taker.prevention != .expireMaker else { return true }
        expire(taker.id, taker.timeInForce == .immediateOrCancel ? .selfTradeOfImmediate : .selfTrade)
        return false
    }

    /// One trade between an account's order and what rests first.
    private mutating func fill(_ taker: VenueOrder, _ maker: RestingOrder, _ quantity: Quantity) {
        let time = now
        withMarket(taker.symbol) {
            $0.trade(BookOrderID(UInt64(taker.id)), taker.side, quantity, with: maker, at: time)
        }
        let trade = print(taker.symbol, maker.price, quantity, taker: taker.side, UInt64(taker.id))
        let makerID = Int64(bitPattern: maker.id.number)
        if orders[makerID] != nil { book(trade, of: makerID, quantity, at: maker.price, isMaker: true) }
        book(trade, of: taker.id, quantity, at: maker.price, isMaker: false)
    }

    /// Writes a trade on the tape.
    @discardableResult
    mutating func print(
        _ symbol: Symbol,
        _ price: Price,
        _ quantity: Quantity,
        taker side: Side,
        _ taker: UInt64
    ) -> Int64 {
        let id = take(\.trade)
        counters.lastPrices = (counters.lastPrices ?? [:]).merging([symbol.text: price]) { $1 }
        let trade = VenuePrint(
            id: id,
            price: price,
            quantity: quantity,
            isBuyerMaker: side == .sell,
            time: now,
            taker: taker
        )
        withMarket(symbol) { $0.print(trade) }
        tellTrade(symbol, trade)
        return id
    }

    // MARK: The background

    /// Trades for somebody without an account, no further than `limit`.
    ///
    /// - Returns: What found nobody.
    mutating func sweep(_ symbol: Symbol, _ side: Side, _ quantity: Quantity, limit: Price) -> Quantity {
        var open = quantity
        let time = now
        let taker = withMarket(symbol) { $0.makeBackgroundID() }
        while open > .zero, let maker = markets[symbol]?.book.front(side.opposite),
            isWithin(limit, maker.price, side)
        {
            let size = min(open, maker.open)
            withMarket(symbol) { $0.trade(taker, side, size, with: maker, at: time) }
            let trade = print(symbol, maker.price, size, taker: side, taker.number)
            let makerID = Int64(bitPattern: maker.id.number)
            if orders[makerID] != nil { book(trade, of: makerID, size, at: maker.price, isMaker: true) }
            open -= size
        }
        return open
    }

    mutating func setBackground(_ symbol: Symbol, _ bids: [(Price, Quantity)], _ asks: [(Price, Quantity)]) {
        let time = now
        // Both sides shrink before either grows: the book that is shown never crosses itself.
        let more = withMarket(symbol) {
            [
                (Side.buy, $0.shrinkBackground(.buy, to: bids, at: time)),
                (Side.sell, $0.shrinkBackground(.sell, to: asks, at: time)),
            ]
        }
        for (side, levels) in more {
            for (price, quantity) in levels {
                let rest = sweep(symbol, side, quantity, limit: price)
                guard rest > .zero else { continue }
                withMarket(symbol) { $0.growBackground($0.makeBackgroundID(), side, price, rest, at: time) }
            }
        }
    }

    // MARK: Orders that only reduce

    /// Open orders that only reduce a position, the first to trade first.
    private func reducing(_ account: String, _ symbol: Symbol) -> [VenueOrder] {
        guard let book = accounts[account] else { return [] }
        return book.open.compactMap { orders[$0] }.filter { $0.symbol == symbol && $0.isReducing }.sorted {
            if $0.side != $1.side { return $0.side == .buy }
            if $0.price != $1.price { return $0.side == .buy ? $0.price > $1.price : $0.price < $1.price }
            return $0.queue < $1.queue
        }
    }

    /// What each of them may show, so that together they never turn a position.
    func allowances(_ account: String, _ symbol: Symbol) -> [(order: VenueOrder, allowed: Quantity)] {
        var left: [String: Quantity] = [:]
        return reducing(account, symbol).map { order in
            let key = "\(order.positionSide)\(order.side)"
            let closable = left[key] ?? self.account(account).closable(symbol, order.positionSide, order.side)
            let allowed = min(order.open, closable)
            left[key] = closable - allowed
            return (order, allowed)
        }
    }

    /// Takes back what these orders show beyond the position; those whose position is gone expire.
    mutating func trimReducing(_ account: String, _ symbol: Symbol, except executing: Int64? = nil) {
        let time = now
        for (order, allowed) in allowances(account, symbol) where order.id != executing {
            if self.account(account).closable(symbol, order.positionSide, order.side).isZero {
                expire(order.id, .reduceOnly)
                continue
            }
            let id = BookOrderID(UInt64(order.id))
            let shown = markets[symbol]?.book.order(id)?.open ?? .zero
            withMarket(symbol) { $0.reduce(id, by: shown - min(shown, allowed), at: time) }
        }
    }

    /// Lets these orders show what there is to reduce.
    ///
    /// No less where a position grew, no more where another one of them comes first now. One that shows more goes behind the
    /// others at its price.
    mutating func fitReducing(_ account: String, _ symbol: Symbol) {
        let time = now
        let orders = allowances(account, symbol)
        func shown(_ order: VenueOrder) -> Quantity {
            markets[symbol]?.book.order(BookOrderID(UInt64(order.id)))?.open ?? .zero
        }
        for (order, allowed) in orders {
            let over = max(.zero, shown(order) - allowed)
            withMarket(symbol) { $0.reduce(BookOrderID(UInt64(order.id)), by: over, at: time) }
        }
        for (order, allowed) in orders where allowed > shown(order) {
            withMarket(symbol) { $0.remove(BookOrderID(UInt64(order.id)), at: time) }
            if let opposite = markets[symbol]?.book.best(order.side.opposite), order.accepts(opposite.price) {
                // While it was not shown the market came to it.
                execute(order.id)
                return fitReducing(account, symbol)
            }
            var moved = order
            moved.rested = take(\.queue)
            update(moved)
            put(moved, allowed, at: time)
        }
    }

    /// Does so for everyone whose positions or orders changed.
    mutating func fitReducing() {
        while let account = unfitted.keys.min() {
            for symbol in (unfitted.removeValue(forKey: account) ?? []).sorted() { fitReducing(account, symbol) }
        }
    }
}
