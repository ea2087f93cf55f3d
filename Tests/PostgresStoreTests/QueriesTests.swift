import ExecutionAlgorithms
import ExecutionEngine
import Orchestration
import Portfolio
import Testing
import TradingDomain
import TradingTestKit
import Workflows

@testable import PostgresStore

@Suite("What the command line reads")
struct QueriesTests {
    private typealias Samples = JournalSamples
    private static let account = AccountID(unchecked: "paper")
    private static let run = RunID(unchecked: "0198c0de-0000-7000-8000-000000000001")

    /// A run whose one order had two fills and is finished.
    private static func scene() async throws -> StoreFixture {
        let fixture = try await StoreFixture("reader")
        let store = try await fixture.store("one")
        try await store.create(
            RunRecord(
                id: run,
                workflow: "watchlist",
                definitionHash: "h",
                sources: [:],
                inputs: "{}",
                account: account,
                environment: .paper,
                launch: "{}",
                startedAt: Samples.start,
                seed: 7
            )
        )
        let claim = try await store.claim(run).claim
        let key = DecisionKey(account: account, agent: AgentID(unchecked: "file"), key: "k")
        _ = try await store.record(
            DecisionRecord(
                key: key,
                decision: DecisionID(unchecked: "decision-0001"),
                economicHash: "e",
                symbol: nil,
                kind: "TRADE",
                envelope: "{}",
                request: "asked\0with a nul",
                reply: "told",
                log: "",
                run: run,
                stepPath: "decide",
                decidedAt: Samples.start
            )
        )
        let journal = try await fixture.postgresJournal()
        let lease = try await journal.acquire(account, opening: Samples.opening)
        let submission = try Samples.submission(account: account, run: run, stepPath: "send")
        var admitting = Samples.admitting(submission)
        let intents = (1...2).map { Samples.intent(submission, lease, child: $0, sequence: $0 + 2) }
        admitting.intents = intents
        _ = try await journal.commit(admitting, lease)
        var position = Position(flat: submission.order.symbol, .usd)
        for (index, intent) in intents.enumerated() {
            var batch = EngineBatch(sequence: Int64(index + 2), clock: Samples.start + .seconds(2))
            let broker = BrokerOrderID(unchecked: "B-\(index)")
            let acknowledged = ChildEvent.acknowledged(broker, at: Samples.start)
            batch.events = [Samples.event(submission.id, index * 2 + 5, .child(intent.order.id, acknowledged))]
            // The later child's trade has the smaller id: the order of fills is by time and id, not by booking.
            let fill = Samples.fill(intent, trade: "T-\(9 - index)")
            try Samples.book(fill, of: submission, event: index * 2 + 6, position: &position, into: &batch)
            _ = try await journal.commit(batch, lease)
        }
        var end = Samples.finishing(submission, filled: Quantity(40), event: 9, batch: 4)
        end.alerts = [EngineAlert(code: "slow", message: "m", parent: submission.id, at: Samples.start)]
        _ = try await journal.commit(end, lease)
        let step = StepRecord(
            path: "send",
            uses: "execute.by_urgency",
            effect: "order",
            outcome: "{}",
            startedAt: Samples.start,
            doneAt: Samples.start
        )
        try await store.complete(step, of: claim)
        try await store.resolve([DecisionOutcome(key: key, outcome: "SUCCESS")], of: claim)
        try await store.finish(claim, status: .partial, report: #"{"items":[]}"#, at: Samples.start)
        return fixture
    }

    @Test("Runs, orders, fills, decisions, books and alerts are read as they were written")
    func reads() async throws {
        let fixture = try await Self.scene()
        let queries = PostgresQueries(pool: fixture.pool)

        let listed = try await queries.runs()
        #expect(listed.map(\.id) == [Self.run] && listed[0].status == .partial)
        #expect(listed[0].steps == 1 && listed[0].parents == 1 && !listed[0].isHeld)
        let detail = try #require(try await queries.run(Self.run))
        #expect(detail.steps.map(\.path) == ["send"] && detail.report == #"{"items":[]}"# && detail.seed == 7)
        #expect(try await queries.run(RunID(unchecked: "none")) == nil)
        #expect(try await queries.runRecord(Self.run)?.launch == "{}")
        #expect(try await queries.runRecord(RunID(unchecked: "none")) == nil)
        #expect(try await queries.clock(of: Self.account) == Samples.start + .seconds(4))
        #expect(try await queries.clock(of: AccountID(unchecked: "none")) == nil)

        let order = try #require(try await queries.orders(OrderFilter(account: Self.account, run: Self.run)).first)
        #expect(order.state == .partiallyFilled && order.filled == Quantity(40) && order.children == 2)
        #expect(order.algorithm == .twapAggressive && order.arrivalPrice == Samples.arrival.price)
        #expect(try await queries.orders(OrderFilter(openOnly: true)).isEmpty)
        #expect(try await queries.orders(prefix: String(order.id.text.prefix(4))) == [order.id])
        #expect(try await queries.order(order.id)?.events.map(\.sequence) == Array(1...9))
        let children = try await queries.children(of: order.id)
        #expect(children.map(\.life) == [.filled, .filled] && children.map(\.type) == ["LIMIT", "MARKET"])
        #expect(children.map { $0.brokerOrder?.text } == ["B-0", "B-1"])
        #expect(try await queries.events(of: order.id).map(\.kind).prefix(3) == ["admitted", "started", "intended"])

        let decision = try #require(try await queries.decision(of: order.id))
        #expect(decision.outcome == "SUCCESS" && decision.decision.request == "asked\u{2400}with a nul")
        #expect(try await queries.decision(DecisionID(unchecked: "decision-0001")) == decision)

        let fills = try await queries.fills(FillFilter(run: Self.run))
        #expect(fills.map(\.fill.tradeID.text) == ["T-8", "T-9"])
        #expect(fills.allSatisfy { $0.parent == order.id && $0.run == Self.run })
        let newest = try await queries.fills(FillFilter(account: Self.account), limit: 1)
        #expect(newest.map(\.fill.tradeID.text) == ["T-9"])
        let symbol = try Samples.symbol("AAPL")
        #expect(try await queries.fills(FillFilter(symbol: symbol)).isEmpty)

        let position = try #require(try await queries.positions(Self.account).first)
        #expect(position.quantity == Quantity(40))
        #expect(position.costBasis == fills[0].fill.notional + fills[1].fill.notional)
        #expect(try await queries.ledger(Self.account, limit: 1).map(\.reference) == ["T-8"])
        let account = try #require(try await queries.account(Self.account))
        #expect(account.cash == Samples.opening.cash + fills[0].fill.cashChange + fills[1].fill.cashChange)
        #expect(account.totalExecutions == 1 && account.successful == 0 && account.openParents == 0)
        #expect(account.fills == 2 && account.openPositions == 1 && account.halt == nil)
        #expect(try await queries.accounts() == [account])

        #expect(try await queries.alerts(Self.account).map(\.code) == ["slow"])
        #expect(try await queries.alerts(AccountID(unchecked: "none")).isEmpty)
        #expect(try await queries.workers().first?.accounts == [Self.account])
        let tables = try await queries.tableSizes().map(\.table)
        #expect(tables.contains("fills") && tables.contains("paper.orders") && !tables.contains("fills_default"))
        #expect(try await queries.oldestSnapshotSeconds() >= 0)
        try await fixture.close()
    }

    @Test("An account in order passes every check, and each kind of damage fails its own")
    func verify() async throws {
        let fixture = try await Self.scene()
        let queries = PostgresQueries(pool: fixture.pool)
        let sound = try await queries.verify(Self.account)
        #expect(sound.count == 11)
        for check in sound { #expect(check.holds && check.compared > 0, "\(check)") }

        let damages = [
            ("UPDATE positions SET quantity = quantity + 1", ["positions_equal_ledger"]),
            ("UPDATE positions SET realized = 0.00000001", ["positions_equal_ledger"]),
            ("DELETE FROM positions", ["positions_equal_ledger"]),
            ("UPDATE fills SET commission = commission + 0.00000001 WHERE trade_id = 'T-9'", ["ledger_equals_journal"]),
            ("UPDATE child_orders SET filled = 19", ["children_equal_fills"]),
            ("UPDATE parent_orders SET filled = 41", ["parents_equal_fills"]),
            ("UPDATE child_orders SET quantity = 90, life = 'unknown'", ["no_parent_overfilled"]),
            ("DELETE FROM fill_keys", ["fills_have_keys"]),
            (
                #"UPDATE event_batches SET events = regexp_replace(events, E'[^\n]*\tintended\t[^\n]*\n', '', 'g')"#,
                ["intents_are_journalled"]
            ),
            (
                #"UPDATE event_batches SET events = regexp_replace(events, E'[^\n]*\tfilled\t[^\n]*\n', '', 'g')"#,
                ["fills_are_journalled"]
            ),
            (
                "UPDATE fills SET is_booked = false WHERE trade_id = 'T-9'",
                ["ledger_equals_journal", "positions_equal_ledger"]
            ),
            (
                "UPDATE fills SET client_order_id = 'sx-foreign' WHERE trade_id = 'T-9'",
                ["children_equal_fills", "fills_are_journalled", "fills_have_intents", "parents_equal_fills"]
            ),
            (
                """
                INSERT INTO child_orders SELECT (jsonb_populate_record(child,
                    '{"id": "sx-zzzzzzzzzzzzzzzz-aaaa-1", "filled": 0, "life": "not_placed"}')).*
                FROM child_orders AS child LIMIT 1
                """, ["intents_are_journalled", "intents_lead_back"]
            ),
        ]
        for (damage, failing) in damages {
            let found = try await fixture.pool.withConnection { connection in
                // Seen by its own transaction only, so each damage is alone.
                try await connection.begin()
                try await connection.execute(damage)
                let checks = try await PostgresQueries.checks(Self.account, on: connection)
                try await connection.rollback()
                return checks
            }
            #expect(found.filter { !$0.holds }.map(\.name).sorted() == failing, "\(damage)")
        }
        try await fixture.close()
    }

    @Test("A duplicate fill leaves the cached position right and an alert behind")
    func duplicateFill() async throws {
        let fixture = try await StoreFixture("duplicate")
        let journal = try await fixture.postgresJournal()
        let lease = try await journal.acquire(Self.account, opening: Samples.opening)
        let submission = try Samples.submission(account: Self.account)
        let intent = Samples.intent(submission, lease, child: 1, sequence: 3)
        var admitting = Samples.admitting(submission)
        admitting.intents = [intent]
        _ = try await journal.commit(admitting, lease)
        var position = Position(flat: submission.order.symbol, .usd)
        for number in 2...3 {
            var batch = EngineBatch(sequence: Int64(number), clock: Samples.start)
            let fill = Samples.fill(intent, trade: "T-1")
            try Samples.book(fill, of: submission, event: number + 2, position: &position, into: &batch)
            batch.fills += batch.fills
            _ = try await journal.commit(batch, lease)
        }
        let queries = PostgresQueries(pool: fixture.pool)
        #expect(try await queries.positions(Self.account).map(\.quantity) == [Quantity(20)])
        #expect(try await queries.fills(FillFilter()).count == 1)
        let alert = try #require(try await queries.alerts().first)
        #expect(alert.code == "entry_booked_before" && alert.message.contains("fill T-1"))
        try await fixture.close()
    }

    @Test("The venue remembers its orders, and an account sees its own")
    func venue() async throws {
        let fixture = try await StoreFixture("venue")
        let store = PostgresVenueStore(pool: fixture.pool, worker: try await fixture.worker("one"))
        func order(_ number: Int, _ state: String, executed: Int) throws -> StoredVenueOrder {
            StoredVenueOrder(
                id: ClientOrderID(unchecked: "sx-order-\(number)"),
                account: Self.account,
                symbol: try #require(Symbol("AAPL")),
                state: state,
                executed: Quantity(executed),
                arrivedAt: Samples.start,
                document: #"{"state": "\#(state)", "number": \#(number)}"#  // as jsonb orders it
            )
        }
        try await store.save([try order(1, "working", executed: 0), try order(2, "working", executed: 0)])
        // The last state of an order that is saved twice at once counts.
        try await store.save([try order(1, "cancelled", executed: 0), try order(1, "filled", executed: 5)])
        let stored = try await store.load(Self.account)
        #expect(
            stored == [try order(1, "filled", executed: 5).document, try order(2, "working", executed: 0).document]
        )
        #expect(try await store.load(AccountID(unchecked: "other")).isEmpty)
        try await store.save([])
        try await fixture.close()
    }

    @Test("U+0000 is stored as its picture, and nothing else is touched")
    func nuls() throws {
        #expect(try Documents.encode(["a\0b", #"\u0000"#, "\\\0"]) == #"["a\u2400b","\\u0000","\\\u2400"]"#)
        #expect(try Documents.decode([String].self, Documents.encode(["a/\0"])) == ["a/\u{2400}"])
    }
}
