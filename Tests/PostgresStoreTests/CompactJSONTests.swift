import ExecutionEngine
import Foundation
import Testing
import TradingDomain
import TradingTestKit

@testable import PostgresStore

@Suite("Compact JSON")
struct CompactJSONTests {
    /// Everything a synthesised coding does: nesting, enumerations with values, optionals, dictionaries, numbers.
    private struct Everything: Codable, Hashable {
        enum Choice: Codable, Hashable {
            case nothing
            case one(Int)
            case named(left: String, right: [Double])
        }

        var text = "a \"quoted\" \\ word\nand a line\t\u{1}, £ and 한"
        var numbers: [Int64] = [.min, 0, .max]
        var unsigned: UInt64 = .max
        var small: Int8 = -3
        var ratio = 0.1 + 0.2
        var huge = 1e300
        var flag = true
        var missing: String?
        var present: String? = ""
        var choices: [Choice] = [.nothing, .one(7), .named(left: "l", right: [1, -2.5])]
        var words = ["b": [1], "a": [], "c": [2, 3]]
        var numbered = [1: "one"]
        var span = Duration.seconds(5) + .nanoseconds(7)
        var empty: [Everything] = []
    }

    @Test("What is written is read back by Foundation, and holds what its own encoder writes")
    func roundTrip() throws {
        let value = Everything()
        let bytes = Data(try CompactJSON.encode(value))
        #expect(try JSONDecoder().decode(Everything.self, from: bytes) == value)
        let ours = try JSONSerialization.jsonObject(with: bytes) as? NSDictionary
        let theirs = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(value)) as? NSDictionary
        #expect(ours == theirs)
    }

    @Test("Order events read back as they were")
    func events() throws {
        let submission = try JournalSamples.submission(account: AccountID(unchecked: "paper"))
        let lease = EngineLease(
            account: submission.account,
            epoch: 1,
            worker: "w",
            incarnation: Incarnation(bits: 7)
        )
        let intent = JournalSamples.intent(submission, lease, child: 1, sequence: 3)
        let events: [OrderEvent] = [
            intent.event.event, .child(intent.order.id, .filled(JournalSamples.fill(intent, trade: "T"))),
            .child(intent.order.id, .cancelRequested()), .parent(.admitted(JournalSamples.verdict)),
            .parent(.started(arrival: JournalSamples.arrival)),
        ]
        for event in events {
            #expect(try Documents.decode(OrderEvent.self, Documents.encode(event)) == event)
        }
    }

    @Test("Equal dictionaries are equal texts, with their keys in order")
    func sorted() throws {
        let pairs = (0..<50).map { ("key\($0 * 7 % 50)", $0) }
        let one = try Documents.encode(Dictionary(uniqueKeysWithValues: pairs))
        let two = try Documents.encode(Dictionary(uniqueKeysWithValues: pairs.reversed()))
        #expect(one == two)
        #expect(try Documents.encode(["b": ["y": 1, "x": 2], "a": [:]]) == #"{"a":{},"b":{"x":2,"y":1}}"#)
    }

    @Test("A number that JSON does not have is refused", arguments: [Double.nan, .infinity])
    func noNumber(_ number: Double) {
        #expect(throws: EncodingError.self) { try Documents.encode([number]) }
    }
}
