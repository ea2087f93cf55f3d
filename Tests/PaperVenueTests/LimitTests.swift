import Testing
import TradingDomain

@testable import PaperVenue

@Suite("Limits")
struct LimitTests {
    @Test("Weights add up by address, and who goes on beyond the limit is banned, longer each time")
    func weights() {
        var settings = ExchangeSettings.standard
        settings.weightPerMinute = 50
        settings.patience = 2
        var desk = Desk(settings)
        func ask(_ path: String = "/fapi/v1/depth", _ query: String = "symbol=BTCUSDT&limit=1000") -> Desk.Answer {
            desk.send("GET", path, query: query, address: "1.2.3.4")
        }
        #expect(ask("/fapi/v1/time", "").headers["X-MBX-USED-WEIGHT-1M"] == "1")
        #expect(ask().headers["X-MBX-USED-WEIGHT-1M"] == "21")
        #expect(ask().headers["X-MBX-USED-WEIGHT-1M"] == "41")
        for _ in 0..<2 {
            let over = ask()
            #expect(over.status == 429)
            #expect(over.code == -1003)
            #expect(over.headers["Retry-After"] == "60")
        }
        let banned = ask()
        #expect(banned.status == 418)
        #expect(banned.headers["Retry-After"] == "120")
        #expect(banned.text.contains("IP(1.2.3.4) banned until \(desk.now.milliseconds + 120_000)"))
        #expect(desk.send("GET", "/fapi/v1/ping", address: "1.2.3.5").status == 200)
        desk.wait(119_000)
        #expect(desk.send("GET", "/fapi/v1/ping", address: "1.2.3.4").headers["Retry-After"] == "1")
        desk.wait(1000)
        #expect(desk.send("GET", "/fapi/v1/ping", address: "1.2.3.4").status == 200)
        for _ in 0..<5 {
            _ = desk.send("GET", "/fapi/v1/depth", query: "symbol=BTCUSDT&limit=1000", address: "1.2.3.4")
        }
        let again = desk.send("GET", "/fapi/v1/ping", address: "1.2.3.4")
        #expect(again.status == 418)
        #expect(again.headers["Retry-After"] == "240")
    }

    @Test("Orders are counted by account, whether they are accepted or not, and a batch counts five and one")
    func orders() {
        var settings = ExchangeSettings.standard
        settings.ordersPerTenSeconds = 8
        settings.ordersPerMinute = 9
        var desk = Desk(settings)
        let first = desk.order("BUY", "0.010", "94000")
        #expect(first.headers["X-MBX-ORDER-COUNT-10S"] == "1")
        #expect(first.headers["X-MBX-ORDER-COUNT-1M"] == "1")
        let batch = desk.call("POST", "/fapi/v1/batchOrders", ["batchOrders": "[{}]"])
        #expect(batch.headers["X-MBX-ORDER-COUNT-10S"] == "6")
        #expect(batch.headers["X-MBX-ORDER-COUNT-1M"] == "2")
        desk.order("BUY", "0.010", "94000")
        desk.order("BUY", "0.010", "94000")
        let over = desk.order("BUY", "0.010", "94000")
        #expect(over.code == -1015)
        #expect(over.status == 429)
        #expect(over.text("msg") == "Too many new orders; current limit is 8 orders per TEN_SECONDS.")
        #expect(over.headers["Retry-After"] == "10")
        desk.wait(10_000)
        for _ in 0..<5 { #expect(desk.order("BUY", "0.010", "94000").status == 200) }
        let minute = desk.order("BUY", "0.010", "94000")
        #expect(minute.text("msg") == "Too many new orders; current limit is 9 orders per MINUTE.")
        #expect(minute.headers["Retry-After"] == "50")
    }
}
