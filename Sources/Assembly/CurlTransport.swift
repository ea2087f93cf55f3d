import Networking
public import TradingAgents

/// The agents' HTTP port on the program's HTTP client.
public struct CurlTransport: AgentTransport {
    private let client = HTTPClient()

    public init() {}

    public func send(_ request: AgentHTTPRequest) async throws(AgentTransportError) -> AgentHTTPResponse {
        do {
            let response = try await client.send(
                HTTPRequest(
                    method: request.method,
                    url: request.url,
                    headers: request.headers.map { HTTPHeader($0.name, $0.value) },
                    body: request.body,
                    timeout: request.timeout,
                    maximumResponseBytes: request.maximumReplyBytes
                )
            )
            return AgentHTTPResponse(
                status: response.status,
                headers: response.headers.map { AgentHTTPRequest.Header($0.name, $0.value) },
                body: response.body
            )
        } catch {
            switch error.kind {
            case .timedOut, .cancelled: throw .timedOut
            case .responseTooLarge: throw .tooLarge(limit: request.maximumReplyBytes)
            case .invalidRequest, .tlsFailed, .other: throw .refused(error.message)
            case .nameNotResolved, .connectFailed, .connectionLost: throw .unreachable(error.message)
            }
        }
    }
}
