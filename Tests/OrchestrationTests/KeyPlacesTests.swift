import Orchestration
import Testing
import TradingDomain
import Workflows

@Suite("Places of concurrency keys")
struct KeyPlacesTests {
    private static func run(_ number: Int, place: Int? = nil, cancelled: Bool = false) -> KeyedRun {
        KeyedRun(run: RunID(unchecked: "r\(number)"), place: place, isCancelled: cancelled)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var limit = 1
        var policy = ConcurrencyDefinition.FullPolicy.queue
        let others: [KeyedRun]
        let decision: KeyPlaces.Decision
    }

    @Test(
        "A new run enters, waits or is skipped",
        arguments: [
            Case(testDescription: "nobody there", others: [], decision: .enter(place: 1)),
            Case(testDescription: "queue", others: [run(1, place: 1)], decision: .wait(cancelling: [])),
            Case(testDescription: "skip", policy: .skip, others: [run(1, place: 1)], decision: .skip),
            Case(
                testDescription: "the lowest free place",
                limit: 3,
                others: [run(1, place: 1), run(2, place: 3)],
                decision: .enter(place: 2)
            ),
            Case(
                testDescription: "nobody overtakes one that waits",
                limit: 2,
                others: [run(1, place: 2), run(2)],
                decision: .wait(cancelling: [])
            ),
            Case(
                testDescription: "a cancelled one that waits is in nobody's way",
                others: [run(2, cancelled: true)],
                decision: .enter(place: 1)
            ),
            Case(
                testDescription: "a limit that was lowered counts places above it",
                limit: 1,
                others: [run(1, place: 2)],
                decision: .wait(cancelling: [])
            ),
            Case(
                testDescription: "cancel_oldest takes the place of the oldest",
                limit: 2,
                policy: .cancel_oldest,
                others: [run(1, place: 1), run(2, place: 2)],
                decision: .wait(cancelling: [RunID(unchecked: "r1")])
            ),
            Case(
                testDescription: "cancel_oldest leaves alone who is ending already",
                policy: .cancel_oldest,
                others: [run(1, place: 1, cancelled: true), run(2)],
                decision: .wait(cancelling: [RunID(unchecked: "r2")])
            ),
        ]
    )
    func decisions(_ test: Case) {
        let slot = ConcurrencySlot(key: "k", limit: test.limit, whenFull: test.policy)
        #expect(KeyPlaces.decide(slot, beside: test.others) == test.decision)
    }
}
