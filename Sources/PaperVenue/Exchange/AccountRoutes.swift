internal import TradingDomain

/// Section 7 of the protocol.
extension VenueRoute {
    static let accountRoutes: [VenueRoute] = [
        question("GET /fapi/v2/account", 5) { exchange, call in exchange.accountInformation(call.account, version: 2) },
        question("GET /fapi/v3/account", 5) { exchange, call in exchange.accountInformation(call.account, version: 3) },
        question("GET /fapi/v2/balance", 5) { exchange, call in exchange.balance(call.account) },
        question("GET /fapi/v3/balance", 5) { exchange, call in exchange.balance(call.account) },
        question("GET /fapi/v2/positionRisk", 5) { exchange, call throws(Refusal) in
            try exchange.positionRisk(call.parameters, call.account, version: 2)
        },
        question("GET /fapi/v3/positionRisk", 5) { exchange, call throws(Refusal) in
            try exchange.positionRisk(call.parameters, call.account, version: 3)
        },
        command("POST /fapi/v1/leverage", 1) { exchange, call throws(Refusal) in
            try exchange.setLeverage(call.parameters, call.account)
        },
        command("POST /fapi/v1/marginType", 1) { exchange, call throws(Refusal) in
            try exchange.setMarginType(call.parameters, call.account)
        },
        command("POST /fapi/v1/positionMargin", 1) { exchange, call throws(Refusal) in
            try exchange.movePositionMargin(call.parameters, call.account)
        },
        question("GET /fapi/v1/positionSide/dual", 30) { exchange, call in
            .object(["dualSidePosition": .flag(exchange.account(call.account).state.isHedged)])
        },
        command("POST /fapi/v1/positionSide/dual", 1) { exchange, call throws(Refusal) in
            try exchange.setPositionMode(call.parameters, call.account)
        },
        question("GET /fapi/v1/multiAssetsMargin", 30) { exchange, call in
            .object(["multiAssetsMargin": .flag(exchange.account(call.account).state.isMultiAsset)])
        },
        command("POST /fapi/v1/multiAssetsMargin", 1) { exchange, call throws(Refusal) in
            try exchange.setMultiAsset(call.parameters, call.account)
        },
        question("GET /fapi/v1/feeBurn", 30) { exchange, call in
            .object(["feeBurn": .flag(exchange.account(call.account).state.burnsFees)])
        },
        command("POST /fapi/v1/feeBurn", 1) { exchange, call throws(Refusal) in
            try exchange.setFeeBurn(call.parameters, call.account)
        },
        question("GET /fapi/v1/accountConfig", 5) { exchange, call in exchange.accountConfiguration(call.account) },
        question("GET /fapi/v1/symbolConfig", 5) { exchange, call throws(Refusal) in
            try exchange.symbolConfiguration(call.parameters, call.account)
        },
        question("GET /fapi/v1/commissionRate", 20) { exchange, call throws(Refusal) in
            let symbol = try exchange.listed(call.parameters)
            let account = exchange.account(call.account).settings
            return .object([
                "symbol": .text(symbol.text), "makerCommissionRate": .text(account.makerFee.description),
                "takerCommissionRate": .text(account.takerFee.description),
            ])
        },
        question("GET /fapi/v1/leverageBracket", 1) { exchange, call throws(Refusal) in
            try exchange.leverageBrackets(call.parameters)
        },
        question("GET /fapi/v1/income", 30) { exchange, call throws(Refusal) in
            try exchange.incomes(call.parameters, call.account)
        },
        question("GET /fapi/v1/adlQuantile", 5) { exchange, call throws(Refusal) in
            let wanted = try exchange.listedIfSent(call.parameters)
            let account = exchange.account(call.account)
            return .list(
                exchange.symbols.filter { wanted == nil || $0 == wanted }.map { symbol in
                    let rows = (account.state.isHedged ? [VenuePositionSide.long, .short] : [.both]).map {
                        WireValue.Member(
                            key: $0.rawValue,
                            value: account.position(symbol, $0).amount.isZero ? 0 : 1
                        )
                    }
                    return .object(["symbol": .text(symbol.text), "adlQuantile": .object(rows)])
                }
            )
        },
        question("GET /fapi/v1/rateLimit/order", 1) { exchange, _ in
            .list([
                Exchange.limit("ORDERS", "SECOND", 10, exchange.settings.ordersPerTenSeconds),
                Exchange.limit("ORDERS", "MINUTE", 1, exchange.settings.ordersPerMinute),
            ])
        },
        keyed("POST /fapi/v1/listenKey", 1) { exchange, call in exchange.openListenKey(call.account) },
        keyed("PUT /fapi/v1/listenKey", 1) { exchange, call throws(Refusal) in
            try exchange.keepListenKey(call.account)
        },
        keyed("DELETE /fapi/v1/listenKey", 1) { exchange, call in exchange.closeListenKey(call.account) },
    ]
}
