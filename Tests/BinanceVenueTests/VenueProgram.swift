import BinanceFutures
import ExecutionEngine
import Foundation
import MarketData
import OrderManagement
import Synchronization
import Testing
import TradingDomain

/// `smartexec venue` as a process of its own, and the broker at it, running.
final class VenueProgram: Sendable {
    /// The program that was built beside the tests; another may be named by `SMARTEXEC_PROGRAM`.
    private static var path: String {
        if let named = ProcessInfo.processInfo.environment["SMARTEXEC_PROGRAM"] { return named }
        // Linux always has this link; without it nothing is found, and the start says so.
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("smartexec").path
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

    private let process: Process
    private let folder: String
    let port: Int
    let rest: FuturesREST
    let broker: FuturesBroker
    private let heard = Mutex<[FuturesBrokerEvent]>([])
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init() async throws {
        folder = NSTemporaryDirectory() + "venue-\(UUID().uuidString)"
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = ["venue", "--port", "0", "--seed", "7", "--state", folder, "--output", "json"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        struct Opened: Decodable { let port: Int }
        var text = Data()
        while !text.contains(UInt8(ascii: "\n")) {
            let piece = output.fileHandleForReading.availableData
            try #require(!piece.isEmpty, "\(Self.path) venue did not start")
            text += piece
        }
        port = try JSONDecoder().decode(Opened.self, from: text).port
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
        process.terminate()
        process.waitUntilExit()
        // Left behind it costs a few kilobytes in a temporary folder.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Waits until what was heard is enough; a deadline only guards against hanging.
    @discardableResult
    func wait(_ isEnough: ([FuturesBrokerEvent]) -> Bool) async throws -> [FuturesBrokerEvent] {
        for _ in 0..<6000 {
            let all = heard.withLock { $0 }
            if isEnough(all) { return all }
            try await Task.sleep(for: .milliseconds(10))
        }
        let all = heard.withLock { $0 }
        throw NotHeard(description: "waited for a minute; so far: \(all)")
    }

    /// Waits until the reports about an order are enough.
    func reports(_ sequence: Int, _ isEnough: ([BrokerEvent]) -> Bool) async throws -> [BrokerEvent] {
        func about(_ events: [FuturesBrokerEvent]) -> [BrokerEvent] {
            events.compactMap { event in
                guard case .report(let report) = event, report.order == Self.id(sequence) else { return nil }
                return report
            }
        }
        return about(try await wait { isEnough(about($0)) })
    }

    struct NotHeard: Error, CustomStringConvertible { let description: String }

    /// Lets the venue do something wrong with the next request of a kind.
    func fault(_ kind: String, on: String) async throws {
        let body = "faults:\n  - fault: \(kind)\n    on: [\(on)]\n    next: 1\n"
        let request =
            "curl -s -X POST -H 'X-Venue-Admin: test-admin' --data-binary @- http://127.0.0.1:\(port)/admin/faults"
        let shell = Process()
        let (input, output) = (Pipe(), Pipe())
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", request]
        shell.standardInput = input
        shell.standardOutput = output
        try shell.run()
        try input.fileHandleForWriting.write(contentsOf: Data(body.utf8))
        try input.fileHandleForWriting.close()
        let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
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
            validFor: .seconds(5),
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
