internal import Matching
internal import TradingDomain

/// How orders and trades look on the wire.
extension VenueSymbol {
    func text(_ price: Price) -> String { Amounts.text(Int128(price.units), decimals: pricePrecision) }
    func text(_ quantity: Quantity) -> String { Amounts.text(Int128(quantity.units), decimals: quantityPrecision) }
    /// An amount of the quote asset that a price and a quantity make.
    func quoteText(_ amount: FixedDecimal) -> String {
        Amounts.text(amount.units, decimals: min(8, pricePrecision + quantityPrecision))
    }
    /// A price between ticks, such as an average, with as many decimals as it needs.
    func entryText(_ price: Price) -> String {
        let short = text(price)
        return (try? Price(parsing: short)) == price ? short : price.description  // A text of our own always parses.
    }
}

extension VenueOrder {
    /// What several answers begin with; `cumQty` is in answers to commands, `time` in answers to questions.
    func wire(_ rules: VenueSymbol, isQuery: Bool, carriesAverages: Bool = true) -> WireValue {
        var members: [WireValue.Member] = []
        func add(_ key: String, _ value: WireValue) { members.append(WireValue.Member(key: key, value: value)) }
        add("orderId", .number(id))
        add("symbol", .text(symbol.text))
        add("status", .text(status.rawValue))
        add("clientOrderId", .text(clientID))
        add("price", .text(rules.text(price)))
        if carriesAverages { add("avgPrice", .text(rules.entryText(average))) }
        add("origQty", .text(rules.text(quantity)))
        add("executedQty", .text(rules.text(executed)))
        if !isQuery { add("cumQty", .text(rules.text(executed))) }
        if carriesAverages { add("cumQuote", .text(rules.quoteText(quote))) }
        add("timeInForce", .text(timeInForce.rawValue))
        add("type", .text(type.rawValue))
        add("reduceOnly", .flag(reduceOnly))
        add("closePosition", .flag(closePosition))
        add("side", .text(side.rawValue))
        add("positionSide", .text(positionSide.rawValue))
        add("stopPrice", .text(rules.text(stopPrice)))
        add("workingType", .text(workingType))
        add("priceProtect", .flag(priceProtect))
        add("origType", .text(originalType.rawValue))
        add("priceMatch", .text(priceMatch))
        add("selfTradePreventionMode", .text(prevention.rawValue))
        add("goodTillDate", .number(goodTill))
        if isQuery { add("time", .number(created)) }
        add("updateTime", .number(updated))
        return .object(members)
    }

    /// The answer to a change.
    func amended(_ rules: VenueSymbol, modifyID: String?, carriesAverages: Bool) -> WireValue {
        guard case .object(var members) = wire(rules, isQuery: false, carriesAverages: carriesAverages) else {
            return .null
        }
        members.removeAll { $0.key == "cumQuote" }
        members.insert(WireValue.Member(key: "pair", value: .text(symbol.text)), at: 2)
        if let modifyID, let place = members.firstIndex(where: { $0.key == "price" }) {
            let value = Int64(modifyID).map { WireValue.number($0) } ?? .text(modifyID)
            members.insert(WireValue.Member(key: "modifyId", value: value), at: place)
        }
        if carriesAverages, let place = members.firstIndex(where: { $0.key == "timeInForce" }) {
            members.insert(WireValue.Member(key: "cumBase", value: .text(rules.text(executed))), at: place)
        }
        return .object(members)
    }
}

extension VenueTrade {
    func wire(_ rules: VenueSymbol) -> WireValue {
        .object([
            "symbol": .text(symbol.text), "id": .number(id), "orderId": .number(order), "side": .text(side.rawValue),
            "price": .text(rules.text(price)), "qty": .text(rules.text(quantity)),
            "realizedPnl": .text(realised == .zero ? "0" : realised.wire), "quoteQty": .text(rules.quoteText(quote)),
            "commission": .text(commission.wire), "commissionAsset": .text(commissionAsset), "time": .number(time),
            "positionSide": .text(positionSide.rawValue), "buyer": .flag(side == .buy), "maker": .flag(isMaker),
        ])
    }
}
