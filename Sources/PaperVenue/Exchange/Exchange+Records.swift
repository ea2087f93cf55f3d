internal import TradingDomain

/// What outlives the venue's process.
extension Exchange {
    /// Takes up where an exchange that left these records ended; call it once, before anything else.
    ///
    /// Accounts and symbols that the settings no longer name are left out. Orders rest again in their order of time; the
    /// background comes with the next event of the market.
    public mutating func restore(_ records: [ExchangeRecord]) {
        var latest: [String: ExchangeRecord] = [:]
        var keys: [String] = []
        for record in records where latest.updateValue(record, forKey: record.key) == nil { keys.append(record.key) }
        for key in keys {
            if let record = latest[key] { take(record) }
        }
        for name in accountNames {
            accounts[name]?.orders.sort()
            accounts[name]?.conditionals.sort()
        }
        var shown: [Int64: Quantity] = [:]
        for name in accountNames {
            for symbol in symbols { for (order, allowed) in allowances(name, symbol) { shown[order.id] = allowed } }
        }
        let open = accountNames.flatMap { account($0).open }.compactMap { orders[$0] }
        for order in open.sorted(by: { ($0.rested ?? $0.queue) < ($1.rested ?? $1.queue) }) {
            if order.goodTill > 0 { dated.insert(order.id) }
            put(order, shown[order.id] ?? order.open, at: order.updated)
        }
    }

    private mutating func take(_ record: ExchangeRecord) {
        switch record {
        case .account(let state): accounts[state.name]?.state = state
        case .order(let order):
            guard accounts[order.account] != nil, markets[order.symbol] != nil else { return }
            orders[order.id] = order
            accounts[order.account]?.orders.append(order.id)
            if order.isOpen { accounts[order.account]?.open.insert(order.id) }
            let key = VenueAccountBook.clientKey(order.symbol, order.clientID)
            let newest = accounts[order.account]?.byClientID[key] ?? 0
            accounts[order.account]?.byClientID[key] = max(newest, order.id)
            counters.order = max(counters.order, order.id + 1)
            counters.queue = max(counters.queue, (order.rested ?? order.queue) + 1)
        case .trade(let trade):
            accounts[trade.account]?.trades.append(trade)
            counters.trade = max(counters.trade, trade.id + 1)
        case .income(let income):
            accounts[income.account]?.incomes.append(income)
            counters.income = max(counters.income, income.id + 1)
        case .amendment(let amendment):
            accounts[amendment.account]?.amendments.append(amendment)
            counters.amendment = max(counters.amendment, amendment.id + 1)
        case .conditional(let order):
            guard accounts[order.account] != nil, markets[order.symbol] != nil else { return }
            conditionals[order.id] = order
            accounts[order.account]?.conditionals.append(order.id)
            if order.status == .new { waiting.insert(order.id) }
            counters.conditional = max(counters.conditional, order.id + 1)
        case .counters(let stored):
            counters.order = max(counters.order, stored.order)
            counters.trade = max(counters.trade, stored.trade)
            counters.conditional = max(counters.conditional, stored.conditional)
            counters.amendment = max(counters.amendment, stored.amendment)
            counters.income = max(counters.income, stored.income)
            counters.queue = max(counters.queue, stored.queue)
            counters.made = max(counters.made, stored.made)
            counters.fundedUpTo = stored.fundedUpTo
            counters.lastPrices = stored.lastPrices
            for (text, price) in stored.lastPrices ?? [:] {
                if let symbol = Symbol(text) { markets[symbol]?.lastBefore = price }
            }
        }
    }

    /// The records that make this exchange, without those that later ones replaced.
    public var snapshot: [ExchangeRecord] {
        var found: [ExchangeRecord] = []
        for name in accountNames {
            let account = self.account(name)
            found.append(.account(account.state))
            found += account.orders.compactMap { orders[$0] }.map { .order($0) }
            found += account.conditionals.compactMap { conditionals[$0] }.map { .conditional($0) }
            found += account.trades.map { .trade($0) }
            found += account.incomes.map { .income($0) }
            found += account.amendments.map { .amendment($0) }
        }
        found.append(.counters(counters))
        return found
    }

    /// The venue's own record of an account, for judges: every order, every trade, income, positions and balances, as JSON;
    /// `nil` when there is no such account.
    public func record(of name: String) -> String? {
        guard let account = accounts[name] else { return nil }
        let orders = account.orders.compactMap { self.orders[$0] }
        let positions = account.positions.map { position -> WireValue in
            .object([
                "symbol": .text(position.symbol.text), "positionSide": .text(position.side.rawValue),
                "positionAmt": .text(position.amount.description), "entryPrice": .text(position.entry.description),
                "cost": .text(position.cost.description), "realized": .text(position.realised.description),
            ])
        }
        let balances = account.state.wallets.keys.sorted().map { asset -> WireValue in
            .object(["asset": .text(asset), "balance": .text((account.state.wallets[asset] ?? .zero).description)])
        }
        let incomes = account.incomes.map { income -> WireValue in
            .object([
                "symbol": .text(income.symbol?.text ?? ""), "incomeType": .text(income.type),
                "income": .text(income.amount.description), "asset": .text(income.asset), "time": .number(income.time),
                "tradeId": .text(income.trade.map(String.init) ?? ""),
            ])
        }
        return WireValue.object([
            "account": .text(name), "serverTime": .number(now),
            "orders": .list(orders.map { $0.wire(market($0.symbol).rules, isQuery: true) }),
            "trades": .list(account.trades.compactMap { trade in markets[trade.symbol].map { trade.wire($0.rules) } }),
            "positions": .list(positions), "balances": .list(balances), "income": .list(incomes),
        ]).json
    }
}
