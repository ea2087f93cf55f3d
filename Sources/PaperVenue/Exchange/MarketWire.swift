internal import MarketData
internal import Matching
internal import TradingDomain

/// How rules, books, trades and prices look on the wire.
extension Exchange {
    static func limit(_ type: String, _ interval: String, _ count: Int, _ limit: Int) -> WireValue {
        .object([
            "rateLimitType": .text(type), "interval": .text(interval), "intervalNum": .number(count),
            "limit": .number(limit),
        ])
    }

    func information() -> WireValue {
        let coins = Set(accountNames.flatMap { account($0).state.wallets.keys }).union(["USDT"]).sorted()
        return .object([
            "timezone": "UTC", "serverTime": .number(said), "futuresType": "U_MARGINED",
            "rateLimits": .list([
                Self.limit("REQUEST_WEIGHT", "MINUTE", 1, settings.weightPerMinute),
                Self.limit("ORDERS", "MINUTE", 1, settings.ordersPerMinute),
                Self.limit("ORDERS", "SECOND", 10, settings.ordersPerTenSeconds),
            ]),
            "exchangeFilters": .list([]),
            "assets": .list(
                coins.map {
                    .object([
                        "asset": .text($0), "marginAvailable": .flag($0 == "USDT"),
                        "autoAssetExchange": $0 == "USDT" ? "-10000" : .null,
                    ])
                }
            ),
            "symbols": .list(symbols.map { symbolRow(market($0).rules) }),
        ])
    }

    private func symbolRow(_ rules: VenueSymbol) -> WireValue {
        func price(_ value: Price) -> WireValue { .text(rules.text(value)) }
        let filters: [WireValue] = [
            .object([
                "filterType": "PRICE_FILTER", "minPrice": price(rules.lowestPrice),
                "maxPrice": .text(rules.highestPrice.description), "tickSize": price(rules.tick),
            ]),
            .object([
                "filterType": "LOT_SIZE", "stepSize": .text(rules.step.description),
                "maxQty": .text(rules.mostQuantity.description), "minQty": .text(rules.leastQuantity.description),
            ]),
            .object([
                "filterType": "MARKET_LOT_SIZE", "stepSize": .text(rules.step.description),
                "maxQty": .text(rules.mostMarketQuantity.description),
                "minQty": .text(rules.leastQuantity.description),
            ]),
            .object(["filterType": "MAX_NUM_ORDERS", "limit": .number(rules.mostOrders)]),
            .object(["filterType": "MAX_NUM_ALGO_ORDERS", "limit": .number(Self.mostConditionals)]),
            .object(["filterType": "MIN_NOTIONAL", "notional": .text(rules.leastNotional.description)]),
            .object([
                "filterType": "PERCENT_PRICE",
                "multiplierUp": .text(Amounts.text(rules.highestShare.units, decimals: 4)),
                "multiplierDown": .text(Amounts.text(rules.lowestShare.units, decimals: 4)),
                "multiplierDecimal": "4",
            ]),
        ]
        return .object([
            "symbol": .text(rules.name.text), "pair": .text(rules.name.text), "contractType": "PERPETUAL",
            "deliveryDate": .number(Int64(4_133_404_800_000)), "onboardDate": .number(Int64(1_569_398_400_000)),
            "status": .text(rules.status.rawValue), "maintMarginPercent": "2.5000",
            "requiredMarginPercent": "5.0000", "baseAsset": .text(rules.base), "quoteAsset": .text(rules.quote),
            "marginAsset": .text(rules.quote), "pricePrecision": .number(rules.pricePrecision),
            "quantityPrecision": .number(rules.quantityPrecision), "baseAssetPrecision": 8, "quotePrecision": 8,
            "underlyingType": "COIN", "underlyingSubType": .list(["PoW"]), "triggerProtect": "0.0500",
            "liquidationFee": .text(Amounts.text(rules.liquidationFee.units, decimals: 6)),
            "marketTakeBound": .text(rules.marketTakeBound.description), "maxMoveOrderLimit": .number(Self.mostChanges),
            "filters": .list(filters),
            "orderTypes": .list(VenueOrderType.inOrder.map { .text($0.rawValue) }),
            "timeInForce": .list(["GTC", "IOC", "FOK", "GTX", "GTD"]),
        ])
    }

