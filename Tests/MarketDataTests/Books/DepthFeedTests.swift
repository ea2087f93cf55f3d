import MarketData
import Testing
import TradingDomain

@Suite("A book from a depth feed")
struct DepthFeedTests {
    private func message(
        _ first: Int64?,
        _ last: Int64,
        previous: Int64? = nil,
        snapshot: Bool = false,
        _ changes: (Side, Int64, Int64)...
    ) -> DepthMessage {
        DepthMessage(
            isSnapshot: snapshot,
            firstID: first,
            lastID: last,
            previousID: previous,
            changes: changes.map { .init(side: $0.0, price: Price(units: $0.1), size: Quantity(units: $0.2)) }
        )
    }

    private let snapshot = DepthMessage(
        isSnapshot: true,
        firstID: nil,
        lastID: 100,
        previousID: nil,
        changes: [
            .init(side: .buy, price: Price(units: 10), size: Quantity(units: 5)),
            .init(side: .sell, price: Price(units: 12), size: Quantity(units: 7)),
        ]
    )

    @Test("Differences wait for the snapshot; outdated ones are dropped, the rest is applied in order")
    func waiting() {
        var feed = DepthFeed()
        #expect(feed.take(message(90, 95, (.buy, 10, 99))) == .waiting)
        #expect(feed.take(message(96, 103, (.buy, 10, 6))) == .waiting)
        #expect(!feed.isLive)
        #expect(feed.take(snapshot) == .applied)
        #expect(feed.lastID == 103)
        #expect(feed.book.size(.buy, at: Price(units: 10)) == Quantity(units: 6))
        #expect(feed.take(message(103, 103, (.buy, 10, 1))) == .outdated)
        #expect(feed.take(message(104, 110, (.buy, 10, 0), (.buy, 9, 4))) == .applied)
        #expect(feed.book.best(.buy) == BookLevel(price: Price(units: 9), size: Quantity(units: 4)))
        #expect(feed.take(snapshot) == .outdated, "older than what is known")
    }

    @Test("A gap ends the book until a snapshot reaches over it")
    func gaps() {
        var feed = DepthFeed()
        feed.take(snapshot)
        #expect(feed.take(message(102, 105)) == .gap(after: 100, next: 102))
        #expect(!feed.isLive && feed.book.best(.buy) == nil)
        #expect(feed.take(message(106, 107, (.sell, 12, 1))) == .waiting)
        // A snapshot from before the gap does not mend it.
        #expect(feed.take(snapshot) == .gap(after: 100, next: 102))
        #expect(feed.take(message(nil, 104, snapshot: true, (.sell, 12, 8))) == .applied)
        #expect(feed.lastID == 107 && feed.book.size(.sell, at: Price(units: 12)) == Quantity(units: 1))
    }

    @Test("On futures each message names the one before it")
    func previous() {
        var feed = DepthFeed()
        feed.take(snapshot)
        // The first after a snapshot may begin before it.
        #expect(feed.take(message(95, 120, previous: 94)) == .applied)
        #expect(feed.take(message(130, 140, previous: 120)) == .applied)
        #expect(feed.take(message(141, 150, previous: 139)) == .gap(after: 140, next: 141))
    }

    @Test(
        "Recorded days: every derived snapshot of ten levels is the book at that update",
        arguments: [
            ("binance_BTCUSDT-perp_20240808", 6551, 3439), ("binance_BTCUSDT-spot_20240808-09", 6495, 6480),
        ]
    )
    func recorded(name: String, differences: Int, snapshots: Int) throws {
        var messages = try DepthMessageReader(TestData.file("crypto-book/\(name)_depth.csv.gz"))
        let rows = try MarketFileReader<BookSnapshotRow>(TestData.file("crypto-book/\(name)_book10_100ms.csv.gz"))
            .all()
        var feed = DepthFeed()
        var outcomes: [DepthFeed.Outcome: Int] = [:]
        var next = rows[...]
        var read = 0
        while let (_, message) = try messages.next() {
            if !message.isSnapshot { read += 1 }
            let waited = feed.isLive
            outcomes[feed.take(message), default: 0] += 1
            #expect(!feed.book.isCrossed)
            // What waited for the snapshot was recorded before it; its first rows are of those messages.
            if !waited, feed.isLive, let last = feed.lastID {
                next = next.drop { ($0.updateID ?? 0) < last }
            }
            guard let row = next.first, row.updateID == feed.lastID else { continue }
            let shown = feed.book.levels(upTo: 10)
            #expect(shown == row.levels, "update \(feed.lastID ?? 0)")
            guard shown == row.levels else { return }
            next = next.dropFirst()
        }
        #expect(read == differences)
        #expect(rows.count == snapshots && next.isEmpty, "\(next.count) snapshots have no update in the feed")
        #expect(outcomes.keys.allSatisfy { if case .gap = $0 { false } else { true } })
    }

    @Test("Snapshots as the venue sent them are books, never crossed")
    func snapshots() throws {
        let reader = try MarketFileReader<BookSnapshotRow>(
            TestData.file("crypto-book/bitstamp_BTCUSD_20150501_book20.csv.gz")
        )
        var rows = 0
        while let row = try reader.next() {
            rows += 1
            let book = DepthBook(row.levels)
            #expect(book.levels() == row.levels && !book.isCrossed)
        }
        #expect(rows == 5011)
    }

    @Test("What a book says of itself")
    func analysis() throws {
        var book = DepthBook()
        #expect(book.mid == nil && book.imbalance() == nil && book.sweep(.buy, Quantity(1)).worst == nil)
        for (side, cents, size) in [(Side.buy, 9_999, 3), (.buy, 9_998, 5), (.sell, 10_001, 2), (.sell, 10_003, 4)] {
            book.set(side, Price(units: Int64(cents) * 1_000_000), to: Quantity(size))
        }
        #expect(book.mid?.description == "100")
        #expect(book.imbalance() == 2.0 / 14)
        #expect(book.imbalance(levels: 1) == 0.2)
        let sweep = book.sweep(.buy, Quantity(5))
        #expect((sweep.quantity, sweep.worst?.description) == (Quantity(5), "100.03"))
        #expect(sweep.turnover == (try FixedDecimal(parsing: "500.11")))
        #expect(book.sweep(.buy, Quantity(5), limit: Price(units: 10_001_000_000)).quantity == Quantity(2))
        #expect(book.sweep(.sell, Quantity(50)).quantity == Quantity(8))
    }
}
