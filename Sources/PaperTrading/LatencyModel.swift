import ExecutionAlgorithms
import Glibc
public import TradingDomain

/// How long a message takes between us and the simulated venue, one way.
///
/// Each message draws its own time by counting, from the seed and the order that it is about: a replay waits as long as
/// the first run did, whatever else happens in it.
public enum LatencyModel: Codable, Hashable, Sendable {
    /// Always the same, in nanoseconds.
    case fixed(Int64)
    /// Any time between two, each as likely.
    case uniform(least: Int64, most: Int64)
    /// Log-normal: half of the messages take longer than `median`, and the logarithm of the time has the standard deviation
    /// `spread` (0.5: one of six takes more than 1.65 times the median). Kept between `least` and `most`.
    case logNormal(median: Int64, spread: Double, least: Int64, most: Int64)

    /// Nanoseconds that one message takes.
    ///
    /// `order` is whose message it is, and `event` which of its messages, from 0, commands and reports apart.
    public func nanoseconds(seed: UInt64, order: ClientOrderID, event: Int) -> Int64 {
        let draws = CounterRandom(seed: seed, parent: order.text, event: event)
        switch self {
        case .fixed(let time): return max(0, time)
        case .uniform(let least, let most):
            guard most > least else { return max(0, least) }
            return max(0, least + Int64(draws.uniform(0) * Double(most - least)))
        case .logNormal(let median, let spread, let least, let most):
            // Box and Muller's normal variate; 1 − u is never zero.
            let normal = (-2 * log(1 - draws.uniform(0))).squareRoot() * cos(2 * Double.pi * draws.uniform(1))
            let time = Double(max(0, median)) * exp(spread * normal)
            let bounded = min(max(time.isFinite ? time : Double(most), Double(least)), Double(max(least, most)))
            return max(0, Int64(bounded))
        }
    }

    var isFixed: Bool {
        guard case .fixed = self else { return false }
        return true
    }
}
