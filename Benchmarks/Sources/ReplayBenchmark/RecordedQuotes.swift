import Foundation
import MarketData
import TradingDomain

/// Real best bids and asks of one instrument in memory, the recording several times over.
struct RecordedQuotes {
    /// The file of the shared market data; 66,089 changes of the best prices in 344 seconds.
    static let file = "crypto-book/binance_BTCUSDT-perp_20240808_bbo.csv.gz"

    let instrument: Instrument
    let events: [MarketEvent]
    /// When the first quote comes, and the middle that it shows.
    let start: Timestamp
    let price: Price
    /// Whole minutes from the first quote to the last.
    let minutes: Int

    /// Reads the recording and appends it to itself until it is there `repeats` times, time going on.
    ///
    /// - Throws: A ``BenchmarkFailure`` when the data are not there, and what reading them throws.
    init(repeats: Int) throws {
        let market = try FileMarket(paths: [Self.path()]) { _, _ in true }
        guard let instrument = market.instruments.first else {
            throw BenchmarkFailure("There is no instrument in \(Self.file).")
        }
        let forever = Timestamp(nanoseconds: .max)
        var stream = try market.events(instrument.symbol, from: Timestamp(nanoseconds: 0), to: forever)
        var once: [Quote] = []
        while let event = try stream.next() {
            if case .quote(let quote) = event { once.append(quote) }
        }
        guard let first = once.first, let last = once.last else {
            throw BenchmarkFailure("There are no quotes in \(Self.file).")
        }
        // One millisecond, the recording's resolution, between its end and its next beginning.
        let length = last.at - first.at + .milliseconds(1)
        var events: [MarketEvent] = []
        events.reserveCapacity(once.count * repeats)
        for round in 0..<repeats {
            let shift = length * round
            for quote in once { events.append(.quote(quote.moved(by: shift))) }
        }
        self.instrument = instrument
        self.events = events
        self.start = first.at
        price = first.mid
        minutes = Int((length * repeats).seconds / 60)
    }

    private static func path() throws -> String {
        let package = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/").dropFirst()
        let given = ProcessInfo.processInfo.environment["SMARTEXEC_SHARED"]
        let path = "\(given ?? "\(package)/../shared")/data/\(file)"
        guard FileManager.default.fileExists(atPath: path) else {
            throw BenchmarkFailure("There is no \(path). Set SMARTEXEC_SHARED to the folder of the shared data.")
        }
        return path
    }
}

/// Why a benchmark measured nothing that counts.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension Quote {
    fileprivate func moved(by shift: Duration) -> Quote {
        Quote(symbol: symbol, at: at + shift, bid: bid, bidSize: bidSize, ask: ask, askSize: askSize)
    }
}
