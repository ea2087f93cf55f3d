import ExecutionAlgorithms
import ExecutionEngine
import MarketData
import Testing
import TradingDomain

@Suite("Learned routing (RO-3)")
struct OptimizerTests {
    private static func sample(
        _ algorithm: AlgorithmName,
        cost: Double,
        state: String = "normal",
        bucket: SizeBucket = .medium,
        fillRate: Double = 1,
        at second: Int = 0
    ) -> ExecutionSample {
        ExecutionSample(
            algorithm: algorithm,
            marketState: state,
            bucket: bucket,
            fillRate: fillRate,
            slippageBps: cost,
            costBps: cost,
            endedAt: Sample.at(second)
        )
    }

    private static func samples(_ algorithm: AlgorithmName, _ count: Int, cost: Double) -> [ExecutionSample] {
        (0..<count).map { _ in sample(algorithm, cost: cost) }
    }

    private static let predicted: [AlgorithmName: Double] = [
        .twapStandard: 4, .adaptive: 4.5, .liquidityAware: 5.9, .implementationShortfall: 6.1,
    ]

    private func optimal(
        _ samples: [ExecutionSample],
        urgency: Urgency = .medium,
        size: Double? = 0.3,
        predicted: [AlgorithmName: Double] = predicted,
        draw: Double = 0.9,
        which: Double = 0
    ) -> ExecutionStrategyOptimizer.Optimal {
        ExecutionStrategyOptimizer(routes: LearnedRoutes(from: samples, at: Sample.at(100))).getOptimalStrategy(
            marketState: "normal",
            sizeToMinuteVolume: size,
            urgency: urgency,
            predicted: predicted,
            draws: (draw, which)
        )
    }

    @Test("Nothing learned, or too little, falls back to the urgency's own", arguments: Urgency.allCases)
    func fallback(urgency: Urgency) {
        let own = UrgencyRoute.route(for: urgency).algorithm
        #expect(optimal([], urgency: urgency).algorithm == own)
        #expect(optimal([], urgency: urgency, size: nil).algorithm == own)
        #expect(optimal([], urgency: urgency, size: .nan).algorithm == own)
        let nine = UrgencyRouter.allowed(for: urgency).flatMap { Self.samples($0, 9, cost: -50) }
        #expect(optimal(nine, urgency: urgency).algorithm == own)
    }

    @Test("Ten samples that came cheaper win, in the same market state and size alone")
    func learns() {
        let cheaper = Self.samples(.adaptive, 10, cost: 1) + Self.samples(.twapStandard, 10, cost: 3)
        let found = optimal(cheaper)
        #expect(found.algorithm == .adaptive && !found.isTrial)
        #expect(found.reason.contains("1 bps over 10 past orders in a normal market, size medium, against 3 bps"))
        #expect(optimal(cheaper, size: 0.05).algorithm == .twapStandard)
        let dearer = Self.samples(.adaptive, 10, cost: 4) + Self.samples(.twapStandard, 10, cost: 3)
        #expect(optimal(dearer).algorithm == .twapStandard)
    }

    @Test("Without samples of the urgency's own, its prediction is the one to beat")
    func unknownOwn() {
        #expect(optimal(Self.samples(.adaptive, 10, cost: 3.9)).algorithm == .adaptive)
        #expect(optimal(Self.samples(.adaptive, 10, cost: 4.1)).algorithm == .twapStandard)
        #expect(optimal(Self.samples(.adaptive, 10, cost: 1), predicted: [:]).algorithm == .twapStandard)
    }

    @Test("What the urgency does not allow, or does not fill, is never taken")
    func bounds() {
        let outside = Self.samples(.vwap, 100, cost: -20) + Self.samples(.limit, 100, cost: -20)
        #expect(optimal(outside).algorithm == .twapStandard)
        let unfilled = (0..<20).map { _ in Self.sample(.adaptive, cost: -5, fillRate: 0.9) }
        #expect(optimal(unfilled).algorithm == .twapStandard)
    }

