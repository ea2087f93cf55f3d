import Testing

@testable import PostgresStore

@Suite("Pool")
struct PoolTests {
    /// Lets tasks wait for a moment that a test decides.
    private actor Gate {
        private var isOpen = false
        private var waiting: [CheckedContinuation<Void, Never>] = []
        private(set) var order: [Int] = []

        var isHeld: Bool { !waiting.isEmpty }

        func wait() async {
            if isOpen { return }
            await withCheckedContinuation { waiting.append($0) }
        }

        func open() {
            isOpen = true
            for waiter in waiting { waiter.resume() }
            waiting = []
        }

        func note(_ number: Int) { order.append(number) }
    }

    @Test("Waiters are served in the order in which they came, over one connection")
    func fifo() async throws {
        let pool = try PostgresPool(url: try await TestDatabase.shared().url, size: 1, waitersMax: 10)
        let gate = Gate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.withConnection { _ in await gate.wait() } }
            while await !gate.isHeld { await Task.yield() }
            for number in 0..<10 {
                group.addTask { try await pool.withConnection { _ in await gate.note(number) } }
                while pool.waiting <= number { await Task.yield() }
            }
            let busy = await #expect(throws: PostgresError.self) { try await pool.withConnection { _ in } }
            #expect(busy == .poolBusy(waiting: 10))
            await gate.open()
            try await group.waitForAll()
        }
        #expect(await gate.order == Array(0..<10))
        await pool.close()
    }

    @Test("Connections are reused, and broken ones replaced")
    func replaced() async throws {
        let pool = try PostgresPool(url: try await TestDatabase.shared().url, size: 1)
        let backend: @Sendable (PostgresConnection) async throws -> Int64 = {
            try await $0.query("SELECT pg_backend_pid()").single().int64(at: 0)
        }
        let first = try await pool.withConnection(backend)
        #expect(try await pool.withConnection(backend) == first)
        await #expect(throws: PostgresError.self) {
            try await pool.withConnection { _ = try await $0.query("SELECT pg_terminate_backend(pg_backend_pid())") }
        }
        let second = try await pool.withConnection(backend)
        #expect(second != first)
        let sum = try await pool.transaction { try $0.query("SELECT 1 + 1").single().int64(at: 0) }
        #expect(sum == 2)
        try await pool.withConnection { try await $0.begin() }
        #expect(try await pool.withConnection(backend) != second)
        await pool.close()
        await #expect(throws: PostgresError.poolClosed) { try await pool.withConnection { _ in } }
    }

    @Test("An idle connection that the server closed is replaced before it is lent")
    func idleKilled() async throws {
        let database = try await TestDatabase.shared()
        let pool = try PostgresPool(url: database.url, size: 1)
        let backend = try await pool.withConnection {
            try await $0.query("SELECT pg_backend_pid()").single().int64(at: 0)
        }
        let watcher = try await database.connect()
        _ = try await watcher.query("SELECT pg_terminate_backend($1::integer, 900000)", [.int64(backend)])
        #expect(try await pool.withConnection { try await $0.query("SELECT 1").count } == 1)
        await pool.close()
        await watcher.close()
    }

    @Test("A cancelled waiter leaves the queue")
    func cancelled() async throws {
        let pool = try PostgresPool(url: try await TestDatabase.shared().url, size: 1)
        let gate = Gate()
        let holder = Task { try await pool.withConnection { _ in await gate.wait() } }
        while await !gate.isHeld { await Task.yield() }
        let waiter = Task { try await pool.withConnection { _ in } }
        while pool.waiting == 0 { await Task.yield() }
        waiter.cancel()
        await #expect(throws: PostgresError.cancelled) { try await waiter.value }
        #expect(pool.waiting == 0)
        await gate.open()
        try await holder.value
        #expect(try await pool.withConnection { try await $0.query("SELECT 1").count } == 1)
        await pool.close()
    }
}
