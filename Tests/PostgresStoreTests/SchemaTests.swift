import Testing

@testable import PostgresStore

@Suite("Schema")
struct SchemaTests {
    @Test("Every statement of the program fits the schema")
    func statements() async throws {
        let fixture = try await StoreFixture("statements")
        let connection = try await fixture.database.connect()
        #expect(Statements.names.count > 50)
        for name in Statements.names {
            await #expect(throws: Never.self, "\(name).sql") {
                try await connection.execute("PREPARE \(name)_test AS \(Statements.named(name))")
            }
        }
        await connection.close()
        try await fixture.close()
    }

    @Test("Partitions are made ahead once, and rows find them")
    func partitions() async throws {
        let fixture = try await StoreFixture("partitions")
        let connection = try await fixture.database.connect()
        let tables = try await fixture.count("SELECT count(*) FROM pg_partitioned_table")
        let made = "SELECT count(*) FROM pg_inherits JOIN pg_partitioned_table ON inhparent = partrelid"
        // The migration made this month, three more, and the DEFAULT.
        #expect(try await fixture.count(made) == tables * 5)
        #expect(try await Partitions.makeAhead(months: 3, on: connection) == 0)
        #expect(try await Partitions.makeAhead(months: 5, on: connection) == Int(tables) * 2)
        try await fixture.sql(
            """
            INSERT INTO ledger_records (account, kind, reference, cash_change, commission, currency, at_ns)
            VALUES ('a', 'transfer', 'r', 1, 0, 'USD', 0);
            INSERT INTO ledger_records (account, kind, reference, cash_change, commission, currency, at_ns, recorded_at)
            VALUES ('a', 'transfer', 'r', 1, 0, 'USD', 0, '2001-01-01')
            """
        )
        #expect(try await fixture.count("SELECT count(*) FROM ledger_records_default") == 1)
        await connection.close()
        try await fixture.close()
    }

    @Test("A number of a parent's event is taken once, in the partitions there are and in those made later")
    func eventNumbers() async throws {
        let fixture = try await StoreFixture("numbers")
        let connection = try await fixture.database.connect()
        _ = try await Partitions.makeAhead(months: 5, on: connection)
        for month in [0, 5] {
            let insert = """
                INSERT INTO event_batches (parent, sequence, events, recorded_at)
                VALUES ('p', 1, E'1\\t0\\tstarted\\t{}\\n', clock_timestamp() + interval '\(month) months')
                """
            try await connection.execute(insert)
            let error = await #expect(throws: PostgresError.self) { try await connection.execute(insert) }
            #expect(error?.sqlState == "23505")
        }
        await connection.close()
        try await fixture.close()
    }
}
