import MarketData
import TradingDomain

/// One instrument on one recorded session, with what earlier sessions of the same recording tell.
struct MarketDay {
    let data: DataSet
    let instrument: Instrument
    let session: TradingSession
    let history: HistoryStatistics
    let profile: VolumeProfile

    var name: String { "\(instrument.symbol) \(session.date)" }
}

/// A folder of recorded market data, or some files of one.
struct DataSet: Sendable {
    /// Sessions to learn a profile from, as orders do by default.
    static let profileDays = 5
    /// A session counts when bars cover so much of it; else the recording stopped.
    private static let coverage = 0.8

    let title: String
    let market: FileMarket

    init(_ title: String, _ paths: [String]) throws {
        self.title = title
        market = try FileMarket(paths: paths) { instrument, time in
            (try? Self.calendar(instrument).session(containing: time)) != nil
        }
    }

    static func calendar(_ instrument: Instrument) -> TradingCalendar {
        (try? TradingCalendar.named(instrument.calendar)) ?? .newYork
    }

    /// Every session with enough of its market recorded, and at least one such session before it.
    func days() throws -> [MarketDay] {
        try market.instruments.flatMap { instrument -> [MarketDay] in
            let calendar = Self.calendar(instrument)
            let (first, last) = (Timestamp(nanoseconds: 0), Timestamp(nanoseconds: .max))
            let bars = try market.bars(instrument.symbol, from: first, to: last)
            let byDate = Dictionary(grouping: bars) { calendar.date(at: $0.start) }
            return try byDate.keys.sorted().compactMap { date -> MarketDay? in
                guard let session = try calendar.session(on: date), let bars = byDate[date],
                    bars.reduce(0, { $0 + ($1.end - $1.start).seconds }) >= Self.coverage * session.length.seconds
                else { return nil }
                return try day(instrument, session, calendar)
            }
        }
    }

    /// `nil` when no earlier session is known.
    private func day(_ instrument: Instrument, _ session: TradingSession, _ calendar: TradingCalendar) throws
        -> MarketDay?
    {
        do {
            return MarketDay(
                data: self,
                instrument: instrument,
                session: session,
                history: try HistoryStatistics.learn(
                    source: market,
                    symbol: instrument.symbol,
                    calendar: calendar,
                    before: session.date,
                    sessions: Self.profileDays
                ),
                profile: try VolumeProfile.learn(
                    source: market,
                    symbol: instrument.symbol,
                    calendar: calendar,
                    before: session.date,
                    sessions: Self.profileDays
                )
            )
        } catch let error as MarketDataError where ["no_history", "no_volume_profile"].contains(error.code) {
            return nil
        }
    }
}
