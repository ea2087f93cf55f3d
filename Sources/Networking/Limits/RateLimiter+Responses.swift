/// What a response says about limits, in the headers that Binance and venues after its model send.
extension RateLimiter {
    /// How long to keep still after a refusal that does not say it, for a limit and for a ban.
    private static let silence = (limit: Duration.seconds(60), ban: Duration.seconds(120))

    /// Takes the usage that a response tells, and keeps still when it tells that a limit was passed.
    ///
    /// `X-MBX-USED-WEIGHT-<n><unit>` and `X-MBX-ORDER-COUNT-<n><unit>` are counts; status 429 says that a limit was passed
    /// and 418 that the address is banned, both with `Retry-After` in seconds.
    ///
    /// - Parameters:
    ///   - response: Of any request that counts.
    ///   - isOrderLimit: Whether a 429 was about the count of orders alone, as the body's code tells.
    ///   - now: When it came.
    public mutating func learn(from response: HTTPResponse, isOrderLimit: Bool = false, at now: Duration) {
        for header in response.headers {
            let name = header.name.uppercased()
            let resource: RateLimit.Resource
            let span: Substring
            if name.hasPrefix("X-MBX-USED-WEIGHT-") {
                (resource, span) = (.weight, name.dropFirst("X-MBX-USED-WEIGHT-".count))
            } else if name.hasPrefix("X-MBX-ORDER-COUNT-") {
                (resource, span) = (.orders, name.dropFirst("X-MBX-ORDER-COUNT-".count))
            } else {
                continue
            }
            guard let interval = Self.interval(span), let used = Int(header.value), used >= 0 else { continue }
            told(resource, per: interval, used: used, at: now)
        }
        guard response.status == 429 || response.status == 418 else { return }
        let standard = response.status == 418 ? Self.silence.ban : Self.silence.limit
        // No ban is longer than days; a larger number is a mistake of somebody's.
        let seconds = response.header("Retry-After").flatMap { Int64($0) }.map { min(max($0, 1), 30 * 86_400) }
        let isOrders = isOrderLimit && response.status == 429
        block(isOrders ? .orders : .weight, until: now + (seconds.map { .seconds($0) } ?? standard))
    }

    /// `10S`, `1M`, `1H`, `1D`.
    private static func interval(_ text: Substring) -> Duration? {
        guard let count = Int64(text.dropLast()), (1...1000).contains(count) else { return nil }
        switch text.last {
        case "S": return .seconds(count)
        case "M": return .seconds(count * 60)
        case "H": return .seconds(count * 3600)
        case "D": return .seconds(count * 86_400)
        default: return nil
        }
    }
}
