internal import Matching
internal import TradingDomain

/// Accounts whose margin is used up.
extension Exchange {
    mutating func liquidate() {
        for name in accountNames {
            let account = self.account(name)
            let positions = account.positions
            guard !positions.isEmpty else { continue }
            let quotes = Set(positions.map { market($0.symbol).rules.quote }).sorted()
            for quote in quotes { liquidateCross(name, quote) }
            for position in positions where account.isIsolated(position.symbol) {
                let margin = self.margin(account, position)
                let equity = position.isolatedWallet + margin.unrealised
                guard equity <= margin.maintenance else { continue }
                cancelAll(name, position.symbol)
                close(name, position, bankruptcy(margin, equity))
            }
        }
    }

    private mutating func liquidateCross(_ name: String, _ quote: String) {
        let account = self.account(name)
        let sum = summary(account, quote)
        let equity = sum.crossWallet + sum.crossUnrealised
        let margins = account.positions.map { margin(account, $0) }.filter {
            !$0.isIsolated && market($0.position.symbol).rules.quote == quote
        }
        guard !margins.isEmpty, equity <= sum.crossMaintenance else { return }
        cancelAll(name, nil)
        let total = margins.reduce(FixedDecimal.zero) { $0 + $1.notional.magnitude }
        for margin in margins {
            let share = total == .zero ? .zero : equity * margin.notional.magnitude / total
            close(name, margin.position, bankruptcy(margin, share))
        }
        let wallet = self.account(name).state.wallets[quote] ?? .zero
        guard wallet < .zero, self.account(name).positions.isEmpty else { return }
        change(name) { $0.wallets[quote] = .zero }
        earn(name, nil, "INSURANCE_CLEAR", -wallet, quote)
        tellAccount(name, [quote], [], "INSURANCE_CLEAR")
    }

    /// The price at which a position's share of the account is used up.
    private func bankruptcy(_ margin: PositionMargin, _ equity: FixedDecimal) -> Price {
        let rules = market(margin.position.symbol).rules
        let each = Amounts.price(equity, per: margin.position.amount.magnitude)
        let isLong = margin.position.amount > .zero
        let price = isLong ? margin.mark - each : margin.mark + each
        return max(rules.tick, price.rounded(to: rules.tick, for: isLong ? .sell : .buy))
    }

    /// Closes a position at `price` or better: in the book, then with those who gain most from it, then with the insurance
    /// fund.
    private mutating func close(_ name: String, _ position: VenuePosition, _ price: Price) {
        let side: Side = position.amount > .zero ? .sell : .buy
        let order = makeForced(
            name,
            position,
            side,
            position.amount.magnitude,
            price,
            "autoclose-\(now)-\(counters.order)"
        )
        accept(order)
        execute(order.id)
        if let done = orders[order.id], done.executed > .zero { tellForced(done) }
        let left = account(name).position(position.symbol, position.side).amount.magnitude
        guard left > .zero else { return }
        takeOver(name, position, side, left, price)
    }

    private mutating func takeOver(
        _ name: String,
        _ position: VenuePosition,
        _ side: Side,
        _ quantity: Quantity,
        _ price: Price
    ) {
        let rest = makeForced(name, position, side, quantity, price, "autoclose-\(now)-\(counters.order)")
        accept(rest)
        var left = quantity
        for (holder, held) in winners(position.symbol, against: side) where left > .zero && holder != name {
            let part = min(left, held.amount.magnitude)
            let order = makeForced(holder, held, side.opposite, part, price, "adl_autoclose")
            accept(order)
            let trade = print(position.symbol, price, part, taker: side, UInt64(rest.id))
            book(trade, of: rest.id, part, at: price, isMaker: false, as: "CALCULATED")
            book(trade, of: order.id, part, at: price, isMaker: true, as: "CALCULATED")
            left -= part
        }
        guard left > .zero else { return }
        let trade = print(position.symbol, price, left, taker: side, UInt64(rest.id))
        book(trade, of: rest.id, left, at: price, isMaker: false, as: "CALCULATED")
    }

    /// Who holds the other side with a profit, the largest profit first.
    private func winners(_ symbol: Symbol, against side: Side) -> [(String, VenuePosition)] {
        accountNames.flatMap { name in account(name).positions.map { (name, $0) } }.filter {
            $0.1.symbol == symbol && ($0.1.amount > .zero) == (side == .buy)
                && $0.1.unrealised(at: market(symbol).markPrice) > .zero
        }
        .sorted {
            let mark = market(symbol).markPrice
            let (left, right) = ($0.1.unrealised(at: mark), $1.1.unrealised(at: mark))
            return left == right ? $0.0 < $1.0 : left > right
        }
    }

    private mutating func makeForced(
        _ name: String,
        _ position: VenuePosition,
        _ side: Side,
        _ quantity: Quantity,
        _ price: Price,
        _ clientID: String
    ) -> VenueOrder {
        VenueOrder(
            id: take(\.order),
            account: name,
            symbol: position.symbol,
            clientID: clientID,
            side: side,
            type: .limit,
            originalType: .limit,
            timeInForce: .immediateOrCancel,
            positionSide: position.side,
            reduceOnly: position.side == .both,
            closePosition: false,
            workingType: "CONTRACT_PRICE",
            priceProtect: false,
            priceMatch: "NONE",
            stopPrice: .zero,
            goodTill: 0,
            prevention: .none,
            price: price,
            quantity: quantity,
            created: now,
            updated: now,
            queue: take(\.queue)
        )
    }
}
