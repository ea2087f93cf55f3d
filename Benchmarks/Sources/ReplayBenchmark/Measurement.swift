import Foundation
import TradingDomain

/// What one replay took.
struct Measurement {
    static let header = """
        parents  quotes   seconds    quotes/s  ns/quote  ns/quote when nothing is due   slices    fills  us/slice  peak MB
        """

    let parents: Int
    let quotes: Int
    let time: Duration
    let work: Replay.Work

    var quotesPerSecond: Double { Double(quotes) / time.seconds }
    var nanosecondsPerQuote: Double { time.seconds * 1e9 / Double(quotes) }

    /// One line of the table.
    var row: String {
        let idle = (time - work.time).seconds * 1e9 / Double(quotes)
        let perSlice = work.slices == 0 ? "-" : String(format: "%.1f", work.time.seconds * 1e6 / Double(work.slices))
        let numbers = String(
            format: "%7d  %6d  %8.3f  %10.0f  %8.1f  %28.1f  %7d  %7d",
            parents,
            quotes,
            time.seconds,
            quotesPerSecond,
            nanosecondsPerQuote,
            idle,
            work.slices,
            work.fills
        )
        return numbers + Self.padded(perSlice, to: 10) + Self.padded("\(Self.peakMegabytes)", to: 9)
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
