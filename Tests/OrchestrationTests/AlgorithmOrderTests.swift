import ExecutionAlgorithms
import ExecutionAnalytics
import ExecutionEngine
import MarketData
import Orchestration
import Testing
import TradingDomain
import Workflows

/// One order by hand on the generated market, with everything that the stores have of it.
struct WorkedOrder {
    let item: ItemReport
    let record: ParentRecord
    let fills: [Fill]
    let floor: Floor

    static var plan: FloorPlan {
        var plan = FloorPlan()
        plan.cash = "100000000"
        return plan
    }

    static func inputs(
        _ quantity: Int,
        _ algorithm: String,
        _ parameters: [String: Value]
    ) -> [String: Value] {
        let own: [String: Value] = [
            "ticker": .ticker(symbol("KO")), "side": .text("BUY"), "quantity": .decimal(FixedDecimal(quantity)),
            "algorithm": .text(algorithm),
        ]
        return own.merging(parameters) { _, given in given }
    }

    /// Works an order for KO, with `limitPercent` of the last price as its limit where one is given.
    static func work(
        _ quantity: Int,
        _ algorithm: String,
        limitPercent: Int64? = nil,
        _ parameters: [String: Value] = [:]
    ) async throws -> WorkedOrder {
        let ground = Ground()
        let floor = try await Floor.open(plan, on: ground)
        var inputs = inputs(quantity, algorithm, parameters)
        if let limitPercent { inputs["limit_price"] = .decimal(try limit(limitPercent, floor)) }
        let report = try await floor.executor.run("manual-order", inputs: inputs)
        let item = try #require(report.items.first)
        let id = try #require(item.parentOrder, "\(item.message)")
        let record = try #require(try await ground.parents([id]).first)
        return WorkedOrder(item: item, record: record, fills: await ground.journal.fills, floor: floor)
    }

    /// A share of KO's price at the floor's start, in whole cents.
    static func limit(_ percent: Int64, _ floor: Floor) throws -> FixedDecimal {
        let session = try #require(try floor.market.calendar.session(on: plan.date))
        let bars = try floor.market.bars(symbol("KO"), from: session.open, to: session.open + .seconds(60))
        let price = try #require(bars.last).close
        return FixedDecimal(units: Int128(price.units * percent / 100 / 1_000_000 * 1_000_000))
    }

    /// The children as they were sent, each with the market as it was seen then.
    var sent: [(order: ChildOrder, seen: MarketSeen?)] {
        record.events.compactMap { event in
            guard case .child(_, .intended(let order, let seen)) = event.event else { return nil }
            return (order, seen)
        }
    }

    /// What holds for every algorithm: sums, bounds, and its end.
    func check() throws {
        let admission = try #require(record.admission, "\(item.message)")
        let result = try #require(record.result)
        let filled = fills.reduce(Quantity.zero) { $0 + $1.quantity }
        #expect(filled == record.filled)
        #expect(item.filledQuantity == filled)
        #expect(item.execution?.totalQuantity == filled)
        #expect(filled <= admission.parent.quantity)
        #expect(record.state.isFinal)
        #expect(result.endedAt <= admission.parent.deadline + .seconds(6), "a cancel and its answer")
        #expect(fills.allSatisfy { $0.tradedAt <= admission.parent.deadline + .seconds(1) })
        let lot = admission.parent.instrument.lot
        for (order, _) in sent {
            #expect(order.request.quantity.rounded(toLot: lot) == order.request.quantity)
            #expect(order.requestTime < admission.parent.deadline)
        }
    }
}

@Suite("Every algorithm on the generated market, through the real path")
struct AlgorithmOrderTests {
    @Test("LIMIT fills at its price or better, and rests unfilled to its end where the market does not come")
    func limit() async throws {
        let near = try await WorkedOrder.work(100, "LIMIT", limitPercent: 102, ["duration_minutes": .int(30)])
        try near.check()
        #expect(near.item.status == .success)
        #expect(near.sent.count == 1)
        let price = try #require(near.record.admission?.parent.limitPrice)
        #expect(near.fills.allSatisfy { $0.price <= price })
        #expect(near.item.targets?.first?.against == "arrival")

        let far = try await WorkedOrder.work(100, "LIMIT", limitPercent: 60, ["duration_minutes": .int(30)])
        try far.check()
        #expect(far.item.status == .failed)
        #expect(far.fills.isEmpty)
        #expect(far.record.state == .unfilled)
        let ended = try #require(far.record.result).endedAt
        #expect(ended >= (try #require(far.record.admission)).verdict.end)
    }

    @Test("ICEBERG shows one piece at a time, near its display")
    func iceberg() async throws {
        let order = try await WorkedOrder.work(
            2000,
            "ICEBERG",
            limitPercent: 102,
            ["display_quantity": .decimal(FixedDecimal(200))]
        )
        try order.check()
        #expect(order.item.status == .success)
        #expect(order.sent.count >= 8)
        #expect(order.sent.allSatisfy { $0.order.request.quantity <= Quantity(240) })
        #expect(Set(order.sent.map(\.order.request.quantity)).count > 3)
    }

