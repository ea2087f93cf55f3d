import PostgresStore
import Testing
import TradingTestKit

@Suite("The judge of crashes")
struct JudgeTests {
    /// Something that must not go unnoticed: what is done to the tables, and how the findings about it begin.
    private static let tamperings = [
        ("INSERT INTO fills SELECT * FROM fills ORDER BY number LIMIT 1", "duplicated: trade"),
        ("UPDATE paper.orders SET executed = executed + 1000 WHERE number = 1", "duplicated: order"),
        ("DELETE FROM fills WHERE number = (SELECT min(number) FROM fills)", "lost: the venue made trade"),
        ("DELETE FROM paper.orders WHERE number = 1", "lost: child"),
        ("DELETE FROM paper.orders WHERE number = 1", "unexplained: trade"),
        (
            """
            INSERT INTO paper.orders (client_order_id, account, symbol, state, executed, arrived_at_ns, record)
            SELECT 'sx-ghost', account, symbol, state, 0, arrived_at_ns, jsonb_set(record, '{fills}', '[]')
            FROM paper.orders WHERE number = 1
            """, "lost: the venue has order sx-ghost"
        ),
        (
            "UPDATE fills SET commission = commission + 0.01 WHERE number = (SELECT min(number) FROM fills)",
            "unexplained: trade"
        ),
        (
            "UPDATE fills SET commission = commission + 0.01 WHERE number = (SELECT min(number) FROM fills)",
            "unexplained: paper@generated-7 has"
        ),
        ("UPDATE positions SET quantity = quantity + 1 WHERE symbol = 'KO'", "unexplained: paper@generated-7 holds"),
        ("UPDATE reservations SET released_at_ns = NULL", "unexplained: order"),
        (
            "UPDATE child_orders SET life = 'unknown' WHERE id = (SELECT min(id) FROM child_orders)",
            "unexplained: child"
        ),
        ("UPDATE paper.orders SET state = 'working' WHERE number = 1", "unexplained: child"),
        ("UPDATE parent_orders SET state = 'unfilled' WHERE number = 1", "unexplained: order"),
        (
            "UPDATE runs SET state = 'ready', status = NULL, ended_at_ns = NULL, finished_at = NULL", "unexplained: run"
        ),
    ]

    @Test("Finds nothing in a run that went well, and whatever is changed afterwards, on either side")
    func finds() async throws {
        try await Home.onSharedServer { home in
            #expect(try await home.run(try home.line(pace: "virtual")).status == 0)
            let connection = try await PostgresConnection.connect(try home.url)
            #expect(try await Judge.findings(connection) == [])
            for (sql, start) in Self.tamperings {
                try await connection.begin()
                _ = try await connection.query(sql)
                let findings = try await Judge.findings(connection)
                #expect(findings.contains { $0.hasPrefix(start) }, "\(sql): \(findings)")
                try await connection.rollback()
            }
            try await recorded(connection)
            await connection.close()
        }
    }

    /// The same record as the local exchange gives it.
    private func recorded(_ connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            CREATE TABLE judged_record AS SELECT jsonb_build_object('account', 'test', 'orders', jsonb_agg(jsonb_build_object(
                'clientOrderId', client_order_id, 'orderId', number, 'symbol', symbol, 'side', 'BUY',
                'executedQty', executed::text, 'status', upper(state)
            )), 'trades', (SELECT jsonb_agg(jsonb_build_object(
                'id', fill -> 'tradeID', 'orderId', number, 'side', fill -> 'side', 'price', fill -> 'price',
                'qty', fill -> 'quantity', 'quoteQty', fill #> '{notional,amount}',
                'commission', fill #> '{commission,amount}'
            )) FROM paper.orders CROSS JOIN jsonb_array_elements(paper.orders.record -> 'fills') AS fill)) AS record
            FROM paper.orders
            """
        )
        #expect(try await Judge.findings(connection, by: .recorded) == [])
        let changes = [
            ("jsonb_insert(record, '{orders,0}', record #> '{orders,0}')", "duplicated: intent"),
            ("jsonb_set(record, '{orders,0,clientOrderId}', '\"sx-ghost\"')", "lost: the venue has order sx-ghost"),
            ("record #- '{trades,0}'", "unexplained: trade"),
            ("jsonb_set(record, '{orders,0,status}', '\"NEW\"')", "unexplained: child"),
        ]
        for (change, start) in changes {
            try await connection.begin()
            _ = try await connection.query("UPDATE judged_record SET record = \(change)")
            let findings = try await Judge.findings(connection, by: .recorded)
            #expect(findings.contains { $0.hasPrefix(start) }, "\(change): \(findings)")
            try await connection.rollback()
        }
    }
}
