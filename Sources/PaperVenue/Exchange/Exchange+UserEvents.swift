internal import Matching
internal import TradingDomain

/// What an account's own stream tells.
extension Exchange {
    mutating func tell(_ account: String, _ event: String, _ value: WireValue) {
        let state = self.account(account).state
        let key = state.listenKeyEnds > now ? state.listenKey : nil
        events.append(.user(account: account, key: key, event: event, json: value.json))
    }

    mutating func tellOrder(_ order: VenueOrder, _ execution: String) {
        tell(order.account, "ORDER_TRADE_UPDATE", orderUpdate(order, execution, nil))
    }

    /// Tells of a fill; `execution` is `TRADE`, or `CALCULATED` for a liquidation that found nobody in the book.
    mutating func tellFill(_ order: VenueOrder, _ trade: VenueTrade, _ position: VenuePosition, _ execution: String) {
        if execution == "TRADE" { tell(order.account, "TRADE_LITE", light(order, trade)) }
        let assets =
            trade.commissionAsset == market(order.symbol).rules.quote
            ? [trade.commissionAsset] : [market(order.symbol).rules.quote, trade.commissionAsset]
        let account = accountUpdate(order.account, assets, [position], "ORDER")
        if settings.accountUpdateFirst { tell(order.account, "ACCOUNT_UPDATE", account) }
        tell(order.account, "ORDER_TRADE_UPDATE", orderUpdate(order, execution, trade))
        if !settings.accountUpdateFirst { tell(order.account, "ACCOUNT_UPDATE", account) }
    }

    /// Tells that balances and positions changed for another reason than a fill.
    mutating func tellAccount(_ account: String, _ assets: [String], _ positions: [VenuePosition], _ reason: String) {
        tell(account, "ACCOUNT_UPDATE", accountUpdate(account, assets, positions, reason))
    }

    mutating func tellSettings(_ account: String, _ key: String, _ value: WireValue) {
        let message = WireValue.object(["e": "ACCOUNT_CONFIG_UPDATE", "E": .number(said), "T": .number(now)])
        tell(account, "ACCOUNT_CONFIG_UPDATE", message.with([key: value] as KeyValuePairs))
    }

    private func orderUpdate(_ order: VenueOrder, _ execution: String, _ trade: VenueTrade?) -> WireValue {
        let rules = market(order.symbol).rules
        let resting = openNotional(order.account, order.symbol)
        let body: WireValue = .object([
            "s": .text(order.symbol.text), "c": .text(order.clientID), "S": .text(order.side.rawValue),
            "o": .text(order.type.rawValue), "f": .text(order.timeInForce.rawValue),
            "q": .text(rules.text(order.quantity)), "p": .text(rules.text(order.price)),
            "ap": .text(rules.entryText(order.average)), "sp": .text(rules.text(order.stopPrice)),
            "x": .text(execution), "X": .text(order.status.rawValue), "i": .number(order.id),
            "l": .text(rules.text(trade?.quantity ?? .zero)), "z": .text(rules.text(order.executed)),
            "L": .text(rules.text(trade?.price ?? .zero)), "n": .text(trade?.commission.wire ?? "0"),
            "N": .text(trade?.commissionAsset ?? rules.quote), "T": .number(now), "t": .number(trade?.id ?? 0),
            "b": .text(resting.bids == .zero ? "0" : Amounts.text(resting.bids.units, decimals: rules.pricePrecision)),
            "a": .text(resting.asks == .zero ? "0" : Amounts.text(resting.asks.units, decimals: rules.pricePrecision)),
            "m": .flag(trade?.isMaker ?? false), "R": .flag(order.reduceOnly), "wt": .text(order.workingType),
            "ot": .text(order.originalType.rawValue), "ps": .text(order.positionSide.rawValue),
            "cp": .flag(order.closePosition),
            "rp": .text(trade.map { $0.realised == .zero ? "0" : $0.realised.wire } ?? "0"),
            "pP": .flag(order.priceProtect), "si": 0, "ss": 0, "V": .text(order.prevention.rawValue),
            "pm": .text(order.priceMatch), "gtd": .number(order.goodTill), "er": .text(String(order.expiry.rawValue)),
        ])
        return .object(["e": "ORDER_TRADE_UPDATE", "T": .number(now), "E": .number(said), "o": body])
    }

    private func light(_ order: VenueOrder, _ trade: VenueTrade) -> WireValue {
        let rules = market(order.symbol).rules
        return .object([
            "e": "TRADE_LITE", "E": .number(said), "T": .number(now), "s": .text(order.symbol.text),
            "q": .text(rules.text(order.quantity)), "p": .text(order.price == .zero ? "0" : rules.text(order.price)),
            "m": .flag(trade.isMaker), "c": .text(order.clientID), "S": .text(order.side.rawValue),
            "L": .text(rules.text(trade.price)), "l": .text(rules.text(trade.quantity)), "t": .number(trade.id),
            "i": .number(order.id),
        ])
    }

    private func accountUpdate(
        _ name: String,
        _ assets: [String],
        _ positions: [VenuePosition],
        _ reason: String
    ) -> WireValue {
        let account = self.account(name)
        let balances = assets.map { asset -> WireValue in
            let wallet = account.state.wallets[asset] ?? .zero
            return .object([
                "a": .text(asset), "wb": .text(wallet.wire), "cw": .text((wallet - isolated(account, asset)).wire),
                "bc": "0",
            ])
        }
        let held = positions.map { position -> WireValue in
            let market = self.market(position.symbol)
            return .object([
                "s": .text(position.symbol.text), "pa": .text(market.rules.text(position.amount)),
                "ep": .text(market.rules.entryText(position.entry)), "cr": .text(position.realised.description),
                "up": .text(position.unrealised(at: market.markPrice).description),
                "mt": .text(account.isIsolated(position.symbol) ? "isolated" : "cross"),
                "iw": .text(position.isolatedWallet.description), "ps": .text(position.side.rawValue),
                "ma": .text(market.rules.quote), "bep": .text(position.breakEven.description),
            ])
        }
        let body: WireValue = .object(["B": .list(balances), "P": .list(held), "m": .text(reason)])
        return .object(["e": "ACCOUNT_UPDATE", "T": .number(now), "E": .number(said), "a": body])
    }
}
