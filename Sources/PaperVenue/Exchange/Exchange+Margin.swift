internal import TradingDomain

/// What a position binds.
struct PositionMargin: Sendable {
    let position: VenuePosition
    let mark: Price
    /// Signed.
    let notional: FixedDecimal
    let unrealised: FixedDecimal
    let initial: FixedDecimal
    let maintenance: FixedDecimal
    /// Of its bracket.
    let rate: FixedDecimal
    let cumulative: FixedDecimal
    let isIsolated: Bool
}

/// What an account has and what it has bound, in one asset.
struct MarginSummary: Sendable {
    var wallet = FixedDecimal.zero
    var crossWallet = FixedDecimal.zero
    var unrealised = FixedDecimal.zero
    var crossUnrealised = FixedDecimal.zero
    var positionInitial = FixedDecimal.zero
    var openOrderInitial = FixedDecimal.zero
    var maintenance = FixedDecimal.zero
    var crossMaintenance = FixedDecimal.zero
    /// Of cross positions.
    var crossInitial = FixedDecimal.zero

    var initial: FixedDecimal { positionInitial + openOrderInitial }
    var marginBalance: FixedDecimal { wallet + unrealised }
    var available: FixedDecimal { crossWallet + crossUnrealised - crossInitial - openOrderInitial }
    var withdrawable: FixedDecimal { max(.zero, available - max(.zero, crossUnrealised)) }
}

/// Margins as section 15 of the protocol has them.
extension Exchange {
    /// Isolated margins that are part of an asset's wallet.
    func isolated(_ account: VenueAccountBook, _ asset: String) -> FixedDecimal {
        account.positions.reduce(.zero) {
            markets[$1.symbol]?.rules.quote == asset ? $0 + $1.isolatedWallet : $0
        }
    }

    func margin(_ account: VenueAccountBook, _ position: VenuePosition) -> PositionMargin {
        let market = self.market(position.symbol)
        let notional = Amounts.worth(market.markPrice, position.amount)
        let (_, bracket, cumulative) = market.rules.bracket(of: notional.magnitude)
        return PositionMargin(
            position: position,
            mark: market.markPrice,
            notional: notional,
            unrealised: position.unrealised(at: market.markPrice),
            initial: notional.magnitude / account.leverage(position.symbol),
            maintenance: max(.zero, notional.magnitude * bracket.maintenance - cumulative),
            rate: bracket.maintenance,
            cumulative: cumulative,
            isIsolated: account.isIsolated(position.symbol)
        )
    }

    /// What open orders of a symbol would buy and sell at their prices, without those that only reduce.
    func openNotional(_ account: String, _ symbol: Symbol) -> (bids: FixedDecimal, asks: FixedDecimal) {
        var sums = (bids: FixedDecimal.zero, asks: FixedDecimal.zero)
        for id in accounts[account]?.open ?? [] {
            guard let order = orders[id], order.symbol == symbol, !order.isReducing else { continue }
            let worth = Amounts.worth(order.price, order.open)
            if order.side == .buy { sums.bids = sums.bids + worth } else { sums.asks = sums.asks + worth }
        }
        return sums
    }

    /// Margin that open orders of a symbol bind beyond its positions.
    func openOrderMargin(
        _ account: VenueAccountBook,
        _ symbol: Symbol,
        buying: FixedDecimal = .zero,
        selling: FixedDecimal = .zero
    ) -> FixedDecimal {
        let open = openNotional(account.settings.name, symbol)
        let (bids, asks) = (open.bids + buying, open.asks + selling)
        let leverage = account.leverage(symbol)
        guard !account.state.isHedged else { return (bids + asks) / leverage }
        let held = Amounts.worth(market(symbol).markPrice, account.position(symbol, .both).amount)
        let most = max((held + bids).magnitude, (held - asks).magnitude)
        return max(.zero, most - held.magnitude) / leverage
    }

    /// Symbols with open orders of an account, sorted.
    func openSymbols(_ account: VenueAccountBook) -> [Symbol] {
        Set(account.open.compactMap { orders[$0]?.symbol }).sorted()
    }

    func summary(_ account: VenueAccountBook, _ asset: String = "USDT") -> MarginSummary {
        var sums = MarginSummary()
        sums.wallet = account.state.wallets[asset] ?? .zero
        sums.crossWallet = sums.wallet - isolated(account, asset)
        for position in account.positions where market(position.symbol).rules.quote == asset {
            let margin = self.margin(account, position)
            sums.unrealised = sums.unrealised + margin.unrealised
            sums.positionInitial = sums.positionInitial + margin.initial
            sums.maintenance = sums.maintenance + margin.maintenance
            guard !margin.isIsolated else { continue }
            sums.crossUnrealised = sums.crossUnrealised + margin.unrealised
            sums.crossMaintenance = sums.crossMaintenance + margin.maintenance
            sums.crossInitial = sums.crossInitial + margin.initial
        }
        for symbol in openSymbols(account) where market(symbol).rules.quote == asset {
            sums.openOrderInitial = sums.openOrderInitial + openOrderMargin(account, symbol)
        }
        return sums
    }

    /// The mark price at which a position is liquidated; zero when there is none.
    func liquidationPrice(_ account: VenueAccountBook, _ position: VenuePosition) -> Price {
        let own = margin(account, position)
        guard own.mark > .zero, !position.amount.isZero else { return .zero }
        let rules = market(position.symbol).rules
        var wallet = position.isolatedWallet
        var others: [PositionMargin] = []
        // In hedge mode both sides of a cross symbol are liquidated together.
        var together = [own]
        if !own.isIsolated {
            wallet = (account.state.wallets[rules.quote] ?? .zero) - isolated(account, rules.quote)
            let cross = account.positions.filter { $0.key != position.key }.map { margin(account, $0) }
                .filter { !$0.isIsolated && market($0.position.symbol).rules.quote == rules.quote }
            others = cross.filter { $0.position.symbol != position.symbol }
            together += cross.filter { $0.position.symbol == position.symbol }
        }
        var above = wallet
        for other in others { above = above - other.maintenance + other.unrealised }
        var below = FixedDecimal.zero
        for part in together {
            let amount = FixedDecimal(units: Int128(part.position.amount.units))
            above = above + part.cumulative - part.position.cost
            below = below + amount.magnitude * part.rate - amount
        }
        guard below != .zero else { return .zero }
        let price = above / below
        guard price > .zero, let units = Int64(exactly: price.units) else { return .zero }
        return Price(units: units)
    }
}
