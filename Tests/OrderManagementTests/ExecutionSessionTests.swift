import ExecutionAlgorithms
import OrderManagement
import Testing
import TradingDomain

@Suite("A session around an algorithm")
struct ExecutionSessionTests {
    private func started(
        _ steps: [[Scripted.Step]],
        collar: Price? = nil
    ) throws -> (ExecutionSession, [ExecutionSession.Effect]) {
        var session = try Sample.session(Scripted(steps), collar: collar)
        let effects = session.start(arrival: Sample.arrival, at: Sample.start, market: nil)
        return (session, effects)
    }

    private func ask(_ quantity: Int, _ type: OrderType = .market) -> Scripted.Step {
        .submit(ChildRequest(quantity: Quantity(quantity), type: type))
    }

    @Test(
        "What an algorithm may not ask for is not sent",
        arguments: [
            (Quantity(110), "above_parent"), (Quantity(15), "odd_lot"), (Quantity(units: 1), "odd_lot"),
            (.zero, "odd_lot"), (Quantity(-10), "odd_lot"),
        ]
    )
    func bounds(quantity: Quantity, code: String) throws {
        let (session, effects) = try started([[.submit(ChildRequest(quantity: quantity))]])
        #expect(effects.placed.isEmpty)
        #expect(effects.alerts == [code])
        #expect(session.children.isEmpty)
    }

    @Test("What is open counts, so the second of two requests in one event is held to what is left")
    func twoAtOnce() throws {
        let (session, effects) = try started([[ask(60), ask(50), ask(40)]])
        #expect(effects.placed.map(\.request.quantity) == [Quantity(60), Quantity(40)])
        #expect(effects.alerts == ["above_parent"])
        #expect(session.progress.remaining == .zero)
    }

    @Test(
        "No child is worse than the collar, and each limit is on the tick grid",
        arguments: [
            // The collar 101.005 lies between two ticks of 0.01.
            (OrderType.market, OrderType.limit(Price(units: 10_100_000_000))),
            (.limit(Price(units: 10_200_000_000)), .limit(Price(units: 10_100_000_000))),
            (.limit(Price(units: 9_999_999_999)), .limit(Price(units: 9_999_000_000))),
        ]
    )
    func collar(asked: OrderType, sent: OrderType) throws {
        let (_, effects) = try started([[ask(10, asked)]], collar: Sample.collar)
        #expect(effects.placed.map(\.request.type) == [sent])
    }

    @Test("A seller's collar is a floor")
    func sellCollar() throws {
        var session = try Sample.session(Scripted([[ask(10)]]), side: .sell, collar: Sample.collar)
        let effects = session.start(arrival: Sample.arrival, at: Sample.start, market: nil)
        #expect(effects.placed.map(\.request.type) == [.limit(Price(units: 10_101_000_000))])
    }

    @Test("A cancel reaches every open child, and the parent ends when the last is proven final")
    func cancel() throws {
        var (session, effects) = try started([[ask(30), ask(30)]])
        let children = effects.placed.map(\.id)
        effects = session.cancel(reason: "by hand", at: Sample.at(1), market: nil)
        #expect(effects.cancelled == children)
        #expect(session.state == .closing)
        #expect(session.cancel(reason: "again", at: Sample.at(1), market: nil).isEmpty)
        effects = session.broker(.cancelled(children[0], executed: .zero), at: Sample.at(2), market: nil)
        #expect(effects.finished.isEmpty)
        effects = session.broker(.cancelled(children[1], executed: .zero), at: Sample.at(3), market: nil)
        #expect(effects.finished == [.cancelled])
        #expect(session.wakeAt == nil)
    }

    @Test("The deadline cancels what is open, and nothing is sent from then on")
    func deadline() throws {
        var (session, effects) = try started([[ask(30)], [ask(10)], [ask(10)]])
        let child = try #require(effects.placed.first)
        #expect(session.wakeAt == Sample.at(300), "its child is stale before")
        effects = session.timer(at: Sample.deadline, market: nil)
        #expect(effects.cancelled == [child.id])
        #expect(effects.placed.isEmpty)
        effects = session.broker(
            .filled(Sample.fill(child, Quantity(10), trade: "late")),
            at: Sample.at(601),
            market: nil
        )
        #expect(effects.placed.isEmpty)
        effects = session.broker(.cancelled(child.id, executed: Quantity(10)), at: Sample.at(602), market: nil)
        #expect(effects.finished == [.partiallyFilled])
    }

    @Test("A request at the deadline that comes with another event is refused")
    func requestAtDeadline() throws {
        var (session, effects) = try started([[ask(30)], [ask(10)]])
        let child = try #require(effects.placed.first)
        effects = session.broker(.expired(child.id, executed: .zero), at: Sample.deadline, market: nil)
        #expect(effects.placed.isEmpty)
        #expect(effects.alerts == ["past_deadline"])
    }

    @Test("Paused, nothing is sent; resumed, the algorithm goes on")
    func pause() throws {
        var (session, effects) = try started([[.wake(Sample.at(10))], [ask(10)], [ask(10)]])
        effects = session.pause(reason: "wait", at: Sample.at(1), market: nil)
        #expect(effects.placed.isEmpty)
        #expect(session.timer(at: Sample.at(10), market: nil).placed.isEmpty)
        effects = session.resume(reason: "go", at: Sample.at(20), market: nil)
        #expect(effects.placed.count == 1)
    }

