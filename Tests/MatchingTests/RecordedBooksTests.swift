import Foundation
import MarketData
import Matching
import Testing
import TradingDomain

/// Books of single orders rebuilt from recorded order flow.
@Suite("Recorded order flow")
struct RecordedBooksTests {
    private static func file(_ name: String) -> String {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared =
            ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
            ?? package.deletingLastPathComponent().appending(path: "shared").path(percentEncoded: false)
        return "\(shared)/data/\(name)"
    }

    struct Day: CustomStringConvertible, Sendable {
        let file: String
        let depth: Int
        let messages: Int
        /// Levels that came into view, and those that fell out of it.
        let revealed: Int
        let forgotten: Int
        /// Visible executions after the first row, and those that the venue gave to an order behind the front.
        let executions: Int
        let outOfTurn: Int
        var description: String { file }
    }

    /// The venue passes over the front order now and then: orders of one participant that would trade with each other, and
    /// sizes of an order that the feed tells later.
    @Test(
        "LOBSTER: the book rebuilt from the messages is the book shown beside them, in every row",
        arguments: [
            Day(
                file: "AAPL_20120621_lobster_L1",
                depth: 1,
                messages: 118_497,
                revealed: 30_071,
                forgotten: 34_279,
                executions: 23_658,
                outOfTurn: 25
            ),
            Day(
                file: "GOOG_20120621_lobster_L10",
                depth: 10,
                messages: 147_916,
                revealed: 44_451,
                forgotten: 45_108,
                executions: 7_764,
                outOfTurn: 5
            ),
        ]
    )
    func lobster(day: Day) throws {
        let rows = try MarketFileReader<BookEventRow>(Self.file("equity-book/\(day.file).csv.gz"))
        let first = try #require(try rows.next())
        var shown = ShownOrders(shown: first.levels, depth: day.depth)
        var (messages, revealed, forgotten, executions, outOfTurn) = (1, 0, 0, 0, 0)
        while let row = try rows.next() {
            messages += 1
            let step: ShownOrders.Step
            do {
                step = try shown.apply(row)
            } catch {
                Issue.record("message \(messages) at \(row.at): \(error)")
                return
            }
            revealed += step.revealed
            forgotten += step.forgotten
            // A level is revealed only in place of one that went, and never by a message of the other side.
            #expect(step.revealed <= 1 && (step.revealed == 0 || row.kind != .new))
            if let inFront = step.inFront {
                executions += 1
                if !inFront { outOfTurn += 1 }
            }
        }
        #expect(!shown.book.isCrossed)
        #expect(messages == day.messages)
        #expect((revealed, forgotten) == (day.revealed, day.forgotten))
        #expect((executions, outOfTurn) == (day.executions, day.outOfTurn))
    }

    @Test(
        "A message that contradicts the book is refused",
        arguments: [
            // A size that is not there, an unknown order at an empty price, a trade behind the best, an order told twice,
            // and a level whose size is not what the messages make.
            "3,77,6,10,1,12,5,10,5", "3,77,5,9,1,12,5,10,5", "4,77,1,9,1,12,5,10,4", "1,50,2,10,1,12,5,10,9",
            "2,77,1,10,1,12,5,10,3",
        ]
    )
    func contradictions(row: String) throws {
        let header = "ts_ns,type,order_id,size,price,direction,ask_price_1,ask_size_1,bid_price_1,bid_size_1\n"
        let text = header + "1,1,1,1,10,1,12,5,10,3\n2,1,50,2,10,1,12,5,10,5\n3,\(row)\n"
        let file = FileManager.default.temporaryDirectory.appending(path: "orders-\(UUID().uuidString).csv")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let reader = try MarketFileReader<BookEventRow>(file.path(percentEncoded: false))
        var shown = ShownOrders(shown: try #require(try reader.next()).levels, depth: 1)
        try shown.apply(try #require(try reader.next()))
        #expect(
            shown.book.orders(.buy, at: Price(units: 10 * FixedDecimal.scale)).map(\.open) == [
                Quantity(3), Quantity(2),
            ]
        )
        let bad = try #require(try reader.next())
        #expect(throws: ShownOrders.Contradiction.self) { try shown.apply(bad) }
    }

    @Test("Order by order: the book agrees with the venue's own twenty levels as far as the feed tells")
    func bitstamp() throws {
        let rows = try MarketFileReader<OrderEventRow>(
            Self.file("crypto-book/bitstamp_BTCUSD_20150501_orders_L3.csv.gz")
        )
        let snapshots = try MarketFileReader<BookSnapshotRow>(
            Self.file("crypto-book/bitstamp_BTCUSD_20150501_book20.csv.gz")
        ).all()
        var told = ToldOrders()
        var outcomes: [ToldOrders.Outcome: Int] = [:]
        var ahead = try rows.next()
        var (levels, agreeing, bestAsks, bestBids) = (0, 0, 0, 0)
        for (index, snapshot) in snapshots.enumerated() {
            while let row = ahead, row.times.local <= snapshot.times.local {
                outcomes[told.apply(row), default: 0] += 1
                ahead = try rows.next()
            }
            // Enough of the orders from before the recording have gone by now.
            guard index >= 3_000 else { continue }
            for (side, shown) in [(Side.buy, snapshot.levels.bids), (.sell, snapshot.levels.asks)] {
                levels += shown.count
                agreeing += shown.count { told.book.size(side, at: $0.price) == $0.size }
            }
            if told.book.best(.sell)?.price == snapshot.levels.asks.first?.price { bestAsks += 1 }
            if told.book.best(.buy)?.price == snapshot.levels.bids.first?.price { bestBids += 1 }
        }
        while let row = ahead {
            outcomes[told.apply(row), default: 0] += 1
            ahead = try rows.next()
        }
        #expect(outcomes == [.applied: 50_205, .wasUnknown: 209])
        #expect((levels, agreeing) == (80_440, 79_961), "99.4 % of what the venue shows")
        #expect(bestAsks == 2_011)
        // One bid's end was never told: it stands above the market from the 3130th snapshot on, until the end.
        #expect(bestBids == 129 && told.book.isCrossed)
        let best = try #require(snapshots.last?.levels.bids.first)
        let stuck = told.book.orders(.buy, atLeast: best.price).filter { $0.price > best.price }
        #expect(stuck.count == 1, "\(stuck)")
    }
}
