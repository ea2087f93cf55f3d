internal import TradingDomain

/// How accounts, balances and positions look on the wire.
extension Exchange {
    private func assets(_ account: VenueAccountBook) -> [String] { account.state.wallets.keys.sorted() }

    /// A position with what its symbol's open orders bind; that counts once per symbol.
    private struct Row {
        let margin: PositionMargin
        let rules: VenueSymbol
        let openOrder: FixedDecimal
        let bids: FixedDecimal
        let asks: FixedDecimal

        var initial: FixedDecimal { margin.initial + openOrder }
    }

    private func row(_ account: VenueAccountBook, _ symbol: Symbol, _ side: VenuePositionSide) -> Row {
        let open = openNotional(account.settings.name, symbol)
        return Row(
            margin: margin(account, account.position(symbol, side)),
            rules: market(symbol).rules,
            openOrder: side == .short ? .zero : openOrderMargin(account, symbol),
            bids: open.bids,
            asks: open.asks
        )
    }

    /// Positions to list: all of them, or those that are not flat or have open orders.
    private func rows(
        _ account: VenueAccountBook,
        _ symbol: Symbol?,
        all: Bool,
        sides: [VenuePositionSide]? = nil
    ) -> [Row] {
        let busy = Set(openSymbols(account))
        return symbols.filter { symbol == nil || $0 == symbol }.flatMap { symbol in
            (sides ?? account.sides).filter {
                all || busy.contains(symbol) || !account.position(symbol, $0).amount.isZero
            }
            .map { row(account, symbol, $0) }
        }
    }

    private static func short(_ amount: FixedDecimal) -> WireValue { .text(amount == .zero ? "0" : amount.wire) }

    // MARK: Account

    func accountInformation(_ name: String, version: Int) -> WireValue {
        let account = self.account(name)
        let sum = summary(account)
        var head: WireValue = .object([
            "feeTier": 0, "feeBurn": .flag(account.state.burnsFees), "canTrade": true, "canDeposit": true,
            "canWithdraw": true, "updateTime": 0, "multiAssetsMargin": .flag(account.state.isMultiAsset),
            "tradeGroupId": -1,
        ])
        if version == 3 { head = .object([:]) }
        let totals = head.with([
            "totalInitialMargin": .text(sum.initial.wire), "totalMaintMargin": .text(sum.maintenance.wire),
            "totalWalletBalance": .text(sum.wallet.wire), "totalUnrealizedProfit": .text(sum.unrealised.wire),
            "totalMarginBalance": .text(sum.marginBalance.wire),
            "totalPositionInitialMargin": .text(sum.positionInitial.wire),
            "totalOpenOrderInitialMargin": .text(sum.openOrderInitial.wire),
            "totalCrossWalletBalance": .text(sum.crossWallet.wire),
            "totalCrossUnPnl": .text(sum.crossUnrealised.wire), "availableBalance": .text(sum.available.wire),
            "maxWithdrawAmount": .text(sum.withdrawable.wire),
        ])
        let held = rows(account, nil, all: version == 2)
        return totals.with([
            "assets": .list(assets(account).map { assetRow(account, $0, version) }),
            "positions": .list(held.map { version == 2 ? longRow(account, $0) : shortRow($0) }),
        ])
    }

    private func assetRow(_ account: VenueAccountBook, _ asset: String, _ version: Int) -> WireValue {
        let sum = summary(account, asset)
        let row: WireValue = .object([
            "asset": .text(asset), "walletBalance": .text(sum.wallet.wire),
            "unrealizedProfit": .text(sum.unrealised.wire), "marginBalance": .text(sum.marginBalance.wire),
            "maintMargin": .text(sum.maintenance.wire), "initialMargin": .text(sum.initial.wire),
            "positionInitialMargin": .text(sum.positionInitial.wire),
            "openOrderInitialMargin": .text(sum.openOrderInitial.wire),
            "crossWalletBalance": .text(sum.crossWallet.wire), "crossUnPnl": .text(sum.crossUnrealised.wire),
            "availableBalance": .text(sum.available.wire), "maxWithdrawAmount": .text(sum.withdrawable.wire),
        ])
        let updated = WireValue.number(account.state.updated)
        return version == 2
            ? row.with(["marginAvailable": .flag(asset == "USDT"), "updateTime": updated])
            : row.with(["updateTime": updated])
    }

    private func longRow(_ account: VenueAccountBook, _ row: Row) -> WireValue {
        let position = row.margin.position
        let symbol = row.rules.name
        return .object([
            "symbol": .text(symbol.text), "initialMargin": Self.short(row.initial),
            "maintMargin": Self.short(row.margin.maintenance), "unrealizedProfit": .text(row.margin.unrealised.wire),
            "positionInitialMargin": Self.short(row.margin.initial),
            "openOrderInitialMargin": Self.short(row.openOrder),
            "leverage": .text(String(account.leverage(symbol))), "isolated": .flag(row.margin.isIsolated),
            "entryPrice": .text(row.rules.entryText(position.entry)),
            "maxNotional": .text(String(row.rules.cap(atLeverage: account.leverage(symbol)))),
            "bidNotional": Self.short(row.bids), "askNotional": Self.short(row.asks),
            "positionSide": .text(position.side.rawValue), "positionAmt": .text(row.rules.text(position.amount)),
            "updateTime": .number(position.updated), "breakEvenPrice": .text(position.breakEven.description),
            "notional": Self.short(row.margin.notional), "isolatedWallet": Self.short(position.isolatedWallet),
        ])
    }

