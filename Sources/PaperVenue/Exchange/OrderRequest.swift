internal import Matching
internal import TradingDomain

/// A new order as it was asked for: well formed, and not yet held against rules, account and book.
struct OrderRequest: Sendable {
    let symbol: Symbol
    let side: Side
    let type: VenueOrderType
    let positionSide: VenuePositionSide
    let timeInForce: VenueTimeInForce
    let quantity: Quantity
    /// `nil` of a market order and with `priceMatch`.
    let price: Price?
    let reduceOnly: Bool
    /// `nil`: the venue makes one up.
    let clientID: String?
    let showsResult: Bool
    let priceMatch: String
    let prevention: SelfTradePrevention
    let goodTill: Int64
}

extension OrderRequest {
    static let matches: Set<String> = [
        "OPPONENT", "OPPONENT_5", "OPPONENT_10", "OPPONENT_20", "QUEUE", "QUEUE_5", "QUEUE_10", "QUEUE_20",
    ]

    init(_ parameters: RequestParameters, now: Int64) throws(Refusal) {
        let symbolText = try parameters.required("symbol")
        let sideText = try parameters.required("side")
        let typeText = try parameters.required("type")
        guard let side = Side(rawValue: sideText) else { throw Refusal.side }
        guard let type = VenueOrderType(rawValue: typeText) else { throw Refusal.orderType }
        guard !type.isConditional else { throw Refusal.conditional }
        guard let symbol = Symbol(symbolText) else { throw Refusal.symbol }
        self.symbol = symbol
        self.side = side
        self.type = type
        positionSide = try parameters.word("positionSide", else: Refusal.positionSide) ?? .both
        let force: VenueTimeInForce? = try parameters.word("timeInForce", else: Refusal.timeInForce)
        let match = try parameters.text("priceMatch").flatMap { $0 == "NONE" ? nil : $0 }
        if let match, !Self.matches.contains(match) { throw Refusal.priceMatch }
        priceMatch = match ?? "NONE"
        switch type {
        case .limit:
            guard let force else { throw Refusal.missing("timeInForce") }
            timeInForce = force
            if match == nil, !parameters.has("price") { throw Refusal.missing("price") }
            if match != nil, parameters.has("price") { throw Refusal.notRequired("price") }
        case .market, .stop, .stopMarket, .takeProfit, .takeProfitMarket, .trailingStopMarket:
            if force != nil { throw Refusal.notRequired("timeInForce") }
            if parameters.has("price") { throw Refusal.notRequired("price") }
            if match != nil { throw Refusal.priceMatchType }
            timeInForce = .goodTillCancelled
        }
        guard parameters.has("quantity") else { throw Refusal.missing("quantity") }
        quantity = try parameters.quantity("quantity") ?? .zero
        price = try parameters.price("price")
        reduceOnly = try parameters.flag("reduceOnly") ?? false
        clientID = try Self.clientID(parameters, "newClientOrderId")
        switch try parameters.text("newOrderRespType") {
        case nil, "ACK": showsResult = false
        case "RESULT": showsResult = true
        default: throw Refusal.responseType
        }
        let prevention: SelfTradePrevention? = try parameters.word(
            "selfTradePreventionMode",
            else: Refusal.prevention
        )
        // Orders that are judged as a whole carry none.
        let isWhole = timeInForce == .fillOrKill || timeInForce == .goodTillCrossing
        self.prevention = isWhole ? .none : prevention ?? .expireMaker
        goodTill = try Self.goodTill(parameters, timeInForce, now: now)
    }

    static func clientID(_ parameters: RequestParameters, _ name: String) throws(Refusal) -> String? {
        guard let text = try parameters.text(name) else { return nil }
        guard text.utf8.count <= 36 else { throw Refusal.clientIDLong }
        let isAllowed = text.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || ".:/_-".utf8.contains($0)
        }
        guard isAllowed else { throw Refusal.clientID }
        return text
    }

    static func goodTill(
        _ parameters: RequestParameters,
        _ force: VenueTimeInForce,
        now: Int64
    ) throws(Refusal) -> Int64 {
        guard force == .goodTillDate else { return 0 }
        guard let date = try parameters.integer("goodTillDate") else { throw Refusal.missing("goodTillDate") }
        guard date > now + 600_000, date < 253_402_300_799_000 else { throw Refusal.goodTill }
        return date - date % 1000
    }
}

/// The filters of `exchangeInfo`.
extension VenueSymbol {
    private static func decimals(_ units: Int64) -> Int {
        var units = units
        var count = 8
        while count > 0, units % 10 == 0 {
            units /= 10
            count -= 1
        }
        return count
    }

    func check(price: Price) throws(Refusal) {
        guard price >= .zero else { throw Refusal.priceNegative }
        guard price.units == 0 || Self.decimals(price.units) <= pricePrecision else { throw Refusal.precision }
        guard price >= lowestPrice else { throw Refusal.priceLow }
        guard price <= highestPrice else { throw Refusal.priceHigh }
        guard (price.units - lowestPrice.units) % tick.units == 0 else { throw Refusal.tick }
    }

    func check(quantity: Quantity, isMarket: Bool) throws(Refusal) {
        guard quantity > .zero else { throw Refusal.quantityNotPositive }
        guard Self.decimals(quantity.units) <= quantityPrecision else { throw Refusal.precision }
        guard quantity >= leastQuantity else { throw Refusal.quantitySmall }
        guard quantity <= (isMarket ? mostMarketQuantity : mostQuantity) else { throw Refusal.quantityLarge }
        guard (quantity.units - leastQuantity.units) % step.units == 0 else { throw Refusal.step }
    }

    /// The worst price that a side may ask for.
    private func bound(_ side: Side, mark: Price) -> Price {
        Amounts.scaled(mark, by: side == .buy ? highestShare : lowestShare)
    }

    func isNear(_ price: Price, _ side: Side, mark: Price) -> Bool {
        guard mark > .zero else { return true }
        return side == .buy ? price <= bound(side, mark: mark) : price >= bound(side, mark: mark)
    }

    /// `PERCENT_PRICE`, on the side that takes.
    func checkDistance(of price: Price, _ side: Side, mark: Price) throws(Refusal) {
        guard !isNear(price, side, mark: mark) else { return }
        let text = text(bound(side, mark: mark))
        throw side == .buy ? Refusal.aboveCap(text) : Refusal.belowFloor(text)
    }
}
