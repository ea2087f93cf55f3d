import Foundation
import Testing
import TradingDomain

@testable import PaperVenue

/// An exchange that ended and was opened again from its log, beside one that never ended.
@Suite("An exchange that goes on from its memory")
struct RestoringProperties {
    private static let names = ["a", "b", "c"]

    /// What an account was answered and everybody was told, one line each.
    private typealias Lines = [String]

    /// One random call of a random account, or a move of the market or the clock.
    private static func act(_ desk: inout Desk, _ seed: UInt64, _ number: UInt64) -> Lines {
        func draw(_ place: UInt64, below most: UInt64) -> Int { Int(Draw.bits(seed, number, place) % most) }
        let name = names[draw(0, below: 3)]
        let side = draw(1, below: 2) == 0 ? "BUY" : "SELL"
        let size = "0.\(["001", "010", "050", "200"][draw(2, below: 4)])"
        let limit = "\(94_990 + draw(3, below: 21)).0"
        // Few ids, so that they meet each other.
        let id = "id-\(draw(4, below: 12))"
        let call: (method: String, path: String, fields: KeyValuePairs<String, String?>)
        switch draw(5, below: 20) {
        case 0...3: return [desk.order(side, size, limit, id: id, as: name).text] + told(&desk)
        case 4: return [desk.order(side, size, limit, "IOC", id: id, as: name).text] + told(&desk)
        case 5: return [desk.order(side, size, nil, id: id, as: name).text] + told(&desk)
        case 6, 7: return [desk.order(side, size, limit, id: id, as: name, reduceOnly: "true").text] + told(&desk)
        case 8: return [desk.order(side, size, limit, "GTX", as: name).text] + told(&desk)
        case 9:
            call = (
                "PUT", "/fapi/v1/order",
                ["symbol": "BTCUSDT", "origClientOrderId": id, "side": side, "quantity": size, "price": limit]
            )
        case 10: call = ("DELETE", "/fapi/v1/order", ["symbol": "BTCUSDT", "origClientOrderId": id])
        case 11:
            call = (
                "POST", "/fapi/v1/algoOrder",
                [
                    "algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": side, "type": "STOP_MARKET",
                    "quantity": size, "triggerPrice": limit,
                ]
            )
        case 12:
            call = (
                "POST", "/fapi/v1/algoOrder",
                [
                    "algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": side, "type": "TRAILING_STOP_MARKET",
                    "quantity": size, "callbackRate": "0.1",
                ]
            )
        case 13:
            let end = desk.now.milliseconds + 601_000
            call = (
                "POST", "/fapi/v1/order",
                [
                    "symbol": "BTCUSDT", "side": side, "type": "LIMIT", "quantity": size, "price": limit,
                    "timeInForce": "GTD", "goodTillDate": "\(end / 1000 * 1000)",
                ]
            )
        case 14 where draw(6, below: 3) == 0: call = ("DELETE", "/fapi/v1/allOpenOrders", ["symbol": "BTCUSDT"])
        case 14: call = ("POST", "/fapi/v1/countdownCancelAll", ["symbol": "BTCUSDT", "countdownTime": "3000"])
        case 15: call = ("GET", "/fapi/v1/openOrders", ["symbol": "BTCUSDT"])
        case 16:
            let bid = 94_990 + draw(6, below: 20)
            desk.quote("\(bid).0", "\(bid + 1).0", size: "0.3")
            desk.mark("\(bid).5")
            return told(&desk)
        case 17:
            desk.exchange.market(
                .trade(Desk.bitcoin, price: price(limit), quantity: quantity(size), buyerIsMaker: side == "SELL"),
                at: desk.now
            )
            return told(&desk)
        default:
            desk.wait(Int64(draw(7, below: draw(8, below: 8) == 0 ? 300_000 : 2000)))
            return told(&desk)
        }
        return [desk.call(call.method, call.path, call.fields, as: name).text] + told(&desk)
    }

    private static func told(_ desk: inout Desk) -> Lines {
        desk.exchange.takeEvents().map { event in
            switch event {
            case .market(let stream, let json): "\(stream) \(json)"
            case .user(let account, let key, let kind, let json): "\(account) \(key ?? "-") \(kind) \(json)"
            }
        }
    }

    /// What the log gives back of groups of changes, after they went to the disk.
    private func remembered(_ groups: [[ExchangeRecord]], at now: Timestamp) throws -> [ExchangeRecord] {
        let folder = NSTemporaryDirectory() + "restoring-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (log, _) = try VenueLog.open(folder: folder)
        for group in groups where !group.isEmpty { try log.append(group, at: now) }
        log.close()
        let (again, contents) = try VenueLog.open(folder: folder)
        again.close()
        return contents.records
    }

    @Test("Every answer and event after is the same", arguments: UInt64(0)..<24)
    func goesOn(seed: UInt64) throws {
        var desk = Desk.shared("a", "b", "c", usdt: 20_000)
        for name in Self.names { _ = desk.send("POST", "/fapi/v1/listenKey", key: name) }
        var groups = [desk.exchange.takeRecords()]
        let moment = 60 + Draw.bits(seed, 1_000_000) % 120
        for number in 0..<moment {
            _ = Self.act(&desk, seed, number)
            groups.append(desk.exchange.takeRecords())
        }
        // The background is the market's and in no record: it leaves, and comes anew to both, with its prices.
        desk.exchange.market(.book(Desk.bitcoin, bids: [], asks: []), at: desk.now)
        groups.append(desk.exchange.takeRecords())
        _ = desk.exchange.takeEvents()

        var other = desk
        other.exchange = Exchange(desk.exchange.settings)
        other.exchange.restore(try remembered(groups, at: desk.now))
        #expect(other.exchange.takeRecords().isEmpty && other.exchange.takeEvents().isEmpty)
        func begin(_ desk: inout Desk) -> Lines {
            desk.exchange.followed = ["btcusdt@trade"]
            desk.mark("94999.5")
            desk.exchange.market(
                .trade(Desk.bitcoin, price: price("95000"), quantity: quantity("0.001"), buyerIsMaker: false),
                at: desk.now
            )
            desk.quote("94999.0", "95000.0", size: "0.3")
            return Self.told(&desk)
        }
        #expect(begin(&other) == begin(&desk), "seed \(seed), restored after \(moment) calls")
        for number in moment..<moment + 150 {
            let (one, two) = (Self.act(&desk, seed, number), Self.act(&other, seed, number))
            try #require(two == one, "seed \(seed), restored after \(moment) calls, call \(number)")
            let (kept, again) = (desk.exchange.takeRecords(), other.exchange.takeRecords())
            try #require(again == kept, "seed \(seed), restored after \(moment) calls, call \(number)")
        }
    }

    @Test("An order that only reduces keeps its place in the line")
    func reducing() throws {
        var desk = Desk.shared("a", "b", "c")
        desk.order("BUY", "0.050", as: "a")
        desk.exchange.market(.book(Desk.bitcoin, bids: [], asks: []), at: desk.now)
        desk.order("SELL", "0.050", "95005.0", as: "a", reduceOnly: "true")
        desk.order("SELL", "0.050", "95005.0", as: "b")
        let records = try remembered([desk.exchange.takeRecords()], at: desk.now)
        desk.exchange = Exchange(desk.exchange.settings)
        desk.exchange.restore(records)
        desk.mark("95000")
        desk.order("BUY", "0.050", "95005.0", as: "c")
        #expect(desk.position("c").amount == quantity("0.05"))
        #expect(desk.position("a").amount.isZero && desk.position("b").amount.isZero)
    }
}
