import ExecutionEngine
import Foundation
import OrderManagement
import Testing
import TradingDomain

@testable import BinanceFutures

@Suite("The broker at a venue")
struct FuturesBrokerTests {
    private let at = Timestamp(milliseconds: 1_795_219_200_123)
    private let brokerID = BrokerOrderID(unchecked: "283194212001")

    @Test("An order that the venue took is acknowledged")
    func accepted() async throws {
        let world = try await BrokerAtVenue()
        try await world.venue.answer("POST /fapi/v1/order", 200, Samples.order(Samples.id(1)))
        await world.broker.send([.place(try Samples.child())])
        #expect(try await world.reports(1) == [.acknowledged(Samples.id(1), brokerID, at: at)])
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let status: Int
        let body: String
        let kind: String
        var testDescription: String { "HTTP \(status) \(body): \(kind)" }
    }

    @Test("What fails is told as what it is")
    func failures() async throws {
        let cases = [
            (400, #"{"code":-2019,"msg":"Margin is insufficient."}"#, "rejected insufficient_margin"),
            (400, #"{"code":-5022,"msg":"Post only."}"#, "rejected post_only_would_take"),
            (401, #"{"code":-2015,"msg":"Invalid API-key."}"#, "rejected key_refused"),
            (400, #"{"code":-1022,"msg":"Signature."}"#, "rejected signature_refused"),
            (400, #"{"code":-4116,"msg":"clientOrderId is duplicated"}"#, "unknown"),
            (503, #"{"code":-1000,"msg":"Unknown error, please check your request."}"#, "unknown"),
            (503, #"{"code":-1008,"msg":"Request throttled."}"#, "notPlaced"),
            (400, #"{"code":-1015,"msg":"Too many new orders."}"#, "notPlaced"),
            (400, #"{"code":-1021,"msg":"Timestamp."}"#, "notPlaced"),
            (0, "", "unknown"),
            (200, "{}", "unknown"),
            (200, Samples.order(Samples.id(99)), "unknown"),
            (429, #"{"code":-1003,"msg":"Too many requests."}"#, "notPlaced"),
        ]
        let world = try await BrokerAtVenue()
        for (place, it) in cases.enumerated() {
            try await world.venue.answer("POST /fapi/v1/order", it.0, it.1)
            await world.broker.send([.place(try Samples.child(place + 1))])
            let report = try #require(try await world.reports(place + 1).last)
            let kind =
                switch report {
                case .rejected(_, let code, _): "rejected \(code)"
                case .notPlaced: "notPlaced"
                case .unknown: "unknown"
                default: "\(report)"
                }
            #expect(kind == it.2 && report.order == Samples.id(place + 1), "HTTP \(it.0) \(it.1)")
        }
        #expect(try await world.venue.asked("POST /fapi/v1/order").count == cases.count)
    }

    @Test("After a refusal of our time the clock is measured again")
    func clock() async throws {
        let world = try await BrokerAtVenue()
        let before = try await world.venue.asked("GET /fapi/v1/time").count
        try await world.venue.answer("POST /fapi/v1/order", 400, #"{"code":-1021,"msg":"Timestamp."}"#)
        await world.broker.send([.place(try Samples.child())])
        _ = try await world.reports(1)
        #expect(try await world.asked("GET /fapi/v1/time", before + 5).count >= before + 5)
    }

    @Test("What the venue would refuse, or is too old, never leaves")
    func withheld() async throws {
        let world = try await BrokerAtVenue()
        let old = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        await world.broker.send([
            .place(try Samples.child(1, .buy, "0.0001")), .place(try Samples.child(2, at: old)),
        ])
        let reports = try await world.reports(2).sorted { $0.order < $1.order }
        guard case .rejected(Samples.id(1), "quantity_below_least", _) = reports[0],
            case .notPlaced(Samples.id(2), _) = reports[1]
        else {
            Issue.record("\(reports)")
            return
        }
        #expect(try await world.venue.asked("POST /fapi/v1/order").isEmpty)
    }

    @Test("Filters that changed are read anew and told, and what they refused may be tried again")
    func filters() async throws {
        let world = try await BrokerAtVenue()
        let coarser = Samples.exchangeInfo.replacingOccurrences(of: #""tickSize":"0.10""#, with: #""tickSize":"0.50""#)
        try await world.venue.answer("GET /fapi/v1/exchangeInfo", 200, coarser)
        try await world.venue.answer(
            "POST /fapi/v1/order",
            400,
            #"{"code":-4014,"msg":"Price not increased by tick size."}"#
        )
        await world.broker.send([.place(try Samples.child(1, limit: "95000.1"))])
        _ = try await world.events { events in events.contains { $0.alertCode == "filters_changed" } }
        #expect(await world.broker.instruments.first?.tick == (try Samples.price("0.5")))
        guard case .rejected(Samples.id(1), "TRY_AGAIN", _) = try await world.reports(1)[0] else {
            Issue.record("\(try await world.reports(1))")
            return
        }
        // They are read once for a flood of refusals, and those that nothing explains are final.
        await world.broker.send([.place(try Samples.child(2, limit: "95000.5"))])
        guard case .rejected(Samples.id(2), "filter_refused", _) = try await world.reports(2)[1] else {
            Issue.record("\(try await world.reports(2))")
            return
        }
        #expect(try await world.venue.asked("GET /fapi/v1/exchangeInfo").count == 2)
    }

    @Test("A mark price that is not known is read, and read again when it has moved too far; then the order may go")
    func priceBand() async throws {
        let world = try await BrokerAtVenue()
        let mark = #"{"symbol":"BTCUSDT","markPrice":"PRICE","lastFundingRate":"","nextFundingTime":0,"time":0}"#
        let refused = #"{"code":-4016,"msg":"Limit price can't be higher than 94762.50."}"#
        try await world.venue.answer("GET /fapi/v1/premiumIndex", 200, mark.replacing("PRICE", with: "95000"))
        try await world.venue.answer("GET /fapi/v1/premiumIndex", 200, mark.replacing("PRICE", with: "90250"))
        try await world.venue.answer("POST /fapi/v1/order", 400, refused)
        await world.broker.send([.place(try Samples.child(1, limit: "120000"))])
        guard case .rejected(Samples.id(1), "TRY_AGAIN", _) = try await world.reports(1)[0] else {
            Issue.record("\(try await world.reports(1))")
            return
        }
        await world.broker.send([.place(try Samples.child(2, limit: "120000"))])
        _ = try await world.reports(2)
        let sent = try await world.venue.asked("POST /fapi/v1/order").map { $0.parameters["price"] }
        #expect(sent == ["99650.2", "94667.7"], "a thousandth inside the band of the mark price that was known")
        #expect(try await world.venue.asked("GET /fapi/v1/premiumIndex").count >= 3)
        // Where it cannot be read there is no reason to try again.
        try await world.venue.answer("GET /fapi/v1/premiumIndex", 404, "{}")
        await world.broker.send([.place(try Samples.child(3, limit: "120000"))])
        guard case .rejected(Samples.id(3), "price_out_of_band", _) = try await world.reports(3)[2] else {
            Issue.record("\(try await world.reports(3))")
            return
        }
    }

    @Test("A cancel waits for its order's answer; cancels of one symbol go together")
    func cancels() async throws {
        let world = try await BrokerAtVenue()
        try await world.venue.answer("POST /fapi/v1/order", 200, Samples.order(Samples.id(1)))
        let ended = Samples.order(Samples.id(1), status: "CANCELED", executed: "0.003")
        try await world.venue.answer("DELETE /fapi/v1/order", 200, ended)
        await world.broker.send([.place(try Samples.child()), .cancel(Samples.id(1), Samples.bitcoin)])
        let executed = try Samples.quantity("0.003")
        #expect(
            try await world.reports(2)
                == [.acknowledged(Samples.id(1), brokerID, at: at), .cancelled(Samples.id(1), executed: executed)]
        )
        let gone = #"{"code":-2011,"msg":"Unknown order sent."}"#
        let both = "[\(Samples.order(Samples.id(2), status: "CANCELED")),\(gone)]"
        try await world.venue.answer("DELETE /fapi/v1/batchOrders", 200, both)
        await world.broker.send([.cancel(Samples.id(2), Samples.bitcoin), .cancel(Samples.id(3), Samples.bitcoin)])
        let reports = try await world.reports(4)
        #expect(reports[2] == .cancelled(Samples.id(2), executed: .zero))
        #expect(reports[3] == .cancelRefused(Samples.id(3), code: "order_gone", message: "Unknown order sent. (-2011)"))
        let asked = try #require(try await world.venue.asked("DELETE /fapi/v1/batchOrders").first)
        #expect(asked.parameters["origClientOrderIdList"] == #"["\#(Samples.id(2))","\#(Samples.id(3))"]"#)
    }

    @Test("A question is answered with the order's whole life, or with the venue's time")
    func questions() async throws {
        let world = try await BrokerAtVenue()
        let known = Samples.order(Samples.id(1), status: "CANCELED", executed: "0.007")
        try await world.venue.answer("GET /fapi/v1/order", 200, known)
        try await world.venue.answer(
            "GET /fapi/v1/userTrades",
            200,
            "[\(Samples.trade(8, "0.003")),\(Samples.trade(7, "0.004"))]"
        )
        guard case .known(let events) = await world.broker.query(Samples.id(1), Samples.bitcoin) else {
            Issue.record("not known")
            return
        }
        #expect(events.count == 4)
        #expect(events.first == .acknowledged(Samples.id(1), brokerID, at: Timestamp(milliseconds: 1_795_219_200_120)))
        #expect(events.compactMap { if case .filled(let fill) = $0 { fill.tradeID.text } else { nil } } == ["7", "8"])
        #expect(events.last == .cancelled(Samples.id(1), executed: try Samples.quantity("0.007")))

        let other = try await BrokerAtVenue()
        try await other.venue.answer("GET /fapi/v1/time", 200, #"{"serverTime":1795219200123}"#)
        try await other.venue.answer("GET /fapi/v1/order", 400, #"{"code":-2013,"msg":"Order does not exist."}"#)
        #expect(await other.broker.query(Samples.id(1), Samples.bitcoin) == .notFound(venueTime: at))
        // The time was asked for between two questions, so the order was not there at that time.
        #expect(try await other.venue.asked("GET /fapi/v1/order").count == 2)
    }

    @Test("An order that appears between the two questions is known; without an answer nobody knows")
    func appearing() async throws {
        let world = try await BrokerAtVenue()
        try await world.venue.answer("GET /fapi/v1/order", 400, #"{"code":-2013,"msg":"Order does not exist."}"#)
        try await world.venue.answer("GET /fapi/v1/order", 200, Samples.order(Samples.id(1)))
        try await world.venue.answer("GET /fapi/v1/order", 503, #"{"code":-1008,"msg":"Throttled."}"#)
        guard case .known = await world.broker.query(Samples.id(1), Samples.bitcoin) else {
            Issue.record("not known")
            return
        }
        guard case .unavailable(let reason) = await world.broker.query(Samples.id(1), Samples.bitcoin) else {
            Issue.record("an error is no answer")
            return
        }
        #expect(reason.contains("-1008"))
    }

    @Test("A replacement takes over under its own id, and what trades later is its own")
    func replacement() async throws {
        let world = try await BrokerAtVenue()
        try await world.venue.answer("POST /fapi/v1/order", 200, Samples.order(Samples.id(1)))
        let changed = Samples.order(Samples.id(1), quantity: "0.020", price: "95010.00", executed: "0.004")
        try await world.venue.answer("PUT /fapi/v1/order", 200, changed)
        let new = try Samples.child(2, .buy, "0.02", limit: "95010", replaces: Samples.id(1))
        await world.broker.send([.place(try Samples.child()), .replace(new)])
        let executed = try Samples.quantity("0.004")
        #expect(
            try await world.reports(2).last
                == .replaced(Samples.id(1), by: Samples.id(2), brokerID, executed: executed, at: at)
        )
        let stream = try await world.stream()
        // Told late: the trade before, then the change itself, then a trade of the new order.
        let text = Samples.id(1).text
        stream.say(
            .text(Samples.update(text, "TRADE", "PARTIALLY_FILLED", last: "0.004", cumulative: "0.004", trade: 1))
        )
        stream.say(
            .text(
                Samples.update(
                    text,
                    "AMENDMENT",
                    "PARTIALLY_FILLED",
                    cumulative: "0.004",
                    quantity: "0.020",
                    price: "95010.00"
                )
            )
        )
        stream.say(
            .text(Samples.update(text, "TRADE", "PARTIALLY_FILLED", last: "0.001", cumulative: "0.005", trade: 2))
        )
        stream.say(.text(Samples.update(text, "CANCELED", "CANCELED", cumulative: "0.005")))
        let reports = try await world.reports(5)
        #expect(reports[2].order == Samples.id(1) && reports[3].order == Samples.id(2))
        #expect(reports[4] == .cancelled(Samples.id(2), executed: try Samples.quantity("0.001")))
        // The venue knows the order by its first id.
        let ended = Samples.order(Samples.id(1), status: "CANCELED", executed: "0.005")
        try await world.venue.answer("DELETE /fapi/v1/order", 200, ended)
        await world.broker.send([.cancel(Samples.id(2), Samples.bitcoin)])
        let asked = try await world.asked("DELETE /fapi/v1/order", 1)
        #expect(asked.first?.parameters["origClientOrderId"] == text)
    }

    @Test("After a takeover, whether a replacement was made is read from the venue's list of changes")
    func inheritedReplacement() async throws {
        let new = try Samples.child(2, .buy, "0.02", limit: "95010", replaces: Samples.id(1))
        let lost = try Samples.child(3, .buy, "0.03", limit: "95020", replaces: Samples.id(2))
        let world = try await BrokerAtVenue(replacements: [new, lost])
        let found = Samples.order(Samples.id(1), quantity: "0.020", price: "95010.00", executed: "0.009")
        try await world.venue.answer("GET /fapi/v1/order", 200, found)
        let trades = [Samples.trade(1, "0.004", at: 1000), Samples.trade(2, "0.005", at: 3000)].joined(separator: ",")
        try await world.venue.answer("GET /fapi/v1/userTrades", 200, "[\(trades)]")
        let amendment = """
            [{"amendmentId":5363,"symbol":"BTCUSDT","pair":"BTCUSDT","orderId":283194212001,"clientOrderId":"x","time":2000,
            "amendment":{"price":{"before":"95000.00","after":"95010.00"},"origQty":{"before":"0.010","after":"0.020"},"count":1}}]
            """
        try await world.venue.answer("GET /fapi/v1/orderAmendment", 200, amendment)
        guard case .known(let events) = await world.broker.query(Samples.id(2), Samples.bitcoin) else {
            Issue.record("not known")
            return
        }
        let executed = try Samples.quantity("0.004")
        #expect(events.first == .replaced(Samples.id(1), by: Samples.id(2), brokerID, executed: executed, at: at))
        let owners = events.compactMap { if case .filled(let fill) = $0 { fill.clientOrderID } else { nil } }
        #expect(owners == [Samples.id(1), Samples.id(2)])
        guard case .notFound = await world.broker.query(Samples.id(3), Samples.bitcoin) else {
            Issue.record("the second change was never made")
            return
        }
    }

    @Test("The stream's end of key opens it anew, and every opening is told")
    func stream() async throws {
        let world = try await BrokerAtVenue()
        let first = try await world.stream()
        first.say(.connected)
        first.say(.text("no event at all"))
        first.say(.text(#"{"e":"listenKeyExpired","E":1,"listenKey":"pqia91"}"#))
        let second = try await world.stream(2)
        second.say(.connected)
        let id = Samples.id(4)
        second.say(.text(Samples.update(id.text, "NEW", "NEW")))
        #expect(try await world.reports(1).first?.order == id)
        let events = try await world.events { $0.count >= 4 }
        #expect(events.count { $0 == .connected } == 2, "opened twice")
        let comparisons = events.filter { if case .reconcile = $0 { true } else { false } }
        #expect(comparisons.count == 1, "for a message that was not understood")
        #expect(events.compactMap(\.alertCode) == ["stream_unreadable"])
    }

    @Test("A whole account: open orders, trades of everybody, positions, balances, funding")
    func account() async throws {
        let world = try await BrokerAtVenue()
        try await world.venue.answer(
            "GET /fapi/v1/openOrders",
            200,
            "[\(Samples.order(Samples.id(1), executed: "0.004"))]"
        )
        let position =
            #"[{"symbol":"BTCUSDT","positionSide":"BOTH","positionAmt":"-0.010","entryPrice":"95000.123456789012","updateTime":1}]"#
        try await world.venue.answer("GET /fapi/v3/positionRisk", 200, position)
        let balance =
            #"[{"asset":"USDT","balance":"9999.92400000","availableBalance":"9810.9"},{"asset":"BNB","balance":"0","availableBalance":"0"}]"#
        try await world.venue.answer("GET /fapi/v3/balance", 200, balance)
        let income = """
            [{"symbol":"BTCUSDT","incomeType":"FUNDING_FEE","income":"-0.09511873","asset":"USDT","time":1795219200000,"tranId":9,"tradeId":""},
            {"symbol":"BTCUSDT","incomeType":"COMMISSION","income":"-0.07600000","asset":"USDT","time":1795219200000,"tranId":8,"tradeId":"1"},
            {"symbol":"","incomeType":"TRANSFER","income":"500","asset":"USDT","time":1795219200000,"tranId":7,"tradeId":""}]
            """
        try await world.venue.answer("GET /fapi/v1/income", 200, income)
        let foreign = Samples.trade(12, "0.001").replacingOccurrences(of: "283194212001", with: "77")
        try await world.venue.answer("GET /fapi/v1/userTrades", 200, "[\(Samples.trade(11, "0.004")),\(foreign)]")
        let liquidation = Samples.order(ClientOrderID(unchecked: "autoclose-1"), status: "FILLED")
            .replacingOccurrences(of: "283194212001", with: "77")
        try await world.venue.answer("GET /fapi/v1/allOrders", 200, "[\(liquidation)]")
        guard case .report(let report) = await world.broker.accountReport(since: at) else {
            Issue.record("no report")
            return
        }
        #expect(report.openOrders.map(\.clientID) == [Samples.id(1)])
        #expect(report.fills.map(\.fill.clientOrderID.text) == [Samples.id(1).text, "autoclose-1"])
        #expect(report.positions == [Samples.bitcoin: try Samples.quantity("-0.01")])
        #expect(report.balances == [try Money(parsing: "9999.924", .usdt)])
        #expect(
            report.payments.map(\.kind) == [.funding, .transfer]
                || report.payments.map(\.kind) == [.transfer, .funding]
        )
        // Half a report is none.
        try await world.venue.answer("GET /fapi/v3/balance", 503, #"{"code":-1008,"msg":"Throttled."}"#)
        _ = await world.broker.accountReport(since: at)
        guard case .unavailable = await world.broker.accountReport(since: at) else {
            Issue.record("a part of the answer was missing")
            return
        }
    }

    @Test("Everything is cancelled, and the dead-man timer armed and disarmed")
    func emergencies() async throws {
        let world = try await BrokerAtVenue()
        let done = #"{"code":200,"msg":"The operation of cancel all open order is done."}"#
        try await world.venue.answer("DELETE /fapi/v1/allOpenOrders", 200, done)
        try await world.venue.answer("DELETE /fapi/v1/allOpenOrders", 503, #"{"code":-1001,"msg":"Internal error."}"#)
        #expect(await world.broker.cancelAll([Samples.bitcoin]) == .accepted)
        guard case .unavailable = await world.broker.cancelAll([Samples.bitcoin]) else {
            Issue.record("the venue did not take it")
            return
        }
        let armed = #"{"symbol":"BTCUSDT","countdownTime":"60000"}"#
        try await world.venue.answer("POST /fapi/v1/countdownCancelAll", 200, armed)
        let now = try #require(world.broker.rest.venueTime)
        guard case .armed(let until?) = await world.broker.armDeadMan(.seconds(60), [Samples.bitcoin]) else {
            Issue.record("not armed")
            return
        }
        #expect(until > now + .seconds(30))
        #expect(await world.broker.armDeadMan(nil, [Samples.bitcoin]) == .armed(until: nil))
        let asked = try await world.venue.asked("POST /fapi/v1/countdownCancelAll").map(\.parameters)
        #expect(asked.map { $0["countdownTime"] } == ["60000", "0"])
    }

    @Test("A symbol that the venue does not trade is refused at the start")
    func unknownSymbol() async throws {
        let world = try await BrokerAtVenue()
        let broker = FuturesBroker(
            account: Samples.account,
            currency: .usdt,
            rest: world.broker.rest,
            settings: .init(symbols: [Samples.symbol("NOSUCH")]),
            streams: { _ in ScriptedStream() }
        )
        let error = await #expect(throws: FuturesError.self) { try await broker.prepare() }
        #expect(error == .setup(.unknownSymbols(["NOSUCH"])))
    }
}
