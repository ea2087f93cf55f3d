import CPostgres
import Failpoints

/// A statement with the values of its parameters.
public struct PostgresStatement: Hashable, Sendable {
    /// One SQL statement with parameters `$1`, `$2`….
    public let sql: String
    public let parameters: [PostgresValue]

    public init(_ sql: String, _ parameters: [PostgresValue] = []) {
        self.sql = sql
        self.parameters = parameters
    }
}

/// A statement whose values are in their wire form already.
struct EncodedStatement: Sendable {
    let sql: String
    let values: CStrings

    /// - Throws: ``PostgresError/invalidParameter(index:problem:)``.
    init(_ statement: PostgresStatement) throws(PostgresError) {
        sql = statement.sql
        values = try CStrings(statement.parameters)
    }
}

extension PostgresConnection {
    /// Runs `statements` in order in one round trip (plus those of a transaction), all or none.
    ///
    /// They join the open transaction; with none they run in one of their own, committed as ``commit()`` does. In an
    /// open transaction a failure leaves it failed, as one of ``query(_:_:)`` does, and the connection in order.
    ///
    /// - Returns: One result per statement.
    /// - Throws: The error of the first statement to fail; the ones after it did not run.
    public func pipeline(_ statements: [PostgresStatement]) throws(PostgresError) -> [PostgresResult] {
        var encoded: [EncodedStatement] = []
        for statement in statements { encoded.append(try EncodedStatement(statement)) }
        return try pipeline(encoded: encoded)
    }

    /// Runs `statements` as ``pipeline(_:)-([PostgresStatement])`` does.
    func pipeline(encoded statements: [EncodedStatement]) throws(PostgresError) -> [PostgresResult] {
        guard !statements.isEmpty else { return [] }
        guard isInTransaction else {
            return try transaction { connection throws(PostgresError) in try connection.pipeline(encoded: statements) }
        }
        let session = try requireSession()
        evictStatements(on: session)
        return try throughPipeline(statements, on: session)
    }

    private func throughPipeline(
        _ statements: [EncodedStatement],
        on session: LibpqSession
    ) throws(PostgresError) -> [PostgresResult] {
        guard PQenterPipelineMode(session.handle) == 1 else {
            throw .wrongTransactionState(problem: "the connection cannot enter pipeline mode")
        }
        do throws(PostgresError) {
            let sent = try send(statements, on: session)
            let results = try receive(sent, on: session)
            guard PQexitPipelineMode(session.handle) == 1 else {
                throw .unexpectedAnswer(problem: "the connection did not leave pipeline mode")
            }
            return results
        } catch {
            // `receive` leaves the pipeline drained, which can be left; anything else is beyond repair.
            if PQpipelineStatus(session.handle) != PQ_PIPELINE_OFF, PQexitPipelineMode(session.handle) != 1 { close() }
            throw error
        }
    }

    /// Runs `statements` as a transaction of their own in one round trip, its commit included.
    ///
    /// Up to the synchronisation point the server holds them in one transaction, which that point commits.
    ///
    /// - Returns: One result per statement, durable.
    /// - Throws: ``PostgresError/commitUnknown(problem:)`` when the connection died or the server warned once they were
    ///   sent. Any other error means that nothing was committed.
    func commit(_ statements: [EncodedStatement]) throws(PostgresError) -> [PostgresResult] {
        guard !isInTransaction else { throw .wrongTransactionState(problem: "a transaction is already open") }
        let session = try requireSession()
        guard session.isUsable else {
            throw .connectionLost(problem: "the server had closed it before anything was sent", statement: nil)
        }
        evictStatements(on: session)
        _ = session.takeNotices()
        if failpoint("transaction.before_commit") {
            close()
            throw .connectionLost(problem: "a failpoint cut it before anything was sent", statement: nil)
        }
        let results: [PostgresResult]
        do {
            results = try throughPipeline(statements, on: session)
        } catch {
            switch error {
            case .connectionLost(let problem, _): throw .commitUnknown(problem: problem)
            default: throw error
            }
        }
        if let warning = session.takeNotices().first(where: { $0.severity == "WARNING" }) {
            throw .commitUnknown(problem: "the server warned during the commit: \(warning.safeMessage)")
        }
        if failpoint("transaction.committed") { throw .commitUnknown(problem: "a failpoint kept the answer back") }
        return results
    }

    /// What was put on the wire, in order.
    private enum Sent {
        case prepare(sql: String, name: String)
        case execute(sql: String)

        var sql: String {
            switch self {
            case .prepare(let sql, _), .execute(let sql): sql
            }
        }
    }

    private func send(
        _ batch: [EncodedStatement],
        on session: LibpqSession
    ) throws(PostgresError) -> [Sent] {
        var sent: [Sent] = []
        var prepared: [String: String] = [:]
        for statement in batch {
            let (sql, parameters) = (statement.sql, statement.values)
            let name: String
            if let known = statements.name(of: sql) ?? prepared[sql] {
                name = known
            } else {
                name = statements.makeName()
                guard PQsendPrepare(session.handle, name, sql, 0, nil) == 1 else { throw notSent(sql, session) }
                sent.append(.prepare(sql: sql, name: name))
                prepared[sql] = name
            }
            // A blocking libpq reads answers while it cannot write, so a long pipeline does not deadlock.
            let accepted = withExtendedLifetime(parameters) {
                PQsendQueryPrepared(
                    session.handle,
                    name,
                    Int32(parameters.pointers.count),
                    parameters.pointers,
                    parameters.lengths,
                    parameters.formats,
                    0
                )
            }
            guard accepted == 1 else { throw notSent(sql, session) }
            sent.append(.execute(sql: sql))
        }
        guard PQpipelineSync(session.handle) == 1 else { throw notSent("SYNC", session) }
        return sent
    }

    /// Reads every answer up to the synchronisation point, so that the pipeline is empty when this returns or throws
    /// with the connection alive.
    private func receive(_ sent: [Sent], on session: LibpqSession) throws(PostgresError) -> [PostgresResult] {
        var results: [PostgresResult] = []
        var failure: PostgresError?
        for step in sent {
            while let result = PQgetResult(session.handle) {
                if PQresultStatus(result) == PGRES_PIPELINE_ABORTED {
                    PQclear(result)
                    continue
                }
                do {
                    let answer = try session.check(result, statement: PostgresError.summary(of: step.sql))
                    switch step {
                    case .prepare(let sql, let name): statements.insert(sql, name: name)
                    case .execute: results.append(answer)
                    }
                } catch {
                    failure = failure ?? error
                }
                if PQstatus(session.handle) != CONNECTION_OK { break }
            }
            if let failure, failure.isConnectionLost { throw failure }
        }
        let end = PQgetResult(session.handle)
        let isSynchronised = end != nil && PQresultStatus(end) == PGRES_PIPELINE_SYNC
        PQclear(end)
        if let failure { throw failure }
        guard isSynchronised, results.count == sent.count(where: { if case .execute = $0 { true } else { false } })
        else {
            throw .connectionLost(problem: "the answers to a pipeline ended early", statement: nil)
        }
        return results
    }

    private func notSent(_ sql: String, _ session: LibpqSession) -> PostgresError {
        let problem = target.redacted(String(cString: PQerrorMessage(session.handle)).firstLine)
        return .connectionLost(problem: problem, statement: PostgresError.summary(of: sql))
    }
}
