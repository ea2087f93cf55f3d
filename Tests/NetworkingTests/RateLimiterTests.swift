import Networking
import Testing

@Suite("Rate limiter")
struct RateLimiterTests {
    private static let minute = RateLimit(.weight, per: .seconds(60), most: 100)
    private static let orders = [
        RateLimit(.orders, per: .seconds(10), most: 10), RateLimit(.orders, per: .seconds(60), most: 30),
    ]

    @Test("A request goes while there is room, and is told when there will be")
    func table() {
        var limiter = RateLimiter([Self.minute] + Self.orders, reserve: 0)
        let order = RequestCost(weight: 0, orders: 1)
        for second in 0..<10 {
            #expect(limiter.request(order, .trading, at: .milliseconds(second * 100)) == .granted)
        }
        #expect(limiter.request(order, .trading, at: .seconds(2)) == .wait(until: .seconds(10)))
        #expect(limiter.request(RequestCost(weight: 60), .trading, at: .seconds(2)) == .granted)
        #expect(limiter.request(RequestCost(weight: 60), .trading, at: .seconds(3)) == .wait(until: .seconds(62)))
        #expect(limiter.request(RequestCost(weight: 40), .trading, at: .seconds(3)) == .granted)
        #expect(limiter.request(order, .trading, at: .seconds(10)) == .granted)
        #expect(limiter.request(RequestCost(weight: 101), .protective, at: .seconds(3600)) == .never)
        #expect(limiter.request(RequestCost(weight: 0, orders: 11), .protective, at: .seconds(3600)) == .never)
    }

    @Test("A reserve is kept for what protects, and background leaves twice as much")
    func reserve() {
        func room(_ priority: RequestPriority) -> Int {
            var limiter = RateLimiter([Self.minute], reserve: 0.1)
            return (0..<1000).prefix { _ in
                limiter.request(RequestCost(weight: 1), priority, at: .zero) == .granted
            }.count
        }
        #expect(room(.protective) == 100)
        #expect(room(.trading) == 90)
        #expect(room(.background) == 80)
    }

    @Test("What the venue counts is taken when it is more than ours, never when it is less")
    func told() {
        var limiter = RateLimiter([Self.minute], reserve: 0)
        #expect(limiter.request(RequestCost(weight: 20), .trading, at: .zero) == .granted)
        limiter.told(.weight, per: .seconds(60), used: 5, at: .seconds(1))
        #expect(limiter.usage(.weight, at: .seconds(1)).map(\.used) == [20])
        limiter.told(.weight, per: .seconds(60), used: 95, at: .seconds(2))
        #expect(limiter.usage(.weight, at: .seconds(2)).map(\.used) == [95])
        #expect(limiter.request(RequestCost(weight: 6), .trading, at: .seconds(3)) == .wait(until: .seconds(60)))
        // Others' 75 count from when they were heard of.
        #expect(limiter.request(RequestCost(weight: 60), .trading, at: .seconds(61)) == .wait(until: .seconds(62)))
        limiter.told(.weight, per: .seconds(10), used: 95, at: .seconds(62))
        #expect(limiter.usage(.weight, at: .seconds(62)).map(\.used) == [0])
    }

    /// A response of a venue, and until when it silences weight and orders.
    struct Said: Sendable {
        let status: Int
        var headers: [HTTPHeader] = []
        var isOrderLimit = false
        var weightFree = 0
        var ordersFree = 0
    }

    @Test(
        "429 and 418 silence for as long as they say",
        arguments: [
            Said(status: 200, headers: [HTTPHeader("Retry-After", "9")]),
            Said(status: 429, headers: [HTTPHeader("retry-after", "9")], weightFree: 9, ordersFree: 9),
            Said(status: 429, weightFree: 60, ordersFree: 60),
            Said(status: 429, headers: [HTTPHeader("Retry-After", "soon")], weightFree: 60, ordersFree: 60),
            Said(status: 429, headers: [HTTPHeader("Retry-After", "9")], isOrderLimit: true, ordersFree: 9),
            Said(status: 418, headers: [HTTPHeader("Retry-After", "259200")], weightFree: 259_200, ordersFree: 259_200),
            Said(status: 418, isOrderLimit: true, weightFree: 120, ordersFree: 120),
        ]
    )
    func silence(_ said: Said) {
        var limiter = RateLimiter([Self.minute] + Self.orders)
        limiter.learn(from: response(said.status, said.headers), isOrderLimit: said.isOrderLimit, at: .zero)
        func free(_ cost: RequestCost) -> Int {
            guard case .wait(let until) = limiter.request(cost, .protective, at: .zero) else { return 0 }
            return Int(until.components.seconds)
        }
        #expect(free(RequestCost(weight: 1)) == said.weightFree)
        #expect(free(RequestCost(weight: 0, orders: 1)) == said.ordersFree)
    }

