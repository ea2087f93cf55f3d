import Synchronization

/// The slots of the pools that steps name with `pool:`, for all runs of this process.
///
/// A slot is held while a step executes and never while it waits: for an order only until it is asked for. First come, first
/// served.
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

    private let pools: Mutex<[String: Pool]>
    /// Names of the pools, sorted.
    public let names: [String]

    /// Pools by name.
    public init(_ sizes: [String: Size] = [:]) {
        pools = Mutex(sizes.mapValues { Pool(size: $0, free: max(1, $0.slots)) })
        names = sizes.keys.sorted()
    }

    /// Runs `body` while holding a slot of the pool; `nil` names no pool.
    ///
    /// - Throws: `StepFailure` with code `unknown_pool`, and what `body` throws.
    func within<Result: Sendable>(_ pool: String?, _ body: () async throws -> Result) async throws -> Result {
        guard let pool else { return try await body() }
        guard names.contains(pool) else {
            let known = names.isEmpty ? "none" : names.joined(separator: ", ")
            throw StepFailure("unknown_pool", "There is no pool '\(pool)'. Known: \(known). Add it under `pools:`.")
        }
        await enter(pool)
        defer { leave(pool) }
        let turn = turn(in: pool)
        if turn > .now { try await Task.sleep(until: turn, clock: .continuous) }
        return try await body()
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
