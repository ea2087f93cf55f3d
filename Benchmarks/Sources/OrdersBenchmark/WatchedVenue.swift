import BinanceFutures
import ExecutionEngine
import Foundation
import MarketData
import OrderManagement
import Synchronization
import TradingDomain

/// The venue as the floor has it, with a note of when the engine gave it an order.
final class WatchedVenue: LiveVenue {
    struct Given: Sendable {
        let order: ClientOrderID
        /// Nanoseconds of the monotonic clock.
        let at: Int64
    }

    private let venue: FuturesVenue
    private let given = Mutex<[Given]>([])

    init(_ venue: FuturesVenue) { self.venue = venue }

    /// The orders that were given since the last call.
    func takeGiven() -> [Given] {
        given.withLock { given in
            defer { given = [] }
            return given
        }
    }

    func send(_ commands: [BrokerCommand]) async {
        let now = Monotonic.now
        given.withLock { given in
            for case .place(let order) in commands { given.append(Given(order: order.id, at: now)) }
        }
        await venue.send(commands)
    }

    var title: String { venue.title }
    var fingerprint: String { venue.fingerprint }
    var instruments: [Instrument] { venue.instruments }
    var clock: Timestamp { venue.clock }
    var news: AsyncStream<VenueNews> { venue.news }
    func start(_ replacements: [ChildOrder]) async { await venue.start(replacements) }
    func balance(_ currency: Currency) async throws -> Money { try await venue.balance(currency) }
    func follow(_ symbols: [Symbol]) async throws { try await venue.follow(symbols) }
    func bars(of symbol: Symbol, from: Timestamp, to: Timestamp) async throws -> [Bar] {
        try await venue.bars(of: symbol, from: from, to: to)
    }
    func close() async { await venue.close() }
    func venueTime() async -> Timestamp { await venue.venueTime() }
    func query(_ order: ClientOrderID, _ symbol: Symbol) async -> BrokerAnswer { await venue.query(order, symbol) }
    func accountReport(since: Timestamp) async -> AccountReportAnswer { await venue.accountReport(since: since) }
    func cancelAll(_ symbols: [Symbol]) async -> CancelAllAnswer { await venue.cancelAll(symbols) }
    func armDeadMan(_ after: Duration?, _ symbols: [Symbol]) async -> DeadManAnswer {
        await venue.armDeadMan(after, symbols)
    }
}

/// The clock that all processes of a machine share.
enum Monotonic {
    /// Nanoseconds since some moment in the past.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
