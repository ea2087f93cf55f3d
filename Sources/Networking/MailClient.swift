import CCurl
import Dispatch
import Synchronization

/// A server that takes mail, and who may hand it in.
public struct MailServer: Hashable, Sendable {
    public enum Security: String, Hashable, Sendable, CaseIterable {
        /// Nothing is encrypted: for a relay on this machine.
        case none
        /// Begins in plain text and must change to TLS before anything is said.
        case starttls
        /// TLS from the first byte.
        case implicit
    }

    public var host: String
    public var port: Int
    public var security: Security
    public var user: String?
    /// Shown nowhere.
    public var password: String?
    /// A file of certificates in PEM that are trusted instead of the system's, as of a company's own authority.
    public var authoritiesFile: String?

    public init(
        host: String,
        port: Int,
        security: Security,
        user: String? = nil,
        password: String? = nil,
        authoritiesFile: String? = nil
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.user = user
        self.password = password
        self.authoritiesFile = authoritiesFile
    }
}

/// Why a mail was not taken.
public struct MailError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// This libcurl was built without SMTP.
        case unavailable = "mail_unavailable"
        case notReached = "mail_not_reached"
        case tlsFailed = "mail_tls_failed"
        case loginDenied = "mail_login_denied"
        case timedOut = "mail_timed_out"
        /// The server said no for good.
        case refused = "mail_refused"
        /// The server said no for now, or the connection broke; it may have taken the mail nevertheless.
        case deferred = "mail_deferred"
    }

    public let kind: Kind
    public let message: String

    public var code: String { kind.rawValue }
    /// Whether the same mail may be taken a little later.
    public var isWorthAnotherTry: Bool { [.notReached, .timedOut, .deferred].contains(kind) }
    public var description: String { "\(message) (\(code))" }
}

/// Hands mail to an SMTP server on libcurl; certificates are always verified.
public struct MailClient: Sendable {
    /// For name resolution, TCP and TLS together.
    private static let connectTimeoutMilliseconds = 5000

    public init() {}

    /// Whether this libcurl speaks SMTP.
    public static var isAvailable: Bool {
        guard let protocols = curl_version_info(CURLVERSION_FIRST)?.pointee.protocols else { return false }
        var index = 0
        while let name = protocols[index] {
            if String(cString: name) == "smtp" { return true }
            index += 1
        }
        return false
    }

    /// Hands one mail in; returns when the server has taken it.
    ///
    /// - Parameters:
    ///   - mail: Headers and body as RFC 5322 has them, lines ended by CR LF.
    ///   - from: The envelope's sender, such as `desk@example.com`.
    ///   - to: The envelope's recipients; one that is refused refuses the mail.
    ///   - server: Where.
    ///   - timeout: For all of it; wall clock.
    /// - Throws: ``MailError``.
    public func send(_ mail: [UInt8], from: String, to: [String], by server: MailServer, timeout: Duration)
        async throws(MailError)
    {
        guard Self.isAvailable else {
            throw MailError(
                kind: .unavailable,
                message: "This libcurl was built without SMTP. Use a webhook or a command, such as sendmail."
            )
        }
        let result: Result<Void, MailError> = await withCheckedContinuation { continuation in
            // libcurl's easy interface blocks: never a thread of the shared pool.
            DispatchQueue(label: "mail").async {
                continuation.resume(returning: Self.perform(mail, from, to, server, timeout))
            }
        }
        try result.get()
    }

    private static func perform(
        _ mail: [UInt8],
        _ from: String,
        _ to: [String],
        _ server: MailServer,
        _ timeout: Duration
    ) -> Result<Void, MailError> {
        guard let handle = curl_easy_init() else {
            return .failure(MailError(kind: .notReached, message: "libcurl could not make a handle."))
        }
        defer { curl_easy_cleanup(handle) }
        let upload = MailUpload(mail)
        var recipients: UnsafeMutablePointer<curl_slist>?
        for address in to { recipients = curl_slist_append(recipients, "<\(address)>") }
        defer { curl_slist_free_all(recipients) }
        let scheme = server.security == .implicit ? "smtps" : "smtp"
        let encryption = server.security == .starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE
        var results = [
            sx_curl_set_text(handle, CURLOPT_URL, "\(scheme)://\(server.host):\(server.port)"),
            sx_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
            sx_curl_set_text(handle, CURLOPT_PROXY, ""),
            sx_curl_set_long(handle, CURLOPT_USE_SSL, Int(encryption.rawValue)),
            sx_curl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1),
            sx_curl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2),
            // Timeouts without signals, since the program has threads.
            sx_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            sx_curl_set_long(handle, CURLOPT_TIMEOUT_MS, max(1, timeout.wholeMilliseconds)),
            sx_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, connectTimeoutMilliseconds),
            sx_curl_set_text(handle, CURLOPT_MAIL_FROM, "<\(from)>"),
            sx_curl_set_pointer(handle, CURLOPT_MAIL_RCPT, recipients),
            sx_curl_set_long(handle, CURLOPT_UPLOAD, 1),
            sx_curl_set_pointer(handle, CURLOPT_READDATA, Unmanaged.passUnretained(upload).toOpaque()),
            sx_curl_set_write(handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
                guard let context, let bytes else { return 0 }
                let space = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
                return Unmanaged<MailUpload>.fromOpaque(context).takeUnretainedValue().give(space)
            },
        ]
        if let user = server.user { results.append(sx_curl_set_text(handle, CURLOPT_USERNAME, user)) }
        if let password = server.password { results.append(sx_curl_set_text(handle, CURLOPT_PASSWORD, password)) }
        if let file = server.authoritiesFile { results.append(sx_curl_set_text(handle, CURLOPT_CAINFO, file)) }
        guard results.allSatisfy({ $0 == CURLE_OK }) else {
            return .failure(MailError(kind: .refused, message: "libcurl refused the options of \(server.host)."))
        }
        let code = withExtendedLifetime(upload) { curl_easy_perform(handle) }
        guard code != CURLE_OK else { return .success(()) }
        var reply = 0
        sx_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &reply)
        return .failure(error(code, reply, server))
    }

    private static func error(_ code: CURLcode, _ reply: Int, _ server: MailServer) -> MailError {
        let kind: MailError.Kind =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: .notReached
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED, CURLE_SSL_CERTPROBLEM,
                CURLE_SSL_CACERT_BADFILE:
                .tlsFailed
            case CURLE_LOGIN_DENIED: .loginDenied
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            default: (500..<600).contains(reply) ? .refused : .deferred
            }
        let said = reply > 0 ? ", the server's last word was \(reply)" : ""
        let words = String(cString: curl_easy_strerror(code))
        return MailError(kind: kind, message: "Mail by \(server.host):\(server.port) failed: \(words)\(said).")
    }
}

/// The bytes of one mail, as libcurl asks for them.
private final class MailUpload: Sendable {
    private let bytes: [UInt8]
    private let read = Mutex(0)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func give(_ space: UnsafeMutableRawBufferPointer) -> Int {
        read.withLock { read in
            let piece = bytes[read...].prefix(space.count)
            piece.withUnsafeBytes { space.copyMemory(from: $0) }
            read += piece.count
            return piece.count
        }
    }
}
