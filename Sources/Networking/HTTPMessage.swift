/// One name and value of an HTTP header; the case of names does not matter.
public struct HTTPHeader: Hashable, Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Why it cannot be sent, if it cannot.
    var problem: String? {
        guard Self.isToken(name) else { return "'\(name)' is not a header name." }
        // The value may be a secret, so only its name is shown.
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            return "The value of header '\(name)' has a control character."
        }
        return nil
    }

    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
    }
}

/// An HTTP request, complete before it is sent.
public struct HTTPRequest: Hashable, Sendable {
    /// A method such as `GET` or `POST`.
    public var method: String
    /// Absolute, `http` or `https`.
    public var url: String
    public var headers: [HTTPHeader]
    public var body: [UInt8]
    /// From the call to the last byte of the response, waiting for a connection included; wall clock.
    public var timeout: Duration
    /// For name resolution, TCP and TLS together.
    public var connectTimeout: Duration
    /// A longer response body is an error, and the connection is dropped.
    public var maximumResponseBytes: Int
    /// Whether not a single repetition of it may leave, as for an order.
    ///
    /// When the peer has just closed a connection kept from an earlier request, libcurl would send the request a second
    /// time on a new one if no byte of a response had come. With `true` that is an error of unknown outcome instead.
    public var goesOutOnce: Bool

    public init(
        method: String = "GET",
        url: String,
        headers: [HTTPHeader] = [],
        body: [UInt8] = [],
        timeout: Duration = .seconds(10),
        connectTimeout: Duration = .seconds(3),
        maximumResponseBytes: Int = 8 * 1024 * 1024,
        goesOutOnce: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.maximumResponseBytes = maximumResponseBytes
        self.goesOutOnce = goesOutOnce
    }
}

/// How long the parts of an exchange took, each counted from the moment when it was given to libcurl.
public struct HTTPTiming: Hashable, Sendable {
    /// Until connection and TLS stood; zero on a kept connection.
    public let connected: Duration
    /// Until the first byte of the response.
    public let firstByte: Duration
    public let total: Duration
    public let isConnectionReused: Bool

    public init(connected: Duration, firstByte: Duration, total: Duration, isConnectionReused: Bool) {
        self.connected = connected
        self.firstByte = firstByte
        self.total = total
        self.isConnectionReused = isConnectionReused
    }
}

/// An HTTP response of whatever status.
public struct HTTPResponse: Hashable, Sendable {
    public let status: Int
    /// In the order received, names as received.
    public let headers: [HTTPHeader]
    public let body: [UInt8]
    public let timing: HTTPTiming

    public init(status: Int, headers: [HTTPHeader], body: [UInt8], timing: HTTPTiming) {
        self.status = status
        self.headers = headers
        self.body = body
        self.timing = timing
    }

    /// The value of the first header called `name`.
    public func header(_ name: String) -> String? {
        let asked = name.lowercased()
        return headers.first { $0.name.lowercased() == asked }?.value
    }
}

/// Why there is no response, and whether the request may have reached the server.
///
/// Addresses in it are without user, password and query, since those may be secrets.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case invalidRequest = "http_invalid_request"
        case nameNotResolved = "http_name_not_resolved"
        case connectFailed = "http_connect_failed"
        case tlsFailed = "http_tls_failed"
        case timedOut = "http_timed_out"
        case cancelled = "http_cancelled"
        case connectionLost = "http_connection_lost"
        case responseTooLarge = "http_response_too_large"
        case other = "http_failed"
    }

    public let kind: Kind
    /// Whether not one byte of the request can have reached the server, so that an order in it was surely not placed.
    ///
    /// `false` when that is not certain.
    public let isSurelyNotSent: Bool
    public let message: String

    public init(kind: Kind, isSurelyNotSent: Bool, message: String) {
        self.kind = kind
        self.isSurelyNotSent = isSurelyNotSent
        self.message = message
    }

    /// Stable name for rows and metrics.
    public var code: String { kind.rawValue }

    public var description: String {
        "\(message) (\(code); the request was \(isSurelyNotSent ? "surely not" : "possibly") sent)"
    }
}
