import ExecutionAlgorithms
import Testing
import TradingDomain

private let child = ClientOrderID(unchecked: "sx-aaaaaaaaaaaaaaaa-0000-1")

@Suite("VWAP_DYNAMIC")
struct DynamicVolumeWeightedTests {
    /// Four buckets of a minute with equal volume expected.
    private func plan(_ quantity: Int = 400) throws -> DynamicVolumeWeighted {
        try DynamicVolumeWeighted(
            quantity: Quantity(quantity),
            lot: Quantity(1),
            start: Bench.start,
            bucket: .seconds(60),
            expected: [1000, 1000, 1000, 1000],
            end: Bench.minute(4)
        )
    }

    /// What it asks for in each bucket when the market trades `volumes` in them and fills everything.
    private func asked(_ volumes: [Int], _ change: (inout DynamicVolumeWeighted) -> Void = { _ in }) throws -> [Int] {
        var bench = Bench(Quantity(400))
        var algorithm = try plan()
        change(&algorithm)
        var (volume, sizes) = (7000, [Int]())
        for minute in 0..<4 {
            bench.market = .book(99, 100, volume: volume)
            let size = bench.tell(minute == 0 ? .started : .timer, &algorithm, at: Bench.minute(minute)).asked
            sizes.append(Int(size.units / FixedDecimal.scale))
            bench.fill(bench.open)
            volume += volumes[minute]
        }
        return sizes
    }

    @Test("On a day as expected it is the static plan")
    func asExpected() throws {
        #expect(try asked([1000, 1000, 1000, 1000]) == [100, 100, 100, 100])
    }

    @Test("After a busy start it is ahead, after a quiet one behind; either way by less than the surprise")
    func surprises() throws {
        // ln 1.5 = 0.405: w = ½·exp(−0.405² ÷ 0.5) = 0.3599; R = (1500 + 1439.6) ÷ (1000 + 1439.6) = 1.2050;
        // target (1500 + 1205) ÷ (1500 + 3615) = 0.5288, of which 0.25 is done: 111.5 of 400.
        let busy = try asked([1500, 1000, 1000, 1000])
        #expect(busy[1] == 112 || busy[1] == 111, "\(busy)")
        #expect(busy.reduce(0, +) == 400)
        let quiet = try asked([500, 1000, 1000, 1000])
        #expect(quiet[1] < 100 && quiet[1] > 60, "\(quiet)")
        #expect(quiet.reduce(0, +) == 400)
    }

    @Test("A day that is nothing like the expected one is believed")
    func otherDay() throws {
        // Seven times the volume, as after a split: the prior has faded, and the shape alone counts.
        let sizes = try asked([7000, 7000, 7000, 7000])
        #expect(sizes.allSatisfy { (97...103).contains($0) }, "\(sizes)")
    }

    @Test("Without a volume seen it is the static plan")
    func noVolume() throws { #expect(try asked([0, 0, 0, 0]) == [100, 100, 100, 100]) }

    @Test("A slice is at most four times its planned size")
    func bounded() throws {
        var bench = Bench(Quantity(400))
        var algorithm = try plan()
        bench.market = .book(99, 100, volume: 0)
        _ = bench.tell(.started, &algorithm, at: Bench.start)
        bench.lose()
        bench.market = .book(99, 100, volume: 1_000_000)
        #expect(bench.tell(.timer, &algorithm, at: Bench.minute(1)).asked <= Quantity(400))
        var small = Bench(Quantity(4000))
        var other = try DynamicVolumeWeighted(
            quantity: Quantity(4000),
            lot: Quantity(1),
            start: Bench.start,
            bucket: .seconds(60),
            expected: [Double](repeating: 10, count: 40),
            end: Bench.minute(40)
        )
        small.market = .book(99, 100, volume: 0)
        _ = small.tell(.started, &other, at: Bench.start)
        small.lose()
        // Nothing of 2100 is done after half the time and its volume.
        small.market = .book(99, 100, volume: 200)
        #expect(small.tell(.timer, &other, at: Bench.minute(20)).asked == Quantity(400))
    }

    @Test("An earlier end cuts what is expected, a later one goes on at the last bucket's pace")
    func ends() throws {
        for (minutes, buckets) in [(2, 2), (8, 8)] {
            var bench = Bench(Quantity(400))
            var algorithm = try plan()
            bench.market = .book(99, 100, volume: 0)
            _ = bench.tell(.started, &algorithm, at: Bench.start)
            bench.fill(bench.open)
            let change = ParentAmendment(endTime: Bench.minute(minutes))
            _ = bench.tell(.amended(change), &algorithm, at: Bench.start + .seconds(1))
            #expect(algorithm.expected.count == buckets)
            var total = bench.filled
            for minute in 1..<minutes {
                bench.market = .book(99, 100, volume: 1000 * minute)
                total += bench.tell(.timer, &algorithm, at: Bench.minute(minute)).asked
                bench.fill(bench.open)
            }
            #expect(total == Quantity(400), "\(minutes) min")
        }
    }
}
