import ExecutionAlgorithms
import Testing
import TradingDomain

@Suite("Whole lots over slices")
struct ApportionmentTests {
    @Test("Largest remainder gives the reference allocation")
    func largestRemainder() throws {
        let cases = try GoldenSchedule.cases("largest_remainder")
        #expect(cases.count == 17)
        for golden in cases {
            let shares = try Apportionment.largestRemainder(golden.integer("Q"), over: golden.integers("weights"))
            #expect(shares == (try golden.expectedIntegers("alloc")), "\(golden.id)")
        }
    }

    @Test("Cumulative rounding gives the reference allocation")
    func cumulative() throws {
        let cases = try GoldenSchedule.cases("cumulative_rounding")
        #expect(cases.count == 17)
        for golden in cases {
            let shares = try Apportionment.cumulative(golden.integer("Q"), over: golden.integers("weights"))
            #expect(shares == (try golden.expectedIntegers("alloc")), "\(golden.id)")
        }
    }

    @Test("An odd rest goes to the last slice with weight")
    func lots() throws {
        let cases = try GoldenSchedule.cases("largest_remainder_lots")
        #expect(cases.count == 3)
        for golden in cases {
            let shares = try Apportionment.largestRemainder(
                Quantity(units: golden.integer("Q")),
                lot: Quantity(units: golden.integer("lot")),
                over: golden.integers("weights")
            )
            #expect(shares.map(\.units) == (try golden.expectedIntegers("alloc")), "\(golden.id)")
        }
    }

    @Test("Input without an answer is refused by both ways")
    func errors() throws {
        let cases = try GoldenSchedule.cases("largest_remainder_error")
        #expect(cases.count == 4)
        for golden in cases {
            let (lots, weights) = (try golden.integer("Q"), try golden.integers("weights"))
            #expect(throws: ApportionmentError.self, "\(golden.id)") {
                try Apportionment.largestRemainder(lots, over: weights)
            }
            #expect(throws: ApportionmentError.self, "\(golden.id)") {
                try Apportionment.cumulative(lots, over: weights)
            }
        }
    }

    @Test("A learned volume profile gives the reference VWAP allocation")
    func realWeights() throws {
        let cases = try GoldenSchedule.cases("vwap_schedule_real_weights")
        #expect(cases.count == 5)
        for golden in cases {
            let weights = try Apportionment.whole(golden.numbers("weights"))
            let shares = try Apportionment.largestRemainder(golden.integer("Q"), over: weights)
            #expect(shares == (try golden.expectedIntegers("alloc")), "\(golden.id)")
        }
    }

    @Test("Shares sum exactly, none is negative, and none is a lot away from its quota", arguments: UInt64(0)..<200)
    func sums(seed: UInt64) throws {
        var random = Seeded(seed)
        let weights = (0..<random.below(40) + 1).map { _ in Int64(random.below(1_000_000)) }
        let lots = Int64(random.below(10_000_000))
        let total = weights.reduce(0, +)
        guard total > 0 else { return }
        for shares in [
            try Apportionment.cumulative(lots, over: weights), try Apportionment.largestRemainder(lots, over: weights),
        ] {
            #expect(shares.reduce(0, +) == lots)
            #expect(shares.count == weights.count)
            for (share, weight) in zip(shares, weights) {
                let off = Int128(share) * Int128(total) - Int128(lots) * Int128(weight)
                #expect(share >= 0 && off.magnitude <= Int128(total).magnitude, "seed \(seed)")
                #expect(weight > 0 || share == 0)
            }
        }
    }

    @Test(
        "Weights that are no weights are refused",
        arguments: [[1, -0.5], [.nan, 1], [.infinity, 1], [1, -.infinity]] as [[Double]]
    )
    func weights(_ weights: [Double]) {
        #expect(throws: ApportionmentError.self) { try Apportionment.whole(weights) }
    }
}
