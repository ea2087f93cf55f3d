import ExecutionEngine
import Foundation
import Testing
import TradingDomain
import TradingTestKit

@testable import PostgresStore

@Suite("Documents of order events")
struct EventDocumentsTests {
    private typealias Samples = JournalSamples
    private static let text = "a \"quoted\" \\ word\nand a line\t\u{1} 한"
    private static let order = ClientOrderID(unchecked: "sx-\(text)")

    /// A child order with everything that can be absent, or without.
    private static func order(isFull: Bool) throws -> ChildOrder {
        var request = ChildRequest(quantity: Quantity(units: 1_250_000_001), slice: 7)
        if isFull {
            request.type = .limit(Price(units: -4_250_123_456))
            request.postOnly = true
            request.maxAge = .seconds(300)
            request.reduceOnly = true
        }
        let instrument = Instrument(
            symbol: try Samples.symbol("BTC/USDT-PERP"),
            venue: text,
            currency: .usdt,
            assetClass: .future,
            tick: Price(units: 10),
            lot: Quantity(units: 100_000),
            contractMultiplier: FixedDecimal(units: 12_345_678),
            minimumNotional: Money(units: Int128(Int64.max) * 4 + 1, .usdt),
            marketMost: isFull ? Quantity(120) : nil,
            calendar: "24/7"
        )
        return ChildOrder(
            id: order,
            parent: Samples.parent(3),
            account: AccountID(unchecked: "paper@\(text)"),
            instrument: instrument,
            side: isFull ? .sell : .buy,
            request: request,
            requestTime: Samples.start,
            validFor: isFull ? .seconds(5) : .seconds(-20) + .nanoseconds(7),
            replaces: isFull ? ClientOrderID(unchecked: "sx-old \(text)") : nil,
            retryOf: isFull ? ClientOrderID(unchecked: "sx-first \(text)") : nil,
            attempt: isFull ? 2 : nil
        )
    }

    private static let seen = MarketSeen(
        bid: Price(units: 1),
        ask: Price(units: -2),
        last: Price(units: 300_000_000),
        at: Timestamp(nanoseconds: 1_750_000_000_000_000_000),
        bidSize: Quantity(4),
        askSize: Quantity(5),
        volume: Quantity(6),
        bidLiquidity: Quantity(7),
        askLiquidity: Quantity(8)
    )

    /// Events that are written by hand, the first of each with everything that can be absent.
    private static func byHand() throws -> [OrderEvent] {
        let (full, bare) = (try order(isFull: true), try order(isFull: false))
        let lease = EngineLease(account: full.account, epoch: 1, worker: "w", incarnation: Incarnation(bits: 7))
        let submission = try Samples.submission(account: full.account)
        let fill = Samples.fill(Samples.intent(submission, lease, child: 1, sequence: 3), trade: text)
        let empty = MarketSeen(bid: nil, ask: nil, last: nil, at: Samples.start)
        return [
            .child(order, .intended(full, seen: seen)),
            .child(order, .acknowledged(BrokerOrderID(unchecked: text), at: Samples.start)),
            .child(fill.clientOrderID, .filled(fill)),
            .child(order, .intended(bare, seen: empty)),
            .child(order, .intended(bare, seen: nil)),
        ]
    }

    private static let parentEvents: [ParentEvent] = [
        .admitted(Samples.verdict), .refused(code: text, message: text), .started(arrival: Samples.arrival),
        .paused(reason: text), .resumed(reason: text), .cancelRequested(reason: text),
        .amendRequested(ParentAmendment(quantity: Quantity(3))), .amended(ParentAmendment(limitPrice: Price(units: 7))),
        .amendRefused(code: text, message: text), .intentRefused(code: text, message: text),
        .finished(state: .filled, reason: text),
    ]

    private static let childEvents: [ChildEvent] = [
        .rejected(code: text, message: text), .cancelRequested(), .cancelRequested(reason: text),
        .cancelRefused(code: text, message: text), .resolved(executed: Quantity(3), reason: text),
        .replaced(executed: Quantity(3), BrokerOrderID(unchecked: text), at: Samples.start),
        .replaced(executed: nil, nil, at: Samples.start),
        .cancelled(executed: Quantity(3)), .expired(executed: Quantity(3)), .notPlaced(reason: text),
        .unknown(reason: text),
    ]

    private static func all() throws -> [OrderEvent] {
        try byHand() + parentEvents.map(OrderEvent.parent) + childEvents.map { .child(order, $0) }
    }

    @Test("What is written by hand is what the general encoder writes, and reads back as it was")
    func equal() throws {
        for event in try Self.all() {
            var documents = EventDocuments()
            try documents.append(event)
            let text = String(decoding: documents.bytes, as: UTF8.self)
            #expect(text == (try Documents.encode(event)))
            #expect(try Documents.decode(OrderEvent.self, text) == event)
        }
    }

    /// A new optional property is nil in the samples until somebody adds it here, and then the test above asks for it.
    @Test("The samples of what is written by hand leave no property out")
    func full() throws {
        for event in try Self.byHand().prefix(3) {
            for missing in Self.missing(in: event, at: "") { Issue.record("the sample has no\(missing)") }
        }
    }

    private static func missing(in value: Any, at path: String) -> [String] {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            return mirror.children.first.map { missing(in: $0.value, at: path) } ?? [path]
        }
        return mirror.children.flatMap { missing(in: $0.value, at: "\(path) \($0.label ?? "element")") }
    }

    @Test("Events of one batch are lines that the journal reads back in order", arguments: UInt64(0)..<20)
    func lines(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var documents = EventDocuments()
        let events = try Self.all().shuffled(using: &random).enumerated().map { place, event in
            JournaledEvent(
                parent: Samples.parent(1),
                sequence: place + 1,
                at: Timestamp(nanoseconds: Int64.random(in: .min ... .max, using: &random)),
                event: event
            )
        }
        for event in events { try documents.append(line: event) }
        let text = String(decoding: documents.bytes, as: UTF8.self)
        #expect(try ParentRows.EventLines.read(text, of: Samples.parent(1)) == events)
        #expect(text.split(separator: "\n").count == events.count)
    }
}
