import ExecutionAlgorithms
import OrderManagement
import Testing
import TradingDomain

@Suite("Replacing a working order")
struct ReplaceTests {
    /// A session of 100 whose child of `quantity` works with `filled` filled, and what it is replaced by.
    private struct Desk {
        var session: ExecutionSession
        let old: ChildOrder
        var heir: ChildOrder?
        var journal: [JournaledEvent]
        var effects: [ExecutionSession.Effect] = []

        init(_ quantity: Int, filled: Int = 0, to total: Int) throws {
            let ask = Scripted.Step.submit(ChildRequest(quantity: Quantity(quantity)))
            let id = ClientOrderID(parent: Sample.parentID, incarnation: Incarnation(bits: 1), sequence: 1)
            let replace = Scripted.Step.replace(id, ChildRequest(quantity: Quantity(total)))
            session = try Sample.session(Scripted(filled > 0 ? [[ask], [], [replace]] : [[ask], [replace]]))
            var effects = session.start(arrival: Sample.arrival, at: Sample.start, market: nil)
            journal = effects.journalled
            old = try #require(effects.placed.first)
            tell(.acknowledged(old.id, BrokerOrderID(unchecked: "b1"), at: Sample.at(1)))
            if filled > 0 { tell(.filled(Sample.fill(old, Quantity(filled), trade: "t0"))) }
            effects = session.market(.quote, at: Sample.at(2), market: nil)
            journal += effects.journalled
            heir = effects.placed.first
            self.effects = effects
        }

        @discardableResult
        mutating func tell(_ event: BrokerEvent) -> [ExecutionSession.Effect] {
            effects = session.broker(event, at: Sample.at(3), market: nil)
            journal += effects.journalled
            return effects
        }

        func state(_ order: ChildOrder?) -> ChildState? { order.flatMap { session.children[$0.id] } }

        /// The fold of the journal is the session.
        func check() {
            let restored = ExecutionSession(
                restoring: session.parent,
                verdict: Sample.verdict,
                events: journal,
                algorithm: Scripted([]),
                collar: nil,
                environment: Sample.environment()
            )
            #expect(restored.children == session.children && restored.progress == session.progress)
            #expect(session.progress.filled + session.progress.open <= session.parent.quantity)
        }
    }

    private static let broker = BrokerOrderID(unchecked: "b2")

    private func replaced(_ desk: Desk, executed: Int) throws -> BrokerEvent {
        let heir = try #require(desk.heir)
        return .replaced(desk.old.id, by: heir.id, Self.broker, executed: Quantity(executed), at: Sample.at(3))
    }

    @Test(
        "While it is pending both hold the larger total, afterwards the new one; the same id is never used",
        arguments: [(60, 0, 100, 100), (60, 0, 30, 60), (60, 20, 80, 60), (60, 20, 40, 40), (100, 90, 100, 10)]
    )
    func open(quantity: Int, filled: Int, total: Int, pending: Int) throws {
        var desk = try Desk(quantity, filled: filled, to: total)
        let heir = try #require(desk.heir)
        #expect(heir.replaces == desk.old.id && heir.id != desk.old.id)
        #expect(desk.session.progress.open == Quantity(pending))
        #expect(desk.state(desk.old)?.outstanding == .replacePending)
        desk.check()
        desk.tell(try replaced(desk, executed: filled))
        #expect(desk.session.progress.open == Quantity(total - filled))
        #expect(desk.state(desk.old)?.life == .replaced)
        #expect(desk.state(heir)?.life == .acknowledged)
        desk.check()
    }

    @Test(
        "What it may not be replaced by is not sent",
        arguments: [(60, 0, 110, "above_parent"), (60, 40, 40, "below_filled")]
    )
    func bounds(quantity: Int, filled: Int, total: Int, code: String) throws {
        let desk = try Desk(quantity, filled: filled, to: total)
        #expect(desk.effects.alerts == [code] && desk.effects.placed.isEmpty)
        #expect(desk.state(desk.old)?.outstanding == OutstandingRequest.none)
    }

    @Test("An order that the venue has not acknowledged, or that is asked something already, is not replaced")
    func notYet() throws {
        let id = ClientOrderID(parent: Sample.parentID, incarnation: Incarnation(bits: 1), sequence: 1)
        let steps: [Scripted.Step] = [
            .submit(ChildRequest(quantity: Quantity(50))), .replace(id, ChildRequest(quantity: Quantity(60))),
        ]
        var session = try Sample.session(Scripted([steps]))
        let effects = session.start(arrival: Sample.arrival, at: Sample.start, market: nil)
        #expect(effects.alerts == ["not_replaceable"] && effects.placed.count == 1)
    }

