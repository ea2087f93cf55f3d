/// Carries an HTTP request of an agent; the adapter over the real client belongs to the program that wires them.
public protocol AgentTransport: Sendable {
    /// Sends one request and reads the whole reply; follows no redirects.
    func send(_ request: AgentHTTPRequest) async throws(AgentTransportError) -> AgentHTTPResponse
}

public struct AgentHTTPRequest: Hashable, Sendable {
    public struct Header: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var method: String
    public var url: String
    public var headers: [Header]
    public var body: [UInt8]
    /// For the whole exchange, wall clock.
    public var timeout: Duration
    public var maximumReplyBytes: Int

    public init(
        method: String,
        url: String,
        headers: [Header],
        body: [UInt8],
        timeout: Duration,
        maximumReplyBytes: Int
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.maximumReplyBytes = maximumReplyBytes
    }
}

public struct AgentHTTPResponse: Hashable, Sendable {
    public var status: Int
    public var headers: [AgentHTTPRequest.Header]
    public var body: [UInt8]

    public init(status: Int, headers: [AgentHTTPRequest.Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, whose case does not matter.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Why no reply came.
public enum AgentTransportError: Error, Hashable, Sendable {
    /// No connection, or it broke: may be tried again, since the request carries an idempotency key.
    case unreachable(String)
    case timedOut
    case tooLarge(limit: Int)
    /// Trying again cannot help, such as a certificate that is not trusted.
    case refused(String)
}
