import Synchronization
public import Workflows

/// Slots and turns of pools that all workers share.
public protocol SlotStore: Sendable {
    /// Takes a slot for a step; `nil` when all are held. A step that holds one already keeps it.
    ///
    /// A slot is held only while its run is running at that epoch under a valid lease, so that no crash leaks one.
    ///
    /// - Throws: ``RunStoreError/fenced(_:)`` when another worker has claimed the run since.
    func take(_ pool: String, slots: Int, for step: StepPath, of claim: RunClaim) async throws -> PoolSlot?
    /// Gives a slot back; harmless when it was not held any more.
    func free(_ slot: PoolSlot) async throws
    /// Takes the next turn of a pool that lets so many steps begin in a second: how long to wait for it.
    func turn(of pool: String, perSecond: Int) async throws -> Duration
}

/// A slot that a step holds.
public struct PoolSlot: Hashable, Sendable {
    public let pool: String
    /// From 1 to the pool's size.
    public let place: Int
    public let step: StepPath
    public let claim: RunClaim

    public init(pool: String, place: Int, step: StepPath, claim: RunClaim) {
        self.pool = pool
        self.place = place
        self.step = step
        self.claim = claim
    }
}

/// The slots of the pools that steps name with `pool:`.
///
/// A slot is held while a step executes and never while it waits: for an order only until it is asked for. First come, first
/// served within this process; with a ``SlotStore`` the sizes and rates hold over all processes. Without one, as in virtual
/// time, they hold for this process.
public final class PoolGates: Sendable {
    /// How much a pool lets through.
    public struct Size: Hashable, Sendable {
        /// Steps at once: 1 or more.
        public let slots: Int
        /// Steps that begin in one second; `nil` for no limit.
        public let perSecond: Int?

        public init(slots: Int, perSecond: Int? = nil) {
            self.slots = slots
            self.perSecond = perSecond
        }
    }

    private struct Pool {
        let size: Size
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
        /// When the next step may begin, by its rate.
        var nextAt: ContinuousClock.Instant?
    }

    /// Between two looks for a free slot of the store: short at first, then longer, and never in step with others.
    private static let looks: [Duration] = [
        .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100),
    ]

    private let pools: Mutex<[String: Pool]>
    private let shared: (any SlotStore)?
    /// Names of the pools, sorted.
    public let names: [String]

    /// Pools by name, over all processes when they share a store.
    public init(_ sizes: [String: Size] = [:], shared: (any SlotStore)? = nil) {
        self.shared = shared
        pools = Mutex(sizes.mapValues { Pool(size: $0, free: max(1, $0.slots)) })
        names = sizes.keys.sorted()
    }

    /// Runs `body` while holding a slot of the pool for a step; `nil` names no pool.
    ///
    /// - Throws: `StepFailure` with code `unknown_pool` or, when the run is cancelled while the step waits, `cancelled`;
    ///   `CancellationError` when it is stopped meanwhile; the store's errors, and what `body` throws.
    func within<Result: Sendable>(
        _ pool: String?,
        for step: StepPath,
        of claim: RunClaim,
        control: RunControl = RunControl(),
        _ body: () async throws -> Result
    ) async throws -> Result {
        guard let pool else { return try await body() }
        guard let size = pools.withLock({ $0[pool]?.size }) else {
            let known = names.isEmpty ? "none" : names.joined(separator: ", ")
            throw StepFailure("unknown_pool", "There is no pool '\(pool)'. Known: \(known). Add it under `pools:`.")
        }
        await enter(pool)
        defer { leave(pool) }
        guard let shared else {
            let turn = turn(in: pool)
            if turn > .now { try await Task.sleep(until: turn, clock: .continuous) }
            return try await body()
        }
        let slot = try await take(pool, size, for: step, of: claim, control, from: shared)
        let result: Swift.Result<Result, any Error>
        do {
            if let rate = size.perSecond {
                let wait = try await shared.turn(of: pool, perSecond: rate)
                if wait > .zero { try await Task.sleep(for: wait) }
            }
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        // In a task of its own: a step that timed out is cancelled, and gives its slot back all the same.
        try await Task { try await shared.free(slot) }.value
        return try result.get()
    }

    private func take(
        _ pool: String,
        _ size: Size,
        for step: StepPath,
        of claim: RunClaim,
        _ control: RunControl,
        from shared: any SlotStore
    ) async throws -> PoolSlot {
        var look = 0
        while true {
            if control.isStopping { throw CancellationError() }
            if let wish = control.cancellation { throw StepFailure("cancelled", wish.text) }
            if let slot = try await shared.take(pool, slots: size.slots, for: step, of: claim) { return slot }
            let pause = Self.looks[min(look, Self.looks.count - 1)]
            look += 1
            try await Task.sleep(for: pause + .milliseconds(Int.random(in: 0...20)))
        }
    }

    private func enter(_ pool: String) async {
        await withCheckedContinuation { continuation in
            let isFree = pools.withLock { pools in
                guard let free = pools[pool]?.free, free > 0 else {
                    pools[pool]?.waiting.append(continuation)
                    return false
                }
                pools[pool]?.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    /// When a step that has a slot may begin: steps of a pool with a rate are spaced evenly.
    private func turn(in pool: String) -> ContinuousClock.Instant {
        pools.withLock { pools in
            let now = ContinuousClock.now
            guard let rate = pools[pool]?.size.perSecond, rate > 0 else { return now }
            let turn = max(now, pools[pool]?.nextAt ?? now)
            pools[pool]?.nextAt = turn + .seconds(1) / rate
            return turn
        }
    }

    /// Hands the slot to whoever waits longest.
    private func leave(_ pool: String) {
        let next = pools.withLock { pools -> CheckedContinuation<Void, Never>? in
            if let waiting = pools[pool]?.waiting, !waiting.isEmpty { return pools[pool]?.waiting.removeFirst() }
            pools[pool]?.free += 1
            return nil
        }
        next?.resume()
    }
}
