import TradingDomain

/// Answers that faults give, in the venue's words.
enum FaultAnswers {
    /// The answer of a fault at the venue's time `now`; `nil` for kinds that have none of their own.
    static func answer(_ rule: FaultRule, _ request: VenueRequest, at now: Timestamp) -> VenueAnswer? {
        switch rule.kind {
        case .unknownExecuted, .unknownNotExecuted:
            make(503, JSONText.error(0, "Unknown error, please check your request or try again later."))
        case .timeoutExecuted:
            make(
                408,
                JSONText.error(
                    -1007,
                    "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
                )
            )
        case .rateLimited:
            make(
                429,
                JSONText.error(
                    -1003,
                    "Too many requests; current limit of IP(\(request.address)) is 2400 requests per minute. Please use "
                        + "the websocket for live updates to avoid polling the API."
                ),
                retryAfter: rule.retryAfterSeconds
            )
        case .banned:
            make(
                418,
                JSONText.error(
                    -1003,
                    "Way too many requests; IP(\(request.address)) banned until "
                        + "\(now.milliseconds + Int64(rule.retryAfterSeconds) * 1000). Please use the websocket for live "
                        + "updates to avoid bans."
                ),
                retryAfter: rule.retryAfterSeconds
            )
        case .timestampRefused:
            make(400, JSONText.error(-1021, "Timestamp for this request is outside of the recvWindow."))
        case .throttled:
            make(
                503,
                JSONText.error(
                    -1008,
                    "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. Please "
                        + "try again."
                )
            )
        case .unavailable: make(503, JSONText.error(-1016, "Service Unavailable."))
        case .internalError:
            make(503, JSONText.error(-1001, "Internal error; unable to process your request. Please try again."))
        default: nil
        }
    }

    static func make(_ status: Int, _ json: String, retryAfter: Int? = nil) -> VenueAnswer {
        var headers = [(name: "Content-Type", value: "application/json")]
        if let retryAfter { headers.append((name: "Retry-After", value: "\(retryAfter)")) }
        return VenueAnswer(status: status, headers: headers, body: json)
    }
}
