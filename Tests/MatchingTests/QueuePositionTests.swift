import MarketData
import Matching
import Testing
import TradingDomain

@Suite("The queue ahead of an order")
struct QueuePositionTests {
    private let start = Timestamp(nanoseconds: 1_000_000_000_000)

    private func at(_ milliseconds: Int64) -> Timestamp { start + .milliseconds(milliseconds) }

    @Test("Trades take from the front, and what is left of them reaches the order")
    func trades() {
        var queue = QueuePosition(behind: size(10), at: start)
        #expect(queue.traded(size(4), at: at(1)) == .zero)
        #expect(queue.ahead == size(6))
        #expect(queue.traded(size(9), at: at(2)) == size(3))
        #expect(queue.traded(size(5), at: at(3)) == size(5))
    }

    @Test("Cancels are of the orders behind until there are none")
    func cancels() {
        var queue = QueuePosition(behind: size(10), at: start)
        queue.levelShows(size(30), at: at(1))
        queue.levelShows(size(12), at: at(2))
        #expect(queue.ahead == size(10), "20 came behind, 18 of them may have gone again")
        queue.levelShows(size(7), at: at(3))
        #expect(queue.ahead == size(7), "no more can be ahead than there is")
        queue.levelShows(size(100), at: at(4))
        #expect(queue.ahead == size(7))
    }

    @Test("A fall told before its trade counts once; later trades count again")
    func order() {
        // The book first: 10 → 6, then the trade of 4 that made it.
        var queue = QueuePosition(behind: size(10), at: start)
        queue.levelShows(size(6), at: at(5))
        #expect(queue.traded(size(4), at: at(5)) == .zero)
        #expect(queue.ahead == size(6))
        #expect(queue.traded(size(8), at: at(6)) == size(2))
        // The trade first, then the book.
        var other = QueuePosition(behind: size(10), at: start)
        #expect(other.traded(size(4), at: at(5)) == .zero)
        other.levelShows(size(6), at: at(6))
        #expect(other.ahead == size(6))
        #expect(other.traded(size(8), at: at(7)) == size(2))
        // A cancel explains no trade that comes much later.
        var late = QueuePosition(behind: size(10), at: start)
        late.levelShows(size(6), at: at(5))
        #expect(late.traded(size(6), at: at(5) + .seconds(1)) == .zero)
        #expect(late.ahead == .zero)
    }

    @Test("Where the level is not shown nothing is known until it is; a trade beyond clears the queue")
    func unknown() {
        var queue = QueuePosition(behind: nil, at: start)
        #expect(queue.traded(size(50), at: at(1)) == .zero && queue.ahead == nil)
        queue.levelShows(size(20), at: at(2))
        #expect(queue.ahead == size(20))
        queue.tradedThrough()
        #expect(queue.traded(size(3), at: at(3)) == size(3))
    }

    /// Real orders in a real book, of which our rule sees only sizes and trades: it may never be nearer to the front.
    @Test("The rule is never ahead of the truth", arguments: UInt64(0)..<300)
    func conservative(seed: UInt64) {
        var random = Seeded(seed)
        var book = OrderBook()
        var events: [BookEvent] = []
        var number = UInt64(10)
        for _ in 0..<(1 + random.below(5)) {
            number += 1
            book.submit(incoming(number, .buy, 1 + random.below(9), at: 100), into: &events)
        }
        let ours = BookOrderID(1)
        var queue = QueuePosition(behind: book.size(.buy, at: price(100)), at: start)
        book.submit(incoming(1, .buy, 1000, at: 100), into: &events)
        var (reached, filled) = (Quantity.zero, Quantity.zero)
        for step in 1...60 {
            let time = at(Int64(step) * 40)
            number += 1
            events.removeAll()
            switch random.below(4) {
            case 0: book.submit(incoming(number, .buy, 1 + random.below(9), at: 100), into: &events)
            case 1:
                let others = book.orders(.buy, at: price(100)).filter { $0.id != ours }
                if !others.isEmpty { book.cancel(random.pick(others).id, into: &events) }
            default:
                book.submit(incoming(number, .sell, 1 + random.below(9), at: 100, .immediateOrCancel), into: &events)
            }
            var traded = Quantity.zero
            for case .traded(let maker, _, _, let quantity, _, _) in events {
                traded += quantity
                if maker == ours { filled += quantity }
            }
            let others = book.size(.buy, at: price(100)) - (book.order(ours)?.open ?? .zero)
            // The recorded market is without us: what traded with us, trades there with those behind us.
            let bookFirst = random.below(2) == 0
            if bookFirst { queue.levelShows(others, at: time) }
            if traded > .zero { reached += queue.traded(traded, at: time) }
            if !bookFirst { queue.levelShows(others, at: time) }
            #expect((queue.ahead ?? .zero) >= (book.ahead(of: ours) ?? .zero), "seed \(seed), step \(step)")
            #expect(reached <= filled, "seed \(seed), step \(step)")
        }
    }

    @Test("What was taken of a level is missing until it grows or comes anew")
    func taken() throws {
        let symbol = try #require(Symbol("BTCUSDT"))
        func quote(_ bidSize: Int, _ askSize: Int, bid: Int = 99, ask: Int = 101) -> Quote {
            Quote(
                symbol: symbol,
                at: start,
                bid: price(bid),
                bidSize: size(bidSize),
                ask: price(ask),
                askSize: size(askSize)
            )
        }
        func level(_ units: Int, _ open: Int) -> BookLevel { BookLevel(price: price(units), size: size(open)) }
        func left(_ book: RecordedBook) -> [Int64] { book.levels(.sell).map(\.left.units) }
        var book = RecordedBook()
        book.apply(quote(5, 10))
        #expect(book.shown(.buy, at: price(100)) == .zero && book.shown(.buy, at: price(98)) == nil)
        let asks = [level(101, 10), level(103, 8)]
        book.apply(BookDepth(symbol: symbol, at: start, levels: BookLevels(bids: [level(99, 5)], asks: asks)))
        #expect(book.shown(.sell, at: price(102)) == .zero && book.shown(.sell, at: price(104)) == nil)
        book.take(size(6), .sell, at: price(101))
        #expect(left(book) == [4, 8])
        book.apply(quote(5, 13))
        #expect(left(book) == [7, 8], "three came")
        book.apply(quote(5, 2))
        #expect(left(book) == [0, 8], "no more is taken than is there")
        book.apply(quote(5, 1, ask: 103))
        #expect(left(book) == [1], "the quote knows better than the older book")
        book.apply(BookDepth(symbol: symbol, at: start, levels: BookLevels(bids: [level(99, 5)], asks: asks)))
        #expect(left(book) == [10, 8], "the level is another one")
        book.apply(quote(5, 1, bid: 105, ask: 103))
        #expect(book.isEmpty)
    }
}
