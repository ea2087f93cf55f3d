import ExecutionAnalytics
import ExecutionEngine
import MarketData
import Orchestration
import Synchronization
import Testing
import TradingDomain
import Workflows

/// A market that notes each time it is read.
private final class WatchedMarket: MarketSource {
    private let market: GeneratedMarket
    private let noted = Mutex<[(symbol: Symbol, to: Timestamp)]>([])

    init(_ market: GeneratedMarket) { self.market = market }

    var reads: [(symbol: Symbol, to: Timestamp)] { noted.withLock { $0 } }
    var title: String { market.title }
    var fingerprint: String { market.fingerprint }
    var instruments: [Instrument] { market.instruments }

    func bars(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> [Bar] {
        try market.bars(symbol, from: from, to: to)
    }

    func events(_ symbol: Symbol, from: Timestamp, to: Timestamp) throws -> any MarketEventIterator {
        noted.withLock { $0.append((symbol, to)) }
        return try market.events(symbol, from: from, to: to)
    }
}

@Suite("The market around orders, read again")
struct TapeReaderTests {
    /// Two orders of NVDA and one of KO, the second of NVDA later, with the floor that worked them.
    private static func scene() async throws -> (Ground, Floor, [ParentRecord]) {
        let ground = Ground()
        var plan = FloorPlan()
        plan.agents["momentum"] = ScriptedAgent(.buy(percent: "3"))
        let floor = try await Floor.open(plan, on: ground)
        var items = try await floor.executor.processBatch(symbols("NVDA KO"), urgency: .high)
        let order = try await floor.executor.run(
            "manual-order",
            inputs: ["ticker": .ticker(symbol("NVDA")), "side": .text("BUY"), "quantity": .decimal(decimal("7"))]
        )
        items += order.items
        let parents = try await ground.parents(items.compactMap(\.parentOrder))
        try #require(parents.count == 3 && parents.allSatisfy { $0.filled > .zero })
        return (ground, floor, parents)
    }

    @Test("Each symbol is read once, however many orders it had, and no further than now")
    func once() async throws {
        let (_, floor, parents) = try await Self.scene()
        let market = WatchedMarket(floor.market)
        let now = await floor.desk.clock.now()
        let run = RunID(unchecked: "r")
        let records = TapeReader(market: market, hours: floor.desk.hours).records(parents, run: run, now: now)
        #expect(market.reads.map(\.symbol) == symbols("KO NVDA"))
        #expect(market.reads.allSatisfy { $0.to <= now })
        #expect(records.map(\.parent) == parents.map(\.submission.id))
        for (record, parent) in zip(records, parents) {
            // As if it had been read for itself.
            let alone = TapeReader(market: floor.market, hours: floor.desk.hours).records([parent], run: run, now: now)
            #expect(alone == [record])
            #expect(record.tape.interval.volume == parent.result?.intervalVolume)
            let aftermath = try #require(record.aftermath)
            #expect(aftermath.readUntil <= now && !aftermath.isComplete && aftermath.closePrice == nil)
        }
        #expect(records.last?.aftermath?.marks.last?.bps == nil, "half an hour has not passed")
    }

    @Test("Later the rest is filled in, with the session's close, and what was known stays")
    func later() async throws {
        let (_, floor, parents) = try await Self.scene()
        let reader = TapeReader(market: floor.market, hours: floor.desk.hours)
        let early = reader.aftermaths(parents, now: await floor.desk.clock.now())
        let late = reader.aftermaths(parents, now: Timestamp(nanoseconds: .max))
        let session = try #require(try floor.market.calendar.session(on: FloorPlan().date))
        for parent in parents {
            let id = parent.submission.id
            let aftermath = try #require(late[id])
            #expect(aftermath.isComplete && aftermath.readUntil == session.close)
            #expect(aftermath.marks.allSatisfy { $0.bps != nil && $0.covered == parent.filled })
            let close = try floor.market.bars(parent.submission.order.symbol, from: session.open, to: session.close)
            #expect(aftermath.closePrice == close.last?.close)
            for (known, all) in zip(try #require(early[id]).marks, aftermath.marks) where known.covered == all.covered {
                #expect(known == all)
            }
            let kept = try #require(try await floor.desk.store.tapes([id]).first)
            let record = TapeRecord(run: kept.run, parent: id, tape: kept.tape, aftermath: aftermath)
            let item = ItemReport(of: parent, kept: record)
            #expect(item.markOuts == aftermath.marks && item.slippageCloseBps != nil)
            let cost = try #require(item.shortfall)
            #expect(cost.timing.map { $0.amount + (cost.impact?.amount ?? .zero) } == cost.trading.amount)
        }
    }
}
