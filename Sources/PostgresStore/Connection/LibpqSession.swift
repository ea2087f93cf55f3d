import CPostgres

/// One libpq connection, freed with its last reference: the synchronous floor under ``PostgresConnection``.
///
/// Used by one thread at a time. It never sends a cancel request: one that arrives late would hit a COMMIT, which
/// then answers success although its standby has confirmed nothing.
final class LibpqSession {
    /// The connection of libpq.
    let handle: OpaquePointer
    private let target: ConnectionString
    private let collector: NoticeCollector

    /// Connects and brings the session into the state that parsing and commits here rely on.
    init(_ target: ConnectionString) throws(PostgresError) {
        self.target = target
        collector = NoticeCollector()
        guard let handle = Self.open(target) else {
            throw .connectFailed(server: target.server, problem: "out of memory")
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            let problem = target.redacted(String(cString: PQerrorMessage(handle)).trimmingTrailingNewlines)
            PQfinish(handle)
            throw .connectFailed(server: target.server, problem: problem)
        }
        self.handle = handle
        PQsetNoticeReceiver(handle, receiveNotice, Unmanaged.passUnretained(collector).toOpaque())
        do {
            _ = try check(PQexec(handle, Self.setup), statement: nil)
        } catch {
            throw .connectFailed(server: target.server, problem: error.description)
        }
        collector.notices.removeAll()
    }

    deinit { PQfinish(handle) }

    /// Text forms as this room parses them; warnings switched on, since one during COMMIT matters; commits that
    /// reach the disk even for a role whose default is `synchronous_commit = off`; and no compiling of plans, which for
    /// batches of thousands of rows costs more than running them.
    private static let setup = """
        SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET bytea_output = 'hex';
        SET standard_conforming_strings = on; SET extra_float_digits = 1; SET client_min_messages = 'notice';
        SET jit = off;
        SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
        """

    /// Opens a connection; defaults stand before the URL, whose own settings override them.
    ///
    /// Ten seconds let a busy server answer; thirty
    /// of silence on a sent statement mean that the network or the host is gone.
    private static func open(_ target: ConnectionString) -> OpaquePointer? {
        with(target) { PQconnectdbParams($0, $1, 1) }
    }

    /// Whether the server lives and takes no connections for now, as it says itself.
    static func isStarting(_ target: ConnectionString) -> Bool {
        with(target) { PQpingParams($0, $1, 1) } == PQPING_REJECT
    }

    /// Whether nobody takes connections for now who may do so soon: no server answers, it starts or stops, or those that
    /// answer are of another kind than the URL asks for, as a standby is until it is promoted.
    static func isAway(_ target: ConnectionString) -> Bool {
        let standing = with(target) { PQpingParams($0, $1, 1) }
        switch standing {
        case PQPING_REJECT, PQPING_NO_RESPONSE: return true
        case PQPING_OK:
            // libpq tells no SQLSTATE of an attempt: whom a server lets in that need not be a primary was refused for that.
            let handle = with(target, adding: [("target_session_attrs", "any")]) { PQconnectdbParams($0, $1, 1) }
            defer { PQfinish(handle) }
            return PQstatus(handle) == CONNECTION_OK
        default: return false
        }
    }

    private static func with<T>(
        _ target: ConnectionString,
        adding more: [(key: String, value: String)] = [],
        _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> T
    ) -> T {
        let settings: [(key: String, value: String)] =
            [
                ("connect_timeout", "10"), ("keepalives_idle", "15"), ("keepalives_interval", "5"),
                ("keepalives_count", "3"), ("tcp_user_timeout", "30000"), ("fallback_application_name", "smartexec"),
                ("dbname", target.text), ("client_encoding", "UTF8"),
            ] + more
        let keys = CStrings(settings.map(\.key))
        let values = CStrings(settings.map(\.value))
        return withExtendedLifetime((keys, values)) {
            body(keys.pointers + [nil], values.pointers + [nil])
        }
    }
}

extension LibpqSession {
    /// Whether the connection is alive as far as one look at the socket can tell; costs no round trip.
    var isUsable: Bool {
        guard PQconsumeInput(handle) == 1 else { return false }
        // Reads the messages that came unasked: a server that ends the session says so as a FATAL notice, and libpq
        // meets the closed socket only after it.
        PQfreemem(PQnotifies(handle))
        return PQstatus(handle) == CONNECTION_OK && !collector.isTerminated
    }

    /// What libpq tells of the open transaction.
    var transactionStatus: PGTransactionStatusType { PQtransactionStatus(handle) }

    /// The notices since the last call, oldest first.
    func takeNotices() -> [ServerReport] {
        defer { collector.notices.removeAll() }
        return collector.notices
    }

    /// Runs one or several statements without parameters, and returns the last one's result.
    func execute(_ script: String, statement: String? = nil) throws(PostgresError) -> PostgresResult {
        guard !script.utf8.contains(0) else {
            throw .invalidParameter(index: 0, problem: "(the script) holds the character U+0000")
        }
        return try check(PQexec(handle, script), statement: statement)
    }

    /// Runs one statement with bound values and without preparing it.
    func query(_ sql: String, _ values: [PostgresValue] = []) throws(PostgresError) -> PostgresResult {
        let strings = try CStrings(values)
        let result = withExtendedLifetime(strings) {
            PQexecParams(handle, sql, Int32(values.count), nil, strings.pointers, strings.lengths, strings.formats, 0)
        }
        return try check(result, statement: PostgresError.summary(of: sql))
    }

    /// Takes ownership of `result` and returns it, or throws what it reports.
    ///
    /// `statement` is only made for an error: cutting a text to a line costs more than many a statement.
    func check(
        _ result: OpaquePointer?,
        statement: @autoclosure () -> String?
    ) throws(PostgresError) -> PostgresResult {
        guard let result else { throw lost(nil, statement()) }
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            return PostgresResult(result)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            PQclear(result)
            // libpq stays in COPY mode; only a new connection gets out of it for certain.
            throw .unexpectedAnswer(problem: "COPY is not supported; close this connection")
        default:
            let report = ServerReport(result)
            PQclear(result)
            throw failure(report, statement())
        }
    }

    private func failure(_ report: ServerReport, _ statement: String?) -> PostgresError {
        guard PQstatus(handle) == CONNECTION_OK, report.severity != "FATAL", report.severity != "PANIC" else {
            return lost(report, statement)
        }
        let error = PostgresError.server(report, statement: statement)
        // It is a standby now: only a new connection leads to the primary.
        if error.isReadOnly { collector.retire() }
        return error
    }

    private func lost(_ report: ServerReport?, _ statement: String?) -> PostgresError {
        let text = report?.safeMessage ?? String(cString: PQerrorMessage(handle)).trimmingTrailingNewlines
        return .connectionLost(problem: target.redacted(text).firstLine, statement: statement)
    }
}

/// The notices of one connection.
///
/// libpq calls back on the thread that waits for the server, which owns it.
private final class NoticeCollector {
    var notices: [ServerReport] = []
    /// Whether the server has announced the session's end, or it is of no use any more.
    private(set) var isTerminated = false

    /// A statement can raise a notice per row; the newest hundred explain as much as all of them.
    func append(_ notice: ServerReport) {
        if notices.count >= 100 { notices.removeFirst() }
        notices.append(notice)
        if notice.severity == "FATAL" || notice.severity == "PANIC" { isTerminated = true }
    }

    func retire() { isTerminated = true }
}

private func receiveNotice(_ context: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
    guard let context else { return }
    Unmanaged<NoticeCollector>.fromOpaque(context).takeUnretainedValue().append(ServerReport(result))
}
