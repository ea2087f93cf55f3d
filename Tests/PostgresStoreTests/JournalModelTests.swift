import ExecutionEngine
import Portfolio
import RiskRules
import Testing
import TradingDomain
import TradingTestKit

@testable import PostgresStore

@Suite("Journals beside one another")
struct JournalModelTests {
    private typealias Samples = JournalSamples

    /// One journal with what a worker remembers of it.
    private struct Side {
        let harness: any JournalHarness
        var worker = 0
        var journal: any Journal
        var lease: EngineLease
    }

    /// A parent as the test works it.
    private struct Work {
        let submission: ParentSubmission
        var sequence = 2
        var children = 0
        var accepted: [Intent] = []
        var filled = Quantity.zero
        var isOpen = true
    }

    /// In virtual time both give the same incarnation, and so the same ids.
    private static let account = AccountID(unchecked: "paper@model")

    @Test("PostgreSQL and memory agree on every answer and on all they hold", arguments: UInt64(0)..<8)
    func agree(seed: UInt64) async throws {
        let fixture = try await StoreFixture("model")
        var random = SeededGenerator(seed: seed)
        var sides: [Side] = []
        for harness in [fixture, MemoryFixture()] as [any JournalHarness] {
            let journal = try await harness.journal("0")
            let lease = try await journal.acquire(Self.account, opening: Samples.opening)
            sides.append(Side(harness: harness, journal: journal, lease: lease))
        }
        var works: [Work] = []
        var position = Position(flat: try Samples.symbol(), .usd)
        var trades: [(fill: Fill, work: Int)] = []
        var number: Int64 = 0
        var isHalted = false
        for _ in 0..<40 {
            var batch = EngineBatch(sequence: number + 1, clock: Samples.start + .seconds(number))
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                let submission = try Samples.submission(UInt8(works.count), account: Self.account)
                works.append(Work(submission: submission))
                batch = Samples.admitting(submission, sequence: number + 1)
            case 2:
                isHalted.toggle()
                for side in sides {
                    if isHalted {
                        try await side.harness.activateHalt("halt \(number)")
                    } else {
                        try await side.harness.deactivateHalt()
                    }
                }
            case 3:
                for index in sides.indices {
                    try await sides[index].harness.bury("\(sides[index].worker)")
                    sides[index].worker += 1
                    let journal = try await sides[index].harness.journal("\(sides[index].worker)")
                    sides[index].lease = try await journal.acquire(Self.account, opening: Samples.opening)
                    sides[index].journal = journal
                }
                number = 0
                batch.sequence = 1
            case 4:
                guard let work = works.filter(\.isOpen).randomElement(using: &random) else { break }
                let command = ParentCommand(parent: work.submission.id, kind: .pause, reason: "seed \(seed)")
                for side in sides { try await side.harness.request(command) }
            case 5:
                guard let index = works.indices.filter({ works[$0].isOpen }).randomElement(using: &random) else {
                    break
                }
                works[index].sequence += 1
                let (filled, event) = (works[index].filled, works[index].sequence)
                batch = Samples.finishing(works[index].submission, filled: filled, event: event, batch: number + 1)
                works[index].isOpen = false
            case 6, 7:
                guard let index = works.indices.filter({ works[$0].isOpen }).randomElement(using: &random) else {
                    break
                }
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    works[index].children += 1
                    works[index].sequence += 1
                    let (child, event) = (works[index].children, works[index].sequence)
                    batch.intents.append(
                        Samples.intent(works[index].submission, sides[0].lease, child: child, sequence: event)
                    )
                }
                if !isHalted { works[index].accepted += batch.intents }
            default:
                let isRepeated = !trades.isEmpty && Int.random(in: 0..<4, using: &random) == 0
                let candidates = works.indices.filter { works[$0].isOpen && !works[$0].accepted.isEmpty }
                let index = isRepeated ? trades[trades.count - 1].work : candidates.randomElement(using: &random)
                guard let index, let intent = works[index].accepted.randomElement(using: &random) else { break }
                let fill = isRepeated ? trades[trades.count - 1].fill : Samples.fill(intent, trade: "T-\(trades.count)")
                works[index].sequence += 1
                let (submission, event) = (works[index].submission, works[index].sequence)
                // An engine that has just taken over may not know the trade; it claims a position that counts it twice.
                var claimed = position
                try Samples.book(fill, of: submission, event: event, position: &claimed, into: &batch)
                batch.parents = []
                if !isRepeated {
                    trades.append((fill, index))
                    works[index].filled += fill.quantity
                    position = claimed
                }
            }
            number += 1
            if Int.random(in: 0..<3, using: &random) == 0 {
                batch.done = try await sides[0].journal.controls(Self.account).commands.map(\.number)
            }
            let sendings = Int.random(in: 0..<4, using: &random) == 0 ? 2 : 1
            for _ in 0..<sendings {
                var receipts: [BatchReceipt] = []
                for side in sides { receipts.append(try await side.journal.commit(batch, side.lease)) }
                #expect(receipts[0].refused.mapValues(\.code) == receipts[1].refused.mapValues(\.code))
                #expect(receipts[0].commands == receipts[1].commands)
                #expect(receipts[0].refused.count == (isHalted ? batch.intents.count : 0))
            }
            #expect(
                try await sides[0].journal.controls(Self.account).halt.halt?.reason
                    == sides[1].journal.controls(Self.account).halt.halt?.reason
            )
        }
        let (stored, model) = (
            try await sides[0].journal.load(Self.account), try await sides[1].journal.load(Self.account)
        )
        #expect(stored.ledger == model.ledger)
        #expect(stored.clock == model.clock)
        #expect(stored.open.map(\.submission.id) == model.open.map(\.submission.id))
        let ids = works.map(\.submission.id)
        let found = (try await sides[0].journal.parents(ids), try await sides[1].journal.parents(ids))
        for (one, two) in zip(found.0, found.1) {
            #expect(one.events == two.events)
            #expect(one.state == two.state && one.filled == two.filled && one.result == two.result)
            #expect(one.snapshot == two.snapshot && one.admission == two.admission)
        }
        // The fold of the ledger is what is cached, also after repeated fills.
        let folded = try PortfolioState(account: Self.account, currency: .usd, entries: stored.ledger)
        let cached = try await PostgresQueries(pool: fixture.pool).positions(Self.account)
        #expect(cached == folded.positions.values.sorted { $0.symbol < $1.symbol })
        try await fixture.close()
    }
}
