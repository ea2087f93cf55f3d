internal import TradingDomain

/// What an account can change about itself, and its listen key.
extension Exchange {
    static let success: WireValue = .object(["code": 200, "msg": "success"])

    func hasOpenOrders(_ account: VenueAccountBook, _ symbol: Symbol? = nil) -> Bool {
        account.open.contains { id in symbol == nil || orders[id]?.symbol == symbol }
    }

    mutating func setLeverage(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let text = try parameters.required("leverage")
        let rules = market(symbol).rules
        guard let leverage = Int(text), leverage >= 1, leverage <= rules.brackets[0].leverage else {
            throw Refusal.leverage(text)
        }
        let account = self.account(name)
        let before = account.leverage(symbol)
        let positions = account.sides.map { account.position(symbol, $0) }.filter { !$0.amount.isZero }
        let cap = FixedDecimal(Int(rules.cap(atLeverage: leverage)))
        if positions.contains(where: { margin(account, $0).notional.magnitude > cap }) { throw Refusal.position }
        if leverage < before {
            if account.isIsolated(symbol), !positions.isEmpty { throw Refusal.isolatedLeverage }
            var after = account
            after.state.leverage[symbol.text] = leverage
            if !positions.isEmpty || hasOpenOrders(account, symbol),
                summary(after, rules.quote).available < .zero
            {
                throw Refusal.leverageTooSmall
            }
        }
        if leverage != before {
            change(name) { $0.leverage[symbol.text] = leverage }
            tellSettings(name, "ac", .object(["s": .text(symbol.text), "l": .number(leverage)]))
        }
        return .object([
            "symbol": .text(symbol.text), "leverage": .number(leverage),
            "maxNotionalValue": .text(String(rules.cap(atLeverage: leverage))),
        ])
    }

    mutating func setMarginType(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let wantsIsolated: Bool
        switch try parameters.required("marginType") {
        case "ISOLATED": wantsIsolated = true
        case "CROSSED": wantsIsolated = false
        default: throw Refusal.invalid("marginType")
        }
        let account = self.account(name)
        guard account.isIsolated(symbol) != wantsIsolated else { throw Refusal.marginTypeSame }
        guard !hasOpenOrders(account, symbol) else { throw Refusal.marginTypeOrders }
        guard !account.positions.contains(where: { $0.symbol == symbol }) else { throw Refusal.marginTypePosition }
        change(name) {
            if wantsIsolated { $0.isolated.insert(symbol.text) } else { $0.isolated.remove(symbol.text) }
        }
        return Self.success
    }

    mutating func movePositionMargin(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let amountText = try parameters.required("amount")
        let amount = FixedDecimal(units: Int128(try parameters.price("amount")?.units ?? 0))
        let type = try parameters.requiredInteger("type")
        guard type == 1 || type == 2 else { throw Refusal.invalid("type") }
        guard amount > .zero else { throw Refusal.amountPositive }
        let side: VenuePositionSide = try parameters.word("positionSide", else: Refusal.positionSide) ?? .both
        let account = self.account(name)
        guard account.isIsolated(symbol) else { throw Refusal.onlyIsolated }
        var position = account.position(symbol, side)
        guard !position.amount.isZero else { throw Refusal.noPosition }
        let quote = market(symbol).rules.quote
        if type == 1 {
            guard amount <= summary(account, quote).available else { throw Refusal.crossBalance }
            position.isolatedWallet = position.isolatedWallet + amount
        } else {
            let margin = self.margin(account, position)
            let free = position.isolatedWallet + min(.zero, margin.unrealised) - margin.initial
            guard amount <= free else { throw Refusal.isolatedBalance }
            position.isolatedWallet = position.isolatedWallet - amount
        }
        let changed = position
        change(name) { $0.positions[changed.key] = changed }
        tellAccount(name, [quote], [changed], "MARGIN_TRANSFER")
        return .object([
            "amount": .number(amountText.contains(".") ? amountText : amountText + ".0"), "code": 200,
            "msg": "Successfully modify position margin.", "type": .number(type),
        ])
    }

    mutating func setPositionMode(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let isHedged = try parameters.requiredFlag("dualSidePosition")
        let account = self.account(name)
        guard account.state.isHedged != isHedged else { throw Refusal.modeSame }
        guard !hasOpenOrders(account) else { throw Refusal.modeOrders }
        guard account.positions.isEmpty else { throw Refusal.modePosition }
        change(name) { $0.isHedged = isHedged }
        return Self.success
    }

