import NIOCore
import NIOPosix
import Synchronization
import TradingDomain

/// A local exchange on a port of this machine: requests and streams in Binance's dialect.
///
/// One thread does everything but wait for the disk, so that answers and events come in one order.
public final class VenueServer: Sendable {
    /// Where it listens; always on the loopback interface.
    public let port: Int
    /// Bytes of a torn last line that its memory lost to a kill; nobody was told of them.
    public let tornBytes: Int

    private let group: MultiThreadedEventLoopGroup
    private let pool: NIOThreadPool
    private let listener: any Channel
    private let desk: NIOLoopBound<VenueDesk>
    private let log: VenueLog?
    private let ticks: RepeatedTask
    private let outcome: Outcome

    /// How it ended, for who waits for that.
    private final class Outcome: Sendable {
        private struct State {
            var failure: VenueFailure?
            var hasEnded = false
            var waiting: [CheckedContinuation<VenueFailure?, Never>] = []
        }

        private let state = Mutex(State())

        func end(_ failure: VenueFailure?) {
            let waiting = state.withLock { state in
                if !state.hasEnded { state.failure = failure }
                state.hasEnded = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume(returning: failure) }
        }

        func wait() async -> VenueFailure? {
            await withCheckedContinuation { continuation in
                let ended: (VenueFailure?)?? = state.withLock { state in
                    if state.hasEnded { return .some(state.failure) }
                    state.waiting.append(continuation)
                    return nil
                }
                if let ended { continuation.resume(returning: ended ?? nil) }
            }
        }
    }

    /// Opens a venue.
    ///
    /// - Throws: A ``VenueFailure`` when the port or the state is taken or damaged; errors of the market's files.
    public static func start(_ setup: VenueSetup) async throws -> VenueServer {
        let opened = try setup.stateFolder.map { folder throws(VenueFailure) in try VenueLog.open(folder: folder) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let outcome = Outcome()
        do {
            let loop = group.next()
            let desk = try await loop.submit {
                var exchange = Exchange(setup.settings)
                if let contents = opened?.contents { exchange.restore(contents.records) }
                let desk = try VenueDesk(
                    loop: loop,
                    pool: pool,
                    clock: VenueClock(factor: setup.clockFactor, notBefore: opened?.contents.last),
                    exchange: exchange,
                    tape: setup.tape,
                    faults: setup.faults,
                    log: opened?.log,
                    adminToken: setup.adminToken
                ) { outcome.end($0) }
                return NIOLoopBound(desk, eventLoop: loop)
            }.get()
            let listener = try await listen(setup, desk, group)
            let ticks = loop.scheduleRepeatedTask(initialDelay: .milliseconds(20), delay: .milliseconds(20)) { _ in
                desk.value.tick()
            }
            return VenueServer(group, pool, listener, desk, opened?.log, ticks, outcome, opened?.contents.torn ?? 0)
        } catch {
            try await pool.shutdownGracefully()
            try await group.shutdownGracefully()
            opened?.log.close()
            throw error
        }
    }

    private init(
        _ group: MultiThreadedEventLoopGroup,
        _ pool: NIOThreadPool,
        _ listener: any Channel,
        _ desk: NIOLoopBound<VenueDesk>,
        _ log: VenueLog?,
        _ ticks: RepeatedTask,
        _ outcome: Outcome,
        _ tornBytes: Int
    ) {
        self.group = group
        self.pool = pool
        self.listener = listener
        self.desk = desk
        self.log = log
        self.ticks = ticks
        self.outcome = outcome
        self.tornBytes = tornBytes
        port = listener.localAddress?.port ?? 0
    }

    /// Returns when the venue has ended: `nil` after ``stop()``, else why it could not go on.
    public func ended() async -> VenueFailure? { await outcome.wait() }

    /// Closes all connections and lets go of the state; everything that was answered is kept.
    public func stop() async throws {
        ticks.cancel()
        let desk = desk
        try await listener.eventLoop.submit { desk.value.close() }.get()
        try await listener.close()
        try await group.shutdownGracefully()
        try await pool.shutdownGracefully()
        log?.close()
        outcome.end(nil)
    }

    private static func listen(
        _ setup: VenueSetup,
        _ desk: NIOLoopBound<VenueDesk>,
        _ group: MultiThreadedEventLoopGroup
    ) async throws -> any Channel {
        let limits = setup.streams
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: limits.backlogMax / 4, high: limits.backlogMax)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try HTTPConnection(desk.value, limits).install(on: channel) }
            }
        do {
            return try await bootstrap.bind(host: "127.0.0.1", port: setup.port).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw VenueFailure.portTaken(port: setup.port)
        } catch {
            throw VenueFailure.cannotListen(port: setup.port, reason: "\(error)")
        }
    }
}
