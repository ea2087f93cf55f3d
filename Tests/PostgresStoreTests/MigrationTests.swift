import ExecutionAlgorithms
import ExecutionEngine
import Portfolio
import Testing
import TradingDomain
import TradingTestKit

@testable import PostgresStore

/// Databases that hold orders from before a migration.
@Suite("Databases of earlier versions")
struct MigrationTests {
    private static let account = AccountID(unchecked: "paper")
    private static let parent = JournalSamples.parent(1)

    /// What version 11 had of one order: two children, one acknowledged and filled, one working, and a trade without a
    /// ledger entry, since it could not be booked; half of it in a month without a partition.
    private static var rows: String {
        get throws {
            let submission = try JournalSamples.submission(account: account)
            let lease = EngineLease(
                account: account,
                epoch: 1,
                worker: "w",
                incarnation: Incarnation(bits: 7)
            )
            let intents = (1...2).map { JournalSamples.intent(submission, lease, child: $0, sequence: $0 + 2) }
            let fill = JournalSamples.fill(intents[0], trade: "T-1")
            let ids = intents.map(\.order.id)
            let events: [(String, OrderEvent)] = [
                ("admitted", .parent(.admitted(JournalSamples.verdict))),
                ("started", .parent(.started(arrival: JournalSamples.arrival))),
                ("intended", intents[0].event.event), ("intended", intents[1].event.event),
                (
                    "acknowledged",
                    .child(ids[0], .acknowledged(BrokerOrderID(unchecked: "B-1"), at: JournalSamples.start))
                ),
                ("filled", .child(ids[0], .filled(fill))),
            ]
            var script = """
                INSERT INTO account_engines (account, epoch) VALUES ('paper', 1);
                INSERT INTO parent_orders (id, account, symbol, side, quantity, filled, urgency, state, submitted_at_ns)
                    VALUES ('\(parent)', 'paper', 'NVDA', 'BUY', 100, 20, 'HIGH', 'working', 0);
                INSERT INTO parent_bodies (parent, submission, admission) VALUES ('\(parent)',
                    \(literal(try Documents.encode(submission))),
                    \(literal(try Documents.encode(JournalSamples.admission(submission)))));
                INSERT INTO parent_snapshots VALUES ('\(parent)', 'TimeWeighted', 1, '{"next": 1}');
                INSERT INTO ledger_keys VALUES ('paper', 'opening_balance', '', 'opening'),
                    ('paper', 'fill', 'NVDA', 'T-1');
                INSERT INTO ledger_entries (account, kind, reference, cash_change, commission, currency, at_ns)
                    VALUES ('paper', 'opening_balance', 'opening', 100000, 0, 'USD', 0);
                INSERT INTO ledger_entries (account, kind, reference, symbol, quantity, notional, cash_change,
                        commission, currency, at_ns, recorded_at)
                    VALUES ('paper', 'fill', 'T-1', 'NVDA', 20, \(fill.notional.amount), \(fill.cashChange.amount),
                        \(fill.commission.amount), 'USD', \(fill.tradedAt.nanoseconds), '2019-02-03');
                INSERT INTO positions VALUES ('paper', 'NVDA', 20, \(fill.notional.amount), 0, 'USD');
                INSERT INTO fill_keys VALUES ('paper', 'NVDA', 'T-1'), ('paper', 'NVDA', 'T-0');

                """
            for (number, (kind, event)) in events.enumerated() {
                let month = number < 3 ? "'2019-02-03'" : "clock_timestamp()"
                script += """
                    INSERT INTO order_events (parent, sequence, account, at_ns, kind, event, recorded_at) VALUES
                        ('\(parent)', \(number + 1), 'paper', \(JournalSamples.start.nanoseconds + Int64(number + 1)),
                        '\(kind)', \(literal(try Documents.encode(event))), \(month));

                    """
            }
            for (place, intent) in intents.enumerated() {
                let (order, isFilled) = (intent.order, place == 0)
                let limit = order.request.type.limitPrice.map { "\($0)" } ?? "NULL"
                script += """
                    INSERT INTO intents VALUES ('\(order.id)', 'paper', '\(parent)', 1, 1, 0, 5000000000);
                    INSERT INTO child_orders (id, parent, account, symbol, side, quantity, type, limit_price,
                            time_in_force, slice, life, filled, request_time_ns, valid_for_ns, broker_order_id)
                        VALUES ('\(order.id)', '\(parent)', 'paper', 'NVDA', 'BUY', 20, '\(order.request.type.name)',
                            \(limit), 'DAY', \(place + 1), '\(isFilled ? "filled" : "planned")', \(isFilled ? 20 : 0),
                            0, 5000000000, \(isFilled ? "'B-1'" : "NULL"));

                    """
            }
            for (trade, order) in [("T-0", "foreign"), ("T-1", ids[0].text)] {
                script += """
                    INSERT INTO fills (account, parent_order, client_order_id, symbol, trade_id, side, quantity, price,
                            notional, commission, currency, traded_at_ns, recorded_at)
                        VALUES ('paper', \(order == "foreign" ? "NULL" : "'\(parent)'"), '\(order)', 'NVDA', '\(trade)',
                            'BUY', 20, \(fill.price), \(fill.notional.amount), \(fill.commission.amount), 'USD',
                            \(fill.tradedAt.nanoseconds), '2019-02-03');

                    """
            }
            return script
        }
    }

    private static func literal(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }

    @Test("Orders and books of version 11 are what they were after the migrations that follow")
    func fromEleven() async throws {
        let before = try Migration.bundled().filter { $0.version <= 11 }
        let database = try await TestDatabase.make("eleven", migrations: before)
        let connection = try await database.connect()
        try await connection.execute(Self.rows)
        let applied = try await Migrator(migrations: Migration.bundled()).run(on: connection)
        #expect(applied.first?.version == 12)
        await connection.close()

        let pool = try PostgresPool(url: database.url, size: 2)
        let queries = PostgresQueries(pool: pool)
        let order = try #require(try await queries.order(Self.parent))
        #expect(order.events.map(\.sequence) == Array(1...6))
        #expect(order.events.map(\.at.nanoseconds) == (1...6).map { JournalSamples.start.nanoseconds + $0 })
        #expect(order.filled == Quantity(20) && order.state == .working)
        #expect(order.snapshot == AlgorithmSnapshot(kind: "TimeWeighted", version: 1, state: #"{"next": 1}"#))
        #expect(order.admission == JournalSamples.admission(order.submission))
        #expect(
            try await queries.events(of: Self.parent).map(\.kind)
                == ["admitted", "started", "intended", "intended", "acknowledged", "filled"]
        )
        let children = try await queries.children(of: Self.parent)
        #expect(children.map(\.life) == [.filled, .planned] && children.map(\.slice) == [1, 2])
        #expect(try await queries.fills(FillFilter()).map(\.fill.tradeID.text) == ["T-0", "T-1"])
        let fill = try #require(try await queries.fills(FillFilter(parent: Self.parent)).first?.fill)
        #expect(fill.tradeID.text == "T-1")
        let ledger = try await queries.ledger(Self.account)
        #expect(ledger.map(\.reference) == ["T-1", "opening"])
        #expect(ledger.first == (try LedgerEntry(fill)))
        for check in try await queries.verify(Self.account) where check.name != "fills_have_intents" {
            #expect(check.holds, "\(check)")
        }
        #expect(try await queries.verify(Self.account).count { !$0.holds } == 1, "the foreign trade has no intent")
        await pool.close()
        try await database.drop()
    }
}
