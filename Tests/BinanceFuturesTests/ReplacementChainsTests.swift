import OrderManagement
import Testing
import TradingDomain

@testable import BinanceFutures

@Suite("Orders that were changed at the venue")
struct ReplacementChainsTests {
    private func link(_ sequence: Int, _ total: Int64, _ price: Int64) -> ReplacementChains.Link {
        .init(id: Samples.id(sequence), total: Quantity(units: total), price: Price(units: price), takenOverAt: nil)
    }

    @Test("Trades belong to whoever had the place, whichever comes first: the answer or the event")
    func attribution() {
        var chains = ReplacementChains()
        let root = Samples.id(1)
        #expect(chains.root(of: root) == root && chains.owner(of: root, after: Quantity(units: 5)) == root)
        chains.expect(link(2, 20, 7), replacing: root)
        #expect(chains.root(of: Samples.id(2)) == root)
        // Still waiting: what trades is the old one's.
        #expect(chains.owner(of: root, after: Quantity(units: 3)) == root)
        let takeover = chains.changed(
            root,
            total: Quantity(units: 20),
            price: Price(units: 7),
            cumulative: Quantity(units: 3)
        )
        #expect(takeover == .init(old: root, new: Samples.id(2), executed: Quantity(units: 3)))
        // Told again by the stream: no news.
        #expect(
            chains.changed(root, total: Quantity(units: 20), price: Price(units: 7), cumulative: Quantity(units: 3))
                == nil
        )
        #expect(chains.owner(of: root, after: Quantity(units: 3)) == root)
        #expect(chains.owner(of: root, after: Quantity(units: 4)) == Samples.id(2))
        #expect(chains.head(of: root, cumulative: Quantity(units: 9)).id == Samples.id(2))
        #expect(chains.head(of: root, cumulative: Quantity(units: 9)).executed == Quantity(units: 6))
    }

    @Test("A replacement that was not made leaves the old one as it is")
    func dropped() {
        var chains = ReplacementChains()
        chains.expect(link(2, 20, 7), replacing: Samples.id(1))
        chains.drop(Samples.id(2))
        #expect(
            chains.changed(Samples.id(1), total: Quantity(units: 20), price: Price(units: 7), cumulative: .zero) == nil
        )
        #expect(chains.head(of: Samples.id(1), cumulative: Quantity(units: 4)).id == Samples.id(1))
    }

    /// A venue that fills and changes one order at random; our books must add up to its total, link by link.
    @Test("However often an order is changed and filled, every trade has one owner", arguments: UInt64(0)..<200)
    func anyStory(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var chains = ReplacementChains()
        let root = Samples.id(1)
        var (current, pending): (Int, Int?) = (1, nil)
        var executed: [Int: Int64] = [:]
        var cumulative: Int64 = 0
        for sequence in 2...40 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where pending == nil:
                chains.expect(link(sequence, Int64(1000 + sequence), Int64(sequence)), replacing: Samples.id(current))
                pending = sequence
            case 1:
                guard let next = pending else { continue }
                pending = nil
                guard Bool.random(using: &random) else {
                    chains.drop(Samples.id(next))
                    continue
                }
                let takeover = chains.changed(
                    root,
                    total: Quantity(units: Int64(1000 + next)),
                    price: Price(units: Int64(next)),
                    cumulative: Quantity(units: cumulative)
                )
                #expect(takeover?.old == Samples.id(current) && takeover?.new == Samples.id(next))
                #expect(takeover?.executed.units == executed[current, default: 0])
                current = next
            default:
                let size = Int64.random(in: 1...9, using: &random)
                cumulative += size
                executed[current, default: 0] += size
                #expect(chains.owner(of: root, after: Quantity(units: cumulative)) == Samples.id(current))
            }
        }
        let head = chains.head(of: root, cumulative: Quantity(units: cumulative))
        #expect(head.id == Samples.id(current) && head.executed.units == executed[current, default: 0])
    }
}