    @Test("A small share of orders tries what is little known, within the bound")
    func explores() {
        let trial = optimal([], draw: 0.01)
        #expect(trial.isTrial && trial.algorithm == .adaptive)
        #expect(optimal([], draw: 0.01, which: 0.99).algorithm == .liquidityAware, "6.1 is above 1.5 × 4")
        #expect(!optimal([], draw: 0.05).isTrial)
        #expect(!optimal([], predicted: [:], draw: 0).isTrial)
        #expect(!optimal([], predicted: Self.predicted.mapValues { $0 + 10 }, draw: 0).isTrial, "above 10 bps")
        let known = Self.samples(.adaptive, 10, cost: 9) + Self.samples(.liquidityAware, 10, cost: 9)
        #expect(!optimal(known, draw: 0).isTrial)
        #expect(!optimal([], urgency: .critical, predicted: [.market: 1, .aggressive: 1], draw: 0).isTrial)
    }

    @Test(
        "Over many orders trials keep to their share, the allowed and the bound",
        arguments: [Urgency.high, .medium, .low]
    )
    func share(urgency: Urgency) {
        let allowed = UrgencyRouter.allowed(for: urgency)
        let predicted = Dictionary(uniqueKeysWithValues: allowed.enumerated().map { ($1, 3 + Double($0)) })
        var trials = 0
        for order in 0..<5000 {
            let random = CounterRandom(seed: 7, parent: "order-\(order)", event: 0)
            let found = optimal(
                [],
                urgency: urgency,
                predicted: predicted,
                draw: random.uniform(0),
                which: random.uniform(1)
            )
            #expect(allowed.contains(found.algorithm))
            guard found.isTrial else { continue }
            trials += 1
            #expect(predicted[found.algorithm].map { $0 <= 4.5 } == true)
        }
        #expect((200...300).contains(trials), "\(trials) of 5000 at 5 %")
    }

    @Test("Learning looks at nothing later than now, and its table is the same for the same samples in any order")
    func learning() throws {
        let samples = (0..<30).map { Self.sample(.adaptive, cost: Double($0), at: $0 * 10) }
        let routes = LearnedRoutes(from: samples, at: Sample.at(100))
        #expect(routes.cells.map(\.samples) == [11])
        #expect(routes.cells.first?.costBps == 5)
        #expect(LearnedRoutes(from: samples.reversed(), at: Sample.at(100)).cells.map(\.samples) == [11])
        #expect(!routes.isOld(at: Sample.at(100 + 86_399)) && routes.isOld(at: Sample.at(100 + 86_400)))
    }

    @Test("A sample is the shortfall of the whole order: what filled, its fees, and what was missed")
    func shortfall() throws {
        let made = ExecutionSample.make(
            algorithm: .twap,
            marketState: "normal",
            bucket: .small,
            side: .sell,
            fillRate: 0.75,
            arrival: 100,
            average: 99.9,
            end: 99.6,
            feesBps: 2,
            endedAt: Sample.open
        )
        let sample = try #require(made)
        #expect((sample.slippageBps - 10).magnitude < 1e-9)
        #expect((sample.costBps - (0.75 * 12 + 0.25 * 40)).magnitude < 1e-9)
        for arrival in [0, -1, Double.nan] {
            let none = ExecutionSample.make(
                algorithm: .twap,
                marketState: "normal",
                bucket: .small,
                side: .buy,
                fillRate: 1,
                arrival: arrival,
                average: 1,
                end: nil,
                feesBps: 0,
                endedAt: Sample.open
            )
            #expect(none == nil)
        }
    }

    @Test(
        "Size buckets",
        arguments: [
            (0.0, "small"), (0.0999, "small"), (0.1, "medium"), (0.5, "medium"), (0.51, "large"), (5, "large"),
            (5.1, "huge"),
        ]
    )
    func buckets(size: Double, name: String) {
        #expect(SizeBucket(sizeToMinuteVolume: size).rawValue == name)
    }
}

/// A history in memory that counts what is asked of it.
actor MemoryHistory: RoutingHistory {
    private(set) var saved: [LearnedRoutes] = []
    private let past: [ExecutionSample]

    init(_ past: [ExecutionSample]) { self.past = past }

    func samples(of account: AccountID, until now: Timestamp) -> [ExecutionSample] { past }
    func learned(of account: AccountID) -> LearnedRoutes? { saved.last }
    func save(_ routes: LearnedRoutes, _ lease: EngineLease) { saved.append(routes) }
}
