import Networking
import Synchronization
import Testing

@Suite("Request budget", .timeLimit(.minutes(5)))
struct RequestBudgetTests {
    private static let limiter = RateLimiter(
        [RateLimit(.weight, per: .seconds(60), most: 10), RateLimit(.orders, per: .seconds(10), most: 2)],
        reserve: 0
    )

    private let clock = ManualClock()

    /// Lets `count` tasks come to rest in their wait.
    private func settle() async {
        for _ in 0..<2000 { await Task.yield() }
    }

    @Test("Who waits goes when there is room, the urgent before the early")
    func order() async throws {
        let budget = RequestBudget(Self.limiter, clock: clock)
        let log = Log()
        try await budget.spend(RequestCost(weight: 10), .trading, within: .zero)
        try await withThrowingTaskGroup { group in
            let asked: [(String, RequestPriority)] = [
                ("history", .background), ("first", .trading), ("second", .trading), ("cancel", .protective),
            ]
            for (name, priority) in asked {
                group.addTask {
                    try await budget.spend(RequestCost(weight: 6), priority, within: .seconds(3600))
                    log.lines.withLock { $0.append(name) }
                }
                await settle()
            }
            #expect(log.lines.withLock { $0 } == [])
            for count in 1...4 {
                clock.advance(by: .seconds(60))
                while log.lines.withLock({ $0.count }) < count { await Task.yield() }
            }
            try await group.waitForAll()
        }
        #expect(log.lines.withLock { $0 } == ["cancel", "first", "second", "history"])
    }

    @Test("What does not need what another waits for goes at once")
    func resources() async throws {
        let budget = RequestBudget(Self.limiter, clock: clock)
        try await budget.spend(RequestCost(weight: 0, orders: 2), .trading, within: .zero)
        async let waits: Void = budget.spend(RequestCost(weight: 0, orders: 1), .trading, within: .seconds(10))
        await settle()
        try await budget.spend(RequestCost(weight: 1), .background, within: .zero)
        clock.advance(by: .seconds(10))
        try await waits
    }

    @Test("What would come too late is refused at once, what turns out too late at its deadline")
    func deadlines() async throws {
        let budget = RequestBudget(Self.limiter, clock: clock)
        try await budget.spend(RequestCost(weight: 10), .trading, within: .zero)
        await #expect(throws: RequestBudgetError.tooLate(wait: .seconds(5))) {
            try await budget.spend(RequestCost(weight: 1), .trading, within: .seconds(5))
        }
        await #expect(throws: RequestBudgetError.aboveLimit(RequestCost(weight: 11))) {
            try await budget.spend(RequestCost(weight: 11), .protective, within: .seconds(5))
        }
        async let first: Void = budget.spend(RequestCost(weight: 10), .trading, within: .seconds(60))
        await settle()
        // It stands behind the first, so its turn is not known yet.
        let second = Task { try await budget.spend(RequestCost(weight: 1), .trading, within: .seconds(30)) }
        await settle()
        clock.advance(by: .seconds(30))
        await #expect(throws: RequestBudgetError.tooLate(wait: .seconds(30))) { try await second.value }
        clock.advance(by: .seconds(30))
        try await first
    }

    @Test("A cancelled wait ends, counts nothing, and lets the next go")
    func cancelled() async throws {
        let budget = RequestBudget(Self.limiter, clock: clock)
        try await budget.spend(RequestCost(weight: 5), .trading, within: .zero)
        let large = Task { try await budget.spend(RequestCost(weight: 6), .trading, within: .seconds(3600)) }
        await settle()
        let small = Task { try await budget.spend(RequestCost(weight: 5), .trading, within: .seconds(3600)) }
        await settle()
        large.cancel()
        await #expect(throws: RequestBudgetError.cancelled) { try await large.value }
        try await small.value
        #expect(await budget.usage(.weight).map(\.used) == [10])
    }

    @Test("A ban silences everybody until it ends")
    func ban() async throws {
        let budget = RequestBudget(Self.limiter, clock: clock)
        let timing = HTTPTiming(connected: .zero, firstByte: .zero, total: .zero, isConnectionReused: true)
        await budget.learn(
            from: HTTPResponse(status: 418, headers: [HTTPHeader("Retry-After", "120")], body: [], timing: timing)
        )
        await #expect(throws: RequestBudgetError.blocked(wait: .seconds(120))) {
            try await budget.spend(RequestCost(weight: 1), .protective, within: .seconds(200))
        }
        clock.advance(by: .seconds(116))
        // The last seconds are waited out.
        async let cancel: Void = budget.spend(RequestCost(weight: 1), .protective, within: .seconds(60))
        await settle()
        clock.advance(by: .seconds(4))
        try await cancel
    }
}

/// What happened, in order.
private final class Log: Sendable {
    let lines = Mutex<[String]>([])
}

/// A clock that stands until a test moves it.
final class ManualClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Self { Self(offset: offset + duration) }
        func duration(to other: Self) -> Duration { other.offset - offset }
        static func < (left: Self, right: Self) -> Bool { left.offset < right.offset }
    }

    private struct State {
        var now = Instant(offset: .seconds(1000))
        var tickets = 0
        var sleepers: [Int: (until: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }

    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for ticket in due.keys { state.sleepers[ticket] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(ticket) != nil { return .failure(CancellationError()) }
                    if deadline <= state.now { return .success(()) }
                    state.sleepers[ticket] = (deadline, continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                if state.sleepers[ticket] == nil { state.cancelled.insert(ticket) }
                return state.sleepers.removeValue(forKey: ticket)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
