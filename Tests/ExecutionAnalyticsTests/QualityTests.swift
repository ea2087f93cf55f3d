import ExecutionAnalytics
import Foundation
import Testing
import TradingDomain

@Suite("Quality targets")
struct QualityTests {
    private static func judge(
        _ algorithm: AlgorithmName,
        arrival: Double? = 0,
        vwap: Double? = 0,
        shortfall: Double? = 0,
        fillRate: Double = 1,
        seconds: Double? = 0,
        expected: [Double] = []
    ) -> [QualityTarget] {
        QualityTargets.judge(
            .init(
                algorithm: algorithm,
                arrivalSlippageBps: arrival,
                vwapSlippageBps: vwap,
                shortfallBps: shortfall,
                fillRate: fillRate,
                seconds: seconds,
                scheduled: .seconds(300),
                expectedBps: expected
            )
        )
    }

    @Test(
        "Slippage inside the algorithm's range is as expected; outside of it the target of 5 bps decides",
        arguments: [
            (AlgorithmName.market, [5.0, 10.0], 4.99, TargetVerdict.met), (.market, [5, 10], 5, .asExpected),
            (.market, [5, 10], 10, .asExpected), (.market, [5, 10], 10.01, .missed),
            (.twapAggressive, [2, 5], 1.9, .met), (.twapAggressive, [2, 5], 5, .asExpected),
            (.twapAggressive, [2, 5], 5.01, .missed), (.twapStandard, [1, 3], 2, .asExpected),
            (.twapStandard, [1, 3], 3.5, .met), (.twapStandard, [1, 3], 5, .missed), (.vwap, [0.5, 2], -3, .met),
            (.vwap, [0.5, 2], 0.5, .asExpected), (.vwap, [], 6, .missed),
        ]
    )
    func slippage(_ algorithm: AlgorithmName, _ expected: [Double], _ bps: Double, _ verdict: TargetVerdict) {
        let isAtOnce = algorithm == .market
        let target = Self.judge(algorithm, arrival: isAtOnce ? bps : 99, vwap: isAtOnce ? 99 : bps, expected: expected)[
            0
        ]
        #expect(target.verdict == verdict)
        #expect(target.value == bps)
        #expect(target.against == (isAtOnce ? "arrival" : "interval VWAP"))
    }

    @Test(
        "What aims at the price at arrival is held to it; its time is its own schedule's",
        arguments: [
            AlgorithmName.limit, .iceberg, .passive, .aggressive, .implementationShortfall,
        ]
    )
    func heldToArrival(_ algorithm: AlgorithmName) {
        let targets = Self.judge(algorithm, arrival: 1, vwap: 99, seconds: 299, expected: [-2, 5])
        #expect(targets[0].against == "arrival" && targets[0].value == 1 && targets[0].verdict == .asExpected)
        #expect(targets[3].verdict == .met)
        for other in [AlgorithmName.pov, .adaptive, .liquidityAware, AlgorithmName(unchecked: "HALF_NOW")] {
            #expect(Self.judge(other, arrival: 99, vwap: 1)[0].against == "interval VWAP")
        }
    }

    @Test("Shortfall, fill rate and time are met or missed, at their limits missed")
    func others() {
        #expect(Self.judge(.vwap, shortfall: 9.99)[1].verdict == .met)
        #expect(Self.judge(.vwap, shortfall: 10)[1].verdict == .missed)
        #expect(Self.judge(.vwap, fillRate: 0.951)[2].verdict == .met)
        #expect(Self.judge(.vwap, fillRate: 0.95)[2].verdict == .missed)
        #expect(Self.judge(.vwap, seconds: 299)[3].verdict == .met)
        #expect(Self.judge(.vwap, seconds: 300)[3].verdict == .missed)
        #expect(Self.judge(.market, seconds: 0)[3].verdict == .met)
        #expect(Self.judge(.market, seconds: 5)[3].verdict == .missed)
    }

    @Test("What is not known has no verdict")
    func unknown() throws {
        let targets = Self.judge(.vwap, arrival: nil, vwap: nil, shortfall: nil, fillRate: 0, seconds: nil)
        #expect(targets.map(\.verdict) == [nil, nil, .missed, nil])
        let json = try JSONEncoder().encode(targets[0])
        #expect(String(decoding: json, as: UTF8.self).contains("\"verdict\":null"))
        #expect(try JSONDecoder().decode(QualityTarget.self, from: json) == targets[0])
    }
}
