/// Why PostgreSQL, or the way to it, did not do what was asked.
///
/// ``description`` never holds a bound value nor a password; ``ServerReport/message`` and ``ServerReport/detail`` may.
public enum PostgresError: Error, Hashable, Sendable {
    /// The connection string cannot be read.
    case invalidURL(problem: String)
    /// No connection was made.
    case connectFailed(server: String, problem: String)
    /// The connection died while a statement ran or before it was sent. An open transaction is rolled back; a
    /// statement outside a transaction may have taken effect.
    case connectionLost(problem: String, statement: String?)
    /// The connection was closed by us, or never opened.
    case connectionClosed
    /// COMMIT was sent and its outcome is not proven: resend the identical batch and let its key decide.
    case commitUnknown(problem: String)
    /// The server refused a statement; the connection is still good.
    case server(ServerReport, statement: String?)
    /// COMMIT was answered by a rollback, since a statement of the transaction had failed.
    case transactionAborted
    /// A call that does not fit the connection's transaction state.
    case wrongTransactionState(problem: String)
    /// A parameter that PostgreSQL cannot take; nothing was sent.
    case invalidParameter(index: Int, problem: String)
    /// A result's column that is missing or holds something else than the getter's type.
    case unexpectedColumn(column: String, type: String, problem: String)
    /// A result that should hold exactly one row.
    case unexpectedRowCount(Int)
    /// The server answered in a way that this client does not speak, such as COPY.
    case unexpectedAnswer(problem: String)
    /// The pool was closed.
    case poolClosed
    /// So many callers wait for the pool that one more is refused.
    case poolBusy(waiting: Int)
    /// The task was cancelled while it waited.
    case cancelled
}

extension PostgresError {
    /// A stable name of the case, for rows and metrics.
    public var code: String {
        switch self {
        case .invalidURL: "database_url_invalid"
        case .connectFailed: "database_connect_failed"
        case .connectionLost: "database_connection_lost"
        case .connectionClosed: "database_connection_closed"
        case .commitUnknown: "database_commit_unknown"
        case .server: "database_statement_failed"
        case .transactionAborted: "database_transaction_aborted"
        case .wrongTransactionState: "database_transaction_state"
        case .invalidParameter: "database_parameter_invalid"
        case .unexpectedColumn: "database_column_unexpected"
        case .unexpectedRowCount: "database_row_count_unexpected"
        case .unexpectedAnswer: "database_answer_unexpected"
        case .poolClosed: "database_pool_closed"
        case .poolBusy: "database_pool_busy"
        case .cancelled: "database_wait_cancelled"
        }
    }

    /// The server's report, when the server gave one.
    public var report: ServerReport? {
        guard case .server(let report, _) = self else { return nil }
        return report
    }

    /// The five characters of PostgreSQL's appendix A, when the server gave them.
    public var sqlState: String? { report?.sqlState }

    /// The name of the violated constraint or unique index.
    public var constraint: String? { report?.constraint }

    /// Whether a new connection is needed before anything else can work.
    public var isConnectionLost: Bool {
        switch self {
        case .connectFailed, .connectionLost, .connectionClosed: true
        // 57P01–57P03: shut down by an administrator, after a crash, starting up; class 08: connection exceptions.
        case .server(let report, _): report.severity == "FATAL" || report.severity == "PANIC"
        case .invalidURL, .commitUnknown, .transactionAborted, .wrongTransactionState, .invalidParameter,
            .unexpectedColumn, .unexpectedRowCount, .unexpectedAnswer, .poolClosed, .poolBusy, .cancelled:
            false
        }
    }

    /// Whether COMMIT's outcome is not proven.
    public var isCommitUnknown: Bool {
        guard case .commitUnknown = self else { return false }
        return true
    }

    public var isUniqueViolation: Bool { sqlState == "23505" }
    public var isForeignKeyViolation: Bool { sqlState == "23503" }
    public var isCheckViolation: Bool { sqlState == "23514" }
    public var isSerializationFailure: Bool { sqlState == "40001" }
    public var isDeadlock: Bool { sqlState == "40P01" }

    /// Whether the server takes no writes: a primary became a standby, or it is one that is to be promoted.
    public var isReadOnly: Bool { sqlState == "25006" }

