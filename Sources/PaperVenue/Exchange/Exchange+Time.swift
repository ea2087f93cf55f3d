internal import MarketData
public import TradingDomain

/// What happens without anybody asking.
extension Exchange {
    /// Does what is due by `time`: timers, funding, expiries, streams that are sent at intervals.
    ///
    /// Call it every few milliseconds.
    public mutating func advance(to time: Timestamp) {
        tick(time)
        openAccounts()
        fireCountdowns()
        expireDated()
        expireListenKeys()
        settleFunding()
        settle()
        tellStreams()
    }

    /// Takes what the market around the accounts does; events about symbols that are not listed are ignored.
    public mutating func market(_ event: VenueMarketEvent, at time: Timestamp) {
        tick(time)
        switch event {
        case .book(let symbol, let bids, let asks):
            guard markets[symbol] != nil else { return }
            setBackground(symbol, bids, asks)
        case .trade(let symbol, let price, let quantity, let buyerIsMaker):
            guard markets[symbol] != nil, quantity > .zero else { return }
            let side: Side = buyerIsMaker ? .sell : .buy
            let rest = sweep(symbol, side, quantity, limit: price)
            if rest > .zero { print(symbol, price, rest, taker: side, 0) }
        case .mark(let symbol, let price):
            guard markets[symbol] != nil, price > .zero else { return }
            let now = self.now
            withMarket(symbol) { $0.moveMark(to: price, at: now) }
        case .funding(let symbol, let rate):
            guard let cap = markets[symbol]?.rules.fundingCap else { return }
            withMarket(symbol) { $0.fundingRate = max(-cap, min(cap, rate)) }
        case .history(let symbol, let candles):
            guard markets[symbol] != nil else { return }
            withMarket(symbol) { $0.prepend(candles) }
        }
        settle()
    }

    /// Brings to rest what an event set in motion: triggers, liquidations, orders that only reduce, and the streams that are
    /// sent at once.
    mutating func settle() {
        fireConditionals()
        liquidate()
        fitReducing()
        tellBooks()
    }

    /// An account's first deposit is its first change: clients take balances that never changed for no balances.
    private mutating func openAccounts() {
        let now = now
        for name in accountNames where account(name).state.updated == 0 { change(name) { $0.updated = now } }
    }

    private mutating func fireCountdowns() {
        for name in accountNames {
            let due = account(name).state.countdowns.filter { $0.value <= now }
            guard !due.isEmpty else { continue }
            for text in due.keys.sorted() {
                change(name) { $0.countdowns[text] = nil }
                if let symbol = Symbol(text) { cancelAll(name, symbol) }
            }
        }
    }

    private mutating func expireDated() {
        guard !dated.isEmpty else { return }
        for id in dated.sorted() {
            if let order = orders[id], order.goodTill <= now { expire(id, .none) }
        }
    }

    private mutating func expireListenKeys() {
        for name in accountNames {
            let state = account(name).state
            guard let key = state.listenKey, state.listenKeyEnds <= now else { continue }
            change(name) { ($0.listenKey, $0.listenKeyEnds) = (nil, 0) }
            let message: WireValue = .object([
                "e": "listenKeyExpired", "E": .number(said), "listenKey": .text(key),
            ])
            events.append(.user(account: name, key: key, event: "listenKeyExpired", json: message.json))
        }
    }

    // MARK: Funding

    /// Settles what became due; a venue that was away for several settlements does the last of them.
    private mutating func settleFunding() {
        for symbol in symbols {
            let market = self.market(symbol)
            let span = Int64(market.rules.fundingHours) * 3_600_000
            let latest = now / span * span
            guard let before = counters.fundedUpTo[symbol.text] else {
                counters.fundedUpTo[symbol.text] = latest
                countersChanged = true
                continue
            }
            guard latest > before else { continue }
            counters.fundedUpTo[symbol.text] = latest
            countersChanged = true
            guard market.markPrice > .zero else { continue }
            let (rate, mark) = (market.fundingRate, market.markPrice)
            withMarket(symbol) {
                $0.fundingHistory.append((latest, rate, mark))
                if $0.fundingHistory.count > 2000 { $0.fundingHistory.removeFirst(1000) }
            }
            for name in accountNames {
                for position in account(name).positions where position.symbol == symbol {
                    fund(name, position, rate, mark)
                }
            }
        }
    }

    private mutating func fund(_ name: String, _ position: VenuePosition, _ rate: FixedDecimal, _ mark: Price) {
        let account = self.account(name)
        let asset = market(position.symbol).rules.quote
        let amount = -(Amounts.worth(mark, position.amount) * rate)
        guard amount != .zero else { return }
        let isIsolated = account.isIsolated(position.symbol)
        var changed = position
        // What the account cannot pay the position's own margin does.
        let short = -amount - max(.zero, summary(account, asset).available)
        if isIsolated, short > .zero { changed.isolatedWallet = changed.isolatedWallet - short }
        let held = changed
        change(name) {
            $0.wallets[asset] = ($0.wallets[asset] ?? .zero) + amount
            $0.positions[held.key] = held
        }
        earn(name, position.symbol, "FUNDING_FEE", amount, asset)
        tellAccount(name, [asset], isIsolated ? [held] : [], "FUNDING_FEE")
    }
}
