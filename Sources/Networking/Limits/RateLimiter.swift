/// One bound that a venue sets on requests.
public struct RateLimit: Hashable, Sendable {
    /// What is counted.
    public enum Resource: String, Hashable, Sendable, CaseIterable {
        /// The weight of every request.
        case weight
        /// New and changed orders.
        case orders
    }

    public let resource: Resource
    public let interval: Duration
    /// Most within any interval.
    public let most: Int

    public init(_ resource: Resource, per interval: Duration, most: Int) {
        precondition(interval > .zero && most > 0, "a limit allows something in some time, not \(most) in \(interval)")
        self.resource = resource
        self.interval = interval
        self.most = most
    }
}

/// What a request counts against the limits.
public struct RequestCost: Hashable, Sendable {
    public let weight: Int
    public let orders: Int

    public init(weight: Int, orders: Int = 0) {
        precondition(weight >= 0 && orders >= 0, "costs are not negative, but \(weight) and \(orders)")
        self.weight = weight
        self.orders = orders
    }

    public func of(_ resource: RateLimit.Resource) -> Int {
        switch resource {
        case .weight: weight
        case .orders: orders
        }
    }
}

/// Who goes first, and who may use what is kept back.
public enum RequestPriority: Int, Hashable, Sendable, Comparable, CaseIterable {
    /// Cancels and orders that reduce exposure: they may use every limit to its end.
    case protective
    /// New orders, and questions on which one waits.
    case trading
    /// What can wait, such as history.
    case background

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Keeps requests below a venue's limits; a plain value.
///
/// It counts over sliding windows, so that no window of the venue, wherever it begins, holds more of our requests than
/// allowed. What the venue says it has counted is taken when it is more than we know of: others may share the address.
/// Times are counted from any fixed moment and must not run backwards.
public struct RateLimiter: Sendable {
    /// Whether a request may go now.
    public enum Verdict: Hashable, Sendable {
        case granted
        /// Not before this time, if nothing else comes between.
        case wait(until: Duration)
        /// Never: it costs more than its priority may ever use.
        case never
    }

    private struct Window {
        let limit: RateLimit
        /// What counts still, oldest first.
        var spent: [(at: Duration, cost: Int)] = []
        var sum = 0

        mutating func forget(before now: Duration) {
            let kept = spent.firstIndex { $0.at + limit.interval > now } ?? spent.endIndex
            guard kept > 0 else { return }
            for entry in spent[..<kept] { sum -= entry.cost }
            spent.removeFirst(kept)
        }

        mutating func spend(_ cost: Int, at now: Duration) {
            guard cost > 0 else { return }
            spent.append((now, cost))
            sum += cost
        }

        /// When `cost` more is at most `most`.
        func time(for cost: Int, most: Int, now: Duration) -> Duration {
            var left = sum
            if left + cost <= most { return now }
            for entry in spent {
                left -= entry.cost
                if left + cost <= most { return entry.at + limit.interval }
            }
            return now
        }
    }

    private var windows: [Window]
    private let reserve: Double
    private var blockedUntil: [RateLimit.Resource: Duration] = [:]

    /// - Parameters:
    ///   - limits: As the venue states them; several for a resource are all kept.
    ///   - reserve: The share of each limit that only protective requests may use; background requests leave twice as
    ///     much. From 0 to 0.4.
    public init(_ limits: [RateLimit], reserve: Double = 0.1) {
        precondition((0...0.4).contains(reserve), "a reserve is from 0 to 0.4, not \(reserve)")
        windows = limits.map { Window(limit: $0) }
        self.reserve = reserve
    }

    /// Grants a request and counts it, or says when it may be asked for again.
    public mutating func request(
        _ cost: RequestCost,
        _ priority: RequestPriority,
        at now: Duration
    ) -> Verdict {
        let verdict = judge(cost, priority, at: now)
        guard verdict == .granted else { return verdict }
        for index in windows.indices { windows[index].spend(cost.of(windows[index].limit.resource), at: now) }
        return .granted
    }

    private mutating func judge(_ cost: RequestCost, _ priority: RequestPriority, at now: Duration) -> Verdict {
        var earliest = now
        // A block is for everybody: who goes on regardless is banned.
        for resource in RateLimit.Resource.allCases where resource == .weight || cost.of(resource) > 0 {
            earliest = max(earliest, blockedUntil[resource] ?? .zero)
        }
        for index in windows.indices {
            let part = cost.of(windows[index].limit.resource)
            guard part > 0 else { continue }
            let most = usable(windows[index].limit, priority)
            guard part <= most else { return .never }
            windows[index].forget(before: now)
            earliest = max(earliest, windows[index].time(for: part, most: most, now: now))
        }
        return earliest > now ? .wait(until: earliest) : .granted
    }

    /// What a priority may use of a limit.
    private func usable(_ limit: RateLimit, _ priority: RequestPriority) -> Int {
        let kept = Double(limit.most) * reserve * Double(priority.rawValue)
        return limit.most - Int(kept.rounded(.up))
    }

    /// Takes what the venue says it has counted in its current interval of this length.
    ///
    /// Less than we know of is no news: its interval may have just begun.
    public mutating func told(_ resource: RateLimit.Resource, per interval: Duration, used: Int, at now: Duration) {
        for index in windows.indices
        where windows[index].limit.resource == resource && windows[index].limit.interval == interval {
            windows[index].forget(before: now)
            windows[index].spend(used - windows[index].sum, at: now)
        }
    }

    /// Until when the venue has asked for silence about requests of this cost; `nil` when it has not, or that is over.
    public func blocked(_ cost: RequestCost, at now: Duration) -> Duration? {
        RateLimit.Resource.allCases.filter { $0 == .weight || cost.of($0) > 0 }.compactMap { blockedUntil[$0] }
            .filter { $0 > now }.max()
    }

    /// Sends nothing of this kind before `time`; for weight that is nothing at all.
    public mutating func block(_ resource: RateLimit.Resource, until time: Duration) {
        blockedUntil[resource] = max(blockedUntil[resource] ?? .zero, time)
    }

    /// What counts at the moment against the limits of a resource, with each limit.
    public mutating func usage(_ resource: RateLimit.Resource, at now: Duration) -> [(limit: RateLimit, used: Int)] {
        windows.indices.filter { windows[$0].limit.resource == resource }.map { index in
            windows[index].forget(before: now)
            return (windows[index].limit, windows[index].sum)
        }
    }
}
