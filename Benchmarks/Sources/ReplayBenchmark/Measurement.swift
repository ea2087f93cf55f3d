import Foundation
import TradingDomain

/// What one replay took.
struct Measurement {
    static let header =
        "  parents  quotes   wall s    cpu s   quotes/s  ns/quote  of it, nothing due   slices    fills  us/slice  peak MB"

    let parents: Int
    let quotes: Int
    let wall: Duration
    /// Processor time; every rate is of this.
    let time: Duration
    let work: Replay.Work

    var quotesPerSecond: Double { Double(quotes) / time.seconds }
    var nanosecondsPerQuote: Double { time.seconds * 1e9 / Double(quotes) }

    /// One line of the table.
    var row: String {
        let quiet = (time - work.time).seconds * 1e9 / Double(quotes)
        let perSlice = work.slices == 0 ? "-" : String(format: "%.1f", work.time.seconds * 1e6 / Double(work.slices))
        let speed = String(
            format: "%8.3f %8.3f %10.0f %9.1f",
            wall.seconds,
            time.seconds,
            quotesPerSecond,
            nanosecondsPerQuote
        )
        return String(format: "%9d %7d ", parents, quotes) + speed
            + String(format: " %19.1f %8d %8d", quiet, work.slices, work.fills)
            + Self.padded(perSlice, to: 10) + Self.padded("\(Self.peakMegabytes)", to: 9)
    }

    /// The quicker of two measurements of the same work; the other was disturbed.
    static func best(_ one: Measurement?, _ other: Measurement) -> Measurement {
        guard let one, one.time < other.time else { return other }
        return one
    }

    /// The most memory that the process has held until now.
    private static var peakMegabytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss / 1024
    }

    private static func padded(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
