import ExecutionAlgorithms
import Testing
import TradingDomain

@Suite("Catching up with a schedule")
struct SliceScheduleTests {
    /// Ten slices of 10, one a minute.
    private func plan(_ catchUp: CatchUpPolicy = .spread, quantity: Int = 100) throws -> TimeWeighted {
        try TimeWeighted(
            quantity: Quantity(quantity),
            lot: Quantity(1),
            start: Bench.start,
            duration: .seconds(600),
            slices: 10,
            catchUp: catchUp
        )
    }

    @Test("On time, every slice goes out at its time and the order ends with its last fill")
    func onTime() throws {
        var (bench, twap) = (Bench(Quantity(100)), try plan())
        for minute in 0..<10 {
            let actions = bench.tell(minute == 0 ? .started : .timer, &twap, at: Bench.minute(minute))
            #expect(actions.asked == Quantity(10))
            if minute < 9 { #expect(actions.wake == Bench.minute(minute + 1)) }
            bench.fill(Quantity(10))
            let after = bench.tell(
                .filled(ClientOrderID(unchecked: "sx"), Quantity(10)),
                &twap,
                at: Bench.minute(minute)
            )
            #expect(after.ends == (minute == 9 ? "filled" : nil))
        }
    }

    @Test("A timer that is late sends its slice and no more")
    func lateTimer() throws {
        var (bench, twap) = (Bench(Quantity(100)), try plan())
        _ = bench.tell(.started, &twap, at: Bench.start)
        let actions = bench.tell(.timer, &twap, at: Bench.minute(1) + .seconds(20))
        #expect(actions.asked == Quantity(10))
        #expect(actions.wake == Bench.minute(2))
    }

    @Test("A timer that is early sends nothing")
    func earlyTimer() throws {
        var (bench, twap) = (Bench(Quantity(100)), try plan())
        _ = bench.tell(.started, &twap, at: Bench.start)
        let actions = bench.tell(.timer, &twap, at: Bench.start + .seconds(30))
        #expect(actions.asked == .zero)
        #expect(actions.wake == Bench.minute(1))
    }

    @Test(
        "After an outage of four slices, what was missed goes by the policy",
        arguments: [
            // Slices 2 to 5 were missed and 6 is due: 40 over the five slices from 6 on are 8 more each.
            (CatchUpPolicy.spread, 18, 100),
            (.skip, 10, 60),
            (.burst(maximumSlices: 2), 30, 100),
            (.burst(maximumSlices: 0), 10, 60),
        ]
    )
    func outage(policy: CatchUpPolicy, first: Int, total: Int) throws {
        var (bench, twap) = (Bench(Quantity(100)), try plan(policy))
        _ = bench.tell(.started, &twap, at: Bench.start)
        bench.fill(Quantity(10))
        let actions = bench.tell(.resumed, &twap, at: Bench.minute(5) + .seconds(1))
        #expect(actions.asked == Quantity(first))
        bench.fill(actions.asked)
        for minute in 6..<10 {
            let asked = bench.tell(.timer, &twap, at: Bench.minute(minute)).asked
            #expect(asked <= Quantity(30))
            bench.fill(asked)
        }
        #expect(bench.filled == Quantity(total) || policy == .burst(maximumSlices: 0))
    }

    @Test(
        "An outage over the last slice never dumps what was missed at once",
        arguments: [CatchUpPolicy.spread, .burst(maximumSlices: 1), .burst(maximumSlices: .max)],
        [9 * 60 + 1, 9 * 60 + 30, 9 * 60 + 59]
    )
    func outageToTheEnd(policy: CatchUpPolicy, second: Int) throws {
        var (bench, twap) = (Bench(Quantity(100)), try plan(policy))
        _ = bench.tell(.started, &twap, at: Bench.start)
        bench.fill(Quantity(10))
        let actions = bench.tell(.resumed, &twap, at: Bench.start + .seconds(second))
        guard policy != .burst(maximumSlices: .max) else {
            #expect(actions.asked == Quantity(90))
            return
        }
        #expect(actions.asked > .zero && actions.asked <= Quantity(20))
    }

    @Test("Nothing is sent at or after the end, and the schedule ends there")
    func afterTheEnd() throws {
        for late in [0, 1, 3600] {
            var (bench, twap) = (Bench(Quantity(100)), try plan())
            _ = bench.tell(.started, &twap, at: Bench.start)
            bench.fill(Quantity(10))
            let actions = bench.tell(.resumed, &twap, at: Bench.minute(10) + .seconds(late))
            #expect(actions.asked == .zero)
            #expect(actions.ends == "schedule ended")
        }
    }

    @Test("What children lose is made up for within the time left, in bounded pieces")
    func lostChildren() throws {
        var (bench, twap) = (Bench(Quantity(100)), try plan())
        var asked = bench.tell(.started, &twap, at: Bench.start).asked
        for minute in 1..<10 {
            if minute % 3 == 0 { bench.lose() } else { bench.fill(asked) }
            asked = bench.tell(.timer, &twap, at: Bench.minute(minute)).asked
            #expect(asked <= Quantity(20))
        }
        bench.fill(asked)
        bench.fill(bench.tell(.timer, &twap, at: Bench.minute(9) + .seconds(30)).asked)
        #expect(bench.filled == Quantity(100))
    }

    @Test("After the last slice tries are few, bounded, and end with the schedule")
    func retries() throws {
        var (bench, twap) = (Bench(Quantity(100)), try plan())
        var next: Timestamp? = Bench.start
        var tries = 0
        var event = AlgorithmEvent.started
        while let time = next {
            #expect(time <= Bench.minute(10) + .seconds(1))
            let actions = bench.tell(event, &twap, at: time)
            if actions.asked > .zero { tries += 1 }
            #expect(actions.asked <= Quantity(20))
            bench.lose()
            let closed = bench.tell(.childClosed(ClientOrderID(unchecked: "sx"), .rejected), &twap, at: time)
            next = actions.ends ?? closed.ends == nil ? actions.wake : nil
            event = .timer
        }
        #expect(bench.filled == .zero)
        #expect((11...30).contains(tries), "\(tries) tries")
    }

    @Test("An open child keeps the schedule from sending its quantity again")
    func openChild() throws {
        var (bench, twap) = (Bench(Quantity(100)), try plan())
        for minute in 0..<10 { _ = bench.tell(minute == 0 ? .started : .timer, &twap, at: Bench.minute(minute)) }
        #expect(bench.open == Quantity(100))
        #expect(bench.tell(.timer, &twap, at: Bench.minute(9) + .seconds(30)).asked == .zero)
    }

    @Test("A cancel ends it, and nothing wakes it")
    func cancelled() throws {
        var (bench, twap) = (Bench(Quantity(100)), try plan())
        _ = bench.tell(.started, &twap, at: Bench.start)
        #expect(bench.tell(.cancelRequested, &twap, at: Bench.start).ends == "cancelled")
        #expect(bench.tell(.timer, &twap, at: Bench.minute(1)).isEmpty)
        #expect(bench.tell(.resumed, &twap, at: Bench.minute(2)).ends == "schedule ended")
    }

    @Test(
        "Whatever happens, the order gets whole lots, never more than is left, and ends by its end",
        arguments: UInt64(0)..<300
    )
    func anyWorld(seed: UInt64) throws {
        var random = Seeded(seed)
        let lot = [Quantity(1), Quantity(units: 1_000_000), Quantity(units: 1), Quantity(100)][random.below(4)]
        let quantity = Quantity(units: lot.units * Int64(1 + random.below(500)))
        let policies = [CatchUpPolicy.spread, .skip, .burst(maximumSlices: random.below(4))]
        var bench = Bench(quantity, lot: lot)
        var twap = try TimeWeighted(
            quantity: quantity,
            lot: lot,
            start: Bench.start,
            duration: .seconds(600),
            slices: 1 + random.below(20),
            catchUp: policies[random.below(3)]
        )
        let largest = try #require(twap.schedule.slices.map(\.quantity.units).max())
        var event = AlgorithmEvent.started
        var time = Bench.start
        for _ in 0..<400 {
            let before = bench.open
            let actions = bench.tell(event, &twap, at: time)
            let asked = actions.asked
            #expect(asked.rounded(toLot: lot) == asked, "seed \(seed)")
            #expect(bench.filled + before + asked <= quantity, "seed \(seed)")
            #expect(asked.isZero || time < Bench.minute(10), "seed \(seed): sent at \(time)")
            if case .spread = twap.schedule.catchUp { #expect(asked.units <= 2 * largest, "seed \(seed)") }
            if actions.ends != nil { return }
            switch random.below(4) {
            case 0: bench.lose()
            case 1, 2: bench.fill(bench.open)
            default: bench.fill(Quantity(units: bench.open.units / lot.units / 2 * lot.units))
            }
            if bench.tell(.childClosed(ClientOrderID(unchecked: "sx"), .expired), &twap, at: time).ends != nil {
                return
            }
            // Timers come when asked for, or late, by up to four minutes.
            let late = random.below(5) == 0 ? random.below(240) : 0
            time = max(actions.wake ?? Bench.minute(10), time) + .seconds(late)
            event = random.below(6) == 0 ? .resumed : .timer
            if time >= Bench.minute(11) { bench.lose() }
        }
        Issue.record("seed \(seed): no end")
    }
}
