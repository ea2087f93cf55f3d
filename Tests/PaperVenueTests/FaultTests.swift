import TradingDomain
import YAMLNodes
import Testing

@testable import PaperVenue

@Suite("Faults")
struct FaultTests {
    private let start = Timestamp(nanoseconds: 1_795_219_200_000_000_000)

    private func plan(_ rules: FaultRule..., seed: UInt64 = 1) -> FaultPlan {
        var plan = FaultPlan(seed: seed)
        plan.add(rules, at: start)
        return plan
    }

    @Test("A rule for the next two hits two and no more")
    func nextTwo() {
        var plan = plan(FaultRule(.unknownExecuted, next: 2))
        let hits = (0..<4).map { _ in plan.fault(on: .place, "symbol=BTCUSDT", at: start)?.kind }
        #expect(hits == [.unknownExecuted, .unknownExecuted, nil, nil])
        #expect(plan.lines(at: start).map(\.hits) == [2])
    }

    @Test("A window begins and ends where it says, counted from when the rule was given")
    func window() {
        var plan = plan(FaultRule(.rateLimited, fromMilliseconds: 1000, untilMilliseconds: 3000))
        let hits = [0, 999, 1000, 2999, 3000].map { milliseconds in
            plan.fault(on: .place, "", at: start + .milliseconds(milliseconds)) != nil
        }
        #expect(hits == [false, false, true, true, false])
    }

    @Test("Rules tell requests apart by class and text")
    func choosing() {
        var plan = plan(
            FaultRule(.cutExecuted, classes: [.cancel]),
            FaultRule(.dropAnswer, classes: [.place], containing: "newClientOrderId=sx-")
        )
        #expect(plan.fault(on: .place, "newClientOrderId=web-1", at: start) == nil)
        #expect(plan.fault(on: .place, "newClientOrderId=sx-1", at: start)?.kind == .dropAnswer)
        #expect(plan.fault(on: .cancel, "", at: start)?.kind == .cutExecuted)
        #expect(plan.fault(on: .query, "newClientOrderId=sx-1", at: start) == nil)
    }

    @Test("Throttling lets orders pass that only reduce")
    func throttling() {
        var plan = plan(FaultRule(.throttled))
        #expect(plan.fault(on: .place, "symbol=BTCUSDT&reduceOnly=true", at: start) == nil)
        #expect(plan.fault(on: .cancel, "symbol=BTCUSDT", at: start) == nil)
        #expect(plan.fault(on: .place, "symbol=BTCUSDT", at: start)?.kind == .throttled)
    }

    @Test("A chance comes up as often as it says, and the same for the same seed", arguments: UInt64(0)..<20)
    func chance(seed: UInt64) {
        func hits() -> [Bool] {
            var plan = plan(FaultRule(.unavailable, probability: 0.2), seed: seed)
            return (0..<2000).map { _ in plan.fault(on: .place, "", at: start) != nil }
        }
        let first = hits()
        #expect(first == hits())
        // Five standard deviations of 2000 draws.
        #expect((310...490).contains(first.count { $0 }))
    }

    @Test("Moments come once, and windows shift the clock while they last")
    func venueFaults() {
        var plan = plan(
            FaultRule(.disconnectStreams, fromMilliseconds: 500),
            FaultRule(.clockSkew, untilMilliseconds: 2000, shiftMilliseconds: 1500),
            FaultRule(.streamsDown, fromMilliseconds: 1000, untilMilliseconds: 2000)
        )
        #expect(plan.takeMoments(at: start) == [])
        #expect(plan.takeMoments(at: start + .milliseconds(500)) == [.disconnectStreams])
        #expect(plan.takeMoments(at: start + .milliseconds(501)) == [])
        #expect(plan.skew(at: start) == .milliseconds(1500))
        #expect(plan.skew(at: start + .seconds(2)) == .zero)
        #expect(!plan.isOpen(.streamsDown, at: start))
        #expect(plan.isOpen(.streamsDown, at: start + .seconds(1)))
    }

