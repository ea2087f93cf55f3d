import MarketData
import Matching
import Testing
import TradingDomain

@testable import PaperVenue

@Suite("Orders")
struct OrderTests {
    private static let answer = [
        "orderId", "symbol", "status", "clientOrderId", "price", "avgPrice", "origQty", "executedQty", "cumQty",
        "cumQuote", "timeInForce", "type", "reduceOnly", "closePosition", "side", "positionSide", "stopPrice",
        "workingType", "priceProtect", "origType", "priceMatch", "selfTradePreventionMode", "goodTillDate",
        "updateTime",
    ]

    @Test("A resting order: keys in the protocol's order, events, cancel")
    func resting() {
        var desk = Desk()
        let answer = desk.order("BUY", "0.010", "94000", "GTX", id: "p17-c3")
        #expect(answer.json.keys == Self.answer)
        #expect(answer.text("price") == "94000.00")
        #expect(answer.text("executedQty") == "0.000")
        #expect(answer.text("cumQuote") == "0.00000")
        let found = desk.fetch(answer)
        #expect(
            found.json.keys == Self.answer.filter { $0 != "cumQty" && $0 != "updateTime" } + ["time", "updateTime"]
        )
        let new = desk.told()
        #expect(new.map(\.event) == ["ORDER_TRADE_UPDATE"])
        #expect(
            new[0].json["o"]?.keys == [
                "s", "c", "S", "o", "f", "q", "p", "ap", "sp", "x", "X", "i", "l", "z", "L", "n", "N", "T", "t", "b",
                "a", "m", "R", "wt", "ot", "ps", "cp", "rp", "pP", "si", "ss", "V", "pm", "gtd", "er",
            ]
        )
        #expect(new[0].json["o"]?["b"] == "940.00")
        let cancelled = desk.call("DELETE", "/fapi/v1/order", ["symbol": "BTCUSDT", "origClientOrderId": "p17-c3"])
        #expect(cancelled.text("status") == "CANCELED")
        #expect(desk.told().map { $0.json["o"]?["x"] } == ["CANCELED"])
        #expect(desk.order("BUY", "0.010", "94000", id: "p17-c3").status == 200, "the id is free once its order ended")
    }

    @Test("A market order fills at once and is told as NEW, then TRADE, with fees and the position")
    func market() {
        var desk = Desk()
        let answer = desk.order("BUY", "0.010")
        #expect(answer.text("status") == "NEW")
        let filled = desk.fetch(answer)
        #expect(filled.text("status") == "FILLED")
        #expect(filled.text("avgPrice") == "95000.10")
        #expect(filled.text("cumQuote") == "950.00100")
        // 0.05 % of 950.001.
        #expect(desk.wallet() == amount("9999.5249995"))
        let told = desk.told()
        #expect(told.map(\.event) == ["ORDER_TRADE_UPDATE", "TRADE_LITE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"])
        #expect(told[3].json["o"]?["n"] == "0.47500050")
        #expect(told[2].json["a"]?.keys == ["B", "P", "m"])
        #expect(told[2].json["a"]?["P"]?.elements.first?["pa"] == "0.010")
        #expect(told[2].json["a"]?["P"]?.elements.first?["ep"] == "95000.10")
        let trades = desk.call("GET", "/fapi/v1/userTrades", ["symbol": "BTCUSDT"]).json.elements
        #expect(trades.map { $0["commission"] } == ["0.47500050"])
        #expect(trades.first?["maker"] == false)
        desk.order("SELL", "0.010", reduceOnly: "true")
        #expect(desk.position().amount.isZero)
        #expect(desk.position().realised == amount("-0.002"))
        #expect(desk.call("GET", "/fapi/v3/positionRisk").json == .list([]))
    }

    @Test("A maker pays less, and trades of others reach it in the order of price and time")
    func maker() {
        var desk = Desk.shared("a", "b")
        let first = desk.order("BUY", "0.010", "95000", as: "a")
        let second = desk.order("BUY", "0.010", "95000", as: "b")
        desk.exchange.market(
            .trade(Desk.bitcoin, price: price("94999"), quantity: quantity("0.015"), buyerIsMaker: true),
            at: desk.now
        )
        #expect(desk.fetch(first, as: "a").text("status") == "FILLED")
        #expect(desk.fetch(second, as: "b").text("executedQty") == "0.005")
        #expect(desk.wallet("a") == amount("999999.81"), "0.02 % of 950")
    }

    @Test("Time in force: what does not fill at once expires, IOC with reason 2, market with 9")
    func immediate() {
        var desk = Desk.shared("test")
        let away = desk.order("BUY", "0.010", "94000", "IOC")
        #expect(desk.fetch(away).text("status") == "EXPIRED")
        #expect(desk.told().last?.json["o"]?["er"] == "2")
        #expect(desk.order("BUY", "5.001", "95000.1", "FOK").code == -5021)
        #expect(desk.order("BUY", "5.001", "95000.2", "FOK").status == 200)
        #expect(desk.position().amount == quantity("5.001"))
        desk.quote("90250.00", "95000.10", size: "0.010")
        // Only what is within five percent of the mark price is taken: 90250 is, 90249.9 is not.
        desk.order("SELL", "1", reduceOnly: "true")
        #expect(desk.told().last?.json["o"]?["er"] == "9")
        #expect(desk.position().amount == quantity("4.991"))
    }

    @Test(
        "Orders of one account do not meet",
        arguments: [
            ("EXPIRE_TAKER", "EXPIRED_IN_MATCH", "NEW"), ("EXPIRE_MAKER", "NEW", "EXPIRED_IN_MATCH"),
            ("EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"), ("NONE", "FILLED", "FILLED"),
        ]
    )
    func selfTrade(mode: String, taker: String, maker: String) {
        var desk = Desk()
        let resting = desk.order("BUY", "0.010", "95000")
        let incoming = desk.order("SELL", "0.010", "95000", prevention: mode)
        #expect(desk.fetch(incoming).text("status") == taker)
        #expect(desk.fetch(resting).text("status") == maker)
        #expect(desk.position().amount.isZero)
    }

    @Test("Orders that only reduce show no more than the position and end with it")
    func reducing() {
        var desk = Desk.shared("test", "b")
        desk.order("BUY", "0.010")
        let one = desk.order("SELL", "0.008", "95000", reduceOnly: "true")
        let two = desk.order("SELL", "0.008", "95000", reduceOnly: "true")
        #expect(desk.exchange.market(Desk.bitcoin).book.best(.sell)?.size == quantity("0.010"))
        desk.order("BUY", "0.050", "95000", as: "b")
        #expect(desk.fetch(one).text("status") == "FILLED")
        #expect(desk.fetch(two).text("status") == "EXPIRED")
        #expect(desk.fetch(two).text("executedQty") == "0.002")
        #expect(desk.position().amount.isZero)
        #expect(desk.position("b").amount == quantity("0.010"))
    }

    @Test("A change keeps the ids, loses the place, and cancels where it cannot be")
    func amending() {
        var desk = Desk.shared("a", "b")
        let first = desk.order("BUY", "0.010", "95000", as: "a")
        let second = desk.order("BUY", "0.010", "95000", as: "b")
        let id = first.text("orderId")
        let changed = desk.call(
            "PUT",
            "/fapi/v1/order",
            [
                "symbol": "BTCUSDT", "side": "BUY", "quantity": "0.012", "price": "95000", "orderId": id,
                "modifyId": "7",
            ],
            as: "a"
        )
        #expect(changed.text("orderId") == id)
        #expect(changed.text("modifyId") == "7")
        #expect(changed.text("selfTradePreventionMode") == "NONE")
        desk.exchange.market(
            .trade(Desk.bitcoin, price: price("95000"), quantity: quantity("0.015"), buyerIsMaker: true),
            at: desk.now
        )
        #expect(desk.fetch(second, as: "b").text("status") == "FILLED")
        #expect(desk.fetch(first, as: "a").text("executedQty") == "0.005")
        let ended = desk.call(
            "PUT",
            "/fapi/v1/order",
            ["symbol": "BTCUSDT", "side": "BUY", "quantity": "0.005", "price": "94000", "orderId": id],
            as: "a"
        )
        #expect(ended.text("status") == "CANCELED", "a total that is filled already ends the order")
        let history = desk.call("GET", "/fapi/v1/orderAmendment", ["symbol": "BTCUSDT"], as: "a").json.elements
        #expect(history.map { $0["amendment"]?["origQty"]?["after"] } == ["0.012"])
    }

    @Test("The countdown cancels a symbol's orders unless it is renewed or disarmed; GTD orders expire")
    func timers() {
        var desk = Desk()
        let order = desk.order("BUY", "0.010", "94000")
        let arm = { (desk: inout Desk, time: String) in
            desk.call("POST", "/fapi/v1/countdownCancelAll", ["symbol": "BTCUSDT", "countdownTime": time])
        }
        #expect(arm(&desk, "5000").text == #"{"symbol":"BTCUSDT","countdownTime":"5000"}"#)
        desk.wait(4000)
        _ = arm(&desk, "5000")
        desk.wait(4000)
        #expect(desk.fetch(order).text("status") == "NEW")
        desk.wait(1000)
        #expect(desk.fetch(order).text("status") == "CANCELED")
        let dated = desk.call(
            "POST",
            "/fapi/v1/order",
            [
                "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTD", "quantity": "0.010",
                "price": "94000", "goodTillDate": String(desk.now.milliseconds + 700_000),
            ]
        )
        desk.wait(699_000)
        #expect(desk.fetch(dated).text("status") == "NEW")
        desk.wait(1000)
        #expect(desk.fetch(dated).text("status") == "EXPIRED")
    }

    @Test("A stop waits for its price and becomes a market order")
    func conditional() {
        var desk = Desk()
        desk.order("BUY", "0.010")
        let fields: KeyValuePairs<String, String?> = [
            "algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET",
            "closePosition": "true", "triggerPrice": "94000", "workingType": "MARK_PRICE", "clientAlgoId": "s1",
        ]
        let stop = desk.call("POST", "/fapi/v1/algoOrder", fields)
        #expect(stop.text("algoStatus") == "NEW", "\(stop.text)")
        desk.mark("94000.10")
        #expect(!desk.position().amount.isZero)
        desk.mark("94000")
        #expect(desk.position().amount.isZero)
        let done = desk.call("GET", "/fapi/v1/algoOrder", ["clientAlgoId": "s1"])
        #expect(done.text("algoStatus") == "FINISHED")
        #expect(done.text("actualOrderId")?.isEmpty == false)
    }

    @Test(
        "What only reduces shows what there is to reduce: more when a waiting order made the position grow, less for another"
    )
    func reducingShown() {
        var desk = Desk.shared("a", "c")
        desk.order("BUY", "0.050", as: "a")
        desk.exchange.market(.book(Desk.bitcoin, bids: [], asks: []), at: desk.now)
        func shown(_ at: String) -> Quantity { desk.exchange.market(Desk.bitcoin).book.size(.sell, at: price(at)) }
        desk.order("SELL", "0.100", "95005.0", as: "a", reduceOnly: "true")
        #expect(shown("95005") == quantity("0.05"))
        desk.order("BUY", "0.100", "94990.0", as: "a")
        desk.order("SELL", "0.100", "94990.0", as: "c")
        #expect(desk.position("a").amount == quantity("0.15") && shown("95005") == quantity("0.1"))
        let better = desk.order("SELL", "0.100", "95004.0", as: "a", reduceOnly: "true")
        #expect(shown("95004") == quantity("0.1") && shown("95005") == quantity("0.05"))
        desk.call("DELETE", "/fapi/v1/order", ["symbol": "BTCUSDT", "orderId": better.text("orderId")], as: "a")
        #expect(shown("95004") == .zero && shown("95005") == quantity("0.1"))
    }
}