    private func isolatedMargin(_ row: Row) -> FixedDecimal {
        row.margin.isIsolated ? row.margin.position.isolatedWallet + row.margin.unrealised : .zero
    }

    private func shortRow(_ row: Row) -> WireValue {
        let position = row.margin.position
        return .object([
            "symbol": .text(row.rules.name.text), "positionSide": .text(position.side.rawValue),
            "positionAmt": .text(row.rules.text(position.amount)),
            "unrealizedProfit": .text(row.margin.unrealised.wire), "isolatedMargin": Self.short(isolatedMargin(row)),
            "notional": Self.short(row.margin.notional), "isolatedWallet": Self.short(position.isolatedWallet),
            "initialMargin": Self.short(row.initial), "maintMargin": Self.short(row.margin.maintenance),
            "updateTime": .number(position.updated),
        ])
    }

    // MARK: Balance and positions

    func balance(_ name: String) -> WireValue {
        let account = self.account(name)
        let alias = draws.text(Int64(account.number) << 40, length: 12)
        return .list(
            assets(account).map { asset in
                let sum = summary(account, asset)
                return .object([
                    "accountAlias": .text(alias), "asset": .text(asset), "balance": .text(sum.wallet.wire),
                    "crossWalletBalance": .text(sum.crossWallet.wire), "crossUnPnl": .text(sum.crossUnrealised.wire),
                    "availableBalance": .text(sum.available.wire), "maxWithdrawAmount": .text(sum.withdrawable.wire),
                    "marginAvailable": .flag(asset == "USDT"), "updateTime": .number(account.state.updated),
                ])
            }
        )
    }

    func positionRisk(_ parameters: RequestParameters, _ name: String, version: Int) throws(Refusal) -> WireValue {
        let symbol = try listedIfSent(parameters)
        let account = self.account(name)
        let sides: [VenuePositionSide]? = version == 2 && account.state.isHedged ? [.both, .long, .short] : nil
        return .list(
            rows(account, symbol, all: version == 2, sides: sides).map { row in
                version == 2 ? risk2(account, row) : risk3(account, row)
            }
        )
    }

    private func riskHead(_ account: VenueAccountBook, _ row: Row) -> KeyValuePairs<String, WireValue> {
        let position = row.margin.position
        return [
            "entryPrice": .text(row.rules.entryText(position.entry)),
            "breakEvenPrice": .text(position.breakEven.description),
            "markPrice": .text(Amounts.text(Int128(row.margin.mark.units), decimals: 8)),
            "unRealizedProfit": .text(row.margin.unrealised.wire),
            "liquidationPrice": .text(liquidationPrice(account, position).description),
        ]
    }

    private func risk2(_ account: VenueAccountBook, _ row: Row) -> WireValue {
        let position = row.margin.position
        let symbol = row.rules.name
        let first: WireValue = .object([
            "symbol": .text(symbol.text), "positionAmt": .text(row.rules.text(position.amount)),
        ])
        return first.with(riskHead(account, row)).with([
            "leverage": .text(String(account.leverage(symbol))),
            "maxNotionalValue": .text(String(row.rules.cap(atLeverage: account.leverage(symbol)))),
            "marginType": .text(row.margin.isIsolated ? "isolated" : "cross"),
            "isolatedMargin": .text(isolatedMargin(row).wire), "isAutoAddMargin": "false",
            "positionSide": .text(position.side.rawValue), "notional": Self.short(row.margin.notional),
            "isolatedWallet": Self.short(position.isolatedWallet), "updateTime": .number(position.updated),
        ])
    }

    private func risk3(_ account: VenueAccountBook, _ row: Row) -> WireValue {
        let position = row.margin.position
        let first: WireValue = .object([
            "symbol": .text(row.rules.name.text), "positionSide": .text(position.side.rawValue),
            "positionAmt": .text(row.rules.text(position.amount)),
        ])
        return first.with(riskHead(account, row)).with([
            "isolatedMargin": Self.short(isolatedMargin(row)), "notional": Self.short(row.margin.notional),
            "marginAsset": .text(row.rules.quote), "isolatedWallet": Self.short(position.isolatedWallet),
            "initialMargin": Self.short(row.initial), "maintMargin": Self.short(row.margin.maintenance),
            "positionInitialMargin": Self.short(row.margin.initial),
            "openOrderInitialMargin": Self.short(row.openOrder), "adl": .number(position.amount.isZero ? 0 : 1),
            "bidNotional": Self.short(row.bids), "askNotional": Self.short(row.asks),
            "updateTime": .number(position.updated),
        ])
    }
}