    @Test("A cancel that was refused while the parent ends is asked for again, later and later")
    func cancelAgain() throws {
        var (session, effects) = try started([[ask(30)]])
        let child = try #require(effects.placed.first).id
        _ = session.cancel(reason: "by hand", at: Sample.at(1), market: nil)
        effects = session.broker(.cancelRefused(child, code: "R", message: "not known"), at: Sample.at(2), market: nil)
        #expect(effects.cancelled.isEmpty, "no ping-pong with a venue that refuses at once")
        let again = try #require(session.wakeAt)
        #expect(again > Sample.at(1) && again <= Sample.at(60))
        effects = session.timer(at: again, market: nil)
        #expect(effects.cancelled == [child])
        let third = try #require(session.wakeAt)
        #expect(third - again > again - Sample.at(1))
    }

    @Test("A cancel without any answer is sent again")
    func silentCancel() throws {
        var (session, effects) = try started([[ask(30)]])
        let child = try #require(effects.placed.first).id
        effects = session.timer(at: Sample.deadline, market: nil)
        #expect(effects.cancelled == [child])
        effects = session.timer(at: try #require(session.wakeAt), market: nil)
        #expect(effects.cancelled == [child])
    }

    @Test("After a takeover a parent that was ending cancels its children again")
    func cancelAfterTakeover() throws {
        var (session, effects) = try started([[ask(30)]])
        let child = try #require(effects.placed.first).id
        var events = effects.journalled
        events += session.cancel(reason: "by hand", at: Sample.at(1), market: nil).journalled
        var restored = ExecutionSession(
            restoring: session.parent,
            verdict: Sample.verdict,
            events: events,
            algorithm: Scripted([]),
            collar: nil,
            environment: Sample.environment(incarnation: 2)
        )
        _ = restored.broker(.unknown(child, reason: "restarted"), at: Sample.at(5), market: nil)
        effects = restored.resume(reason: "restarted", at: Sample.at(5), market: nil)
        #expect(effects.cancelled == [child])
        #expect(restored.state == .closing)
    }

    @Test("Ids are never used twice, also after a takeover with the same incarnation")
    func idsAfterTakeover() throws {
        let (session, effects) = try started([[ask(10), ask(10)]])
        var restored = ExecutionSession(
            restoring: session.parent,
            verdict: Sample.verdict,
            events: effects.journalled,
            algorithm: Scripted([[ask(10)]]),
            collar: nil,
            environment: Sample.environment(incarnation: 1)
        )
        let placed = restored.resume(reason: "restarted", at: Sample.at(5), market: nil).placed
        #expect(placed.map(\.id.parts?.sequence) == [3])
        #expect(restored.children.count == 3)
    }

    @Test("Open children come in the order they were made, also the tenth")
    func order() throws {
        let (session, effects) = try started([(0..<10).map { _ in ask(10) }])
        #expect(session.openChildren.map(\.order.id) == effects.placed.map(\.id))
    }

    @Test("An overfill is alerted, and nothing more is sent")
    func overfill() throws {
        var (session, effects) = try started([[ask(30), ask(30)], [ask(10)], [ask(10)], [ask(10)]])
        let (first, second) = (effects.placed[0], effects.placed[1])
        effects = session.broker(.filled(Sample.fill(first, Quantity(40), trade: "t")), at: Sample.at(1), market: nil)
        #expect(effects.alerts == ["overfilled"])
        #expect(effects.placed.isEmpty)
        #expect(effects.cancelled == [second.id])
        effects = session.broker(.cancelled(second.id, executed: .zero), at: Sample.at(2), market: nil)
        #expect(effects.placed.isEmpty)
        #expect(effects.finished == [.partiallyFilled])
        #expect(session.progress.filled == Quantity(40))
    }

    @Test("A fill of a child that was given up, which makes the parent too large, is alerted too")
    func lateFillAboveParent() throws {
        var (session, effects) = try started([[ask(100)], [ask(100)]])
        let first = try #require(effects.placed.first)
        effects = session.broker(.notPlaced(first.id, reason: "unreachable"), at: Sample.at(1), market: nil)
        let second = try #require(effects.placed.first)
        effects = session.broker(.filled(Sample.fill(first, Quantity(20), trade: "t")), at: Sample.at(2), market: nil)
        #expect(effects.alerts == ["overfilled"])
        #expect(effects.cancelled == [second.id])
    }

    @Test(
        "At least 99.9 % counts as filled (OM-3)",
        arguments: [(999, ParentState.filled), (998, .partiallyFilled), (1000, .filled)]
    )
    func tolerance(filled: Int, end: ParentState) throws {
        var session = try Sample.session(Scripted([[ask(10_000)]]), quantity: Quantity(10_000))
        let child = try #require(session.start(arrival: Sample.arrival, at: Sample.start, market: nil).placed.first)
        let fill = Sample.fill(child, Quantity(filled * 10), trade: "t")
        _ = session.broker(.filled(fill), at: Sample.at(1), market: nil)
        var effects = session.timer(at: Sample.deadline, market: nil)
        if filled < 1000 {
            effects = session.broker(
                .cancelled(child.id, executed: Quantity(filled * 10)),
                at: Sample.at(601),
                market: nil
            )
        }
        #expect(effects.finished == [end])
        #expect(session.progress.filled == Quantity(filled * 10))
    }

    @Test("An algorithm that wakes itself at once cannot stop time")
    func wakesItself() throws {
        let (session, _) = try started([[.wake(Sample.start)]])
        #expect(try #require(session.wakeAt) > Sample.start)
    }

    @Test("A refused intent frees its quantity and tells the algorithm")
    func refusedIntent() throws {
        var (session, effects) = try started([[ask(100)], [ask(50)]])
        let child = try #require(effects.placed.first)
        effects = session.refuse(child.id, code: "X", message: "no", at: Sample.at(1), market: nil)
        #expect(effects.placed.map(\.request.quantity) == [Quantity(50)])
        #expect(session.children[child.id] == nil)
        #expect(effects.placed.first?.id != child.id)
    }
}
