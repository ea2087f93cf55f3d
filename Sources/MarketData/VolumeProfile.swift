public import TradingDomain

/// Which share of a session's volume trades in which of its minutes, as a mean over earlier sessions.
///
/// The mean is over each day's *shares*, so that one heavy day does not decide (the contrast to pooling volumes).
public struct VolumeProfile: Hashable, Sendable {
    /// Share of the session's volume per minute since the open; they sum to 1.
    public let shares: [Double]
    /// The sessions it was learned from, oldest first.
    public let dates: [CalendarDate]

    /// - Parameters:
    ///   - shares: Per minute since the open, not negative, with a sum of 1.
    ///   - dates: The sessions it was learned from, oldest first.
    public init(shares: [Double], dates: [CalendarDate] = []) {
        self.shares = shares
        self.dates = dates
    }

    /// Learns the profile from the sessions before a date; the date itself is never looked at.
    ///
    /// Only the `sessions` sessions right before the date count, so nothing stale gets in. Of these, days without
    /// volume are skipped, and so are half days, whose shape differs, when there is any full day.
    ///
    /// - Throws: `no_volume_profile`, naming symbol and date, when none of them has volume; errors of the source.
    public static func learn(
        source: some MarketSource,
        symbol: Symbol,
        calendar: TradingCalendar,
        before date: CalendarDate,
        sessions count: Int = 5
    ) throws -> VolumeProfile {
        let earlier = try calendar.sessions(before: date, count: count)
        let learned = try earlier.compactMap { session -> (TradingSession, [Double])? in
            let bars = try source.bars(symbol, from: session.open, to: session.close)
            let volumes = volumes(of: bars, in: session)
            return volumes.contains { $0 > 0 } ? (session, volumes) : nil
        }
        let full = learned.filter { !$0.0.isEarlyClose }
        let used = full.isEmpty ? learned : full
        guard let shares = mean(of: used.map(\.1)) else {
            throw MarketDataError(
                code: "no_volume_profile",
                message: "no volume of \(symbol) in the \(count) sessions before \(date), so there is nothing to learn"
                    + " its pattern from; give data of earlier days, or use an algorithm without a volume pattern"
            )
        }
        return VolumeProfile(shares: shares, dates: used.map(\.0.date))
    }

    /// The arithmetic mean over days of bucket volume ÷ day volume; days without volume are skipped.
    ///
    /// - Parameter volumes: Per day one volume per bucket; shorter days count as zero in the buckets they lack.
    /// - Returns: Shares that sum to 1, or `nil` when no day has volume.
    public static func mean(of volumes: [[Double]]) -> [Double]? {
        let days = volumes.map { ($0, $0.reduce(0, +)) }.filter { $0.1 > 0 }
        guard !days.isEmpty else { return nil }
        var shares = [Double](repeating: 0, count: days.map(\.0.count).max() ?? 0)
        for (volumes, total) in days {
            for (bucket, volume) in volumes.enumerated() { shares[bucket] += volume / total }
        }
        return shares.map { $0 / Double(days.count) }
    }

    /// The profile of a session that ends early: the first `buckets`, divided by their sum.
    ///
    /// A documented choice: a real half day also has its closing auction, earlier. Zeros stay zeros when the first
    /// buckets hold nothing.
    public static func truncated(_ shares: [Double], to buckets: Int) -> [Double] {
        let kept = Array(shares.prefix(max(0, buckets)))
        let sum = kept.reduce(0, +)
        return sum > 0 ? kept.map { $0 / sum } : kept
    }

    /// This profile for a session of `length`: cut and renormalised when it is shorter than what was learned.
    public func fitted(to length: Duration) -> VolumeProfile {
        let minutes = Int((length.seconds / 60).rounded(.up))
        guard minutes < shares.count else { return self }
        return VolumeProfile(shares: Self.truncated(shares, to: minutes), dates: dates)
    }

    /// The share of volume in each bucket of length `bucket` between two moments of a session.
    ///
    /// Minutes that a bucket covers in part count in proportion; the last bucket ends at `to`. What lies outside the
    /// profile has no share.
    ///
    /// - Parameters:
    ///   - from: Since the session's open.
    ///   - to: Since the session's open; nothing comes back when it is not after `from`.
    ///   - bucket: Greater than zero; traps otherwise.
    /// - Returns: Shares of the whole session, so normalise where a sum of 1 is meant.
    public func weights(from: Duration, to: Duration, bucket: Duration) -> [Double] {
        precondition(bucket > .zero, "bucket must be positive, was \(bucket)")
        var weights: [Double] = []
        var start = from
        while start < to {
            let end = min(start + bucket, to)
            weights.append(share(from: start.seconds / 60, to: end.seconds / 60))
            start = end
        }
        return weights
    }

    /// Share between two times in minutes since the open.
    private func share(from: Double, to: Double) -> Double {
        let (first, last) = (max(0, Int(from)), min(shares.count, Int(to.rounded(.up))))
        guard first < last else { return 0 }
        return (first..<last).reduce(0) { sum, minute in
            let covered = min(to, Double(minute + 1)) - max(from, Double(minute))
            return sum + shares[minute] * covered
        }
    }

    /// Volume per minute of a session; a bar longer than a minute, or across two, counts evenly over its time.
    private static func volumes(of bars: [Bar], in session: TradingSession) -> [Double] {
        let minute = Duration.seconds(60).nanoseconds
        let length = session.length.nanoseconds
        var volumes = [Double](repeating: 0, count: Int((length + minute - 1) / minute))
        for bar in bars {
            let (start, end) = ((bar.start - session.open).nanoseconds, (bar.end - session.open).nanoseconds)
            guard start < end, end > 0, start < length else { continue }
            let perNanosecond = bar.volume.approximate / Double(end - start)
            var from = max(0, start)
            while from < min(end, length) {
                let to = min(end, length, (from / minute + 1) * minute)
                let isWhole = from == start && to == end
                volumes[Int(from / minute)] += isWhole ? bar.volume.approximate : perNanosecond * Double(to - from)
                from = to
            }
        }
        return volumes
    }
}
