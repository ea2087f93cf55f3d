import OrderManagement
import Testing
import TradingDomain

@Suite("A child order's state")
struct ChildStateTests {
    private static let order = Sample.childOrder()
    private static let broker = BrokerOrderID(unchecked: "b-1")
    private static let part = Sample.fill(order, Quantity(40), trade: "t-1")

    /// The events as a venue may send them, by name.
    private static let events: [(name: String, event: ChildEvent)] = [
        ("ack", .acknowledged(broker, at: Sample.start)),
        ("fill", .filled(Sample.fill(order, Quantity(30), trade: "t-2"))),
        ("full", .filled(Sample.fill(order, Quantity(100), trade: "t-3"))),
        ("reject", .rejected(code: "R", message: "no")),
        ("cancel", .cancelRequested()),
        ("cancelRefused", .cancelRefused(code: "R", message: "no")),
        ("cancelled", .cancelled(executed: Quantity(40))),
        ("expired", .expired(executed: Quantity(40))),
        ("notPlaced", .notPlaced(reason: "no")),
        ("unknown", .unknown(reason: "?")),
        ("intended", .intended(order, seen: nil)),
    ]

    /// A state by the events that lead to it.
    private static func state(_ life: ChildLife) -> ChildState {
        var state = ChildState(order)
        let path: [ChildEvent] =
            switch life {
            case .planned, .sent: []
            case .acknowledged: [.acknowledged(broker, at: Sample.start)]
            case .partiallyFilled: [.acknowledged(broker, at: Sample.start), .filled(part)]
            case .filled: [.filled(Sample.fill(order, Quantity(100), trade: "t-9"))]
            case .cancelled: [.acknowledged(broker, at: Sample.start), .cancelled(executed: .zero)]
            case .rejected: [.rejected(code: "R", message: "no")]
            case .expired: [.acknowledged(broker, at: Sample.start), .expired(executed: .zero)]
            case .notPlaced: [.notPlaced(reason: "no")]
            case .replaced: []
            case .unknown: [.unknown(reason: "?")]
            }
        for event in path {
            #expect(state.accepts(event))
            state.apply(event)
        }
        return state
    }

    /// What each pair gives: the life after it, or `nil` where the event changes nothing and is not recorded.
    private static let table: [ChildLife: [String: ChildLife]] = [
        .planned: [
            "ack": .acknowledged, "fill": .partiallyFilled, "full": .filled, "reject": .rejected, "cancel": .planned,
            "cancelled": .cancelled, "expired": .expired, "notPlaced": .notPlaced, "unknown": .unknown,
        ],
        .acknowledged: [
            "fill": .partiallyFilled, "full": .filled, "reject": .rejected, "cancel": .acknowledged,
            "cancelled": .cancelled, "expired": .expired, "unknown": .unknown,
        ],
        .partiallyFilled: [
            "fill": .partiallyFilled, "full": .filled, "cancel": .partiallyFilled, "cancelled": .cancelled,
            "expired": .expired, "unknown": .unknown,
        ],
        .unknown: [
            "ack": .acknowledged, "fill": .partiallyFilled, "full": .filled, "reject": .rejected, "cancel": .unknown,
            "cancelled": .cancelled, "expired": .expired, "notPlaced": .notPlaced,
        ],
        // Final states take late fills, and nothing else.
        .filled: ["fill": .filled, "full": .filled],
        .cancelled: ["fill": .cancelled, "full": .cancelled],
        .rejected: ["fill": .rejected, "full": .rejected],
        .expired: ["fill": .expired, "full": .expired],
        .notPlaced: ["fill": .notPlaced, "full": .notPlaced],
    ]

    @Test("Every life with every event", arguments: ChildLife.allCases.filter { $0 != .sent && $0 != .replaced })
    func everyPair(life: ChildLife) throws {
        let expected = try #require(Self.table[life])
        for (name, event) in Self.events {
            var state = Self.state(life)
            #expect(state.life == life)
            guard state.accepts(event) else {
                #expect(expected[name] == nil, "\(life) refuses \(name)")
                continue
            }
            state.apply(event)
            #expect(state.life == expected[name], "\(life) takes \(name)")
            #expect(state.open >= .zero)
            if case .filled = event { #expect(!state.accepts(event), "a repeated fill counts once") }
        }
    }

    @Test("Until it is final a child holds all it has not filled; then what the venue executed and we have not seen")
    func open() {
        var state = ChildState(Self.order)
        #expect(state.open == Quantity(100))
        state.apply(.unknown(reason: "?"))
        #expect(state.open == Quantity(100))
        state.apply(.filled(Self.part))
        #expect(state.open == Quantity(60))
        state.apply(.cancelled(executed: Quantity(70)))
        #expect(state.life == .cancelled)
        #expect(state.open == Quantity(30))
        state.apply(.filled(Sample.fill(Self.order, Quantity(30), trade: "t-2")))
        #expect(state.open == .zero)
        #expect(state.life == .cancelled)
    }

    @Test("A cancel that comes after the last execution is a fill")
    func executedInFull() {
        for event in [ChildEvent.cancelled(executed: Quantity(100)), .expired(executed: Quantity(100))] {
            var state = ChildState(Self.order)
            state.apply(event)
            #expect(state.life == .filled)
            #expect(state.open == Quantity(100))
        }
    }

    @Test("A report that counts less than we saw releases nothing twice")
    func executedBelowSeen() {
        var state = ChildState(Self.order)
        state.apply(.filled(Self.part))
        state.apply(.cancelled(executed: .zero))
        #expect(state.open == .zero)
        #expect(state.filled == Quantity(40))
    }

    @Test("A cancel may be asked for again once it was refused, and not while it is pending")
    func cancelPending() {
        var state = ChildState(Self.order)
        #expect(!state.accepts(.cancelRefused(code: "R", message: "no")))
        state.apply(.cancelRequested())
        #expect(state.outstanding == .cancelPending)
        #expect(!state.accepts(.cancelRequested()))
        #expect(state.accepts(.cancelRefused(code: "R", message: "no")))
        state.apply(.cancelRefused(code: "R", message: "no"))
        #expect(state.outstanding == .none)
        #expect(state.accepts(.cancelRequested()))
    }

    @Test("What filled cannot have been rejected or not placed")
    func contradictions() {
        var state = ChildState(Self.order)
        state.apply(.filled(Self.part))
        state.apply(.unknown(reason: "?"))
        #expect(!state.accepts(.rejected(code: "R", message: "no")))
        #expect(!state.accepts(.notPlaced(reason: "no")))
    }
}
