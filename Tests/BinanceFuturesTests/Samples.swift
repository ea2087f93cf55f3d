import BinanceFutures
import Foundation
import Testing
import TradingDomain

/// Values and answers that several suites use; their shape is the wire's.
enum Samples {
    static let bitcoin = symbol("BTCUSDT")
    static let account = AccountID(unchecked: "futures")
    static let parent = ParentOrderID(digest: [UInt8](1...10))

    static func symbol(_ text: String) -> Symbol {
        guard let symbol = Symbol(text) else { preconditionFailure("'\(text)' is no symbol") }
        return symbol
    }

    static func price(_ text: String) throws -> Price { try Price(parsing: text) }
    static func quantity(_ text: String) throws -> Quantity { try Quantity(parsing: text) }

    static func id(_ sequence: Int) -> ClientOrderID {
        ClientOrderID(parent: parent, incarnation: Incarnation(bits: 7), sequence: sequence)
    }

    static func rules() throws -> SymbolRules {
        SymbolRules(
            symbol: bitcoin,
            currency: .usdt,
            isTrading: true,
            priceLeast: try price("556.8"),
            priceMost: try price("4529764"),
            tick: try price("0.1"),
            limitLots: .init(least: try quantity("0.001"), most: try quantity("1000"), step: try quantity("0.001")),
            marketLots: .init(least: try quantity("0.001"), most: try quantity("120"), step: try quantity("0.001")),
            minimumNotional: try Money(parsing: "50", .usdt),
            multiplierUp: try FixedDecimal(parsing: "1.05"),
            multiplierDown: try FixedDecimal(parsing: "0.95")
        )
    }

    /// A child of 0.01 BTC at 95,000 unless told otherwise, made now and valid for as long as the venue
    /// allows.
    static func child(
        _ sequence: Int = 1,
        _ side: Side = .buy,
        _ quantity: String = "0.01",
        limit: String? = "95000",
        _ timeInForce: TimeInForce = .day,
        postOnly: Bool? = nil,
        at: Timestamp? = nil,
        validFor: Duration = .seconds(60),
        replaces: ClientOrderID? = nil
    ) throws -> ChildOrder {
        let type: OrderType = try limit.map { .limit(try price($0)) } ?? .market
        return ChildOrder(
            id: id(sequence),
            parent: parent,
            account: account,
            instrument: try rules().instrument,
            side: side,
            request: ChildRequest(
                quantity: try Self.quantity(quantity),
                type: type,
                timeInForce: timeInForce,
                postOnly: postOnly
            ),
            requestTime: at ?? Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1000) * 1_000_000),
            validFor: validFor,
            replaces: replaces
        )
    }

    static let exchangeInfo = """
        {"timezone":"UTC","serverTime":1795219200123,"futuresType":"U_MARGINED","rateLimits":[],"exchangeFilters":[],
        "symbols":[{"symbol":"BTCUSDT","pair":"BTCUSDT","contractType":"PERPETUAL","status":"TRADING",
        "maintMarginPercent":"2.5000","baseAsset":"BTC","quoteAsset":"USDT","marginAsset":"USDT","pricePrecision":2,
        "quantityPrecision":3,"filters":[
        {"filterType":"PRICE_FILTER","minPrice":"556.80","maxPrice":"4529764","tickSize":"0.10"},
        {"filterType":"LOT_SIZE","stepSize":"0.001","maxQty":"1000","minQty":"0.001"},
        {"filterType":"MARKET_LOT_SIZE","stepSize":"0.001","maxQty":"120","minQty":"0.001"},
        {"filterType":"MAX_NUM_ORDERS","limit":200},{"filterType":"MIN_NOTIONAL","notional":"50"},
        {"filterType":"PERCENT_PRICE","multiplierUp":"1.0500","multiplierDown":"0.9500","multiplierDecimal":"4"},
        {"filterType":"POSITION_RISK_CONTROL","positionControlSide":"NONE"}],"orderTypes":["LIMIT"],"timeInForce":["GTC"]},
        {"symbol":"币安人生USDT","status":"TRADING","contractType":"PERPETUAL","marginAsset":"USDT","filters":[]},
        {"symbol":"OLDUSDT","status":"SETTLING","contractType":"PERPETUAL","marginAsset":"USDT","filters":[
        {"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"100","tickSize":"0.01"},
        {"filterType":"LOT_SIZE","stepSize":"1","maxQty":"1000","minQty":"1"}]}]}
        """

    /// An order as the venue answers.
    static func order(
        _ id: ClientOrderID,
        status: String = "NEW",
        quantity: String = "0.010",
        price: String = "95000.00",
        executed: String = "0.000"
    ) -> String {
        """
        {"orderId":283194212001,"symbol":"BTCUSDT","status":"\(status)","clientOrderId":"\(id)","price":"\(price)",
        "origQty":"\(quantity)","executedQty":"\(executed)","timeInForce":"GTC","type":"LIMIT","reduceOnly":false,
        "closePosition":false,"side":"BUY","positionSide":"BOTH","stopPrice":"0.00","time":1795219200120,
        "updateTime":1795219200123,"someNewKey":{"x":1}}
        """
    }

    static func trade(_ number: Int, _ quantity: String, at: Int64 = 1_795_219_205_001) -> String {
        """
        {"symbol":"BTCUSDT","id":\(number),"orderId":283194212001,"side":"BUY","price":"95000.00","qty":"\(quantity)",
        "realizedPnl":"0","quoteQty":"380.00000","commission":"0.07600000","commissionAsset":"USDT","time":\(at),
        "positionSide":"BOTH","buyer":true,"maker":true}
        """
    }

    /// An event of the account's stream about an order.
    static func update(
        _ id: String,
        _ execution: String,
        _ status: String,
        last: String = "0",
        cumulative: String = "0",
        trade: Int = 0,
        quantity: String = "0.010",
        price: String = "95000.00",
        fee: String = #""n":"0.07600000","N":"USDT","#
    ) -> String {
        """
        {"e":"ORDER_TRADE_UPDATE","T":1795219205001,"E":1795219205003,"o":{"s":"BTCUSDT","c":"\(id)","S":"BUY","o":"LIMIT",
        "f":"GTX","q":"\(quantity)","p":"\(price)","ap":"95000.00","sp":"0.00","x":"\(execution)","X":"\(status)",
        "i":283194212001,"l":"\(last)","z":"\(cumulative)","L":"95000.00",\(fee)"T":1795219205001,"t":\(trade),
        "b":"570.00","a":"0","m":true,"R":false,"wt":"CONTRACT_PRICE","ot":"LIMIT","ps":"BOTH","cp":false,"rp":"0",
        "pP":false,"si":0,"ss":0,"V":"EXPIRE_MAKER","pm":"NONE","gtd":0,"er":"0"}}
        """
    }
}