    @Test(
        "Requests are sorted by method and path",
        arguments: [
            ("POST", "/fapi/v1/order", RequestClass.place), ("PUT", "/fapi/v1/order", .modify),
            ("DELETE", "/fapi/v1/order", .cancel), ("GET", "/fapi/v1/order", .query),
            ("POST", "/fapi/v1/batchOrders", .place), ("DELETE", "/fapi/v1/allOpenOrders", .cancel),
            ("POST", "/fapi/v1/countdownCancelAll", .cancel), ("GET", "/fapi/v1/userTrades", .query),
            ("GET", "/fapi/v2/account", .account), ("POST", "/fapi/v1/listenKey", .listenKey),
            ("GET", "/fapi/v1/depth", .market), ("GET", "/fapi/v1/ticker/bookTicker", .market),
            ("POST", "/fapi/v1/leverage", .account),
        ]
    )
    func classes(_ method: String, _ path: String, _ wanted: RequestClass) {
        #expect(RequestClass(method: method, path: path) == wanted)
    }

    @Test("A schedule is read whole")
    func reading() throws {
        let diagnostics = Diagnostics()
        let text = """
            seed: 7
            faults:
              - fault: unknown-executed
                on: [place, modify]
                probability: 10%
                next: 3
              - fault: clock-skew
                from: 10s
                for: 5s
                shift_ms: -2500
              - fault: delay-answer
                on: [cancel]
                containing: sx-
                delay: 250ms
                until: 2m
            """
        let schedule = FaultSchedule.read(bytes: Array(text.utf8), name: "f.yaml", into: diagnostics)
        #expect(diagnostics.sorted.rendered == "")
        #expect(
            schedule
                == FaultSchedule(
                    seed: 7,
                    rules: [
                        FaultRule(.unknownExecuted, classes: [.place, .modify], next: 3, probability: 0.1),
                        FaultRule(
                            .clockSkew,
                            fromMilliseconds: 10_000,
                            untilMilliseconds: 15_000,
                            shiftMilliseconds: -2500
                        ),
                        FaultRule(
                            .delayAnswer,
                            classes: [.cancel],
                            containing: "sx-",
                            untilMilliseconds: 120_000,
                            delayMilliseconds: 250
                        ),
                    ]
                )
        )
    }

    @Test(
        "What is wrong with a schedule is told with its place",
        arguments: [
            ("faults:\n  - fault: unknown-exected\n", "f.yaml:2:12"),
            ("faults:\n  - fault: banned\n    probability: 120%\n", "f.yaml:3:5"),
            ("faults:\n  - fault: banned\n    until: 1s\n    from: 2s\n", "f.yaml:3:5"),
            ("faults:\n  - fault: banned\n    until: 1s\n    for: 2s\n", "f.yaml:4:5"),
            ("faults:\n  - fault: drop-events\n    on: [place]\n", "f.yaml:3:5"),
            ("faults:\n  - fault: clock-skew\n    for: 2s\n", "f.yaml:2:5"),
            ("faults:\n  - fault: banned\n    chance: 10%\n", "f.yaml:3:5"),
            ("seed: 7\n", "f.yaml:1:1"),
        ]
    )
    func findings(_ text: String, _ place: String) {
        let diagnostics = Diagnostics()
        #expect(FaultSchedule.read(bytes: Array(text.utf8), name: "f.yaml", into: diagnostics) == nil)
        #expect(diagnostics.sorted.map(\.range.place) == [place])
    }

    @Test("Every kind has a scope, and those that execute are those that say so")
    func kinds() {
        let executing = FaultKind.allCases.filter(\.executes)
        #expect(
            executing == [
                .dropAnswer, .delayAnswer, .delayRequest, .unknownExecuted, .cutExecuted, .timeoutExecuted,
            ]
        )
        #expect(executing.allSatisfy { $0.scope == .requests })
    }
}
