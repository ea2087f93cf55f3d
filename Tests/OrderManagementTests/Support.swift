import ExecutionAlgorithms
import OrderManagement
import RiskRules
import Testing
import TradingDomain

/// SplitMix64, so that a failure replays from its seed.
struct Seeded: Sendable {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}

/// Names, times and orders that the tests of this room share.
enum Sample {
    static let start = Timestamp(nanoseconds: 1_750_000_000_000_000_000)
    static let deadline = start + .seconds(600)
    static let parentID = ParentOrderID(unchecked: "aaaaaaaaaaaaaaaa")
    static let account = AccountID(unchecked: "test")
    static let lot = Quantity(10)
    static let tick = Price(units: 1_000_000)
    static let collar = Price(units: 10_100_500_000)

    static var symbol: Symbol {
        guard let symbol = Symbol("NVDA") else { preconditionFailure("NVDA is a symbol") }
        return symbol
    }

    static var instrument: Instrument { Instrument(symbol: symbol, tick: tick, lot: lot) }

    static func at(_ seconds: Int) -> Timestamp { start + .seconds(seconds) }

    static let verdict = RoutingVerdict(
        algorithm: .market,
        rule: "test",
        plan: "test",
        slices: 1,
        start: start,
        end: deadline,
        estimatedImpactBps: 1,
        expectedBps: [1, 2]
    )

    static let arrival = ArrivalSnapshot(
        price: Price(units: 10_000_000_000),
        at: start,
        cumulativeVolume: .zero,
        cumulativeTurnover: .zero
    )

    static func environment(
        sequence: Int = 1,
        incarnation: UInt32 = 1,
        retries: RetryPolicy = RetryPolicy(retriesMax: 0)
    ) -> SessionEnvironment {
        SessionEnvironment(
            sequence: sequence,
            incarnation: Incarnation(bits: incarnation),
            seed: 7,
            retries: retries
        )
    }

    /// A parent that risk has approved; there is no other way to one.
    static func approved(
        _ quantity: Quantity,
        _ side: Side = .buy,
        deadline: Timestamp = deadline
    ) throws -> RiskApproved<ParentOrder> {
        let money = Money(units: 1_000_000_000_000_000_000, .usd)
        let order = ProposedOrder(
            instrument: instrument,
            side: side,
            quantity: quantity,
            referencePrice: Price(units: 10_000_000_000),
            urgency: .high,
            urgencySource: "test",
            note: "test"
        )
        let snapshot = RiskSnapshot(
            account: account,
            environment: .backtest,
            equity: money,
            cash: money,
            dayStartEquity: money,
            holdings: [.init(instrument: instrument, quantity: Quantity(100_000), mark: Price(units: 10_000_000_000))]
        )
        let limits = try RiskLimits(maxPositionPercent: FixedDecimal(100))
        let result = Admission.admit(order, snapshot, limits)
        guard case .approved(let proof, _, _) = result else {
            Issue.record("not admitted: \(result.verdicts)")
            throw SampleError()
        }
        try #require(proof.request.quantity == quantity)
        return proof.parent(id: parentID, account: account, submittedAt: start, deadline: deadline)
    }

    static func session(
        _ algorithm: any ExecutionAlgorithm,
        quantity: Quantity = Quantity(100),
        side: Side = .buy,
        collar: Price? = nil,
        retries: RetryPolicy = RetryPolicy(retriesMax: 0)
    ) throws -> ExecutionSession {
        ExecutionSession(
            try approved(quantity, side),
            verdict: verdict,
            algorithm: algorithm,
            collar: collar,
            environment: environment(retries: retries)
        )
    }

    static func childOrder(_ quantity: Quantity = Quantity(100), sequence: Int = 1) -> ChildOrder {
        ChildOrder(
            id: ClientOrderID(parent: parentID, incarnation: Incarnation(bits: 1), sequence: sequence),
            parent: parentID,
            account: account,
            instrument: instrument,
            side: .buy,
            request: ChildRequest(quantity: quantity),
            requestTime: start,
            validFor: .seconds(5)
        )
    }

    static func fill(_ child: ChildOrder, _ quantity: Quantity, trade: String, at time: Timestamp = start) -> Fill {
        let price = Price(units: 10_000_000_000)
        let notional = child.instrument.notional(price, quantity)
        return Fill(
            account: account,
            symbol: child.instrument.symbol,
            tradeID: TradeID(unchecked: trade),
            clientOrderID: child.id,
            side: child.side,
            quantity: quantity,
            price: price,
            notional: notional,
            commission: .zero(.usd),
            tradedAt: time
        )
    }
}

struct SampleError: Error {}

extension [ExecutionSession.Effect] {
    var placed: [ChildOrder] {
        compactMap { effect in
            guard case .place(let order, _) = effect else { return nil }
            return order
        }
    }

    var cancelled: [ClientOrderID] {
        compactMap { effect in
            guard case .cancel(let id) = effect else { return nil }
            return id
        }
    }

    var alerts: [String] {
        compactMap { effect in
            guard case .alert(let code, _) = effect else { return nil }
            return code
        }
    }

    /// Everything journalled, intents included, in order.
    var journalled: [JournaledEvent] {
        compactMap { effect in
            switch effect {
            case .record(let event), .place(_, let event): event
            case .cancel, .alert: nil
            }
        }
    }

    var finished: [ParentState] {
        journalled.compactMap { event in
            guard case .parent(.finished(let state, _)) = event.event else { return nil }
            return state
        }
    }
}

/// Does as its script says: one list of actions per event, then nothing.
struct Scripted: ExecutionAlgorithm {
    enum Step: Codable, Hashable {
        case submit(ChildRequest)
        case cancel(ClientOrderID)
        case replace(ClientOrderID, ChildRequest)
        case wake(Timestamp)
        case finish(String)
    }

    var steps: [[Step]]
    /// What it was told, as text.
    var heard: [String] = []

    init(_ steps: [[Step]]) { self.steps = steps }

    mutating func handle(_ event: AlgorithmEvent, _ context: AlgorithmContext, into actions: inout ActionBuffer) {
        heard.append("\(event)")
        guard !steps.isEmpty else { return }
        for step in steps.removeFirst() {
            switch step {
            case .submit(let request): actions.submit(request)
            case .cancel(let child): actions.cancel(child)
            case .replace(let child, let request): actions.replace(child, by: request)
            case .wake(let time): actions.wake(at: time)
            case .finish(let reason): actions.finish(reason)
            }
        }
    }
}
