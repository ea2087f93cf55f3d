/// Why a request may not go.
public enum RequestBudgetError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Its turn would come too late for it.
    case tooLate(wait: Duration)
    /// It costs more than its priority may ever use.
    case aboveLimit(RequestCost)
    /// The venue has asked for silence, for so long still.
    case blocked(wait: Duration)
    case queueFull(waiting: Int)
    case cancelled

    /// Stable name for rows and metrics.
    public var code: String {
        switch self {
        case .tooLate: "rate_limit_too_late"
        case .aboveLimit: "rate_limit_above"
        case .blocked: "rate_limit_blocked"
        case .queueFull: "rate_limit_queue_full"
        case .cancelled: "rate_limit_cancelled"
        }
    }

    public var description: String {
        switch self {
        case .tooLate(let wait):
            "The venue's limits leave no room for this request within \(wait). Send fewer requests, or ask again later."
        case .aboveLimit(let cost):
            "A request of weight \(cost.weight) and \(cost.orders) orders is above what the venue's limits ever allow. "
                + "Split it."
        case .blocked(let wait): "The venue has asked for silence, and nothing is sent for another \(wait)."
        case .queueFull(let waiting): "\(waiting) requests already wait for the venue's limits. Send fewer requests."
        case .cancelled: "Waiting for the venue's limits was cancelled."
        }
    }
}

/// Lets requests wait for their turn under a venue's limits: the more urgent first, then in the order of asking.
///
/// A request that waits never lets a less urgent one take what it waits for.
public actor RequestBudget<C: Clock> where C.Duration == Duration {
    private struct Waiter {
        let cost: RequestCost
        let priority: RequestPriority
        let deadline: Duration
        let allowed: Duration
        let continuation: CheckedContinuation<RequestBudgetError?, Never>
    }

    /// A silence that is longer is not waited out: whoever asks has to know, and to decide anew when it is over.
    private static var silenceMax: Duration { .seconds(5) }
    /// Most requests that wait at once: what stands behind so many is too late for its purpose.
    private static var waitingMax: Int { 10_000 }

    private let clock: C
    private let start: C.Instant
    private var limiter: RateLimiter
    private var waiting: [(ticket: Int, waiter: Waiter)] = []
    private var tickets = 0
    /// Sleeps until the next of the waiting may go or has to give up.
    private var alarm: (at: Duration, task: Task<Void, Never>)?

    public init(_ limiter: RateLimiter, clock: C = ContinuousClock()) {
        self.limiter = limiter
        self.clock = clock
        start = clock.now
    }

    deinit { alarm?.task.cancel() }

    /// Returns when the request may be sent at once; it is counted then.
    ///
    /// - Parameters:
    ///   - cost: What it counts.
    ///   - priority: Whom it goes before.
    ///   - allowed: How long the request is worth waiting for, such as what is left of an order's validity.
    /// - Throws: ``RequestBudgetError``; the request is not counted.
    public func spend(
        _ cost: RequestCost,
        _ priority: RequestPriority,
        within allowed: Duration
    ) async throws(RequestBudgetError) {
        guard waiting.count < Self.waitingMax else { throw .queueFull(waiting: waiting.count) }
        tickets += 1
        let ticket = tickets
        let refusal = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = Waiter(
                    cost: cost,
                    priority: priority,
                    deadline: now + allowed,
                    allowed: allowed,
                    continuation: continuation
                )
                let place = waiting.firstIndex { $0.waiter.priority > priority } ?? waiting.endIndex
                waiting.insert((ticket, waiter), at: place)
                if Task.isCancelled { leave(ticket) } else { serve() }
            }
        } onCancel: {
            Task { await self.leave(ticket) }
        }
        if let refusal { throw refusal }
    }

    /// Takes what a response tells about limits.
    public func learn(from response: HTTPResponse, isOrderLimit: Bool = false) {
        limiter.learn(from: response, isOrderLimit: isOrderLimit, at: now)
        serve()
    }

    /// How long the venue wants no request of this cost; `nil` when it takes them.
    public func blocked(_ cost: RequestCost) -> Duration? { limiter.blocked(cost, at: now).map { $0 - now } }

    /// What counts at the moment against the limits of a resource, with each limit.
    public func usage(_ resource: RateLimit.Resource) -> [(limit: RateLimit, used: Int)] {
        limiter.usage(resource, at: now)
    }

    private var now: Duration { start.duration(to: clock.now) }

    private func leave(_ ticket: Int) {
        guard let place = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting.remove(at: place).waiter.continuation.resume(returning: .cancelled)
        serve()
    }

    /// Lets go whoever may, refuses whom it would come too late for, and sets the alarm for the rest.
    private func serve() {
        let now = now
        var taken: Set<RateLimit.Resource> = []
        var next: Duration?
        waiting.removeAll { _, waiter in
            let wanted = RateLimit.Resource.allCases.filter { waiter.cost.of($0) > 0 }
            var turn: Duration?
            if taken.isDisjoint(with: wanted) {
                switch limiter.request(waiter.cost, waiter.priority, at: now) {
                case .granted:
                    waiter.continuation.resume(returning: nil)
                    return true
                case .never:
                    waiter.continuation.resume(returning: .aboveLimit(waiter.cost))
                    return true
                case .wait(let until): turn = until
                }
            }
            if let end = limiter.blocked(waiter.cost, at: now), end - now > Self.silenceMax {
                waiter.continuation.resume(returning: .blocked(wait: end - now))
                return true
            }
            guard turn.map({ $0 <= waiter.deadline }) ?? (now < waiter.deadline) else {
                waiter.continuation.resume(returning: .tooLate(wait: waiter.allowed))
                return true
            }
            taken.formUnion(wanted)
            let wake = min(turn ?? waiter.deadline, waiter.deadline)
            next = min(next ?? wake, wake)
            return false
        }
        setAlarm(next)
    }

    private func setAlarm(_ time: Duration?) {
        if let alarm, alarm.at == time { return }
        alarm?.task.cancel()
        alarm = time.map { time in
            let task = Task { [weak self, clock, start] in
                // Cancelled when another alarm takes its place.
                guard (try? await clock.sleep(until: start.advanced(by: time), tolerance: .zero)) != nil else { return }
                await self?.ring(time)
            }
            return (time, task)
        }
    }

    private func ring(_ time: Duration) {
        if alarm?.at == time { alarm = nil }
        serve()
    }
}
