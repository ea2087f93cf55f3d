import ExecutionAlgorithms
import OrderManagement
import RiskRules
import Testing
import TradingDomain

@Suite("Amending an order that is worked")
struct AmendingTests {
    private func started(_ steps: [[Scripted.Step]]) throws -> (ExecutionSession, [ExecutionSession.Effect]) {
        var session = try Sample.session(Scripted(steps))
        let effects = session.start(arrival: Sample.arrival, at: Sample.start, market: nil)
        return (session, effects)
    }

    private func ask(_ quantity: Int) -> Scripted.Step { .submit(ChildRequest(quantity: Quantity(quantity))) }

    private func heard(_ session: ExecutionSession) -> [String] { (session.algorithm as? Scripted)?.heard ?? [] }

    private func fold(_ session: ExecutionSession, _ journal: [JournaledEvent]) throws -> ExecutionSession {
        ExecutionSession(
            restoring: try Sample.approved(Quantity(100)).request,
            verdict: Sample.verdict,
            events: journal,
            algorithm: Scripted([]),
            collar: nil,
            environment: Sample.environment()
        )
    }

    @Test("What fits is changed at once, the algorithm is told, and folding gives the same order")
    func fits() throws {
        var (session, effects) = try started([[ask(40)]])
        var journal = effects.journalled
        let amendment = ParentAmendment(
            quantity: Quantity(60),
            limitPrice: Price(units: 10_050_000_000),
            endTime: Sample.at(300)
        )
        effects = session.amend(amendment, at: Sample.at(1), market: nil)
        journal += effects.journalled
        #expect(effects.journalled.map(\.event) == [.parent(.amended(amendment))])
        #expect(session.progress == ExecutionProgress(filled: .zero, open: Quantity(40), total: Quantity(60)))
        #expect(session.collar == amendment.limitPrice && session.parent.deadline == Sample.at(300))
        #expect(session.wakeAt == Sample.at(300))
        #expect(heard(session).last == "\(AlgorithmEvent.amended(amendment))")
        let restored = try fold(session, journal)
        #expect(restored.parent == session.parent && restored.collar == session.collar)
        #expect(restored.progress == session.progress)
    }

    @Test("Below what is filled and open, cancels come first; the order shrinks when they are proven")
    func cancelsFirst() throws {
        var (session, effects) = try started([[ask(60), ask(40)], [ask(10)], [ask(10)], [], [ask(10), ask(10)]])
        var journal = effects.journalled
        let (first, second) = (effects.placed[0].id, effects.placed[1].id)
        let amendment = ParentAmendment(quantity: Quantity(50))
        effects = session.amend(amendment, at: Sample.at(1), market: nil)
        journal += effects.journalled
        #expect(effects.cancelled == [first, second] && session.parent.quantity == Quantity(100))
        #expect(try fold(session, journal).pendingAmendmentIsKept(in: session))
        // A fill crosses the cancel; what the algorithm asks for meanwhile is held to the smaller order.
        effects = session.broker(
            .filled(Sample.fill(Sample.childOrder(Quantity(60), sequence: 1), Quantity(10), trade: "t")),
            at: Sample.at(2),
            market: nil
        )
        #expect(effects.placed.isEmpty && effects.alerts == ["above_parent"])
        journal += effects.journalled
        effects = session.broker(.cancelled(first, executed: Quantity(10)), at: Sample.at(3), market: nil)
        journal += effects.journalled
        #expect(session.parent.quantity == Quantity(50), "10 filled and 40 open are 50")
        #expect(effects.placed.isEmpty)
        effects = session.broker(.cancelled(second, executed: .zero), at: Sample.at(4), market: nil)
        journal += effects.journalled
        #expect(session.progress.remaining >= .zero)
        #expect(try fold(session, journal).progress == session.progress)
    }

    @Test("What fills meanwhile stays: the order becomes what has filled and ends")
    func filledMeanwhile() throws {
        var (session, effects) = try started([[ask(100)]])
        let child = effects.placed[0]
        _ = session.amend(ParentAmendment(quantity: Quantity(50)), at: Sample.at(1), market: nil)
        _ = session.broker(.filled(Sample.fill(child, Quantity(80), trade: "t")), at: Sample.at(2), market: nil)
        effects = session.broker(.cancelled(child.id, executed: Quantity(80)), at: Sample.at(3), market: nil)
        #expect(session.parent.quantity == Quantity(80))
        #expect(effects.finished == [.filled])
    }

    @Test(
        "What cannot be is refused with a code, and changes nothing",
        arguments: [
            (ParentAmendment(), "EMPTY_AMENDMENT"), (ParentAmendment(quantity: Quantity(55)), "ODD_LOT"),
            (ParentAmendment(quantity: .zero), "ODD_LOT"), (ParentAmendment(quantity: Quantity(-10)), "ODD_LOT"),
            (ParentAmendment(quantity: Quantity(10)), "BELOW_FILLED"),
            (ParentAmendment(quantity: Quantity(200)), "NOT_APPROVED"),
            (ParentAmendment(limitPrice: .zero), "BAD_LIMIT"), (ParentAmendment(endTime: Sample.at(1)), "PAST_END"),
        ]
    )
    func refused(amendment: ParentAmendment, code: String) throws {
        var (session, effects) = try started([[ask(40)]])
        _ = session.broker(
            .filled(Sample.fill(effects.placed[0], Quantity(30), trade: "t")),
            at: Sample.at(1),
            market: nil
        )
        let before = session.parent
        effects = session.amend(amendment, at: Sample.at(2), market: nil)
        guard case .parent(.amendRefused(let found, let message)) = effects.journalled.first?.event else {
            Issue.record("not refused: \(effects)")
            return
        }
        #expect(found == code && !message.isEmpty && effects.count == 1)
        #expect(session.parent == before)
    }

    @Test("An order that is ending is not amended, nor one that waits for another amendment")
    func notNow() throws {
        var (session, _) = try started([[ask(100)]])
        _ = session.amend(ParentAmendment(quantity: Quantity(50)), at: Sample.at(1), market: nil)
        #expect(
            session.problem(with: ParentAmendment(quantity: Quantity(40)), at: Sample.at(2))?.code
                == "AMENDMENT_PENDING"
        )
        _ = session.cancel(reason: "c", at: Sample.at(2), market: nil)
        #expect(session.problem(with: ParentAmendment(quantity: Quantity(40)), at: Sample.at(2))?.code == "NOT_WORKING")
    }

    @Test("A shrunk order that was cancelled counts as filled by its new size")
    func cancelledWhileShrinking() throws {
        var (session, effects) = try started([[ask(100)]])
        let child = effects.placed[0]
        _ = session.amend(ParentAmendment(quantity: Quantity(50)), at: Sample.at(1), market: nil)
        _ = session.cancel(reason: "c", at: Sample.at(2), market: nil)
        _ = session.broker(.filled(Sample.fill(child, Quantity(50), trade: "t")), at: Sample.at(3), market: nil)
        effects = session.broker(.cancelled(child.id, executed: Quantity(50)), at: Sample.at(4), market: nil)
        #expect(effects.finished == [.filled])
    }
}

extension ExecutionSession {
    /// Whether this fold waits for the same cancels as `other` does.
    fileprivate func pendingAmendmentIsKept(in other: ExecutionSession) -> Bool {
        children == other.children && parent == other.parent
            && problem(with: ParentAmendment(quantity: Quantity(40)), at: Sample.at(1))?.code == "AMENDMENT_PENDING"
    }
}
