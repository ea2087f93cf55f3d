import ExecutionAlgorithms
import OrderManagement
import Testing
import TradingDomain

@Suite("Stale, unplaced and lost children")
struct ChildCareTests {
    private func started(
        _ steps: [[Scripted.Step]],
        retries: RetryPolicy = RetryPolicy()
    ) throws -> (ExecutionSession, [ExecutionSession.Effect]) {
        var session = try Sample.session(Scripted(steps), retries: retries)
        let effects = session.start(arrival: Sample.arrival, at: Sample.start, market: nil)
        return (session, effects)
    }

    private func ask(_ quantity: Int, age: Int? = nil) -> Scripted.Step {
        .submit(ChildRequest(quantity: Quantity(quantity), maxAge: age.map { .seconds($0) }))
    }

    private func heard(_ session: ExecutionSession) -> [String] { (session.algorithm as? Scripted)?.heard ?? [] }

    @Test("A child older than 300 s is cancelled, its end is awaited, and its algorithm hears of it (OM-4)")
    func stale() throws {
        var (session, effects) = try started([[ask(30)]])
        let child = try #require(effects.placed.first).id
        #expect(session.wakeAt == Sample.at(300))
        #expect(session.timer(at: Sample.at(299), market: nil).isEmpty)
        effects = session.timer(at: Sample.at(300), market: nil)
        #expect(effects.cancelled == [child])
        #expect(effects.journalled.map(\.event) == [.child(child, .cancelRequested(reason: "open for 300 s"))])
        #expect(session.progress.open == Quantity(30), "nothing is free before the venue has said so")
        #expect(heard(session) == ["started"])
        // Refused, or not answered: asked again, later and later.
        _ = session.broker(.cancelRefused(child, code: "R", message: "busy"), at: Sample.at(301), market: nil)
        let again = try #require(session.wakeAt)
        #expect(again == Sample.at(305))
        #expect(session.timer(at: again, market: nil).cancelled == [child])
        #expect(session.wakeAt == Sample.at(315))
        effects = session.broker(.cancelled(child, executed: .zero), at: Sample.at(306), market: nil)
        #expect(heard(session).last == "\(AlgorithmEvent.childClosed(child, .cancelled))")
        #expect(session.wakeAt == Sample.deadline, "a child that has ended is not looked at again")
    }

    @Test("A child may carry an age of its own, shorter or longer")
    func ownAge() throws {
        var (session, effects) = try started([[ask(30, age: 500), ask(30, age: 20), ask(40)]])
        let ids = effects.placed.map(\.id)
        #expect(session.wakeAt == Sample.at(20))
        effects = session.timer(at: Sample.at(20), market: nil)
        #expect(effects.cancelled == [ids[1]])
        _ = session.broker(.cancelled(ids[1], executed: .zero), at: Sample.at(21), market: nil)
        #expect(session.timer(at: Sample.at(300), market: nil).cancelled == [ids[2]])
        _ = session.broker(.cancelled(ids[2], executed: .zero), at: Sample.at(301), market: nil)
        #expect(session.timer(at: Sample.at(500), market: nil).cancelled == [ids[0]])
    }

    @Test("Ages are kept over a takeover")
    func ageAfterTakeover() throws {
        let (session, effects) = try started([[ask(30)]])
        let restored = ExecutionSession(
            restoring: session.parent,
            verdict: Sample.verdict,
            events: effects.journalled,
            algorithm: Scripted([]),
            collar: nil,
            environment: Sample.environment()
        )
        #expect(restored.wakeAt == Sample.at(300))
    }

