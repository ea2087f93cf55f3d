internal import TradingDomain

/// Section 5 of the protocol.
extension VenueRoute {
    static let marketRoutes: [VenueRoute] = [
        open("GET /fapi/v1/ping", 1) { _, _ in .object([:]) },
        open("GET /fapi/v1/time", 1) { exchange, _ in .object(["serverTime": .number(exchange.said)]) },
        open("GET /fapi/v1/exchangeInfo", 1) { exchange, _ in exchange.information() },
        open("GET /fapi/v1/depth", depthWeight) { exchange, call throws(Refusal) in
            try exchange.depth(call.parameters)
        },
        open("GET /fapi/v1/trades", 5) { exchange, call throws(Refusal) in try exchange.trades(call.parameters) },
        keyed("GET /fapi/v1/historicalTrades", 20) { exchange, call throws(Refusal) in
            try exchange.trades(call.parameters)
        },
        open("GET /fapi/v1/aggTrades", 20) { exchange, call throws(Refusal) in
            try exchange.aggregates(call.parameters)
        },
        candles("klines", .traded), candles("continuousKlines", .pair), candles("indexPriceKlines", .indexPair),
        candles("markPriceKlines", .mark), candles("premiumIndexKlines", .premium),
        open("GET /fapi/v1/ticker/bookTicker", bySymbol(2, 5)) { exchange, call throws(Refusal) in
            try exchange.forSymbols(call.parameters) { exchange, symbol in exchange.bestQuote(symbol) }
        },
        open("GET /fapi/v1/ticker/price", bySymbol(1, 2), price),
        open("GET /fapi/v2/ticker/price", bySymbol(1, 2), price),
        open("GET /fapi/v1/ticker/24hr", bySymbol(1, 40)) { exchange, call throws(Refusal) in
            try exchange.forSymbols(call.parameters) { exchange, symbol in exchange.dayTicker(symbol) }
        },
        open("GET /fapi/v1/premiumIndex", bySymbol(1, 10)) { exchange, call throws(Refusal) in
            try exchange.forSymbols(call.parameters) { exchange, symbol in exchange.premiumIndex(symbol) }
        },
        open("GET /fapi/v1/fundingRate", 1) { exchange, call throws(Refusal) in
            try exchange.fundingRates(call.parameters)
        },
        open("GET /fapi/v1/fundingInfo", 1) { exchange, _ in exchange.fundingInformation() },
        open("GET /fapi/v1/openInterest", 1) { exchange, call throws(Refusal) in
            let symbol = try exchange.listed(call.parameters)
            return .object([
                "openInterest": .text(exchange.market(symbol).rules.text(exchange.openInterest(symbol))),
                "symbol": .text(symbol.text), "time": .number(exchange.now),
            ])
        },
    ]

    private static let price: Run = { exchange, call throws(Refusal) in
        try exchange.forSymbols(call.parameters) { exchange, symbol in
            let market = exchange.market(symbol)
            return .object([
                "symbol": .text(symbol.text), "price": .text(market.rules.text(market.last ?? market.markPrice)),
                "time": .number(market.prints.last?.time ?? exchange.now),
            ])
        }
    }

    private static let depthWeight: Weight = { parameters in
        switch (try? parameters.integer("limit")) ?? 500 {  // A limit that is none is refused later on.
        case ...50: 2
        case ...100: 5
        case ...500: 10
        default: 20
        }
    }

    private static func candles(_ name: String, _ kind: CandleKind) -> VenueRoute {
        let weight: Weight = { parameters in
            switch (try? parameters.integer("limit")) ?? 500 {  // Likewise.
            case ..<100: 1
            case ..<500: 2
            case ...1000: 5
            default: 10
            }
        }
        return open("GET /fapi/v1/" + name, weight) { exchange, call throws(Refusal) in
            try exchange.candles(call.parameters, kind)
        }
    }
}