    @Test("Counts in headers are taken for the limit that they name")
    func headers() {
        var limiter = RateLimiter([Self.minute] + Self.orders)
        let headers = [
            HTTPHeader("X-MBX-USED-WEIGHT-1M", "41"), HTTPHeader("x-mbx-order-count-10s", "3"),
            HTTPHeader("X-MBX-ORDER-COUNT-1M", "7"), HTTPHeader("X-MBX-ORDER-COUNT-1X", "8"),
            HTTPHeader("X-MBX-USED-WEIGHT-1H", "999"), HTTPHeader("X-MBX-USED-WEIGHT-", "999"),
        ]
        limiter.learn(from: response(200, headers), at: .zero)
        #expect(limiter.usage(.weight, at: .zero).map(\.used) == [41])
        #expect(limiter.usage(.orders, at: .zero).map(\.used) == [3, 7])
    }

    private func response(_ status: Int, _ headers: [HTTPHeader]) -> HTTPResponse {
        let timing = HTTPTiming(connected: .zero, firstByte: .zero, total: .zero, isConnectionReused: true)
        return HTTPResponse(status: status, headers: headers, body: [], timing: timing)
    }

    @Test("No window of any place holds more than its limit, and a promised time is kept", arguments: UInt64(1)...100)
    func windows(seed: UInt64) {
        var random = SplitMix(state: seed)
        let limits = [
            RateLimit(.weight, per: .seconds(60), most: .random(in: 20...200, using: &random)),
            RateLimit(.orders, per: .seconds(10), most: .random(in: 3...20, using: &random)),
            RateLimit(.orders, per: .seconds(60), most: .random(in: 10...60, using: &random)),
        ]
        var limiter = RateLimiter(limits, reserve: 0.1)
        var granted: [(at: Duration, cost: RequestCost)] = []
        var now = Duration.zero
        for _ in 0..<1500 {
            now += .milliseconds(Int.random(in: 0...400, using: &random))
            let isOrder = Bool.random(using: &random)
            let cost = RequestCost(weight: isOrder ? 0 : .random(in: 1...10, using: &random), orders: isOrder ? 1 : 0)
            let priority = RequestPriority.allCases.randomElement(using: &random) ?? .trading
            switch limiter.request(cost, priority, at: now) {
            case .granted: granted.append((now, cost))
            case .wait(let until):
                #expect(until > now)
                var alone = limiter
                #expect(alone.request(cost, priority, at: until) == .granted)
                #expect(limiter.request(cost, priority, at: until - .nanoseconds(1)) != .granted)
                // That question was not granted, so nothing was counted; time goes on from there.
                now = until - .nanoseconds(1)
            case .never: Issue.record("\(cost) is within every limit")
            }
        }
        for limit in limits {
            var first = 0
            var sum = 0
            for last in granted.indices {
                sum += granted[last].cost.of(limit.resource)
                while granted[first].at + limit.interval <= granted[last].at {
                    sum -= granted[first].cost.of(limit.resource)
                    first += 1
                }
                #expect(sum <= limit.most)
            }
        }
    }

    @Test("However much others ask, as many cancels as the reserve holds pass at once", arguments: UInt64(1)...50)
    func cancelsPass(seed: UInt64) {
        var random = SplitMix(state: seed)
        var limiter = RateLimiter([Self.minute], reserve: 0.1)
        var cancels: [Duration] = []
        var now = Duration.zero
        for _ in 0..<2000 {
            now += .milliseconds(Int.random(in: 0...100, using: &random))
            let urgent = cancels.filter { $0 + .seconds(60) > now }.count
            if urgent < 10, Int.random(in: 0..<20, using: &random) == 0 {
                #expect(limiter.request(RequestCost(weight: 1), .protective, at: now) == .granted)
                cancels.append(now)
            } else {
                _ = limiter.request(RequestCost(weight: .random(in: 1...20, using: &random)), .trading, at: now)
            }
        }
        #expect(cancels.count > 10)
    }
}