    @Test("Fills that cross it count on whichever id they come, also before it is told, and repeated ones once")
    func crossing() throws {
        var desk = try Desk(60, to: 100)
        let heir = try #require(desk.heir)
        desk.tell(.filled(Sample.fill(desk.old, Quantity(10), trade: "t1")))
        #expect(desk.session.progress.open == Quantity(90))
        // The heir trades before anybody has said that it took over.
        desk.tell(.filled(Sample.fill(heir, Quantity(20), trade: "t2")))
        desk.check()
        #expect(desk.state(desk.old)?.life == .replaced)
        #expect(desk.session.progress.open == Quantity(70))
        // Then a fill that the old one had before, late, and the report that counts it.
        desk.tell(.filled(Sample.fill(desk.old, Quantity(10), trade: "t3")))
        #expect(desk.session.progress.filled == Quantity(40) && desk.session.progress.open == Quantity(60))
        desk.tell(try replaced(desk, executed: 30))
        desk.check()
        #expect(
            desk.session.progress.open == Quantity(60),
            "10 that the venue has executed and not told, 50 of the heir"
        )
        #expect(desk.tell(try replaced(desk, executed: 30)).isEmpty, "told twice")
        desk.tell(.filled(Sample.fill(desk.old, Quantity(10), trade: "t4")))
        desk.tell(.filled(Sample.fill(heir, Quantity(50), trade: "t5")))
        #expect(desk.tell(.filled(Sample.fill(heir, Quantity(50), trade: "t5"))).isEmpty)
        desk.check()
        #expect(desk.session.progress.filled == Quantity(100) && desk.session.progress.open == .zero)
        #expect(desk.state(heir)?.life == .filled)
    }

    @Test("Refused, or never received, the first one works on and can be replaced again", arguments: [true, false])
    func refused(isRejected: Bool) throws {
        var desk = try Desk(60, filled: 20, to: 100)
        let heir = try #require(desk.heir)
        desk.tell(
            isRejected ? .rejected(heir.id, code: "R", message: "too late") : .notPlaced(heir.id, reason: "unreachable")
        )
        desk.check()
        #expect(desk.session.progress.open == Quantity(40))
        #expect(desk.state(desk.old)?.life == .partiallyFilled)
        #expect(desk.state(desk.old)?.outstanding == OutstandingRequest.none)
    }

    @Test("Filled before the replacement reached the venue: the order is done and the replacement refused")
    func tooLate() throws {
        var desk = try Desk(60, to: 80)
        let heir = try #require(desk.heir)
        desk.tell(.filled(Sample.fill(desk.old, Quantity(60), trade: "t1")))
        #expect(desk.session.progress.open == Quantity(20), "the replacement may still have come first")
        desk.tell(.rejected(heir.id, code: "R", message: "too late"))
        desk.check()
        #expect(desk.session.progress.open == .zero && desk.session.progress.filled == Quantity(60))
    }

    @Test("Unproven, it is unknown on both ids")
    func unknown() throws {
        var desk = try Desk(60, to: 80)
        let heir = try #require(desk.heir)
        desk.tell(.unknown(heir.id, reason: "timeout"))
        desk.check()
        #expect(desk.state(desk.old)?.life == .unknown && desk.state(heir)?.life == .unknown)
        #expect(desk.session.progress.open == Quantity(80))
        desk.tell(.notPlaced(heir.id, reason: "not found"))
        #expect(desk.session.progress.open == Quantity(60))
        #expect(desk.state(desk.old)?.life == .unknown, "the venue still has to say that it works on")
    }

    @Test("An intent that the journal refuses leaves the first one as it was")
    func refusedIntent() throws {
        var desk = try Desk(60, to: 80)
        let heir = try #require(desk.heir)
        desk.journal.removeAll { if case .child(heir.id, .intended) = $0.event { true } else { false } }
        desk.journal +=
            desk.session.refuse(heir.id, code: "KILL_SWITCH", message: "no", at: Sample.at(3), market: nil)
            .journalled
        desk.check()
        #expect(desk.state(desk.old)?.outstanding == OutstandingRequest.none)
        #expect(desk.session.progress.open == Quantity(60))
    }

    @Test("A chain of replacements counts every fill once")
    func chain() throws {
        var desk = try Desk(60, filled: 20, to: 80)
        let heir = try #require(desk.heir)
        desk.tell(try replaced(desk, executed: 20))
        desk.tell(.filled(Sample.fill(heir, Quantity(10), trade: "t2")))
        var last = ChildState(
            ChildOrder(
                id: ClientOrderID(parent: Sample.parentID, incarnation: Incarnation(bits: 1), sequence: 3),
                parent: Sample.parentID,
                account: Sample.account,
                instrument: Sample.instrument,
                side: .buy,
                request: ChildRequest(quantity: Quantity(90)),
                requestTime: Sample.start,
                validFor: .seconds(5),
                replaces: heir.id
            ),
            over: Quantity(80)
        )
        #expect(last.open == Quantity(10))
        last.apply(.replaced(executed: Quantity(10), nil, at: Sample.at(4)))
        #expect(desk.state(heir)?.carried == Quantity(20))
        #expect(desk.session.progress.open == Quantity(50))
        desk.check()
    }
}