    @Test("What was surely not placed is tried again under a new id, waiting longer each time, three times (OM-5)")
    func retries() throws {
        var (session, effects) = try started([[ask(30)]])
        var order = try #require(effects.placed.first)
        var (now, ids) = (Sample.at(1), [order.id])
        for (attempt, wait) in [(2, 1), (3, 2), (4, 4)] {
            effects = session.broker(.notPlaced(order.id, reason: "unreachable"), at: now, market: nil)
            #expect(effects.placed.isEmpty && heard(session) == ["started"])
            #expect(session.wakeAt == now + .seconds(wait))
            // Its quantity waits too: nobody else may ask for it.
            #expect(session.progress.open == .zero)
            now = now + .seconds(wait)
            effects = session.timer(at: now, market: nil)
            let next = try #require(effects.placed.first)
            #expect(next.retryOf == order.id && next.attempt == attempt && next.request == order.request)
            #expect(!ids.contains(next.id))
            ids.append(next.id)
            order = next
        }
        effects = session.broker(.notPlaced(order.id, reason: "unreachable"), at: now, market: nil)
        #expect(
            heard(session).last == "\(AlgorithmEvent.childClosed(order.id, .notPlaced))",
            "then it is the algorithm's"
        )
    }

    @Test("While a new try waits, its quantity is not there for another child")
    func held() throws {
        var (session, effects) = try started([[ask(80)], [ask(40)], [ask(20)]])
        let order = try #require(effects.placed.first)
        _ = session.broker(.notPlaced(order.id, reason: "unreachable"), at: Sample.at(1), market: nil)
        #expect(session.market(.quote, at: Sample.at(1), market: nil).alerts == ["above_parent"])
        #expect(session.market(.quote, at: Sample.at(1), market: nil).placed.map(\.request.quantity) == [Quantity(20)])
        #expect(session.timer(at: Sample.at(2), market: nil).placed.map(\.request.quantity) == [Quantity(80)])
    }

    @Test(
        "Only a refusal that passes by itself is tried again",
        arguments: [("RATE_LIMITED", true), ("VENUE_BUSY", true), ("REJECTED", false), ("INSUFFICIENT_FUNDS", false)]
    )
    func codes(code: String, isRetried: Bool) throws {
        var (session, effects) = try started([[ask(30)]])
        let order = try #require(effects.placed.first)
        _ = session.broker(.rejected(order.id, code: code, message: "m"), at: Sample.at(1), market: nil)
        effects = session.timer(at: Sample.at(2), market: nil)
        #expect(effects.placed.isEmpty != isRetried)
        #expect((heard(session).count == 1) == isRetried)
    }

    @Test("What may have been placed is never tried again, nor anything of an order that ends")
    func neverTwice() throws {
        var (session, effects) = try started([[ask(30), ask(30)]])
        let (one, two) = (effects.placed[0].id, effects.placed[1].id)
        _ = session.broker(.unknown(one, reason: "timeout"), at: Sample.at(1), market: nil)
        #expect(session.timer(at: Sample.at(60), market: nil).placed.isEmpty)
        _ = session.broker(.notPlaced(two, reason: "unreachable"), at: Sample.at(61), market: nil)
        _ = session.cancel(reason: "c", at: Sample.at(61), market: nil)
        #expect(session.timer(at: Sample.at(120), market: nil).placed.isEmpty)
        effects = session.broker(.notPlaced(one, reason: "not found"), at: Sample.at(130), market: nil)
        #expect(effects.finished == [.cancelled])
    }

    @Test("What was to be withdrawn is not tried again, nor what was asked for by terms that were amended")
    func withdrawn() throws {
        let order = try #require(try started([[ask(30)]]).1.placed.first)
        var (session, _) = try started([[ask(30)], [.cancel(order.id)], []])
        #expect(session.market(.quote, at: Sample.at(1), market: nil).cancelled == [order.id])
        _ = session.refuse(order.id, code: "NOT_RECONCILED", message: "no", at: Sample.at(2), market: nil)
        #expect(heard(session).last == "\(AlgorithmEvent.refused(code: "NOT_RECONCILED"))")
        #expect(session.timer(at: Sample.at(60), market: nil).placed.isEmpty)

        (session, _) = try started([[ask(30)], []])
        _ = session.broker(.notPlaced(order.id, reason: "unreachable"), at: Sample.at(1), market: nil)
        let amendment = ParentAmendment(limitPrice: Price(units: 10_050_000_000))
        _ = session.amend(amendment, at: Sample.at(1), market: nil)
        #expect(heard(session).last == "\(AlgorithmEvent.amended(amendment))")
        #expect(session.timer(at: Sample.at(60), market: nil).placed.isEmpty)
    }

    @Test("A paused order tries nothing again before it goes on")
    func pausedRetry() throws {
        var (session, effects) = try started([[ask(30)]])
        let order = try #require(effects.placed.first)
        _ = session.broker(.notPlaced(order.id, reason: "unreachable"), at: Sample.at(1), market: nil)
        _ = session.pause(reason: "p", at: Sample.at(1), market: nil)
        #expect(session.timer(at: Sample.at(5), market: nil).placed.isEmpty)
        _ = session.resume(reason: "r", at: Sample.at(9), market: nil)
        #expect(session.timer(at: Sample.at(9), market: nil).placed.count == 1)
    }

    @Test("A lost child is settled by hand: what traded is booked, the rest is free", arguments: [0, 10, 30])
    func resolved(executed: Int) throws {
        var (session, effects) = try started([[ask(30)]])
        var journal = effects.journalled
        let child = try #require(effects.placed.first).id
        let resolution = ChildResolution(
            child: child,
            executed: Quantity(executed),
            price: executed > 0 ? Price(units: 10_000_000_000) : nil
        )
        #expect(
            session.resolve(resolution, reason: "r", at: Sample.at(1), market: nil) == nil,
            "its outcome is no question"
        )
        journal += session.broker(.unknown(child, reason: "lost"), at: Sample.at(1), market: nil).journalled
        let settled = session.resolve(resolution, reason: "venue says so", at: Sample.at(2), market: nil)
        effects = try #require(settled)
        journal += effects.journalled
        #expect(
            effects.journalled.first?.event
                == .child(child, .resolved(executed: Quantity(executed), reason: "venue says so"))
        )
        let lives: [Int: ChildLife] = [0: .notPlaced, 10: .cancelled, 30: .filled]
        #expect(session.children[child]?.life == lives[executed])
        #expect(session.progress.filled == Quantity(executed) && session.progress.open == .zero)
        let restored = ExecutionSession(
            restoring: session.parent,
            verdict: Sample.verdict,
            events: journal,
            algorithm: Scripted([]),
            collar: nil,
            environment: Sample.environment()
        )
        #expect(restored.children == session.children && restored.progress == session.progress)
        #expect(session.resolve(resolution, reason: "again", at: Sample.at(3), market: nil) == nil)
    }

    @Test("An intent that was refused because the account was not reconciled is made again, as a new order")
    func refusedForNow() throws {
        var (session, effects) = try started([[ask(100)], [ask(50)]])
        let child = try #require(effects.placed.first)
        effects = session.refuse(child.id, code: "NOT_RECONCILED", message: "no", at: Sample.at(1), market: nil)
        #expect(effects.placed.isEmpty && session.children[child.id] == nil)
        #expect(session.wakeAt == Sample.at(2))
        effects = session.timer(at: Sample.at(2), market: nil)
        #expect(effects.placed.map(\.request.quantity) == [Quantity(100)])
        #expect(effects.placed.first?.id != child.id)
    }
}