    @Test("POV stays inside its band of what the market traded", arguments: [1, 3])
    func participation(percent: Int) async throws {
        let order = try await WorkedOrder.work(
            200_000,
            "POV",
            ["participation_percent": .decimal(FixedDecimal(percent)), "duration_minutes": .int(60)]
        )
        try order.check()
        #expect(order.item.status == .partial, "the market decides how much it is")
        let (from, to) = (try #require(order.record.admission).arrival.at, try #require(order.record.result).endedAt)
        let volume = try order.floor.market.bars(symbol("KO"), from: from, to: to)
            .reduce(0) { $0 + $1.volume.approximate }
        // What the book did not have yet was still asked for at the end.
        let last = try #require(order.sent.last).order.request.quantity
        let sent = order.sent.reduce(Quantity.zero) { $0 + $1.order.request.quantity }
        let asked = sent - Self.stale(order.record)
        let share = asked.approximate / volume * 100
        #expect(share <= Double(percent) && share >= Double(percent) / 2, "\(share) % of \(volume)")
        #expect(order.record.filled <= asked && order.record.filled > last)
        #expect(order.record.admission?.schedule?.isEmpty == true)
    }

    /// What children that were open for too long gave back: it was asked for again.
    private static func stale(_ record: ParentRecord) -> Quantity {
        var sizes: [ClientOrderID: Quantity] = [:]
        var swept: Set<ClientOrderID> = []
        var free = Quantity.zero
        for journaled in record.events {
            switch journaled.event {
            case .child(let id, .intended(let order, _)): sizes[id] = order.request.quantity
            case .child(let id, .cancelRequested(_?)): swept.insert(id)
            case .child(let id, .cancelled(let executed)) where swept.contains(id):
                free += (sizes[id] ?? .zero) - executed
            default: break
            }
        }
        return free
    }

    @Test("PASSIVE rests at the bid first, and takes only what is left of it")
    func passive() async throws {
        let order = try await WorkedOrder.work(1000, "PASSIVE")
        try order.check()
        #expect(order.item.status == .success)
        let first = try #require(order.sent.first)
        #expect(first.order.request.isPostOnly)
        #expect(first.order.request.type.limitPrice == first.seen?.bid)
        let rest = order.sent.dropFirst()
        #expect(!rest.isEmpty)
        #expect(rest.allSatisfy { !$0.order.request.isPostOnly && $0.order.request.timeInForce == .immediateOrCancel })
        let patience = try #require(rest.first).order.requestTime - first.order.requestTime
        #expect(patience >= Passive.patience)
    }

    @Test("AGGRESSIVE takes at once, a tenth of a percent through the touch at most")
    func aggressive() async throws {
        let order = try await WorkedOrder.work(3000, "AGGRESSIVE")
        try order.check()
        #expect(order.item.status == .success)
        for (child, seen) in order.sent {
            #expect(child.request.timeInForce == .immediateOrCancel)
            let touch = try #require(seen?.ask)
            let price = try #require(child.request.type.limitPrice)
            #expect(price >= touch)
            #expect(price.units <= touch.units / 1000 * 1001 + 1_000_000)
        }
    }

    @Test("ADAPTIVE sends a fifth of the size it sees at most")
    func adaptive() async throws {
        let order = try await WorkedOrder.work(2000, "ADAPTIVE")
        try order.check()
        #expect(order.item.status == .success)
        for (child, seen) in order.sent {
            let shown = try #require(seen?.askSize)
            #expect(child.request.quantity.units <= shown.units / 5)
        }
    }

    @Test("LIQUIDITY_AWARE sends a tenth of the smaller side at most")
    func liquidityAware() async throws {
        let order = try await WorkedOrder.work(2000, "LIQUIDITY_AWARE")
        try order.check()
        #expect(order.item.status == .success)
        for (child, seen) in order.sent {
            let sizes = [try #require(seen?.bidSize), try #require(seen?.askSize)]
            #expect(child.request.quantity.units <= (sizes.map(\.units).min() ?? 0) / 10)
        }
    }

    @Test("IMPLEMENTATION_SHORTFALL trades earlier, the more it fears risk")
    func shortfall() async throws {
        var first: [Quantity] = []
        for aversion in ["0.0000001", "0.0001"] {
            let order = try await WorkedOrder.work(
                10_000,
                "IMPLEMENTATION_SHORTFALL",
                ["risk_aversion": .decimal(decimal(aversion)), "duration_minutes": .int(30)]
            )
            try order.check()
            #expect(order.item.status == .success)
            let schedule = try #require(order.record.admission?.schedule)
            #expect(schedule.reduce(Quantity.zero) { $0 + $1.quantity } == Quantity(10_000))
            first.append(try #require(order.sent.first).order.request.quantity)
        }
        #expect(first[0] < first[1])
    }

    @Test("A way to catch up that there is not is refused, and nothing is sent")
    func catchUp() async throws {
        let ground = Ground()
        let floor = try await Floor.open(WorkedOrder.plan, on: ground)
        let report = try await floor.executor.run(
            "manual-order",
            inputs: WorkedOrder.inputs(100, "TWAP", ["catch_up": .text("never")])
        )
        let item = try #require(report.items.first)
        #expect(item.status == .failed)
        #expect(item.message.contains("burst or skip or spread"), "\(item.message)")
        #expect(await ground.journal.intents.isEmpty)
    }

    @Test(
        "A parameter that the algorithm does not read is refused, and the message says which it takes",
        arguments: [
            ("LIMIT", "participation_percent", "duration_minutes, start_time"),
            ("MARKET", "duration_minutes", "It takes start_time."),
            ("POV", "display_quantity", "participation_percent"), ("LIMIT", "duration_minutes", "--limit-price"),
        ]
    )
    func stray(algorithm: String, parameter: String, words: String) async throws {
        let floor = try await Floor.open(WorkedOrder.plan, on: Ground())
        let value: Value = parameter == "duration_minutes" ? .int(5) : .decimal(FixedDecimal(5))
        let report = try await floor.executor.run(
            "manual-order",
            inputs: WorkedOrder.inputs(100, algorithm, [parameter: value])
        )
        let item = try #require(report.items.first)
        #expect(item.status == .rejected)
        #expect(item.message.contains(words), "\(item.message)")
    }
}
