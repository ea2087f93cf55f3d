import CPostgres

/// One libpq connection, used by one caller at a time.
///
/// libpq blocks while it waits for the server, so the actor runs on a queue of its own and never
/// holds a thread of the shared pool.
public actor PostgresConnection {
    private let executor = BlockingExecutor(label: "smartexec.postgres")
    let target: ConnectionString
    private var session: LibpqSession?
    var statements = StatementCache()

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Makes a connection that is not open yet.
    ///
    /// - Parameter url: A `postgresql://` URL or `key=value` pairs, as libpq reads them; several hosts are allowed.
    /// - Throws: ``PostgresError/invalidURL(problem:)``.
    public init(url: String) throws(PostgresError) {
        target = try ConnectionString(url)
    }

    /// Returns an open connection.
    ///
    /// - Throws: ``PostgresError/invalidURL(problem:)`` or ``PostgresError/connectFailed(server:problem:)``.
    public static func connect(_ url: String) async throws(PostgresError) -> PostgresConnection {
        let connection = try PostgresConnection(url: url)
        try await connection.open()
        return connection
    }

    /// Connects, in place of an earlier session if there was one; one attempt.
    public func open() throws(PostgresError) {
        close()
        session = try LibpqSession(target)
    }

    /// Closes the connection, if it is open; an open transaction is rolled back by the server.
    public func close() {
        session = nil
        statements = StatementCache()
    }

    /// Whether the connection is open and, as far as one look at its socket tells, alive.
    public var isUsable: Bool { session?.isUsable ?? false }

    /// Whether the server, as far as it can be asked, is away for now; see ``DatabaseOutage``.
    func isAway() -> Bool { LibpqSession.isAway(target) }

    /// Whether the connection may be handed to somebody else: alive, and in no transaction.
    var isReusable: Bool {
        guard let session else { return false }
        return session.isUsable && session.transactionStatus == PQTRANS_IDLE
    }

    /// Whether a transaction is open, failed or not.
    public var isInTransaction: Bool {
        guard let status = session?.transactionStatus else { return false }
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
    }

    /// Returns the server's notices and warnings since the last call, oldest first; at most the newest hundred.
    public func takeNotices() -> [ServerReport] { session?.takeNotices() ?? [] }

    /// Runs one statement with `parameters` bound to `$1`, `$2`…, prepared once per connection.
    ///
    /// - Throws: ``PostgresError/server(_:statement:)`` when the server refuses it,
    ///   ``PostgresError/connectionLost(problem:statement:)``, ``PostgresError/invalidParameter(index:problem:)``.
    public func query(_ sql: String, _ parameters: [PostgresValue] = []) throws(PostgresError) -> PostgresResult {
        let session = try requireSession()
        let strings = try CStrings(parameters)
        let wasIdle = session.transactionStatus == PQTRANS_IDLE
        do {
            return try run(sql, strings, on: session)
        } catch {
            guard isStale(error) else { throw error }
            // The server has changed or forgotten the plan, as after a migration. In a transaction it is too late.
            statements.remove(sql)
            guard wasIdle else { throw error }
            return try run(sql, strings, on: session)
        }
    }

    /// Runs one or several statements without parameters, as a migration file holds them.
    ///
    /// - Returns: The last statement's result.
    /// - Throws: The error of the first statement that fails; the ones after it do not run.
    @discardableResult
    public func execute(_ script: String) throws(PostgresError) -> PostgresResult {
        try requireSession().execute(script)
    }

    /// Returns the open session.
    ///
    /// - Throws: ``PostgresError/connectionClosed``.
    func requireSession() throws(PostgresError) -> LibpqSession {
        guard let session else { throw .connectionClosed }
        return session
    }

    /// Frees the least recently used statements over the cache's bound.
    func evictStatements(on session: LibpqSession) {
        // A failed transaction refuses DEALLOCATE; the next call in a sound one catches up.
        guard session.transactionStatus != PQTRANS_INERROR else { return }
        for name in statements.evict() {
            // A refusal means that the server has already forgotten it, which is what we want.
            _ = try? session.execute("DEALLOCATE \(name)")
        }
    }

    private func run(
        _ sql: String,
        _ parameters: CStrings,
        on session: LibpqSession
    ) throws(PostgresError) -> PostgresResult {
        let name: String
        if let known = statements.name(of: sql) {
            name = known
        } else {
            evictStatements(on: session)
            name = statements.makeName()
            _ = try session.check(
                PQprepare(session.handle, name, sql, 0, nil),
                statement: PostgresError.summary(of: sql)
            )
            statements.insert(sql, name: name)
        }
        let count = Int32(parameters.pointers.count)
        let result = withExtendedLifetime(parameters) {
            PQexecPrepared(session.handle, name, count, parameters.pointers, parameters.lengths, parameters.formats, 0)
        }
        return try session.check(result, statement: PostgresError.summary(of: sql))
    }

    /// Whether a prepared statement is the cause: 0A000 "cached plan must not change result type", 26000 unknown name.
    private func isStale(_ error: PostgresError) -> Bool {
        switch error.sqlState {
        case "26000": true
        case "0A000": error.report?.message.contains("cached plan") ?? false
        default: false
        }
    }
}
