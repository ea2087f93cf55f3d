import Foundation
import MarketData
import TradingDomain

/// A venue that nothing has been asked yet: its name is known, its instruments are not.
struct UnopenedVenue: MarketSource {
    let title: String
    let fingerprint: String

    var instruments: [Instrument] { [] }

    func bars(_: Symbol, from _: Timestamp, to _: Timestamp) -> [Bar] { [] }

    func events(_: Symbol, from _: Timestamp, to _: Timestamp) -> any MarketEventIterator { Nothing() }

    private struct Nothing: MarketEventIterator {
        func next() -> MarketEvent? { nil }
    }
}

extension Timestamp {
    /// The machine's clock.
    static var wallClock: Timestamp { Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000_000)) }
}
