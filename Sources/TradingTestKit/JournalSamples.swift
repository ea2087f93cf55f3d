import ExecutionAlgorithms
public import ExecutionEngine
import Portfolio
public import RiskRules
public import TradingDomain

/// Orders, events and batches for suites that need plausible ones.
public enum JournalSamples {
    public static let start = Timestamp(nanoseconds: 1_550_241_000_123_456_789)
    public static let opening = AccountOpening(cash: Money(units: 100_000 * 100_000_000, .usd), at: start)

    public static func symbol(_ text: String = "NVDA") throws -> Symbol {
        guard let symbol = Symbol(text) else { throw ConformanceFailure("'\(text)' is no symbol") }
        return symbol
    }

    /// The parent's id: sixteen characters, the last ones telling `number`.
    public static func parent(_ number: UInt8) -> ParentOrderID {
        ParentOrderID(digest: [7, 1, 2, 3, 4, 5, 6, 7, 8, number])
    }

    public static func submission(
        _ number: UInt8 = 1,
        account: AccountID,
        run: RunID? = nil,
        stepPath: String? = nil,
        quantity: Int = 100,
        flattens: HaltID? = nil
    ) throws -> ParentSubmission {
        ParentSubmission(
            id: parent(number),
            account: account,
            order: ProposedOrder(
                instrument: Instrument(symbol: try symbol()),
                side: .buy,
                quantity: Quantity(quantity),
                referencePrice: Price(units: 4_250_000_000),
                urgency: .high,
                urgencySource: "caller",
                decision: DecisionID(unchecked: "decision-0001"),
                note: "a \"quoted\" note, {with} braces \\ and a nul \0"
            ),
            choice: .byUrgency,
            run: run,
            stepPath: stepPath,
            submittedAt: start,
            seed: .max,
            flattens: flattens
        )
    }

    /// A batch that records parents and nothing else.
    public static func asking(for submissions: ParentSubmission..., sequence: Int64 = 1) -> EngineBatch {
        var batch = EngineBatch(sequence: sequence, clock: start)
        batch.submissions = submissions
        return batch
    }

    public static func admission(_ submission: ParentSubmission) -> ParentAdmission {
        let order = submission.order
        return ParentAdmission(
            parent: ParentOrder(
                id: submission.id,
                account: submission.account,
                instrument: order.instrument,
                side: order.side,
                quantity: order.quantity,
                urgency: order.urgency,
                decision: order.decision,
                run: submission.run,
                stepPath: submission.stepPath,
                submittedAt: submission.submittedAt,
                deadline: start + .seconds(600)
            ),
            verdict: verdict,
            collar: Price(units: 4_500_000_000),
            arrival: arrival,
            reservation: Reservation(
                symbol: order.symbol,
                side: order.side,
                quantity: order.quantity,
                notional: order.notional,
                cash: order.notional
            ),
            checks: []
        )
    }

    public static let arrival = ArrivalSnapshot(
        price: Price(units: 4_250_123_456),
        at: start,
        cumulativeVolume: Quantity(5000),
        cumulativeTurnover: FixedDecimal(212_500)
    )

    public static let verdict = RoutingVerdict(
        algorithm: .twapAggressive,
        rule: "urgency HIGH",
        plan: "5 slices",
        slices: 5,
        start: start,
        end: start + .seconds(300),
        estimatedImpactBps: 0.1 + 0.2,
        expectedBps: [5, 15.5],
        predictedCostBps: 3.25,
        candidates: [CandidateCost(algorithm: .twapAggressive, costBps: 3.25, note: "chosen")],
        marketState: "trending",
        inputs: inputs
    )

    private static var inputs: RoutingInputs {
        var conditions = MarketConditions(at: start)
        conditions.spreadBps = 1.5
        conditions.liquidityBasis = .touch
        conditions.minuteVolume = Quantity(1000)
        var inputs = RoutingInputs(router: "urgency", missing: ["daily volume"])
        inputs.conditions = conditions
        inputs.sizeToMinuteVolume = 0.1
        return inputs
    }

    public static func event(_ parent: ParentOrderID, _ sequence: Int, _ event: OrderEvent) -> JournaledEvent {
        JournaledEvent(parent: parent, sequence: sequence, at: start + .nanoseconds(Int64(sequence)), event: event)
    }

