import MarketData
import TradingDomain

/// A list whose elements are read one by one: what we cannot read is left out, not the list.
struct LossyList<Element: Decodable>: Decodable {
    let elements: [Element]

    private struct Anything: Decodable {}

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        var elements: [Element] = []
        while !container.isAtEnd {
            // The venue lists symbols of kinds that we do not trade; those are no error.
            if let element = try? container.decode(Element.self) {
                elements.append(element)
            } else {
                _ = try container.decode(Anything.self)
            }
        }
        self.elements = elements
    }
}

struct WireTime: Decodable {
    let serverTime: Int64
}

/// The answer to `exchangeInfo`, as far as it is needed.
struct WireExchange: Decodable {
    struct Listing: Decodable {
        let symbol: Symbol
        let status: String
        let contractType: String
        let marginAsset: Currency
        let filters: LossyList<Filter>
    }

    struct Filter: Decodable {
        let filterType: String
        var minPrice: Price?
        var maxPrice: Price?
        var tickSize: Price?
        var stepSize: Quantity?
        var minQty: Quantity?
        var maxQty: Quantity?
        var notional: FixedDecimal?
        var multiplierUp: FixedDecimal?
        var multiplierDown: FixedDecimal?
    }

    let symbols: LossyList<Listing>
}

extension SymbolRules {
    /// The rules of a listing; `nil` without the filters that every order needs.
    init?(_ listing: WireExchange.Listing) {
        let filters = Dictionary(listing.filters.elements.map { ($0.filterType, $0) }) { first, _ in first }
        func lots(_ name: String) -> Lots? {
            guard let filter = filters[name], let least = filter.minQty, let most = filter.maxQty,
                let step = filter.stepSize, step > .zero
            else { return nil }
            return Lots(least: least, most: most, step: step)
        }
        guard let prices = filters["PRICE_FILTER"], let tick = prices.tickSize, tick > .zero,
            let limit = lots("LOT_SIZE")
        else { return nil }
        let band = filters["PERCENT_PRICE"]
        self.init(
            symbol: listing.symbol,
            currency: listing.marginAsset,
            isTrading: listing.status == "TRADING",
            priceLeast: prices.minPrice ?? .zero,
            priceMost: prices.maxPrice ?? Price(units: .max),
            tick: tick,
            limitLots: limit,
            marketLots: lots("MARKET_LOT_SIZE") ?? limit,
            minimumNotional: Money(units: filters["MIN_NOTIONAL"]?.notional?.units ?? 0, listing.marginAsset),
            multiplierUp: band?.multiplierUp ?? FixedDecimal(1_000_000),
            multiplierDown: band?.multiplierDown ?? .zero
        )
    }
}

/// One price level, `["95120.40","3.214"]`.
struct WireLevel: Decodable {
    let price: Price
    let size: Quantity

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        price = try container.decode(Price.self)
        size = try container.decode(Quantity.self)
    }
}

struct WireDepth: Decodable {
    let lastUpdateId: Int64
    let bids: [WireLevel]
    let asks: [WireLevel]
}

/// One candle, a list of twelve.
struct WireCandle: Decodable {
    let openTime: Int64
    let open: Price
    let high: Price
    let low: Price
    let close: Price
    let volume: Quantity
    let closeTime: Int64
    let turnover: FixedDecimal

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        openTime = try container.decode(Int64.self)
        open = try container.decode(Price.self)
        high = try container.decode(Price.self)
        low = try container.decode(Price.self)
        close = try container.decode(Price.self)
        volume = try container.decode(Quantity.self)
        closeTime = try container.decode(Int64.self)
        turnover = try container.decode(FixedDecimal.self)
    }

    func bar(_ symbol: Symbol) -> Bar {
        Bar(
            symbol: symbol,
            start: Timestamp(milliseconds: openTime),
            end: Timestamp(milliseconds: closeTime + 1),
            open: open,
            high: high,
            low: low,
            close: close,
            volume: volume,
            turnover: turnover
        )
    }
}

struct WirePremium: Decodable {
    let symbol: Symbol
    let markPrice: Price
    /// Empty for contracts that have no funding.
    let lastFundingRate: String
    let nextFundingTime: Int64
    let time: Int64
}
