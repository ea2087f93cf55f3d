import CPostgres
import Failpoints

/// What a transaction sees of the others, by the names of the SQL standard.
public enum TransactionIsolation: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}

extension PostgresConnection {
    /// Runs `body` in one transaction: commits when it returns, rolls back when it throws.
    ///
    /// `body` is synchronous on purpose. An actor lets other callers in at every `await`, and their
    /// statements would join this transaction.
    ///
    /// - Throws: The error of the first statement to fail, or of the commit itself; see ``commit()``.
    public func transaction<T: Sendable>(
        isolation: TransactionIsolation = .readCommitted,
        _ body: @Sendable (isolated PostgresConnection) throws(PostgresError) -> T
    ) throws(PostgresError) -> T {
        try begin(isolation)
        let value: T
        do {
            value = try body(self)
        } catch {
            rollbackOrClose()
            throw error
        }
        try commit()
        return value
    }

    /// Runs `body` in one transaction like ``transaction(isolation:_:)``, where `body` may throw any error.
    public func transactionRethrowing<T: Sendable>(
        isolation: TransactionIsolation = .readCommitted,
        _ body: @Sendable (isolated PostgresConnection) throws -> T
    ) throws -> T {
        try begin(isolation)
        let value: T
        do {
            value = try body(self)
        } catch {
            rollbackOrClose()
            throw error
        }
        try commit()
        return value
    }

    /// Opens a transaction.
    ///
    /// Between calls to the actor other callers' statements would join it: prefer
    /// ``transaction(isolation:_:)`` unless this connection has a single owner.
    ///
    /// - Throws: ``PostgresError/wrongTransactionState(problem:)`` when one is open.
    public func begin(_ isolation: TransactionIsolation = .readCommitted) throws(PostgresError) {
        let session = try requireSession()
        guard !isInTransaction else { throw .wrongTransactionState(problem: "a transaction is already open") }
        _ = try session.execute("BEGIN ISOLATION LEVEL \(isolation.rawValue)", statement: "BEGIN")
    }

    /// Commits the open transaction.
    ///
    /// Returning means that the server has confirmed it; nothing else does.
    ///
    /// - Throws: ``PostgresError/commitUnknown(problem:)`` when the connection died once COMMIT was sent, or when a
    ///   WARNING arrived with its success: a backend interrupted while it waits for its synchronous standby answers so.
    ///   Any other error means that nothing was committed: ``PostgresError/server(_:statement:)`` for a deferred
    ///   constraint, ``PostgresError/transactionAborted``, ``PostgresError/connectionLost(problem:statement:)`` when
    ///   the connection was dead before COMMIT was sent.
    public func commit() throws(PostgresError) {
        let session = try requireSession()
        guard session.isUsable else {
            throw .connectionLost(problem: "the server had closed it before COMMIT was sent", statement: nil)
        }
        guard session.transactionStatus != PQTRANS_INERROR else {
            rollbackOrClose()
            throw .transactionAborted
        }
        guard session.transactionStatus == PQTRANS_INTRANS else {
            throw .wrongTransactionState(problem: "no transaction is open to commit")
        }
        _ = session.takeNotices()
        if failpoint("transaction.before_commit") {
            close()
            throw .connectionLost(problem: "a failpoint cut it before COMMIT was sent", statement: nil)
        }
        let answer: PostgresResult
        do {
            answer = try session.execute("COMMIT", statement: "COMMIT")
        } catch {
            throw Self.commitFailure(error)
        }
        if let warning = session.takeNotices().first(where: { $0.severity == "WARNING" }) {
            throw .commitUnknown(problem: "the server warned during COMMIT: \(warning.safeMessage)")
        }
        guard answer.commandTag == "COMMIT" else { throw .transactionAborted }
        if failpoint("transaction.committed") { throw .commitUnknown(problem: "a failpoint kept the answer back") }
    }

    /// Rolls the open transaction back; does nothing when none is open.
    public func rollback() throws(PostgresError) {
        guard isInTransaction else { return }
        _ = try requireSession().execute("ROLLBACK", statement: "ROLLBACK")
    }

    /// Rolls back, and closes a connection that cannot: the server then rolls back by itself.
    func rollbackOrClose() {
        do {
            try rollback()
        } catch {
            close()
        }
    }

    private static func commitFailure(_ error: PostgresError) -> PostgresError {
        switch error {
        case .connectionLost(let problem, _): .commitUnknown(problem: problem)
        // 08007 transaction_resolution_unknown, 40003 statement_completion_unknown.
        case .server(let report, _) where ["08007", "40003"].contains(report.sqlState):
            .commitUnknown(problem: report.safeMessage)
        default: error
        }
    }
}
