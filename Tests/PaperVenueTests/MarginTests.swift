import Testing
import TradingDomain

@testable import PaperVenue

@Suite("Margin, funding and liquidation")
struct MarginTests {
    @Test("The protocol's liquidation prices", arguments: [("BUY", "85376.88"), ("SELL", "104527.36")])
    func golden(side: String, expected: String) {
        var exchange = Exchange(.standard)
        exchange.market(.mark(Desk.bitcoin, price("95000")), at: Desk.start)
        var position = VenuePosition(symbol: Desk.bitcoin, side: .both)
        _ = position.fill(side == "BUY" ? .buy : .sell, quantity("1"), at: price("95000"), fee: .zero)
        let held = position
        exchange.change("test") { $0.positions[held.key] = held }
        let found = exchange.liquidationPrice(exchange.account("test"), held)
        #expect(Amounts.text(Int128(found.units), decimals: 2) == expected)
    }

    @Test("Balances as in the protocol's sample: 0.010 at 95000, mark 95118.73, leverage 5")
    func sample() {
        var desk = Desk()
        desk.call("POST", "/fapi/v1/leverage", ["symbol": "BTCUSDT", "leverage": "5"])
        var position = VenuePosition(symbol: Desk.bitcoin, side: .both)
        _ = position.fill(.buy, quantity("0.010"), at: price("95000"), fee: .zero)
        let held = position
        desk.exchange.change("test") { $0.positions[held.key] = held }
        desk.mark("95118.73")
        let answer = desk.call("GET", "/fapi/v2/account")
        #expect(answer.text("totalInitialMargin") == "190.23746000")
        #expect(answer.text("totalMaintMargin") == "3.80474920")
        #expect(answer.text("availableBalance") == "9810.94984000")
        #expect(answer.text("maxWithdrawAmount") == "9809.76254000")
        #expect(answer.json["positions"]?.elements.count == 2)
        #expect(desk.call("GET", "/fapi/v3/account").json["positions"]?.elements.count == 1)
    }

    @Test("Longs pay funding when the rate is positive, once per settlement")
    func funding() {
        var desk = Desk.shared("a", "b")
        desk.order("BUY", "1", as: "a")
        desk.order("SELL", "1", as: "b")
        let before = (desk.wallet("a"), desk.wallet("b"))
        desk.exchange.market(.funding(Desk.bitcoin, amount("0.0002")), at: desk.now)
        _ = desk.told("a")
        desk.wait(8 * 3_600_000)
        #expect(desk.wallet("a") == before.0 - amount("19"))
        #expect(desk.wallet("b") == before.1 + amount("19"))
        desk.wait(1000)
        #expect(desk.wallet("a") == before.0 - amount("19"))
        let income = desk.call("GET", "/fapi/v1/income", ["incomeType": "FUNDING_FEE"], as: "a").json.elements
        #expect(income.map { $0["income"] } == ["-19.00000000"])
    }

    @Test("An account whose margin is used up loses its orders, then its position; nobody ends below zero")
    func liquidation() {
        var desk = Desk()
        desk.order("BUY", "1.5")
        desk.order("BUY", "0.010", "89000")
        _ = desk.told()
        desk.quote("89999.90", "90000.10", size: "0.5")
        desk.mark("88000")
        #expect(desk.position().amount.isZero)
        #expect(desk.exchange.account("test").open.isEmpty)
        #expect(desk.wallet() >= .zero)
        let forced = desk.call("GET", "/fapi/v1/forceOrders", ["symbol": "BTCUSDT"]).json.elements
        #expect(!forced.isEmpty)
        #expect(forced.allSatisfy { $0["clientOrderId"]?.characters?.hasPrefix("autoclose-") == true })
    }
}
