import Foundation
import OrderManagement
import Testing
import TradingDomain

/// The documentation's page about order states is printed from the table: `SMARTEXEC_WRITE_DOCS=1` writes it anew.
@Suite("The page about order states")
struct OrderStatesPageTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("Sources/SmartExecutorKit/Documentation.docc/OrderStates.md")

    private static let opening = """
        # Order states

        What can happen to an order at the venue, and what it means: two axes, one table.

        ## Overview

        An order that was sent has a *life* and an *outstanding request*, what we asked of the venue and have no answer to. How much
        of it has filled is kept apart from both. Every event either leads to a state or is refused with a code; a refused one
        changes nothing and is not journalled again. This page is printed from the code.

        - Until it is final an order holds its whole unfilled quantity in its parent. *Unknown* is no exception, and is left only by
          what the venue says or by `smartexec orders resolve`.
        - A final order still takes late fills. They count, and never reopen it. Fills are told apart by trade id.
        - A replacement is an order of its own, with an id and an intent of its own; its quantity is the total of both. While it is
          pending, both together hold the larger total. Refused, it ends as `rejected` and the first one works on.
        - A venue that fills more than was asked for is recorded and alerted, and nothing more is sent for that parent.

        """

    /// The page as the table makes it.
    private static var page: String {
        var text = opening
        text += "\n### From each state\n\n| life | outstanding | event | then |\n| --- | --- | --- | --- |\n"
        for (life, outstanding) in ChildStateTableTests.reachable() {
            var changes: [(then: String, events: [String])] = []
            for trigger in ChildTrigger.allCases {
                guard case .to(let next, let asked) = ChildStateTable.transition(life, outstanding, trigger) else {
                    continue
                }
                let then = next.isFinal || asked == .none ? next.rawValue : "\(next.rawValue), \(asked.rawValue)"
                if let index = changes.firstIndex(where: { $0.then == then }) {
                    changes[index].events.append(trigger.rawValue)
                } else {
                    changes.append((then, [trigger.rawValue]))
                }
            }
            for change in changes {
                let events = change.events.map { "`\($0)`" }.joined(separator: ", ")
                text += "| \(life.rawValue) | \(outstanding.rawValue) | \(events) | \(change.then) |\n"
            }
        }
        text += "\n### What is refused\n\n| life | outstanding | code | events |\n| --- | --- | --- | --- |\n"
        for (life, outstanding) in ChildStateTableTests.reachable() {
            for refusal in ChildRefusal.allCases {
                let events = ChildTrigger.allCases.filter {
                    ChildStateTable.transition(life, outstanding, $0) == .refused(refusal)
                }
                guard !events.isEmpty else { continue }
                let names = events.map { "`\($0.rawValue)`" }.joined(separator: ", ")
                text += "| \(life.rawValue) | \(outstanding.rawValue) | \(refusal.rawValue) | \(names) |\n"
            }
        }
        return text + "\n`sent` is for brokers that tell when an order has left; it does as `planned` does.\n"
    }

    @Test("The page is what the table says")
    func equal() throws {
        if ProcessInfo.processInfo.environment["SMARTEXEC_WRITE_DOCS"] == "1" {
            try Self.page.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: Self.file, encoding: .utf8)
        #expect(
            written == Self.page,
            "print it anew: SMARTEXEC_WRITE_DOCS=1 scripts/test --filter OrderStatesPageTests"
        )
    }
}
