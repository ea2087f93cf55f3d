import Foundation
import MarketData
import TradingDomain

/// How a run's market and clock were chosen; stored with the run, so that a resumed run gets the same.
struct Launch: Codable, Hashable, Sendable {
    var account: String
    /// Folders and files that are replayed; empty for the generated market.
    var data: [String]
    var seed: UInt64
    var session: CalendarDate
    /// `virtual`, `real` or `60x`.
    var clock: String

    var isGenerated: Bool { data.isEmpty }

    /// The pace of the clock.
    var mode: ClockMode { ClockMode(clock) ?? .virtual }
}

/// The market of a launch with its calendars.
struct MarketFloor: Sendable {
    let source: any MarketSource
    let calendars: Calendars
    let session: TradingSession

    /// The account's namespace: a simulated market never shares a book with another.
    func namespace(_ launch: Launch) -> String {
        launch.isGenerated
            ? "\(launch.account)@\(source.fingerprint)" : "\(launch.account)@\(source.fingerprint)-\(launch.session)"
    }
}
