import CPostgres

/// What the server said about a statement it refused, field by field.
public struct ServerReport: Hashable, Sendable {
    /// `ERROR`, `FATAL`, `PANIC`, `WARNING`, `NOTICE`…, never translated.
    public let severity: String
    /// The five characters of PostgreSQL's appendix A, such as `23505`; empty when the server sent none.
    public let sqlState: String
    /// The primary message, untouched.
    ///
    /// It may quote a bound value: log ``PostgresError/description`` instead.
    public let message: String
    /// The server's detail.
    ///
    /// It often quotes rows (`Key (id)=(7) already exists.`): do not log it.
    public let detail: String?
    /// The server's advice.
    public let hint: String?
    public let schema: String?
    public let table: String?
    public let column: String?
    public let constraint: String?
    /// The character of the statement at which the error was found, from 1.
    public let position: Int?

    /// The message without what may be a bound value: data exceptions (class 22) quote the value they refuse.
    public var safeMessage: String {
        guard sqlState.hasPrefix("22"), let first = message.firstIndex(of: "\""),
            let last = message.lastIndex(of: "\""), first < last
        else { return message }
        return message[..<first] + "\"…\"" + message[message.index(after: last)...]
    }
}

extension ServerReport {
    /// Reads the fields of a result that holds an error or a notice.
    init(_ result: OpaquePointer?) {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else { return nil }
            return String(cString: text)
        }
        // The letters are PG_DIAG_… of libpq-fe.h; V is the severity that is not translated.
        severity = field("V") ?? field("S") ?? "ERROR"
        sqlState = field("C") ?? ""
        message = field("M") ?? String(cString: PQresultErrorMessage(result)).trimmingTrailingNewlines
        detail = field("D")
        hint = field("H")
        schema = field("s")
        table = field("t")
        column = field("c")
        constraint = field("n")
        position = field("P").flatMap { Int($0) }
    }
}

extension String {
    /// The text without the line ends that libpq puts after its messages.
    var trimmingTrailingNewlines: String {
        var text = self
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }

    /// The text up to its first line end; libpq adds advice for people at a terminal after it.
    var firstLine: String {
        String(prefix { !$0.isNewline })
    }
}
