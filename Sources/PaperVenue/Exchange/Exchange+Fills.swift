internal import Matching
internal import TradingDomain

/// What a fill, a cancel and an expiry change, and who is told.
extension Exchange {
    /// Books one side of a trade: order, position, money, and everything that follows from them.
    mutating func book(
        _ trade: Int64,
        of id: Int64,
        _ quantity: Quantity,
        at price: Price,
        isMaker: Bool,
        as execution: String = "TRADE"
    ) {
        guard var order = orders[id] else { return }
        let account = self.account(order.account)
        let rules = market(order.symbol).rules
        let quote = Amounts.worth(price, quantity)
        order.executed += quantity
        order.quote = order.quote + quote
        order.status = order.open.isZero ? .filled : .partiallyFilled
        order.updated = now

        let rate =
            order.clientID.hasPrefix("autoclose-")
            ? rules.liquidationFee
            : isMaker ? account.settings.makerFee : account.settings.takerFee
        let fee = commission(account, quote * rate, rules.quote)
        var position = account.position(order.symbol, order.positionSide)
        let closing = position.fill(order.side, quantity, at: price, fee: quote * rate)
        if account.isIsolated(order.symbol) {
            let added = Amounts.worth(price, quantity - closing.closed)
            position.isolatedWallet = position.isolatedWallet + added / account.leverage(order.symbol)
        }
        position.updated = now
        let time = now
        let changedPosition = position
        change(order.account) { state in
            state.wallets[rules.quote] = (state.wallets[rules.quote] ?? .zero) + closing.realised
            state.wallets[fee.asset] = (state.wallets[fee.asset] ?? .zero) - fee.amount
            state.positions[changedPosition.key] = changedPosition
            state.updated = time
        }
        update(order)
        let booked = VenueTrade(
            id: trade,
            account: order.account,
            order: id,
            symbol: order.symbol,
            side: order.side,
            positionSide: order.positionSide,
            price: price,
            quantity: quantity,
            quote: quote,
            realised: closing.realised,
            commission: fee.amount,
            commissionAsset: fee.asset,
            isMaker: isMaker,
            time: now
        )
        accounts[order.account]?.trades.append(booked)
        records.append(.trade(booked))
        if closing.realised != .zero {
            earn(order.account, order.symbol, "REALIZED_PNL", closing.realised, rules.quote, trade: trade)
        }
        if fee.amount != .zero {
            earn(order.account, order.symbol, "COMMISSION", -fee.amount, fee.asset, trade: trade)
        }
        tellFill(order, booked, position, execution)
        unfitted[order.account, default: []].insert(order.symbol)
        // The order that trades now is judged by its own next step.
        trimReducing(order.account, order.symbol, except: isMaker ? nil : id)
    }

    /// What a fee is paid with: the quote asset, or BNB with a tenth off when the account burns and has it.
    private func commission(
        _ account: VenueAccountBook,
        _ amount: FixedDecimal,
        _ quote: String
    ) -> (asset: String, amount: FixedDecimal) {
        guard account.state.burnsFees, let coin = Symbol("BNB" + quote), let price = markets[coin]?.markPrice,
            price > .zero
        else { return (quote, amount) }
        let coins = amount * FixedDecimal(units: 90_000_000) / FixedDecimal(units: Int128(price.units))
        guard let held = account.state.wallets["BNB"], held >= coins else { return (quote, amount) }
        return ("BNB", coins)
    }

    /// Writes down money that came or went; the wallet was changed already.
    mutating func earn(
        _ account: String,
        _ symbol: Symbol?,
        _ type: String,
        _ amount: FixedDecimal,
        _ asset: String,
        trade: Int64? = nil
    ) {
        let income = VenueIncome(
            id: take(\.income),
            account: account,
            symbol: symbol,
            type: type,
            amount: amount,
            asset: asset,
            info: trade.map(String.init) ?? type,
            time: now,
            trade: trade
        )
        accounts[account]?.incomes.append(income)
        records.append(.income(income))
    }

    // MARK: Ends

    mutating func expire(_ id: Int64, _ reason: VenueExpiry) {
        let isSelfTrade = reason == .selfTrade || reason == .selfTradeOfImmediate
        end(id, isSelfTrade ? .expiredInMatch : .expired, reason, "EXPIRED")
    }

    /// - Returns: The order as it is now; `nil` when it was not open.
    @discardableResult
    mutating func cancel(_ id: Int64) -> VenueOrder? {
        end(id, .cancelled, .none, "CANCELED")
    }

    @discardableResult
    private mutating func end(
        _ id: Int64,
        _ status: VenueOrderStatus,
        _ reason: VenueExpiry,
        _ execution: String
    ) -> VenueOrder? {
        guard var order = orders[id], order.isOpen else { return nil }
        let time = now
        withMarket(order.symbol) { $0.remove(BookOrderID(UInt64(id)), at: time) }
        order.status = status
        order.expiry = reason
        order.updated = now
        update(order)
        tellOrder(order, execution)
        if order.isReducing { unfitted[order.account, default: []].insert(order.symbol) }
        return order
    }

    /// Cancels every open order of an account, of one symbol or of all, oldest first.
    mutating func cancelAll(_ account: String, _ symbol: Symbol?) {
        let open = self.account(account).open.sorted()
        for id in open where symbol == nil || orders[id]?.symbol == symbol { cancel(id) }
    }
}
