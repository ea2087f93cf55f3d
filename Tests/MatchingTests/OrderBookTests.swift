import Foundation
import MarketData
import Matching
import Testing
import TradingDomain

@Suite("A book that matches")
struct OrderBookTests {
    @Test("Better prices trade first, then earlier orders, each at the resting order's price")
    func priority() {
        var book = OrderBook()
        #expect(book.told(incoming(1, .sell, 5, at: 102)) == ["rest 1 5@102"])
        #expect(book.told(incoming(2, .sell, 5, at: 101)) == ["rest 2 5@101"])
        #expect(book.told(incoming(3, .sell, 5, at: 101)) == ["rest 3 5@101"])
        #expect(book.ahead(of: BookOrderID(3)) == size(5))
        #expect(book.levels(.sell).map(\.price) == [price(101), price(102)])
        #expect(
            book.told(incoming(4, .buy, 12, at: 105)) == ["4x2 5@101 7/0", "4x3 5@101 2/0", "4x1 2@102 0/3"]
        )
        #expect(book.best(.sell) == BookLevel(price: price(102), size: size(3)))
        #expect(book.best(.buy) == nil)
    }

    @Test("What becomes of the part that does not trade")
    func rests() {
        func after(_ order: IncomingOrder) -> [String] {
            var book = OrderBook()
            _ = book.told(incoming(1, .sell, 5, at: 101))
            _ = book.told(incoming(2, .sell, 5, at: 103))
            return book.told(order)
        }
        #expect(after(incoming(9, .buy, 8, at: 102)) == ["9x1 5@101 3/0", "rest 9 3@102"])
        #expect(after(incoming(9, .buy, 8, at: 102, .immediateOrCancel)) == ["9x1 5@101 3/0", "unfilled 9 3"])
        #expect(after(incoming(9, .buy, 8, at: 102, .fillOrKill)) == ["killed 9 8"])
        #expect(after(incoming(9, .buy, 8, at: 103, .fillOrKill)) == ["9x1 5@101 3/0", "9x2 3@103 0/2"])
        #expect(after(incoming(9, .buy, 12, at: nil)) == ["9x1 5@101 7/0", "9x2 5@103 2/0", "unfilled 9 2"])
        #expect(after(incoming(9, .buy, 8, at: 101, .postOnly)) == ["refused 9 would_trade"])
        #expect(after(incoming(9, .buy, 8, at: 100, .postOnly)) == ["rest 9 8@100"])
        #expect(after(incoming(9, .buy, 8, at: nil, .postOnly)) == ["refused 9 price_missing"])
        #expect(after(incoming(9, .buy, 0, at: 100)) == ["refused 9 quantity_not_positive"])
        #expect(after(incoming(1, .buy, 1, at: 100)) == ["refused 1 duplicate_id"])
    }

    @Test(
        "Orders of one owner do not trade with each other",
        arguments: [
            (SelfTradePrevention.none, ["9x1 5@101 3/0", "9x2 3@101 0/2"]),
            (.expireTaker, ["self_trade 9 8"]),
            (.expireMaker, ["self_trade 1 5", "9x2 5@101 3/0", "rest 9 3@101"]),
            (.expireBoth, ["self_trade 1 5", "self_trade 9 8"]),
        ]
    )
    func selfTrades(mode: SelfTradePrevention, told: [String]) {
        var book = OrderBook()
        _ = book.told(incoming(1, .sell, 5, at: 101, owner: 7))
        _ = book.told(incoming(2, .sell, 5, at: 101, owner: 8))
        #expect(book.told(incoming(9, .buy, 8, at: 101, owner: 7, prevention: mode)) == told)
        // Nobody's orders trade with each other whatever the mode says.
        var other = OrderBook()
        _ = other.told(incoming(1, .sell, 5, at: 101))
        #expect(other.told(incoming(9, .buy, 5, at: 101, prevention: mode)) == ["9x1 5@101 0/0"])
    }

    @Test("A smaller size keeps the queue's place; a larger one or another price loses it and may trade")
    func replace() {
        func book() -> OrderBook {
            var book = OrderBook()
            for id in UInt64(1)...3 { _ = book.told(incoming(id, .buy, 5, at: 100)) }
            _ = book.told(incoming(4, .sell, 5, at: 102))
            return book
        }
        func queue(_ book: OrderBook) -> [UInt64] { book.orders(.buy, at: price(100)).map(\.id.number) }
        var one = book()
        #expect(one.told(replacing: 1, 3, at: 100) == ["reduced 1 3"])
        #expect(queue(one) == [1, 2, 3])
        #expect(one.told(replacing: 1, 4, at: 100) == ["rest 1 4@100"])
        #expect(queue(one) == [2, 3, 1])
        #expect(one.told(replacing: 2, 5, at: 101) == ["rest 2 5@101"])
        #expect(one.told(replacing: 3, 7, at: 102) == ["3x4 5@102 2/0", "rest 3 2@102"])
        #expect(one.told(replacing: 8, 7, at: 102) == ["refused 8 unknown_order"])
        var two = book()
        let before = two
        #expect(two.told(replacing: 1, 5, at: 102, .postOnly) == ["refused 1 would_trade"])
        #expect(two == before)
        var events: [BookEvent] = []
        two.cancel(BookOrderID(2), into: &events)
        two.cancel(BookOrderID(2), into: &events)
        #expect(events.map(\.short) == ["cancelled 2 5", "refused 2 unknown_order"])
        #expect(queue(two) == [1, 3])
    }

    @Test("A book that is not one is not restored")
    func badBooks() {
        let order = RestingOrder(id: BookOrderID(1), side: .buy, price: price(1), open: size(1))
        let empty = RestingOrder(id: BookOrderID(2), side: .buy, price: price(1), open: .zero)
        #expect(OrderBook(restoring: [order, order]) == nil)
        #expect(OrderBook(restoring: [empty]) == nil)
        let text = Data(#"[{"id":1,"owner":0,"side":"BUY","price":"1","open":"0"}]"#.utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(OrderBook.self, from: text) }
    }

    /// Thousands of worlds against the naive book: the same events, the same queues, and what must always hold.
    @Test("Every world matches the plain reading of the rules", arguments: UInt64(0)..<40)
    func agreesWithNaive(block: UInt64) throws {
        for seed in block * 50..<(block + 1) * 50 {
            var random = Seeded(seed)
            var book = OrderBook()
            var naive = NaiveBook()
            var events: [BookEvent] = []
            /// By id: what was asked less what traded or left since, which has to be what is open.
            var account: [BookOrderID: Quantity] = [:]
            let modes: [IncomingOrder.Rest] = [.rests, .rests, .rests, .immediateOrCancel, .fillOrKill, .postOnly]
            for number in UInt64(1)...60 {
                events.removeAll(keepingCapacity: true)
                let old = BookOrderID(1 + UInt64(random.below(Int(number))))
                let mode = random.pick(SelfTradePrevention.allCases)
                let expected: [BookEvent]
                /// What the order may trade from now on, if it is taken.
                var opened: (id: BookOrderID, quantity: Quantity)?
                switch random.below(10) {
                case 0, 1:
                    book.cancel(old, into: &events)
                    expected = naive.cancel(old)
                case 2, 3:
                    let (limit, open) = (price(90 + random.below(20)), size(random.below(12)))
                    let rest: IncomingOrder.Rest = random.below(3) == 0 ? .postOnly : .rests
                    opened = (old, open)
                    book.replace(old, price: limit, open: open, rest: rest, prevention: mode, into: &events)
                    expected = naive.replace(old, price: limit, open: open, rest: rest, prevention: mode)
                default:
                    let order = incoming(
                        random.below(20) == 0 ? old.number : number,
                        random.below(2) == 0 ? .buy : .sell,
                        random.below(12),
                        at: random.below(8) == 0 ? nil : 90 + random.below(20),
                        random.pick(modes),
                        owner: UInt32(random.below(4)),
                        prevention: mode
                    )
                    opened = (order.id, order.quantity)
                    book.submit(order, into: &events)
                    expected = naive.submit(order)
                }
                #expect(events == expected, "seed \(seed), step \(number)")
                guard events == expected else { return }
                if let opened, events.first.map({ !$0.short.hasPrefix("refused") }) == true {
                    account[opened.id] = opened.quantity
                }
                for event in events { settle(event, &account, seed) }
                #expect(!book.isCrossed, "seed \(seed), step \(number)")
                let open = Dictionary(uniqueKeysWithValues: book.orders.map { ($0.id, $0.open) })
                #expect(account.filter { !$0.value.isZero } == open, "seed \(seed), step \(number): quantity is lost")
            }
            try check(book, naive, seed)
        }
    }

    /// Takes what traded or left off the orders' accounts; what an event says is left has to be what is.
    private func settle(_ event: BookEvent, _ account: inout [BookOrderID: Quantity], _ seed: UInt64) {
        switch event {
        case .traded(let maker, let taker, _, let quantity, let makerOpen, let takerOpen):
            account[maker, default: .zero] -= quantity
            account[taker, default: .zero] -= quantity
            #expect(account[maker] == makerOpen && account[taker] == takerOpen, "seed \(seed)")
        case .left(let id, let open, _):
            #expect(account[id] == open, "seed \(seed)")
            account[id] = .zero
        case .rested(let order), .reduced(let order): #expect(account[order.id] == order.open, "seed \(seed)")
        case .refused: break
        }
    }

    private func check(_ book: OrderBook, _ naive: NaiveBook, _ seed: UInt64) throws {
        #expect(book.orders == naive.queue(.buy) + naive.queue(.sell), "seed \(seed)")
        #expect(book.count == naive.entries.count)
        for side in Side.allCases {
            let queue = naive.queue(side)
            #expect(book.front(side) == queue.first)
            for level in book.levels(side) {
                let there = queue.filter { $0.price == level.price }
                #expect(
                    level.size == there.reduce(.zero) { $0 + $1.open } && level.size == book.size(side, at: level.price)
                )
                #expect(book.orders(side, at: level.price) == there)
                for (index, order) in there.enumerated() {
                    #expect(book.ahead(of: order.id) == there[..<index].reduce(.zero) { $0 + $1.open })
                }
                let better = queue.filter { side == .buy ? $0.price >= level.price : $0.price <= level.price }
                #expect(book.orders(side, atLeast: level.price) == better)
            }
        }
        #expect(OrderBook(restoring: book.orders) == book)
        let copy = try JSONDecoder().decode(OrderBook.self, from: JSONEncoder().encode(book))
        #expect(copy == book, "seed \(seed)")
    }
}
