import MarketData
import Testing
import TradingDomain

@testable import BinanceFutures

@Suite("A live book")
struct DepthSyncTests {
    /// A venue's book that changes at random, with the stream's messages and snapshots of any moment.
    struct Venue {
        var book = DepthBook()
        var lastID: Int64 = 1000
        /// The last update of the message before, on this stream.
        var previousID: Int64 = 1000

        mutating func change(_ random: inout SeededGenerator) -> DepthMessage {
            // Ids are the venue's own and are not dense.
            let first = lastID + Int64.random(in: 1...5, using: &random)
            lastID = first + Int64.random(in: 0...4, using: &random)
            var changes: [DepthMessage.Change] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let isBid = Bool.random(using: &random)
                let price = Price(units: (isBid ? 1000 : 1010) + Int64.random(in: 0..<10, using: &random))
                let size = Quantity(units: Bool.random(using: &random) ? Int64.random(in: 1...99, using: &random) : 0)
                changes.append(.init(side: isBid ? .buy : .sell, price: price, size: size))
                book.set(isBid ? .buy : .sell, price, to: size)
            }
            defer { previousID = lastID }
            return DepthMessage(
                isSnapshot: false,
                firstID: first,
                lastID: lastID,
                previousID: previousID,
                changes: changes
            )
        }

        var snapshot: DepthMessage {
            let levels = book.levels()
            return DepthMessage(
                isSnapshot: true,
                firstID: nil,
                lastID: lastID,
                previousID: nil,
                changes: levels.bids.map { .init(side: .buy, price: $0.price, size: $0.size) }
                    + levels.asks.map { .init(side: .sell, price: $0.price, size: $0.size) }
            )
        }
    }

    @Test("One question at a time, and none once the book is known")
    func asking() {
        var random = SeededGenerator(seed: 1)
        var venue = Venue()
        var sync = DepthSync()
        #expect(sync.take(venue.change(&random)) == .ask)
        #expect(sync.take(venue.change(&random)) == .nothing)
        #expect(sync.book == nil)
        #expect(sync.take(snapshot: venue.snapshot) == .show(venue.book))
        #expect(sync.take(venue.change(&random)) == .show(venue.book))
        _ = venue.change(&random)
        #expect(sync.take(venue.change(&random)) == .ask, "one was lost")
        #expect(sync.book == nil)
        sync.snapshotFailed()
        #expect(sync.take(venue.change(&random)) == .ask)
    }

    @Test("An answer that was asked for before the stream was interrupted is not used")
    func oldAnswer() {
        var random = SeededGenerator(seed: 2)
        var venue = Venue()
        var sync = DepthSync()
        _ = sync.take(venue.change(&random))
        let old = venue.snapshot
        sync.disconnected()
        _ = venue.change(&random)
        #expect(sync.take(venue.change(&random)) == .nothing, "the question is still out")
        #expect(sync.take(snapshot: old) == .ask)
        #expect(sync.take(snapshot: venue.snapshot) == .show(venue.book))
    }

    /// Messages are dropped, repeated and swapped, connections cut, snapshots late or lost: a book that is shown is one
    /// that the venue had.
    @Test("No order of events shows a wrong book", arguments: UInt64(0)..<500)
    func anyOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var venue = Venue()
        var sync = DepthSync()
        var history: [Int64: DepthBook] = [venue.lastID: venue.book]
        var answers: [DepthMessage] = []
        var shown = 0
        var late: DepthMessage?

        func look(_ step: DepthSync.Step, at id: Int64?) {
            switch step {
            case .nothing: break
            case .ask: answers.append(venue.snapshot)
            case .show(let book):
                shown += 1
                let isTheVenues = history.values.contains(book)
                #expect(isTheVenues, "seed \(seed), update \(id ?? 0)")
            }
        }

        for _ in 0..<300 {
            let message = venue.change(&random)
            history[venue.lastID] = venue.book
            switch Int.random(in: 0..<20, using: &random) {
            case 0: break  // Lost.
            case 1:
                look(sync.take(message), at: message.lastID)
                look(sync.take(message), at: message.lastID)
            case 2: late = message  // Comes after the next.
            case 3:
                sync.disconnected()
                late = nil
            default:
                look(sync.take(message), at: message.lastID)
                if let held = late {
                    late = nil
                    look(sync.take(held), at: held.lastID)
                }
            }
            if !answers.isEmpty, Int.random(in: 0..<3, using: &random) == 0 {
                let answer = answers.removeFirst()
                if Int.random(in: 0..<5, using: &random) == 0 {
                    sync.snapshotFailed()
                } else {
                    look(sync.take(snapshot: answer), at: answer.lastID)
                }
            }
            if let book = sync.book {
                let isTheVenues = history.values.contains(book)
                #expect(isTheVenues, "seed \(seed)")
            }
        }
        #expect(shown > 20, "seed \(seed): a book that is never known is no book")
    }
}
