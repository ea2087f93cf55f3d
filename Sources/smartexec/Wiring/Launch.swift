import Assembly
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
    /// The living venue that the account trades at, such as `binance-testnet`; `nil` for a simulated market.
    var venue: String?

    var isGenerated: Bool { data.isEmpty && venue == nil }

    /// The account with its namespace: a simulated market never shares a book with another, nor virtual time with a clock
    /// that people watch.
    func namespace(_ source: any MarketSource) -> AccountID {
        if venue != nil { return AccountID(unchecked: account) }
        let session = isGenerated ? "" : "-\(session)"
        let pace = mode == .virtual ? "" : "-paced"
        return AccountID(unchecked: "\(account)@\(source.fingerprint)\(session)\(pace)")
    }

    /// As it is stored with a run.
    ///
    /// - Throws: `EncodingError`.
    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// Where orders of a new run go.
    func environment(_ settings: AccountConfiguration) -> TradingEnvironment {
        if venue != nil { return settings.environment }
        return mode == .virtual ? .backtest : min(settings.environment, .paper)
    }

    /// The pace of the clock.
    var mode: ClockMode { ClockMode(clock) ?? .virtual }
}

extension Launch {
    /// Reads what ``json`` wrote.
    ///
    /// - Throws: `DecodingError`.
    init(stored text: String) throws { self = try JSONDecoder().decode(Launch.self, from: Data(text.utf8)) }
}

/// The market of a launch with its hours.
struct MarketFloor: Sendable {
    var source: any MarketSource
    let hours: MarketHours
    let session: TradingSession
    /// Whether the market is a venue's, which runs by the wall clock.
    var isLiving = false

    /// When a run of the session begins, unless its account's clock is past that.
    func begins(_ configuration: Configuration) -> Timestamp {
        isLiving
            ? .wallClock
            : min(session.open + configuration.market.startAfterOpen, session.close)
    }
}

extension Configuration {
    /// - Throws: ``CommandFailure`` when the launch's account is not configured.
    func settings(of launch: Launch) throws -> AccountConfiguration {
        guard let settings = accounts[launch.account] else {
            throw CommandFailure(.usage, "There is no account '\(launch.account)'. Add it under `accounts:`.")
        }
        return settings
    }
}