    /// The intent of the parent's child `number`, journalled as event `sequence`.
    public static func intent(
        _ submission: ParentSubmission,
        _ lease: EngineLease,
        child number: Int,
        sequence: Int,
        quantity: Int = 20
    ) -> Intent {
        var request = ChildRequest(
            quantity: Quantity(quantity),
            type: number.isMultiple(of: 2) ? .market : .limit(Price(units: 4_260_000_000)),
            slice: number
        )
        if submission.flattens != nil { request.reduceOnly = true }
        let order = ChildOrder(
            id: ClientOrderID(parent: submission.id, incarnation: lease.incarnation, sequence: number),
            parent: submission.id,
            account: submission.account,
            instrument: submission.order.instrument,
            side: submission.order.side,
            request: request,
            requestTime: start,
            validFor: .seconds(5)
        )
        let seen = MarketSeen(bid: Price(units: 4_249_000_000), ask: nil, last: nil, at: start)
        return Intent(
            order: order,
            event: event(submission.id, sequence, .child(order.id, .intended(order, seen: seen))),
            opensExposure: submission.flattens == nil,
            flattens: submission.flattens
        )
    }

    public static func fill(_ intent: Intent, trade: String, quantity: Int = 20) -> Fill {
        let order = intent.order
        let price = Price(units: 4_251_000_000)
        let notional = order.instrument.notional(price, Quantity(quantity))
        return Fill(
            account: order.account,
            symbol: order.instrument.symbol,
            tradeID: TradeID(unchecked: trade),
            clientOrderID: order.id,
            side: order.side,
            quantity: Quantity(quantity),
            price: price,
            notional: notional,
            commission: Money(units: 12_345_678, .usd),
            tradedAt: start + .seconds(1)
        )
    }

    /// The batch that admits a parent: its first two events, its admission, a snapshot.
    public static func admitting(_ submission: ParentSubmission, sequence: Int64 = 1) -> EngineBatch {
        var batch = EngineBatch(sequence: sequence, clock: start + .seconds(sequence))
        batch.submissions = [submission]
        batch.events = [
            event(submission.id, 1, .parent(.admitted(verdict))),
            event(submission.id, 2, .parent(.started(arrival: arrival))),
        ]
        var update = ParentUpdate(id: submission.id, state: .working, filled: .zero)
        update.admission = admission(submission)
        update.snapshot = AlgorithmSnapshot(kind: "TimeWeighted", version: 1, state: #"{"next":1, "x":0.10}"#)
        batch.parents = [update]
        return batch
    }

    /// Adds a fill as the engine books it: event, fill, ledger entry, position, the child's and the parent's rows.
    public static func book(
        _ fill: Fill,
        of submission: ParentSubmission,
        event sequence: Int,
        position: inout Position,
        into batch: inout EngineBatch
    ) throws {
        batch.events.append(event(submission.id, sequence, .child(fill.clientOrderID, .filled(fill))))
        batch.fills.append(fill)
        batch.ledger.append(try LedgerEntry(fill))
        position.book(fill.side == .buy ? fill.quantity : -fill.quantity, value: fill.notional)
        batch.positions = [position]
        batch.children = [
            ChildUpdate(id: fill.clientOrderID, life: .filled, outstanding: .none, filled: fill.quantity)
        ]
        batch.parents = [ParentUpdate(id: submission.id, state: .working, filled: position.quantity)]
    }

    /// The batch that ends a parent.
    public static func finishing(
        _ submission: ParentSubmission,
        filled: Quantity,
        event sequence: Int,
        batch number: Int64
    ) -> EngineBatch {
        var batch = EngineBatch(sequence: number, clock: start + .seconds(number))
        batch.events = [event(submission.id, sequence, .parent(.finished(state: .partiallyFilled, reason: "deadline")))]
        var update = ParentUpdate(id: submission.id, state: .partiallyFilled, filled: filled)
        update.result = ExecutionResult(state: .partiallyFilled, reason: "deadline", endedAt: batch.clock)
        batch.parents = [update]
        return batch
    }
}
