import OrderManagement
import Synchronization
import Testing
import TradingDomain
import TradingTestKit

@testable import BinanceFutures

/// A stream that a test tells what to say.
final class ScriptedStream: VenueStream {
    private let events: AsyncStream<StreamEvent>
    private let told: AsyncStream<StreamEvent>.Continuation

    init() { (events, told) = AsyncStream.makeStream() }

    func say(_ event: StreamEvent) { told.yield(event) }
    func listen(_ body: @Sendable (StreamEvent) async -> Bool) async {
        for await event in events { guard await body(event) else { return } }
    }

    func subscribe(_: String) {}
    func stop() { told.finish() }
}

/// What somebody collects in a task of its own while a test waits for it.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    func append(_ element: Element) { elements.withLock { $0.append(element) } }

    /// Waits until there is enough; a deadline only guards against hanging.
    func wait(_ isEnough: ([Element]) -> Bool) async throws -> [Element] {
        let end = ContinuousClock.now + BuiltProgram.patience
        while .now < end {
            let all = elements.withLock { $0 }
            if isEnough(all) { return all }
            try await Task.sleep(for: .milliseconds(10))
        }
        let all = elements.withLock { $0 }
        throw NotHeard(description: "so far: \(all)")
    }

    struct NotHeard: Error, CustomStringConvertible { let description: String }
}

extension ScriptedVenue {
    /// The way to it, with an account's keys.
    var rest: FuturesREST {
        get throws {
            FuturesREST(.local(port: port), credentials: try FuturesCredentials(key: "the-key", secret: "the-secret"))
        }
    }

    /// Answers what is asked of an account in order before it is traded.
    func answerStart() async throws {
        try await answer("GET /fapi/v1/exchangeInfo", 200, Samples.exchangeInfo)
        try await answer("GET /fapi/v1/positionSide/dual", 200, #"{"dualSidePosition":false}"#)
        try await answer("GET /fapi/v1/multiAssetsMargin", 200, #"{"multiAssetsMargin":false}"#)
        try await answer("GET /fapi/v1/feeBurn", 200, #"{"feeBurn":false}"#)
        try await answer("POST /fapi/v1/listenKey", 200, #"{"listenKey":"pqia91"}"#)
    }
}

extension FuturesBrokerEvent {
    var report: BrokerEvent? {
        guard case .report(let event) = self else { return nil }
        return event
    }

    var alertCode: String? {
        guard case .alert(let code, _) = self else { return nil }
        return code
    }
}

/// A broker at a scripted venue, running, and what it told.
final class BrokerAtVenue: Sendable {
    let venue: ScriptedVenue
    let broker: FuturesBroker
    private let streams = Collected<ScriptedStream>()
    private let heard = Collected<FuturesBrokerEvent>()
    private let tasks: [Task<Void, Never>]

    init(replacements: [ChildOrder] = []) async throws {
        venue = try await ScriptedVenue()
        try await venue.answerStart()
        var settings = FuturesBroker.Settings(symbols: [Samples.bitcoin])
        // A busy machine may need longer for the answer than an order should wait for it.
        settings.markPatience = .seconds(900)
        let broker = FuturesBroker(
            account: Samples.account,
            currency: .usdt,
            rest: try venue.rest,
            settings: settings,
            streams: { [streams] _ in
                let stream = ScriptedStream()
                streams.append(stream)
                return stream
            }
        )
        try await broker.prepare()
        await broker.inherit(replacements)
        self.broker = broker
        tasks = [
            Task { await broker.run() },
            Task { [heard] in for await event in broker.events { heard.append(event) } },
        ]
    }

    deinit { for task in tasks { task.cancel() } }

    /// The stream that was opened as the `count`th.
    func stream(_ count: Int = 1) async throws -> ScriptedStream {
        try await streams.wait { $0.count >= count }[count - 1]
    }

    /// The first `count` reports.
    func reports(_ count: Int) async throws -> [BrokerEvent] {
        try await heard.wait { $0.compactMap(\.report).count >= count }.compactMap(\.report)
    }

    func events(until isEnough: ([FuturesBrokerEvent]) -> Bool) async throws -> [FuturesBrokerEvent] {
        try await heard.wait(isEnough)
    }

    /// Waits until a call was asked so often.
    func asked(_ call: String, _ count: Int) async throws -> [ScriptedVenue.Asked] {
        let end = ContinuousClock.now + BuiltProgram.patience
        while .now < end {
            let asked = try await venue.asked(call)
            if asked.count >= count { return asked }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await venue.asked(call)
    }
}
