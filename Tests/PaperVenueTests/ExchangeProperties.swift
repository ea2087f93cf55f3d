import Testing
import TradingDomain

@testable import PaperVenue

/// What holds of the exchange whatever accounts do, in sequences drawn from a seed.
@Suite("The exchange under random orders")
struct ExchangeProperties {
    private static let names = ["a", "b", "c"]

    /// One random call of a random account, or a move of the market or the clock.
    private static func act(_ desk: inout Desk, _ seed: UInt64, _ number: UInt64) {
        func draw(_ place: UInt64, below most: UInt64) -> Int { Int(Draw.bits(seed, number, place) % most) }
        let name = names[draw(0, below: 3)]
        let side = draw(1, below: 2) == 0 ? "BUY" : "SELL"
        let size = "0.\(["001", "010", "050", "200"][draw(2, below: 4)])"
        let limit = "\(94_990 + draw(3, below: 21)).0"
        // Few ids, so that they meet each other.
        let id = "id-\(draw(4, below: 12))"
        switch draw(5, below: 12) {
        case 0...4: desk.order(side, size, limit, id: id, as: name)
        case 5: desk.order(side, size, limit, "IOC", id: id, as: name)
        case 6: desk.order(side, size, nil, id: id, as: name)
        case 7: desk.order(side, size, nil, as: name, reduceOnly: "true")
        case 8: desk.call("DELETE", "/fapi/v1/order", ["symbol": "BTCUSDT", "origClientOrderId": id], as: name)
        case 9:
            let bid = 94_990 + draw(6, below: 20)
            desk.quote("\(bid).0", "\(bid + 1).0", size: "0.3")
            desk.mark("\(bid).5")
        case 10: desk.call("DELETE", "/fapi/v1/allOpenOrders", ["symbol": "BTCUSDT"], as: name)
        default: desk.wait(Int64(draw(7, below: 2000)))
        }
    }

    private static func play(_ desk: inout Desk, _ seed: UInt64, _ numbers: Range<UInt64>) {
        for number in numbers { act(&desk, seed, number) }
    }

    @Test("Money, positions and ids hold, of every account, after every call", arguments: UInt64(0)..<12)
    func holds(seed: UInt64) {
        var desk = Desk.shared("a", "b", "c", usdt: 20_000)
        for number in UInt64(0)..<250 {
            Self.act(&desk, seed, number)
            for name in Self.names { check(desk, name, "seed \(seed), call \(number), account \(name)") }
        }
        let executed = Self.names.flatMap { desk.exchange.account($0).trades }
        #expect(executed.count > 20, "seed \(seed) traded next to nothing")
    }

    private func check(_ desk: Desk, _ name: String, _ place: String) {
        let account = desk.exchange.account(name)
        // Cash is what was there and everything that was booked, exactly.
        let booked = account.incomes.filter { $0.asset == "USDT" }.reduce(FixedDecimal(20_000)) { $0 + $1.amount }
        #expect(desk.wallet(name) == booked, "\(place)")
        // A position is the sum of the trades.
        let traded = account.trades.filter { $0.symbol == Desk.bitcoin }.reduce(Quantity.zero) { sum, trade in
            trade.side == .buy ? sum + trade.quantity : sum - trade.quantity
        }
        #expect(desk.position(name).amount == traded, "\(place)")
        let orders = account.orders.compactMap { desk.exchange.orders[$0] }
        for order in orders {
            let filled = account.trades.filter { $0.order == order.id }.reduce(Quantity.zero) { $0 + $1.quantity }
            #expect(order.executed == filled && filled <= order.quantity, "\(place), order \(order.id)")
        }
        // A client id is twice among the orders, but never twice among the open ones.
        let open = orders.filter(\.isOpen)
        #expect(Set(open.map(\.id)) == account.open, "\(place)")
        #expect(Set(open.map(\.clientID)).count == open.count, "\(place)")
    }

    @Test("An account is told of its orders in their order: new, then trades that add up, then the end")
    func streamOrder() throws {
        var desk = Desk.shared("a", "b", "c", usdt: 20_000)
        for name in Self.names {
            _ = desk.send("POST", "/fapi/v1/listenKey", key: name)
        }
        Self.play(&desk, 3, 0..<250)
        var seen: [String: (executed: Quantity, isEnded: Bool)] = [:]
        var count = 0
        for event in desk.exchange.takeEvents() {
            guard case .user(let account, _, "ORDER_TRADE_UPDATE", let json) = event else { continue }
            let order = try #require(WireReader.read(json)?["o"])
            let key = "\(account)/\(try #require(order["i"]?.characters))"
            let executed = quantity(try #require(order["z"]?.characters))
            let kind = try #require(order["x"]?.characters)
            count += 1
            if let before = seen[key] {
                #expect(!before.isEnded, "\(key) is told of after its end: \(json)")
                #expect(executed >= before.executed, "\(key) goes back: \(json)")
            } else {
                #expect(kind == "NEW", "\(key) begins with \(kind)")
            }
            let ends = ["FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH"]
            seen[key] = (executed, ends.contains(order["X"]?.characters ?? ""))
        }
        #expect(count > 100 && seen.values.contains { $0.isEnded })
    }
}
