import BinanceFutures
import ExecutionEngine
import Foundation
import MarketData
import OrderManagement
import Synchronization
import Testing
import TradingDomain
import TradingTestKit

/// `smartexec venue` as a process of its own, and the broker at it, running.
final class VenueProgram: Sendable {
    /// The program that was built beside the tests; another may be named by `SMARTEXEC_PROGRAM`.
    private static var path: String {
        ProcessInfo.processInfo.environment["SMARTEXEC_PROGRAM"] ?? BuiltProgram.path(of: "smartexec")
    }

    static let account = AccountID(unchecked: "test")
    static let bitcoin = symbol("BTCUSDT")
    private static let parent = ParentOrderID(digest: [UInt8](1...10))

    static func symbol(_ text: String) -> Symbol {
        guard let symbol = Symbol(text) else { preconditionFailure("'\(text)' is no symbol") }
        return symbol
    }

    static func id(_ sequence: Int) -> ClientOrderID {
        ClientOrderID(parent: parent, incarnation: Incarnation(bits: 7), sequence: sequence)
    }

    private let process: RunningProgram
    private let folder: String
    let port: Int
    let rest: FuturesREST
    let broker: FuturesBroker
    private let heard = Mutex<[FuturesBrokerEvent]>([])
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init() async throws {
        folder = NSTemporaryDirectory() + "venue-\(UUID().uuidString)"
        let program = BuiltProgram(path: Self.path, folder: "/", environment: ["PATH": "/usr/bin:/bin"])
        process = try program.start(["venue", "--port", "0", "--seed", "7", "--state", folder, "--output", "json"])
        port = try await process.venuePort()
        let credentials = try FuturesCredentials(key: "test-key", secret: "test-secret")
        rest = FuturesREST(.local(port: port), credentials: credentials)
        broker = FuturesBroker(
            account: Self.account,
            currency: .usdt,
            rest: rest,
            settings: .init(symbols: [Self.bitcoin]),
            streams: WebSocketOpener.opener()
        )
        try await broker.prepare()
        let broker = broker
        tasks.withLock { tasks in
            tasks.append(Task { await broker.run() })
            tasks.append(
                Task { [weak self] in for await event in broker.events { self?.heard.withLock { $0.append(event) } } }
            )
        }
        _ = try await wait { $0.contains { if case .connected = $0 { true } else { false } } }
    }

    deinit {
        for task in tasks.withLock({ $0 }) { task.cancel() }
        process.kill()
        // Left behind it costs a few kilobytes in a temporary folder.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Waits until what was heard is enough; a deadline only guards against hanging.
    @discardableResult
    func wait(_ isEnough: ([FuturesBrokerEvent]) -> Bool) async throws -> [FuturesBrokerEvent] {
        let end = ContinuousClock.now + BuiltProgram.patience
        while ContinuousClock.now < end {
            let all = heard.withLock { $0 }
            if isEnough(all) { return all }
            try await Task.sleep(for: .milliseconds(10))
        }
        let all = heard.withLock { $0 }
        throw NotHeard(description: "waited for \(BuiltProgram.patience); so far: \(all)")
    }

    /// Waits until the reports about an order are enough.
    ///
    /// What happened while the stream was away is asked for when it is back, as whoever drives an engine does.
    func reports(_ sequence: Int, _ isEnough: ([BrokerEvent]) -> Bool) async throws -> [BrokerEvent] {
        func about(_ events: [FuturesBrokerEvent]) -> [BrokerEvent] {
            events.compactMap { event in
                guard case .report(let report) = event, report.order == Self.id(sequence) else { return nil }
                return report
            }
        }
        var openings = 1
        while true {
            let all = try await wait { isEnough(about($0)) || $0.count { $0 == .connected } > openings }
            if isEnough(about(all)) { return about(all) }
            openings += 1
            guard case .known(let events) = await broker.query(Self.id(sequence), Self.bitcoin) else { continue }
            heard.withLock { heard in
                for event in events.map(FuturesBrokerEvent.report) where !heard.contains(event) { heard.append(event) }
            }
        }
    }

    struct NotHeard: Error, CustomStringConvertible { let description: String }

    /// Lets the venue do something wrong with the next request of a kind.
    func fault(_ kind: String, on: String) async throws {
        let body = "faults:\n  - fault: \(kind)\n    on: [\(on)]\n    next: 1\n"
        let curl = BuiltProgram(path: "curl", folder: "/", environment: ["PATH": "/usr/bin:/bin"])
        let address = "http://127.0.0.1:\(port)/admin/faults"
        let words = ["-s", "-X", "POST", "-H", "X-Venue-Admin: test-admin", "--data-binary", body, address]
        let answer = try await curl.run(words).output
        try #require(answer.contains(kind), "\(answer)")
    }

    /// An order as an engine would have committed it, made now by the venue's clock.
    func order(
        _ sequence: Int,
        _ side: Side,
        _ quantity: String,
        limit: Price? = nil,
        _ timeInForce: TimeInForce = .day,
        at: Timestamp? = nil,
        validFor: Duration = .seconds(60),
        replaces: Int? = nil
    ) async throws -> ChildOrder {
        let now = await broker.venueTime()
        let instrument = try #require(await broker.instruments.first { $0.symbol == Self.bitcoin })
        return ChildOrder(
            id: Self.id(sequence),
            parent: Self.parent,
            account: Self.account,
            instrument: instrument,
            side: side,
            request: ChildRequest(
                quantity: try Quantity(parsing: quantity),
                type: limit.map(OrderType.limit) ?? .market,
                timeInForce: timeInForce
            ),
            requestTime: at ?? now,
            validFor: validFor,
            replaces: replaces.map(Self.id)
        )
    }

    /// The best bid, a tenth lower: where a buy rests.
    func restingPrice() async throws -> Price {
        let depth = try await rest.depth(Self.bitcoin, limit: 5)
        let bid = try #require(depth.changes.first { $0.side == .buy }?.price)
        return Price(units: bid.units / 10 * 9 / 10_000_000 * 10_000_000)
    }
}
