import ExecutionAlgorithms
import Testing
import TradingDomain

@Suite("Plans of TWAP and VWAP")
struct PlanTests {
    @Test("Slices start where the reference says")
    func times() throws {
        let cases = try GoldenSchedule.cases("twap_times")
        #expect(cases.count == 4)
        for golden in cases {
            let slices = Int(try golden.integer("slices"))
            let seconds = try #require((golden.inputs["duration"] as? Double))
            let plan = try TimeWeighted(
                quantity: Quantity(slices * 10),
                lot: Quantity(1),
                start: Bench.start,
                duration: .nanoseconds(Int64(seconds * 1e9)),
                slices: slices
            )
            let offsets = plan.schedule.slices.map { ($0.due - Bench.start).seconds }
            let expected = try golden.expectedNumbers("start_offsets")
            #expect(offsets.count == expected.count)
            for (offset, wanted) in zip(offsets, expected) {
                #expect((offset - wanted).magnitude <= 1e-9 + 1e-12 * wanted, "\(golden.id)")
            }
        }
    }

    @Test("With lot 0.01, 100 over 30 is 3.33 or 3.34 (AL-13)")
    func fractionalLots() throws {
        let plan = try TimeWeighted(
            quantity: Quantity(100),
            lot: Quantity(units: 1_000_000),
            start: Bench.start,
            duration: .seconds(1800),
            slices: 30
        )
        let sizes = plan.schedule.slices.map(\.quantity)
        #expect(sizes.count == 30)
        #expect(Set(sizes) == [Quantity(units: 333_000_000), Quantity(units: 334_000_000)])
        #expect(sizes.reduce(.zero, +) == Quantity(100))
    }

    @Test("Never more slices than lots", arguments: [1, 2, 3, 7])
    func fewLots(count: Int) throws {
        let plan = try TimeWeighted(
            quantity: Quantity(count),
            lot: Quantity(1),
            start: Bench.start,
            duration: .seconds(1800),
            slices: 10
        )
        #expect(plan.schedule.slices.count == count)
        #expect(plan.schedule.slices.allSatisfy { $0.quantity == Quantity(1) })
        #expect(plan.schedule.slices.first?.due == Bench.start)
    }

    @Test("Buckets without volume send nothing, and the rest sums to the order")
    func volumeWeighted() throws {
        let plan = try VolumeWeighted(
            quantity: Quantity(100),
            lot: Quantity(10),
            start: Bench.start,
            bucket: .seconds(300),
            weights: [0.5, 0, 0.1, 0.4],
            end: Bench.minute(18)
        )
        #expect(plan.schedule.slices.map(\.quantity) == [Quantity(50), Quantity(10), Quantity(40)])
        #expect(plan.schedule.slices.map(\.due) == [Bench.start, Bench.minute(10), Bench.minute(15)])
        #expect(plan.schedule.end == Bench.minute(18))
    }

    @Test("No weight at all is no plan")
    func noWeights() {
        for weights in [[], [0, 0]] as [[Double]] {
            #expect(throws: ApportionmentError.self) {
                try VolumeWeighted(
                    quantity: Quantity(100),
                    lot: Quantity(1),
                    start: Bench.start,
                    bucket: .seconds(300),
                    weights: weights,
                    end: Bench.minute(10)
                )
            }
        }
    }
}
