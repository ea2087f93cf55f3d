import OrderManagement
import Testing
import TradingDomain

@testable import BinanceFutures

@Suite("The account's stream")
struct UserStreamTests {
    private func reports() throws -> VenueReports {
        VenueReports(account: Samples.account, currency: .usdt, rules: [Samples.bitcoin: try Samples.rules()])
    }

    private func update(_ text: String) throws -> UserStreamEvent.OrderUpdate {
        guard case .order(let update) = try UserStreamEvent(parsing: text) else {
            throw TestError("no order event: \(text)")
        }
        return update
    }

    struct TestError: Error, CustomStringConvertible {
        let description: String
        init(_ text: String) { description = text }
    }

    private func fill(_ id: ClientOrderID, _ trade: String, _ quantity: String) throws -> Fill {
        let quantity = try Samples.quantity(quantity)
        let price = try Samples.price("95000")
        return Fill(
            account: Samples.account,
            symbol: Samples.bitcoin,
            tradeID: TradeID(unchecked: trade),
            clientOrderID: id,
            side: .buy,
            quantity: quantity,
            price: price,
            notional: try Samples.rules().instrument.notional(price, quantity),
            commission: try Money(parsing: "0.076", .usdt),
            tradedAt: Timestamp(milliseconds: 1_795_219_205_001)
        )
    }

