import ExecutionAlgorithms
import Foundation
import Testing
import TradingDomain

@Suite("Snapshots and randomness")
struct SnapshotTests {
    @Test("An algorithm brought back mid-way goes on exactly as the one that stayed (I8)", arguments: UInt64(0)..<60)
    func roundTrip(seed: UInt64) throws {
        let catalog = AlgorithmCatalog()
        var random = Seeded(seed)
        let weights = (0..<8).map { _ in Double(random.below(1000)) + 0.5 }
        let starts: [any ExecutionAlgorithm] = [
            MarketOrder(),
            try TimeWeighted(
                quantity: Quantity(97),
                lot: Quantity(1),
                start: Bench.start,
                duration: .seconds(600),
                slices: 10,
                catchUp: .burst(maximumSlices: 2)
            ),
            try VolumeWeighted(
                quantity: Quantity(97),
                lot: Quantity(1),
                start: Bench.start,
                bucket: .seconds(60),
                weights: weights,
                end: Bench.minute(8)
            ),
        ]
        for start in starts {
            var (stays, moves) = (start, start)
            var bench = Bench(Quantity(97))
            for step in 0..<30 {
                moves = try catalog.restore(try catalog.snapshot(moves))
                let events: [AlgorithmEvent] = [
                    step == 0 ? .started : .timer, .resumed, .childClosed(ClientOrderID(unchecked: "sx"), .expired),
                    .refused(code: "x"), .paused, .timer,
                ]
                let event = step == 0 ? events[0] : events[random.below(6)]
                bench.now = Bench.start + .seconds(20 * step + random.below(20))
                let (expected, found) = (Self.actions(&stays, event, bench), Self.actions(&moves, event, bench))
                #expect(expected == found, "seed \(seed), step \(step)")
                bench.open += expected.asked
                if random.below(2) == 0 { bench.fill(bench.open) } else if random.below(3) == 0 { bench.lose() }
            }
            #expect(try catalog.snapshot(stays) == catalog.snapshot(moves))
        }
    }

    private static func actions(
        _ algorithm: inout any ExecutionAlgorithm,
        _ event: AlgorithmEvent,
        _ bench: Bench
    ) -> [AlgorithmAction] {
        var buffer = ActionBuffer()
        algorithm.handle(event, bench.context, into: &buffer)
        return buffer.actions
    }

    @Test("A schedule that was stored slice by slice is read as well")
    func storedSliceBySlice() throws {
        let catalog = AlgorithmCatalog()
        let plan = try TimeWeighted(
            quantity: Quantity(3),
            lot: Quantity(1),
            start: Bench.start,
            duration: .seconds(30),
            slices: 2
        )
        let state = try catalog.snapshot(plan).state
        let text = plan.schedule.slices.map { "{\"due\":\"\($0.due)\",\"quantity\":\"\($0.quantity)\"}" }
        let words = plan.schedule.slices.map { "\($0.quantity.units)@\($0.due.nanoseconds)" }
        let compact = try #require(state.firstMatch(of: /"plan":"[^"]*"/)).output
        for before in ["\"slices\":[\(text.joined(separator: ","))]", "\"plan\":\"\(words.joined(separator: " "))\""] {
            let stored = state.replacing(compact, with: before)
            #expect(stored != state && stored.count > state.count)
            let restored = try catalog.restore(AlgorithmSnapshot(kind: "TimeWeighted", version: 1, state: stored))
            #expect(try catalog.snapshot(restored).state == state)
        }
    }

    @Test("Any plan reads back as it was, and an even one is a few words", arguments: UInt64(0)..<50)
    func plans(seed: UInt64) throws {
        var random = Seeded(seed)
        var due = Bench.start.nanoseconds + Int64(random.below(1_000_000_000))
        let slices = (0..<random.below(40)).map { _ in
            due += Int64(1 + random.below(3)) * 60_000_000_000
            return Slice(
                due: Timestamp(nanoseconds: due),
                quantity: Quantity(units: Int64(1 + random.below(3)))
            )
        }
        let schedule = SliceSchedule(slices: slices, end: Timestamp(nanoseconds: due), catchUp: .spread)
        let read = try JSONDecoder().decode(SliceSchedule.self, from: try JSONEncoder().encode(schedule))
        #expect(read == schedule)
        let even = try TimeWeighted(
            quantity: Quantity(3900),
            lot: Quantity(1),
            start: Bench.start,
            duration: .seconds(390 * 60),
            slices: 390
        )
        #expect(try AlgorithmCatalog().snapshot(even).state.count < 200)
    }

    @Test(
        "A plan that no program wrote is refused",
        arguments: ["1", "2*1+5", "1@0 1", "1@0 1*1+5", "1@0 x+5", "1@0 1+5+5", "1@0 1+9223372036854775807 1"]
    )
    func noPlan(_ plan: String) throws {
        let schedule = SliceSchedule(slices: [], end: Bench.start, catchUp: .spread)
        let text = String(decoding: try JSONEncoder().encode(schedule), as: UTF8.self)
            .replacing("\"plan\":\"\"", with: "\"plan\":\"\(plan)\"")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(SliceSchedule.self, from: Data(text.utf8)) }
    }

    @Test("A snapshot that cannot be read says why")
    func undecodable() throws {
        let catalog = AlgorithmCatalog()
        let good = try catalog.snapshot(MarketOrder())
        #expect(throws: AlgorithmSnapshotError.unknownKind("Sniper")) {
            try catalog.restore(AlgorithmSnapshot(kind: "Sniper", version: 1, state: good.state))
        }
        #expect(throws: AlgorithmSnapshotError.otherVersion(kind: "MarketOrder", stored: 2, known: 1)) {
            try catalog.restore(AlgorithmSnapshot(kind: "MarketOrder", version: 2, state: good.state))
        }
        #expect(throws: AlgorithmSnapshotError.self) {
            try catalog.restore(AlgorithmSnapshot(kind: "MarketOrder", version: 1, state: "{}"))
        }
    }

    @Test("Draws depend on seed, parent, event and number alone, and spread evenly")
    func counterRandom() {
        let source = CounterRandom(seed: 7, parent: "p", event: 3)
        #expect(source.bits(5) == CounterRandom(seed: 7, parent: "p", event: 3).bits(5))
        let others = [
            CounterRandom(seed: 8, parent: "p", event: 3), CounterRandom(seed: 7, parent: "q", event: 3),
            CounterRandom(seed: 7, parent: "p", event: 4), CounterRandom(seed: 7, parent: "p", event: -3),
        ]
        #expect(Set(others.map { $0.bits(5) } + [source.bits(5), source.bits(6)]).count == 6)
        let draws = (0..<20_000).map { source.uniform($0) }
        #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
        let mean = draws.reduce(0, +) / 20_000
        // Five standard errors of a uniform mean: 5 × 0.2887 ÷ √20000.
        #expect((mean - 0.5).magnitude < 0.0102)
    }
}
