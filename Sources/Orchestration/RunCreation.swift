public import TradingDomain
public import Workflows

/// What became of a run that was to be started.
public enum RunCreation: Hashable, Sendable {
    /// It is ready, in a place of its concurrency key if it has one.
    case created
    /// It is recorded and waits until one of these has ended.
    case queued(behind: [RunID])
    /// It was not recorded: these have not ended, and `when_full` is `skip`.
    case skipped(behind: [RunID])
}

/// A run that counts in a concurrency key, since it has not ended.
public struct KeyedRun: Hashable, Sendable {
    public let run: RunID
    /// Its place, from 1 to the key's limit; `nil` while it waits for one.
    public let place: Int?
    /// Whether somebody asked that it ends.
    public let isCancelled: Bool

    public init(run: RunID, place: Int?, isCancelled: Bool) {
        self.run = run
        self.place = place
        self.isCancelled = isCancelled
    }
}

/// The arithmetic of `concurrency`: numbered places for each key, which a run holds from when it gets one until it has ended.
///
/// A place is never given back by whoever stops: it is free because its run has ended, so that no crash can leak one.
public enum KeyPlaces {
    /// What a new run is to do.
    public enum Decision: Hashable, Sendable {
        case enter(place: Int)
        /// Wait, after asking these to end.
        case wait(cancelling: [RunID])
        case skip
    }

    /// The lowest free place; `nil` when as many runs as the limit allows hold one.
    ///
    /// Places above the limit count as well: they are from before it was lowered.
    public static func free(limit: Int, beside others: [KeyedRun]) -> Int? {
        let taken = Set(others.compactMap(\.place))
        guard others.count(where: { $0.place != nil }) < limit else { return nil }
        return (1...max(1, limit)).first { !taken.contains($0) }
    }

    /// What a new run does that finds `others`, the oldest first.
    ///
    /// Nobody overtakes: a place that becomes free belongs to the one that waits longest.
    public static func decide(_ slot: ConcurrencySlot, beside others: [KeyedRun]) -> Decision {
        let isAwaited = others.contains { $0.place == nil && !$0.isCancelled }
        if let place = free(limit: slot.limit, beside: others), !isAwaited { return .enter(place: place) }
        switch slot.whenFull {
        case .queue: return .wait(cancelling: [])
        case .skip: return .skip
        case .cancel_oldest:
            let going = others.filter { !$0.isCancelled }.map(\.run)
            return .wait(cancelling: Array(going.prefix(max(0, going.count + 1 - slot.limit))))
        }
    }
}