    /// The answer for one symbol, or a list of those for all.
    func forSymbols(
        _ parameters: RequestParameters,
        _ body: (Exchange, Symbol) -> WireValue
    ) throws(Refusal) -> WireValue {
        if let symbol = try listedIfSent(parameters) { return body(self, symbol) }
        return .list(symbols.map { body(self, $0) })
    }

    // MARK: Book

    func levels(_ symbol: Symbol, _ side: Side, _ count: Int) -> WireValue {
        let market = self.market(symbol)
        return .list(
            market.book.levels(side, upTo: count).map {
                .list([.text(market.rules.text($0.price)), .text(market.rules.text($0.size))])
            }
        )
    }

    func depth(_ parameters: RequestParameters) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let limit = try parameters.integer("limit") ?? 500
        guard [5, 10, 20, 50, 100, 500, 1000].contains(limit) else { throw Refusal.depthLimit }
        let market = self.market(symbol)
        return .object([
            "lastUpdateId": .number(market.updateID), "E": .number(said), "T": .number(market.changed),
            "bids": levels(symbol, .buy, Int(limit)), "asks": levels(symbol, .sell, Int(limit)),
        ])
    }

    func bestQuote(_ symbol: Symbol) -> WireValue {
        let market = self.market(symbol)
        let (bid, ask) = (market.book.best(.buy), market.book.best(.sell))
        return .object([
            "symbol": .text(symbol.text), "bidPrice": .text(market.rules.text(bid?.price ?? .zero)),
            "bidQty": .text(market.rules.text(bid?.size ?? .zero)),
            "askPrice": .text(market.rules.text(ask?.price ?? .zero)),
            "askQty": .text(market.rules.text(ask?.size ?? .zero)), "time": .number(market.changed),
            "lastUpdateId": .number(market.updateID),
        ])
    }

    // MARK: Trades

    func trades(_ parameters: RequestParameters) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let limit = try parameters.limit(500, upTo: 1000)
        let from = try parameters.integer("fromId")
        let rules = market(symbol).rules
        let found = market(symbol).prints.filter { $0.id >= from ?? 0 }
        return .list(
            Self.page(found, limit, fromFirst: from != nil).map {
                .object([
                    "id": .number($0.id), "price": .text(rules.text($0.price)), "qty": .text(rules.text($0.quantity)),
                    "quoteQty": .text(
                        Amounts.text(Amounts.worth($0.price, $0.quantity).units, decimals: rules.pricePrecision)
                    ), "time": .number($0.time), "isBuyerMaker": .flag($0.isBuyerMaker), "isRPITrade": false,
                ])
            }
        )
    }

    func aggregates(_ parameters: RequestParameters) throws(Refusal) -> WireValue {
        let symbol = try listed(parameters)
        let span = try self.span(parameters, days: nil)
        if span.from != .min, span.to != .max, span.to - span.from > 3_600_000 { throw Refusal.tooFarApart }
        let from = try parameters.integer("fromId")
        let limit = try parameters.limit(500, upTo: 1000)
        let rules = market(symbol).rules
        let found = market(symbol).aggregates.filter { span.contains($0.time) && $0.id >= from ?? 0 }
        return .list(Self.page(found, limit, fromFirst: span.isGiven || from != nil).map { $0.wire(rules) })
    }

    // MARK: Prices and funding

    func dayTicker(_ symbol: Symbol) -> WireValue {
        let market = self.market(symbol)
        let rules = market.rules
        let day = Self.day(market, now)
        let last = market.prints.last
        let change = day.close - day.open
        let percent =
            day.open == .zero
            ? FixedDecimal.zero
            : FixedDecimal(units: Int128(change.units) * 100) / FixedDecimal(units: Int128(day.open.units))
        let average = day.volume.isZero ? day.close : Amounts.price(day.quoteVolume, per: day.volume)
        return .object([
            "symbol": .text(symbol.text), "priceChange": .text(rules.text(change)),
            "priceChangePercent": .text(Amounts.text(percent.units, decimals: 3)),
            "weightedAvgPrice": .text(rules.text(average)), "lastPrice": .text(rules.text(day.close)),
            "lastQty": .text(rules.text(last?.quantity ?? .zero)), "openPrice": .text(rules.text(day.open)),
            "highPrice": .text(rules.text(day.high)), "lowPrice": .text(rules.text(day.low)),
            "volume": .text(rules.text(day.volume)),
            "quoteVolume": .text(Amounts.text(day.quoteVolume.units, decimals: rules.pricePrecision)),
            "openTime": .number(day.openTime), "closeTime": .number(now), "firstId": .number(day.firstTrade),
            "lastId": .number(day.lastTrade), "count": .number(day.trades),
        ])
    }

    /// What traded in the last 24 hours.
    static func day(_ market: VenueMarket, _ now: Int64) -> VenueCandle {
        let start = now - 86_400_000
        var day = VenueCandle(openTime: start, span: 86_400_000, price: market.last ?? market.markPrice)
        for candle in market.candles.suffix(1441) where candle.openTime >= start { day.add(candle) }
        return day
    }

    func nextFunding(_ rules: VenueSymbol) -> Int64 {
        let span = Int64(rules.fundingHours) * 3_600_000
        return (now / span + 1) * span
    }

    func premiumIndex(_ symbol: Symbol) -> WireValue {
        let market = self.market(symbol)
        let mark = Amounts.text(Int128(market.markPrice.units), decimals: 8)
        return .object([
            "symbol": .text(symbol.text), "markPrice": .text(mark), "indexPrice": .text(mark),
            "estimatedSettlePrice": .text(mark), "lastFundingRate": .text(market.fundingRate.wire),
            "interestRate": "0.00010000", "nextFundingTime": .number(nextFunding(market.rules)), "time": .number(now),
        ])
    }

    func fundingRates(_ parameters: RequestParameters) throws(Refusal) -> WireValue {
        let wanted = try listedIfSent(parameters)
        let span = try self.span(parameters, days: nil)
        let limit = try parameters.limit(100, upTo: 1000)
        let found = symbols.filter { wanted == nil || $0 == wanted }.flatMap { symbol in
            market(symbol).fundingHistory.filter { span.contains($0.time) }.map { (symbol, $0) }
        }
        .sorted { ($0.1.time, $0.0) < ($1.1.time, $1.0) }
        return .list(
            Self.page(found, limit, fromFirst: span.isGiven).map { symbol, row in
                .object([
                    "symbol": .text(symbol.text), "fundingTime": .number(row.time), "fundingRate": .text(row.rate.wire),
                    "markPrice": .text(Amounts.text(Int128(row.mark.units), decimals: 8)),
                ])
            }
        )
    }

    func fundingInformation() -> WireValue {
        .list(
            symbols.map { market($0).rules }.filter { $0.fundingHours != 8 }.map {
                .object([
                    "symbol": .text($0.name.text), "adjustedFundingRateCap": .text($0.fundingCap.wire),
                    "adjustedFundingRateFloor": .text((-$0.fundingCap).wire),
                    "fundingIntervalHours": .number($0.fundingHours), "disclaimer": false,
                ])
            }
        )
    }

    /// What accounts hold on the larger side; the background holds the rest.
    func openInterest(_ symbol: Symbol) -> Quantity {
        var (long, short) = (Quantity.zero, Quantity.zero)
        for name in accountNames {
            for position in account(name).positions where position.symbol == symbol {
                if position.amount > .zero { long += position.amount } else { short += position.amount.magnitude }
            }
        }
        return max(long, short)
    }
}

extension VenueOrderType {
    /// As `exchangeInfo` lists them.
    static let inOrder: [VenueOrderType] = [
        .limit, .market, .stop, .stopMarket, .takeProfit, .takeProfitMarket, .trailingStopMarket,
    ]
}

extension VenueAggregate {
    func wire(_ rules: VenueSymbol) -> WireValue {
        .object([
            "a": .number(id), "p": .text(rules.text(price)), "q": .text(rules.text(quantity)),
            "nq": .text(rules.text(quantity)), "f": .number(first), "l": .number(last), "T": .number(time),
            "m": .flag(isBuyerMaker),
        ])
    }
}