    /// Whether the same transaction may well succeed when run again from its start.
    public var isRetryableTransaction: Bool { isSerializationFailure || isDeadlock || isReadOnly }
}

extension PostgresError {
    /// Whether the database as a whole is at fault, not the statement.
    public var isEnvironmental: Bool {
        if isConnectionLost || isCommitUnknown { return true }
        switch self {
        case .poolClosed, .poolBusy, .cancelled: return true
        default: break
        }
        // Classes 53 insufficient resources, 57 operator intervention, 58 system error, XX internal error such as a
        // damaged page.
        return sqlState.map { ["53", "57", "58", "XX"].contains($0.prefix(2)) } ?? false || isReadOnly
    }

    /// What followed from the error after many tries: the words for whoever wanted `purpose`.
    func unreached(for purpose: String) -> String {
        guard case .connectFailed(let server, let problem) = self else {
            return "PostgreSQL could not be reached to \(purpose): \(self)"
        }
        return "PostgreSQL could not be reached (\(server)) to \(purpose): \(problem)."
    }

    /// Whether the server's disk is full.
    public var isDiskFull: Bool { sqlState == "53100" }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidURL(let problem):
            "The database URL cannot be read: \(problem). "
                + "It looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE, with special characters as %XX."
        case .connectFailed(let server, let problem):
            "PostgreSQL could not be reached (\(server)): \(problem). "
                + "Check that the server runs and that the database URL is right."
        case .connectionLost(let problem, let statement):
            "The connection to PostgreSQL was lost\(Self.during(statement)): \(problem). "
                + "An open transaction is rolled back; a statement on its own may have taken effect. "
                + "Reconnect and run the transaction again."
        case .connectionClosed:
            "The connection to PostgreSQL is closed. Reconnect before the next statement."
        case .commitUnknown(let problem):
            "It is not known whether COMMIT took effect: \(problem). "
                + "Send the identical batch again; its key tells whether the first one had committed."
        case .server(let report, let statement):
            Self.text(report, statement)
        case .transactionAborted:
            "The transaction was rolled back, since one of its statements had failed. "
                + "Let that statement's error end the transaction."
        case .wrongTransactionState(let problem):
            "The statement does not fit the connection's transaction: \(problem)."
        case .invalidParameter(let index, let problem):
            "Parameter $\(index) \(problem). Nothing was sent; correct the value."
        case .unexpectedColumn(let column, let type, let problem):
            "Column \(column) (\(type)) \(problem). Compare the query's columns with the code that reads them."
        case .unexpectedRowCount(let count):
            "The statement returned \(count) rows where exactly one was expected."
        case .unexpectedAnswer(let problem):
            "PostgreSQL gave an answer that cannot be used here: \(problem)."
        case .poolClosed:
            "The database pool is closed; the program is shutting down."
        case .poolBusy(let waiting):
            "\(waiting) callers already wait for a database connection. Lower the concurrency or enlarge the pool."
        case .cancelled:
            "The wait for a database connection was cancelled."
        }
    }

    private static func text(_ report: ServerReport, _ statement: String?) -> String {
        if report.sqlState == "53100" {
            return
                "The database has no space left: \(report.safeMessage) (SQLSTATE 53100). Free space where its server "
                + "keeps its data (`smartexec db status` shows the private one's); what was committed is safe."
        }
        var text = "PostgreSQL refused\(statement.map { " `\($0)`" } ?? " a statement"): \(report.safeMessage)"
        if !report.sqlState.isEmpty { text += " (SQLSTATE \(report.sqlState))" }
        if let constraint = report.constraint { text += ", constraint \(constraint)" }
        if let table = report.table { text += ", table \(table)" }
        text += "."
        if let hint = report.hint { text += " Hint: \(hint)" }
        return text
    }

    private static func during(_ statement: String?) -> String {
        statement.map { " during `\($0)`" } ?? ""
    }
}

extension PostgresError {
    /// Returns the statement on one line, cut to what an error message can hold.
    ///
    /// Values are bound, so it holds none.
    static func summary(of sql: String) -> String {
        // 120 characters name a statement well enough to find it.
        let limit = 120
        let line = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count <= limit ? line : line.prefix(limit - 1) + "…"
    }
}