    mutating func setMultiAsset(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let isMultiAsset = try parameters.requiredFlag("multiAssetsMargin")
        let account = self.account(name)
        guard account.state.isMultiAsset != isMultiAsset else { throw Refusal.assetsSame }
        if isMultiAsset, !account.state.isolated.isEmpty { throw Refusal.assetsIsolated }
        change(name) { $0.isMultiAsset = isMultiAsset }
        tellSettings(name, "ai", .object(["j": .flag(isMultiAsset)]))
        return Self.success
    }

    mutating func setFeeBurn(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let burns = try parameters.requiredFlag("feeBurn")
        change(name) { $0.burnsFees = burns }
        return Self.success
    }

    // MARK: Listen key

    mutating func openListenKey(_ name: String) -> WireValue {
        let state = account(name).state
        let key = state.listenKeyEnds > now ? state.listenKey ?? makeKey(64) : makeKey(64)
        let ends = now + settings.listenKeySeconds * 1000
        change(name) { ($0.listenKey, $0.listenKeyEnds) = (key, ends) }
        return .object(["listenKey": .text(key)])
    }

    mutating func keepListenKey(_ name: String) throws(Refusal) -> WireValue {
        let state = account(name).state
        guard let key = state.listenKey, state.listenKeyEnds > now else { throw Refusal.listenKey }
        let ends = now + settings.listenKeySeconds * 1000
        change(name) { $0.listenKeyEnds = ends }
        return .object(["listenKey": .text(key)])
    }

    mutating func closeListenKey(_ name: String) -> WireValue {
        change(name) { ($0.listenKey, $0.listenKeyEnds) = (nil, 0) }
        return .object([:])
    }

    // MARK: Questions

    func symbolConfiguration(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let wanted = try listedIfSent(parameters)
        let account = self.account(name)
        return .list(
            symbols.filter { wanted == nil || $0 == wanted }.map { symbol in
                let leverage = account.leverage(symbol)
                return .object([
                    "symbol": .text(symbol.text),
                    "marginType": .text(account.isIsolated(symbol) ? "ISOLATED" : "CROSSED"),
                    "isAutoAddMargin": false, "leverage": .number(leverage),
                    "maxNotionalValue": .text(String(market(symbol).rules.cap(atLeverage: leverage))),
                ])
            }
        )
    }

    func accountConfiguration(_ name: String) -> WireValue {
        let state = account(name).state
        return .object([
            "feeTier": 0, "canTrade": true, "canDeposit": true, "canWithdraw": true,
            "dualSidePosition": .flag(state.isHedged), "updateTime": 0,
            "multiAssetsMargin": .flag(state.isMultiAsset), "tradeGroupId": -1,
        ])
    }

    func leverageBrackets(_ parameters: RequestParameters) throws(Refusal) -> WireValue {
        let wanted = try listedIfSent(parameters)
        return .list(
            symbols.filter { wanted == nil || $0 == wanted }.map { symbol in
                let rules = market(symbol).rules
                let rows = rules.brackets.enumerated().map { index, bracket -> WireValue in
                    let cumulative = rules.bracket(of: FixedDecimal(Int(bracket.cap))).cumulative
                    return .object([
                        "bracket": .number(index + 1), "initialLeverage": .number(bracket.leverage),
                        "notionalCap": .number(bracket.cap),
                        "notionalFloor": .number(index == 0 ? 0 : rules.brackets[index - 1].cap),
                        "maintMarginRatio": .number(bracket.maintenance.description),
                        "cum": .number(
                            cumulative.units % Int128(FixedDecimal.scale) == 0
                                ? cumulative.description + ".0" : cumulative.description
                        ),
                    ])
                }
                return .object([
                    "symbol": .text(symbol.text), "notionalCoef": .number("1.0"), "brackets": .list(rows),
                ])
            }
        )
    }

    func incomes(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> WireValue {
        let symbol = try listedIfSent(parameters)
        let type = try parameters.text("incomeType")
        let span = try self.span(parameters, days: nil)
        let limit = try parameters.limit(100, upTo: 1000)
        let page = Int(max(1, try parameters.integer("page") ?? 1))
        let found = account(name).incomes.filter {
            (symbol == nil || $0.symbol == symbol) && (type == nil || $0.type == type) && span.contains($0.time)
                && now - $0.time <= 90 * 86_400_000
        }
        let first = (page - 1) * limit
        let shown =
            span.isGiven || page > 1
            ? Array(found.dropFirst(first).prefix(limit)) : Array(found.suffix(limit))
        return .list(
            shown.map { income in
                .object([
                    "symbol": .text(income.symbol?.text ?? ""), "incomeType": .text(income.type),
                    "income": .text(income.amount.wire), "asset": .text(income.asset), "info": .text(income.info),
                    "time": .number(income.time), "tranId": .number(income.id),
                    "tradeId": .text(income.trade.map(String.init) ?? ""),
                ])
            }
        )
    }
}