    @Test("A life: accepted, a trade, the last trade")
    func life() throws {
        var reports = try reports()
        let id = Samples.id(1)
        let broker = BrokerOrderID(unchecked: "283194212001")
        let at = Timestamp(milliseconds: 1_795_219_205_001)
        #expect(
            reports.reports(of: try update(Samples.update(id.text, "NEW", "NEW"))).events
                == [.acknowledged(id, broker, at: at)]
        )
        let part = Samples.update(id.text, "TRADE", "PARTIALLY_FILLED", last: "0.004", cumulative: "0.004", trade: 11)
        #expect(reports.reports(of: try update(part)).events == [.filled(try fill(id, "11", "0.004"))])
        let rest = Samples.update(id.text, "TRADE", "FILLED", last: "0.006", cumulative: "0.010", trade: 12)
        // The venue's total goes along, so that a trade that was lost before is missed.
        #expect(
            reports.reports(of: try update(rest)).events
                == [.filled(try fill(id, "12", "0.006")), .expired(id, executed: try Samples.quantity("0.01"))]
        )
    }

    @Test(
        "Ends tell what the venue executed in all",
        arguments: [
            ("CANCELED", "CANCELED", true), ("EXPIRED", "EXPIRED", false), ("EXPIRED", "EXPIRED_IN_MATCH", false),
        ]
    )
    func ends(_ execution: String, _ status: String, _ isCancel: Bool) throws {
        var reports = try reports()
        let id = Samples.id(2)
        let executed = try Samples.quantity("0.003")
        let events = reports.reports(of: try update(Samples.update(id.text, execution, status, cumulative: "0.003")))
            .events
        #expect(events == [isCancel ? .cancelled(id, executed: executed) : .expired(id, executed: executed)])
    }

    @Test("A fee in another asset is not booked as our currency, and somebody hears of it")
    func fees() throws {
        var reports = try reports()
        let text = Samples.update(
            Samples.id(1).text,
            "TRADE",
            "PARTIALLY_FILLED",
            last: "0.004",
            cumulative: "0.004",
            trade: 5,
            fee: #""n":"0.0001","N":"BNB","#
        )
        let (events, notes) = reports.reports(of: try update(text))
        guard case .filled(let fill)? = events.first else { throw TestError("no fill in \(events)") }
        #expect(fill.commission == .zero(.usdt))
        #expect(notes.map(\.code) == ["commission_in_another_asset"])
        // Documented as present only with a fee.
        let free = Samples.update(
            Samples.id(1).text,
            "TRADE",
            "FILLED",
            last: "0.006",
            cumulative: "0.01",
            trade: 6,
            fee: ""
        )
        guard case .filled(let second)? = reports.reports(of: try update(free)).events.first else {
            throw TestError("no fill")
        }
        #expect(second.commission == .zero(.usdt))
    }

    @Test(
        "Orders that are not ours: their trades count, and they are told",
        arguments: [
            ("autoclose-1795", "liquidation"), ("adl_autoclose", "deleveraging"),
            ("settlement_autoclose-1", "settlement"), ("web_abc", ""),
        ]
    )
    func foreign(_ id: String, _ code: String) throws {
        var reports = try reports()
        let trade = Samples.update(id, "TRADE", "FILLED", last: "0.01", cumulative: "0.01", trade: 7)
        let (events, notes) = reports.reports(of: try update(trade))
        #expect(events == [.filled(try fill(ClientOrderID(unchecked: id), "7", "0.01"))])
        #expect(notes.map(\.code) == (code.isEmpty ? [] : [code]))
        let (opened, said) = reports.reports(of: try update(Samples.update(id, "NEW", "NEW")))
        #expect(opened.isEmpty)
        #expect(said.map(\.code) == [code.isEmpty ? "external_order" : code])
    }

    @Test("A liquidation's first report holds no trade and books nothing")
    func calculated() throws {
        var reports = try reports()
        let text = Samples.update("autoclose-1", "CALCULATED", "NEW")
        #expect(reports.reports(of: try update(text)).events.isEmpty)
    }

    @Test(
        "Other events",
        arguments: [
            (#"{"e":"listenKeyExpired","E":"1795222800000","listenKey":"pqia"}"#, UserStreamEvent.listenKeyExpired),
            (#"{"e":"listenKeyExpired","E":1795222800000,"listenKey":"pqia"}"#, .listenKeyExpired),
            (
                #"{"e":"MARGIN_CALL","E":1,"cw":"3.1","p":[{"s":"ETHUSDT","ps":"LONG","pa":"1.327","mt":"CROSSED"}]}"#,
                .marginCall([Samples.symbol("ETHUSDT")])
            ),
            (#"{"e":"ACCOUNT_CONFIG_UPDATE","E":1,"T":1,"ac":{"s":"BTCUSDT","l":25}}"#, .configurationChanged),
            (#"{"e":"ACCOUNT_CONFIG_UPDATE","E":1,"T":1,"ai":{"j":true}}"#, .configurationChanged),
            (
                #"{"e":"TRADE_LITE","E":1,"T":1,"s":"BTCUSDT","q":"0.001","p":"0","m":false,"c":"x","S":"BUY","L":"1","l":"1","t":6,"i":2}"#,
                .ignored("TRADE_LITE")
            ),
            (#"{"e":"ALGO_UPDATE","T":1,"E":1,"o":{"caid":"x","s":"BTCUSDT"}}"#, .ignored("ALGO_UPDATE")),
            (#"{"e":"SOMETHING_NEW","a":[1],"p":"x","o":7}"#, .ignored("SOMETHING_NEW")),
            (#"{"result":null,"id":1}"#, .ignored("")),
            (#"{"stream":"key","data":{"e":"listenKeyExpired"}}"#, .listenKeyExpired),
        ]
    )
    func others(_ text: String, _ expected: UserStreamEvent) throws {
        #expect(try UserStreamEvent(parsing: text) == expected)
    }

    @Test("Balances and positions that changed")
    func account() throws {
        let text = """
            {"e":"ACCOUNT_UPDATE","T":1,"E":3,"a":{"B":[{"a":"USDT","wb":"9999.92400000","cw":"9999.9","bc":"-0.1"}],
            "P":[{"s":"BTCUSDT","pa":"-0.004","ep":"95000.00","cr":"0","up":"0.47492","mt":"cross","iw":"0","ps":"BOTH"}],
            "m":"FUNDING_FEE"}}
            """
        guard case .account(let update) = try UserStreamEvent(parsing: text) else {
            throw TestError("no account event")
        }
        #expect(update.reason == "FUNDING_FEE")
        #expect(update.balances.map(\.change) == [try FixedDecimal(parsing: "-0.1")])
        #expect(update.positions.map(\.amount) == [try Samples.quantity("-0.004")])
        guard case .account(let bare) = try UserStreamEvent(parsing: #"{"e":"ACCOUNT_UPDATE","a":{"m":"ORDER"}}"#)
        else {
            throw TestError("no account event")
        }
        #expect(bare.balances.isEmpty && bare.positions.isEmpty)
    }

    @Test("What is no event is an error", arguments: ["", "[]", #"{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTCUSDT"}}"#])
    func broken(_ text: String) {
        #expect(throws: (any Error).self) { try UserStreamEvent(parsing: text) }
    }
}
